/*
 *  gateway - the state of the service: made, destroyed, asked whether it is ready
 */
#include "gateway.h"

#include <sodium.h>
#include <stdlib.h>

#include "assets.h"
#include "common/clock.h"
#include "common/error.h"
#include "control.h"
#include "feed.h"
#include "gateway_store.h"
#include "login_guard.h"
#include "news.h"
#include "operators.h"
#include "question.h"
#include "sessions.h"
#include "stream.h"

#define CONNECTIONS 6
#define STATEMENT_TIMEOUT_MS 15000
#define PRUNE_MS (60 * 60 * 1000)

const mc_metric_row_t gateway_metrics[] = {GATEWAY_METRICS(MC_METRIC_ROW)};

void
gateway_ignore_answer(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)result;
    if (refusal)
        mc_log(&gateway_log_store_failed, "while=%s reason=%s", (const char *)arg,
               refusal->message);
}

/* What keys opened may have to close. */
static void
on_keys(void *arg)
{
    gateway_t *self = arg;
    gateway_streams_check_callers(self->streams);
}

static void
prune_sessions(void *arg)
{
    gateway_t *self = arg;
    mc_service_after(self->service, PRUNE_MS, prune_sessions, self);
    gateway_store_prune_sessions(self->store, gateway_ignore_answer, "pruning sessions");
}

static void
make_parts(gateway_t *self)
{
    static const mc_store_options_t options = {.connections = CONNECTIONS,
                                               .statement_timeout_ms = STATEMENT_TIMEOUT_MS,
                                               .application = "mission-control gateway"};
    const mc_settings_t *settings = self->settings;
    self->json = mc_json_parser_new();
    self->statements = gateway_statements_new();
    self->guard = gateway_guard_new(settings->login_attempts_max, settings->login_lock_seconds);
    self->assets = gateway_assets_new(settings->console_dir);
    self->store = mc_store_new(self->service, &options);
    self->sessions = gateway_sessions_new();
    self->keys = mc_api_keys_new();
    self->streams = gateway_streams_new(self);
    self->feed = gateway_feed_new(self);
    self->watchers = gateway_watchers_new(self);
}

void *
gateway_start(mc_service_t *service)
{
    gateway_t *self = calloc(1, sizeof *self);
    self->service = service;
    self->settings = mc_service_settings(service);
    self->bus = mc_service_bus(service);
    self->metrics = mc_service_metrics(service);
    self->started_us = mc_clock_us();
    if (sodium_init() == -1 || gateway_local_token_open(self) == -1) {
        free(self);
        return NULL;
    }
    make_parts(self);
    mc_api_keys_watch(self->keys, service, self->store, on_keys, self);
    gateway_sessions_watch(self);
    gateway_operators_begin(self);
    gateway_news_subscribe(self);
    prune_sessions(self);
    return self;
}

/* The store goes first: it answers what is open, and the parts hear of it. */
void
gateway_stop(void *state)
{
    gateway_t *self = state;
    mc_store_destroy(&self->store);
    gateway_watchers_destroy(&self->watchers);
    gateway_feed_destroy(&self->feed);
    gateway_streams_destroy(&self->streams);
    mc_api_keys_destroy(&self->keys);
    gateway_sessions_destroy(&self->sessions);
    gateway_assets_destroy(&self->assets);
    gateway_guard_destroy(&self->guard);
    gateway_statements_destroy(&self->statements);
    mc_json_parser_destroy(&self->json);
    sodium_memzero(self->local_token, sizeof self->local_token);
    free(self);
}

const char *
gateway_unready(void *state)
{
    const gateway_t *self = state;
    if (!mc_store_is_up(self->store))
        return "the database cannot be reached";
    if (!mc_api_keys_is_loaded(self->keys) || !gateway_sessions_is_loaded(self->sessions))
        return "keys and logins have not been read yet";
    if (!self->has_operator)
        return "the first operator is not made yet";
    if (!gateway_feed_is_started(self->feed))
        return "the live feed has not begun yet";
    return NULL;
}
