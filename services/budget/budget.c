/*
 *  budget - the state of the service, made and unmade in order
 */
#include "services/budget/budget.h"

#include <stdlib.h>

#include "common/clock.h"

const mc_metric_row_t budget_metric_rows[] = {BUDGET_METRICS(MC_METRIC_ROW)};

/* --- what commands leave behind --- */

static void
count_asked(void *state)
{
    budget_t *self = state;
    BUDGET_COUNT(self, commands, 1);
}

static void
count_refused(void *state)
{
    budget_t *self = state;
    BUDGET_COUNT(self, refused, 1);
}

static void
log_store_failed(void *state, const char *sql_state, const char *reason)
{
    (void)state;
    mc_log(&budget_log_store_failed, "state=%s reason=%s", sql_state, reason);
}

static void
open_desk(budget_t *self)
{
    self->desk = (mc_ask_desk_t){
        .state = self,
        .bus = self->bus,
        .redact = self->redact,
        .asked = count_asked,
        .refused = count_refused,
        .store_failed = log_store_failed,
    };
}

static void
count_webhook(void *arg, mc_webhook_outcome_t outcome, int64_t count, const char *target,
              const char *reason)
{
    static const int metrics[MC_WEBHOOK_OUTCOMES] = {
        [MC_WEBHOOK_DELIVERED] = BUDGET_METRIC_webhooks_delivered,
        [MC_WEBHOOK_AGAIN] = BUDGET_METRIC_webhooks_again,
        [MC_WEBHOOK_FAILED] = BUDGET_METRIC_webhooks_failed,
        [MC_WEBHOOK_DROPPED] = BUDGET_METRIC_webhooks_dropped,
    };
    budget_t *self = arg;
    mc_metrics_add(self->metrics, metrics[outcome], count);
    if (outcome == MC_WEBHOOK_FAILED)
        mc_log(&budget_log_webhook_failed, "target=%s reason=%s", target, reason);
    else if (outcome == MC_WEBHOOK_DROPPED)
        mc_log(&budget_log_webhooks_dropped, "count=%lld", (long long)count);
}

void
budget_param_targets(const budget_t *budget, mc_store_params_t *params)
{
    size_t count;
    const mc_text_t *targets = mc_webhook_targets(budget->webhook, &count);
    mc_store_param_texts(params, targets, count);
}

static void
take_flags(void *arg, mc_list_t records)
{
    budget_t *self = arg;
    if (records.count == 1)
        self->flags = *(const mc_runtime_flags_t *)records.items;
}

static void
on_flags(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    if (refusal)
        mc_log(&budget_log_flags_unknown, "reason=%s", refusal->message);
    else
        take_flags(arg, *records);
}

static void
ask_flags(void *arg)
{
    budget_t *self = arg;
    mc_bus_call(self->bus, "control", MC_MESSAGE_GET_FLAGS, (mc_list_t){NULL, 0}, MC_BUS_TIMEOUT_MS,
                on_flags, self);
}

void *
budget_start(mc_service_t *service)
{
    /* A statement gives up before the caller of its command does. */
    static const mc_store_options_t options = {
        .connections = 1, .statement_timeout_ms = 4000, .application = "budget"};
    const mc_settings_t *settings = mc_service_settings(service);
    mc_redact_t *redact = mc_redact_new(settings->redact_rules);
    if (!redact)
        return NULL;

    budget_t *self = calloc(1, sizeof *self);
    assert(self);
    self->webhook = mc_webhook_new(service, "budget", count_webhook, self);
    if (!self->webhook) {
        mc_redact_destroy(&redact);
        free(self);
        return NULL;
    }
    self->service = service;
    self->bus = mc_service_bus(service);
    self->metrics = mc_service_metrics(service);
    self->redact = redact;
    open_desk(self);
    self->began_us = mc_clock_steady_us();
    self->has_news = true;
    self->spent = zhashx_new();
    self->store = mc_store_new(service, &options);
    mc_settings_flags(settings, &self->flags);
    mc_bus_subscribe(self->bus, "control", MC_MESSAGE_FLAGS_CHANGED, take_flags, ask_flags, self);
    return self;
}

void
budget_stop(void *state)
{
    budget_t *self = state;
    mc_webhook_destroy(&self->webhook);
    mc_store_destroy(&self->store);
    mc_redact_destroy(&self->redact);
    zhashx_destroy(&self->spent);
    free(self);
}

const char *
budget_unready(void *state)
{
    const budget_t *self = state;
    if (mc_store_is_up(self->store))
        return NULL;
    const char *reason = mc_store_reason(self->store);
    return reason ? reason : "the database is not connected yet";
}
