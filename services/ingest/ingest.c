/*
 *  ingest - the state of the service, made and unmade in order
 */
#include "services/ingest/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "services/ingest/adoption.h"
#include "services/ingest/otlp_names.h"
#include "services/ingest/otlp_tree.h"
#include "services/ingest/partitions.h"
#include "services/ingest/writer.h"

#define KEYS_FACT "api_keys" /* in the spool: what opens the door while PostgreSQL is away */

const mc_metric_row_t ingest_metric_rows[] = {INGEST_METRICS(MC_METRIC_ROW)};

int64_t
ingest_oldest_us(const ingest_t *self, int64_t now_us)
{
    return now_us - self->flags.telemetry_retention_days * MC_DAY_US;
}

ingest_rules_t
ingest_rules(const ingest_t *self, const char *source, mc_arena_t *arena)
{
    int64_t now_us = mc_clock_us();
    return (ingest_rules_t){
        .now_us = now_us,
        .oldest_us = ingest_oldest_us(self, now_us),
        .newest_us = now_us + self->settings->ingest_future_seconds_max * 1000000,
        .source = source,
        .parser = self->parser,
        .arena = arena,
    };
}

static int
open_spool(ingest_t *self)
{
    const mc_settings_t *settings = self->settings;
    char folder[1100], path[1200];
    snprintf(folder, sizeof folder, "%s/spool", settings->var_dir);
    if (mkdir(settings->var_dir, 0755) == -1 && errno != EEXIST)
        return mc_fail_errno("making %s", settings->var_dir);
    if (mkdir(folder, 0700) == -1 && errno != EEXIST)
        return mc_fail_errno("making %s", folder);
    snprintf(path, sizeof path, "%s/ingest%s%s.db", folder, settings->instance[0] ? "-" : "",
             settings->instance);
    self->spool_lock = ingest_spool_claim(path, INGEST_CLAIM_MS);
    if (self->spool_lock == -1)
        return -1;
    self->spool = ingest_spool_new(path, settings->spool_bytes_max);
    if (!self->spool)
        return -1;
    mc_log(&ingest_log_spool_opened, "path=%s events=%lld bytes=%lld", path,
           (long long)ingest_spool_events(self->spool), (long long)ingest_spool_bytes(self->spool));
    return 0;
}

/* The keys as they were last seen, so that a start without PostgreSQL opens to the same. */
static void
recall_keys(ingest_t *self)
{
    mc_buffer_t saved = {0};
    mc_refusal_t ignored;
    if (ingest_spool_recall(self->spool, KEYS_FACT, &saved) == 0 && saved.size)
        (void)!mc_api_keys_restore(self->keys, mc_buffer_content(&saved), &ignored);
    mc_buffer_clear(&saved);
}

/* Batches of this turn that wait are committed at its end, by who answers them: a disk that is full
 * in between would leave them out while they count as taken. */
static int
commit_alone(ingest_t *self)
{
    return ingest_intake_is_idle(self->intake) ? ingest_spool_commit(self->spool) : 0;
}

static void
remember_keys(void *arg)
{
    ingest_t *self = arg;
    mc_buffer_t saved = {0};
    mc_api_keys_save(self->keys, &saved);
    if (ingest_spool_remember(self->spool, KEYS_FACT, mc_buffer_content(&saved)) == -1 ||
        commit_alone(self) == -1)
        mc_log(&ingest_log_spool_failed, "reason=%s", mc_error());
    mc_buffer_clear(&saved);
}

static void
on_flags(void *arg, mc_list_t records)
{
    ingest_t *self = arg;
    if (records.count == 1)
        self->flags = *(const mc_runtime_flags_t *)records.items;
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
    ingest_t *self = arg;
    mc_bus_call(mc_service_bus(self->service), "control", MC_MESSAGE_GET_FLAGS,
                (mc_list_t){NULL, 0}, MC_BUS_TIMEOUT_MS, on_flags_answer, self);
}

static void
on_keys(void *arg, mc_list_t records)
{
    (void)records;
    mc_api_keys_reload(((ingest_t *)arg)->keys);
}

static void
ask_keys(void *arg)
{
    mc_api_keys_reload(((ingest_t *)arg)->keys);
}

static void
listen_to_others(ingest_t *self)
{
    mc_bus_t *bus = mc_service_bus(self->service);
    mc_bus_subscribe(bus, "control", MC_MESSAGE_FLAGS_CHANGED, on_flags, ask_flags, self);
    mc_bus_subscribe(bus, "gateway", MC_MESSAGE_KEYS_CHANGED, on_keys, ask_keys, self);
}

static int
open_parts(ingest_t *self)
{
    static const mc_store_options_t options = {
        .connections = 1, .statement_timeout_ms = 60000, .application = "ingest"};
    self->redact = mc_redact_new(self->settings->redact_rules);
    if (!self->redact || open_spool(self) == -1)
        return -1;
    self->parser = mc_json_parser_new();
    self->recent = ingest_recent_new();
    self->otlp_names = ingest_otlp_names_new();
    self->spans = ingest_span_tree_new();
    self->intake = ingest_intake_new(self);
    self->keys = mc_api_keys_new();
    recall_keys(self);
    self->store = mc_store_new(self->service, &options);
    mc_api_keys_watch(self->keys, self->service, self->store, remember_keys, self);
    self->partitions = ingest_partitions_new(self);
    self->writer = ingest_writer_new(self);
    self->adoption = ingest_adoption_new(self);
    return 0;
}

void *
ingest_start(mc_service_t *service)
{
    ingest_t *self = calloc(1, sizeof *self);
    assert(self);
    self->service = service;
    self->spool_lock = -1;
    self->settings = mc_service_settings(service);
    self->metrics = mc_service_metrics(service);
    mc_settings_flags(self->settings, &self->flags);
    if (open_parts(self) == -1) {
        ingest_stop(self);
        return NULL;
    }
    ingest_measure_spool(self);
    listen_to_others(self);
    ingest_partitions_keep(self->partitions);
    ingest_writer_wake(self->writer);
    ingest_adopt(self);
    return self;
}

void
ingest_stop(void *state)
{
    ingest_t *self = state;
    ingest_adoption_destroy(&self->adoption);
    if (self->spool)
        (void)!ingest_spool_commit(self->spool);
    /* The store answers what is still asked, so those who asked must be there. */
    ingest_writer_close(self->writer);
    mc_store_destroy(&self->store);
    ingest_writer_destroy(&self->writer);
    ingest_partitions_destroy(&self->partitions);
    mc_api_keys_destroy(&self->keys);
    ingest_intake_destroy(&self->intake);
    ingest_span_tree_destroy(&self->spans);
    ingest_otlp_names_destroy(&self->otlp_names);
    ingest_recent_destroy(&self->recent);
    mc_json_parser_destroy(&self->parser);
    ingest_spool_destroy(&self->spool);
    if (self->spool_lock != -1)
        close(self->spool_lock);
    mc_redact_destroy(&self->redact);
    free(self);
}

/* Telemetry can be taken as soon as the spool is open; PostgreSQL is not needed for that. */
const char *
ingest_unready(void *state)
{
    const ingest_t *self = state;
    if (ingest_spool_bytes(self->spool) >= self->settings->spool_bytes_max)
        return "the spool is full";
    return NULL;
}

void
ingest_measure_spool(const ingest_t *self)
{
    mc_metrics_set(self->metrics, INGEST_METRIC_spooled, ingest_spool_events(self->spool));
    mc_metrics_set(self->metrics, INGEST_METRIC_spool_size, ingest_spool_bytes(self->spool));
}

void
ingest_measure(void *state)
{
    ingest_t *self = state;
    mc_json_parser_trim(self->parser); /* what a large body took */
    mc_redact_trim(self->redact);
    ingest_measure_spool(self);
    if (commit_alone(self) == -1) {
        mc_log(&ingest_log_spool_failed, "reason=%s", mc_error());
        mc_service_fail(self->service);
    }
    ingest_writer_wake(self->writer);
}

void
ingest_keep_partitions(void *state)
{
    ingest_partitions_keep(((ingest_t *)state)->partitions);
}
