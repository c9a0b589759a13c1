/*
 *  router - the state of the service, made and unmade in order
 */
#include "services/router/router.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/router/admission.h"
#include "services/router/routing.h"

#define FOLDER "router" /* under AOP_VAR_DIR */

const mc_metric_row_t router_metric_rows[] = {ROUTER_METRICS(MC_METRIC_ROW)};

const mc_bus_handler_t router_handlers[] = {
    ROUTER_CATALOG_HANDLERS,
    {0},
};

static void
on_secret(void *arg, mc_text_t name)
{
    router_t *self = arg;
    const char *reason;
    router_secret_state_t state = router_secrets_look(self->secrets, name, &reason);
    if (state == ROUTER_SECRET_READY)
        mc_log(&router_log_secret_ready, "name=%.*s", MC_FMT(name));
    else if (state == ROUTER_SECRET_MISSING)
        mc_log(&router_log_secret_missing, "name=%.*s", MC_FMT(name));
    else
        mc_log(&router_log_secret_away, "name=%.*s reason=%s", MC_FMT(name), reason);
    if (self->catalog)
        router_catalog_secret_changed(self->catalog, name);
}

router_catalog_t *
router_catalog_of(void *state)
{
    return ((router_t *)state)->catalog;
}

static void
on_flags(void *arg, mc_list_t records)
{
    router_t *self = arg;
    if (records.count == 1)
        router_routing_set_flags(self->routing, records.items);
}

static void
on_flags_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    if (!refusal)
        on_flags(arg, *records);
}

static void
ask_flags(void *arg)
{
    router_t *self = arg;
    mc_bus_call(self->bus, "control", MC_MESSAGE_GET_FLAGS, (mc_list_t){NULL, 0}, MC_BUS_TIMEOUT_MS,
                on_flags_answer, self);
}

/* A path in the router's own folder. The caller frees it. */
static char *
path_of(const router_t *self, const char *name)
{
    char text[1024];
    const char *instance = self->settings->instance;
    snprintf(text, sizeof text, FOLDER "/%s%s%s", name, instance[0] ? "-" : "", instance);
    return mc_settings_path(self->settings, text);
}

static int
make_folder(const router_t *self)
{
    char *folder = mc_settings_path(self->settings, FOLDER);
    int result = mkdir(folder, 0700);
    if (result == -1 && errno != EEXIST)
        mc_fail_errno("making %s", folder);
    else
        result = 0;
    free(folder);
    return result;
}

static void
open_prompt_key(router_t *self)
{
    char *path = mc_settings_path(self->settings, FOLDER "/prompt-key");
    router_prompt_key(path, self->prompt_key);
    free(path);
}

/* The keys as they were last seen, so that a start without PostgreSQL opens to the same. */
static void
recall_keys(router_t *self)
{
    char *path = path_of(self, "keys");
    mc_buffer_t saved = {0};
    mc_refusal_t ignored;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd != -1 && fstat(fd, &status) == 0 && status.st_size > 0) {
        char *room = mc_buffer_room(&saved, (size_t)status.st_size);
        ssize_t size = room ? read(fd, room, (size_t)status.st_size) : 0;
        saved.size = size > 0 ? (size_t)size : 0;
        if (saved.size)
            (void)!mc_api_keys_restore(self->keys, mc_buffer_content(&saved), &ignored);
    }
    if (fd != -1)
        close(fd);
    mc_buffer_clear(&saved);
    free(path);
}

static void
remember_keys(void *arg)
{
    router_t *self = arg;
    char *path = path_of(self, "keys");
    mc_buffer_t saved = {0};
    mc_api_keys_save(self->keys, &saved);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd != -1) {
        (void)!write(fd, saved.data, saved.size);
        close(fd);
    }
    mc_buffer_clear(&saved);
    free(path);
}

static void
open_recorder(router_t *self)
{
    char *path = path_of(self, "events");
    self->recorder = router_recorder_new(self->service, path,
                                         (size_t)self->settings->router_telemetry_bytes_max);
    free(path);
}

static void
open_routing(router_t *self)
{
    router_circuit_options_t circuit = router_circuit_of(self->settings);
    router_weights_t weights = router_weights_of(self->settings);
    router_health_t *health = router_health_new(&circuit, (uint64_t)mc_clock_us());
    mc_runtime_flags_t flags;
    self->routing = router_routing_new(&weights, health);
    mc_settings_flags(self->settings, &flags);
    router_routing_set_flags(self->routing, &flags);
}

static int
open_parts(router_t *self)
{
    static const mc_store_options_t options = {
        .connections = 2, .statement_timeout_ms = 10000, .application = "router"};
    const mc_settings_t *settings = self->settings;
    self->redact = mc_redact_new(settings->redact_rules);
    if (!self->redact || make_folder(self) == -1)
        return -1;
    open_prompt_key(self);
    self->parser = mc_json_parser_new();
    self->scanner = mc_json_scanner_new();
    self->affinity = router_affinity_new();
    self->client = mc_http_client_new(self->service);
    mc_http_client_limit(self->client, (size_t)settings->router_calls_max + 64,
                         (size_t)settings->router_calls_max);
    self->keys = mc_api_keys_new();
    recall_keys(self);
    self->store = mc_store_new(self->service, &options);
    mc_api_keys_watch(self->keys, self->service, self->store, remember_keys, self);
    self->affinity_share = router_affinity_share_new(self->service, self->store, self->affinity);
    open_recorder(self);
    self->secrets = router_secrets_new(self->service, on_secret, self);
    open_routing(self);
    self->catalog = router_catalog_new(&(router_catalog_parts_t){
        .service = self->service,
        .store = self->store,
        .client = self->client,
        .redact = self->redact,
        .routing = self->routing,
        .secrets = self->secrets,
    });
    return 0;
}

static void
open_boundary(router_t *self)
{
    mc_boundary_limits_t limits = mc_boundary_limits(self->settings);
    limits.is_open_at_first = self->settings->router_open_alone;
    self->boundary = mc_boundary_new(&limits, &router_admission_calls);
    self->part = mc_boundary_part_new(self->service, self->boundary, "router");
}

static void
open_spendings(router_t *self)
{
    char holder[128];
    const char *instance = self->settings->instance;
    snprintf(holder, sizeof holder, "router-%s", instance[0] ? instance : "1");
    router_spendings_open(&self->spendings,
                          &(mc_budget_lease_options_t){
                              .bus = self->bus,
                              .holder = holder,
                              .is_open_when_away = self->settings->router_open_alone,
                          });
}

void *
router_start(mc_service_t *service)
{
    router_t *self = calloc(1, sizeof *self);
    assert(self);
    self->service = service;
    self->settings = mc_service_settings(service);
    self->bus = mc_service_bus(service);
    self->metrics = mc_service_metrics(service);
    LIST_INIT(&self->calls);
    LIST_INIT(&self->unused);
    if (open_parts(self) == -1) {
        router_stop(self);
        return NULL;
    }
    open_boundary(self);
    open_spendings(self);
    mc_bus_subscribe(self->bus, "control", MC_MESSAGE_FLAGS_CHANGED, on_flags, ask_flags, self);
    return self;
}

void
router_stop(void *state)
{
    router_t *self = state;
    /* The edge has told every call that its client is gone, so none is left. */
    assert(LIST_EMPTY(&self->calls));
    router_calls_forget(self);
    router_spendings_close(&self->spendings);
    mc_boundary_part_destroy(&self->part);
    mc_boundary_destroy(&self->boundary);
    router_catalog_close(self->catalog);
    router_affinity_share_close(self->affinity_share);
    mc_http_client_destroy(&self->client);
    mc_store_destroy(&self->store);
    router_catalog_destroy(&self->catalog);
    router_recorder_destroy(&self->recorder);
    router_secrets_destroy(&self->secrets);
    router_routing_destroy(&self->routing);
    mc_api_keys_destroy(&self->keys);
    router_affinity_share_destroy(&self->affinity_share);
    router_affinity_destroy(&self->affinity);
    mc_json_scanner_destroy(&self->scanner);
    mc_json_parser_destroy(&self->parser);
    mc_redact_destroy(&self->redact);
    free(self);
}

const char *
router_unready(void *state)
{
    const router_t *self = state;
    if (!router_routing_registry(self->routing))
        return "the models are not loaded yet";
    if (!mc_api_keys_is_loaded(self->keys))
        return "the keys are not loaded yet";
    if (mc_boundary_counts(self->boundary).epoch < 0 && !self->settings->router_open_alone)
        return "control has not said yet what is paused";
    return NULL;
}

void
router_keep_up(void *state)
{
    router_t *self = state;
    router_secrets_tick(self->secrets);
    router_affinity_share_tick(self->affinity_share);
}

void
router_settle(void *state)
{
    mc_budget_lease_tick(((router_t *)state)->spendings.lease);
}

bool
router_leave(void *state)
{
    router_t *self = state;
    if (!self->is_leaving) {
        self->is_leaving = true;
        router_calls_end(self);
        mc_budget_lease_leave(self->spendings.lease);
    }
    mc_budget_lease_tick(self->spendings.lease);
    return mc_budget_lease_unsettled(self->spendings.lease) == 0;
}

static void
measure_boundary(router_t *self)
{
    mc_boundary_counts_t counts = mc_boundary_counts(self->boundary);
    mc_metrics_set(self->metrics, ROUTER_METRIC_held_now, (int64_t)counts.held);
    mc_metrics_set(self->metrics, ROUTER_METRIC_held_bytes, (int64_t)counts.held_bytes);
    mc_metrics_set(self->metrics, ROUTER_METRIC_holds_epoch, counts.epoch);
}

static void
measure(router_t *self)
{
    measure_boundary(self);
    mc_metrics_set(self->metrics, ROUTER_METRIC_unsettled,
                   (int64_t)mc_budget_lease_unsettled(self->spendings.lease));
    const router_recorder_counts_t *counts = router_recorder_counts(self->recorder);
    int64_t dropped = mc_metrics_value(self->metrics, ROUTER_METRIC_events_dropped);
    if (counts->events_dropped > dropped)
        mc_log(&router_log_events_dropped, "events=%lld",
               (long long)(counts->events_dropped - dropped));
    mc_metrics_set(self->metrics, ROUTER_METRIC_events_sent, counts->events_sent);
    mc_metrics_set(self->metrics, ROUTER_METRIC_events_dropped, counts->events_dropped);
    mc_metrics_set(self->metrics, ROUTER_METRIC_steps_dropped, counts->steps_dropped);
    mc_metrics_set(self->metrics, ROUTER_METRIC_events_failed, counts->sends_failed);
    mc_metrics_set(self->metrics, ROUTER_METRIC_events_waiting, (int64_t)counts->waiting_bytes);
}

void
router_beat(void *state)
{
    router_t *self = state;
    mc_boundary_part_beat(self->part);
    measure(self);
}
