/*
 *  budget - the state of the service and what its parts share
 */
#ifndef BUDGET_H
#define BUDGET_H

#include "common/ask.h"
#include "common/redact.h"
#include "common/service.h"
#include "common/store.h"
#include "common/webhook.h"
#include "services/budget/logs.def"
#include "services/budget/metrics.def"

#define BUDGET_LOG(event, level, doc) MC_LOG_DECLARE(budget_log, event, level, doc)
BUDGET_LOGS(BUDGET_LOG)

#define BUDGET_METRIC_MEMBER(name, kind, unit, doc) BUDGET_METRIC_##name,
enum { BUDGET_METRICS(BUDGET_METRIC_MEMBER) BUDGET_METRIC_COUNT };
extern const mc_metric_row_t budget_metric_rows[];

#define BUDGET_HOLDER_SILENT_MS 10000 /* then a holder is gone */
#define BUDGET_LOOK_MS 1000           /* between two looks for such */
#define BUDGET_CLEAN_MS 600000

typedef struct {
    mc_service_t *service;
    mc_bus_t *bus;
    mc_metrics_t *metrics;
    mc_redact_t *redact;
    mc_ask_desk_t desk; /* of the commands */
    mc_store_t *store;  /* of one connection: what is published is in the order of the commits */
    mc_webhook_t *webhook;
    mc_runtime_flags_t flags;
    int64_t began_us; /* steady */
    bool has_news;    /* shares of budgets that were passed may wait for ingest */
    bool is_sending_news;
    zhashx_t *spent; /* ids of budgets whose spending is to be told */
} budget_t;

#define BUDGET_COUNT(budget, metric, amount)                                                       \
    mc_metrics_add((budget)->metrics, BUDGET_METRIC_##metric, (int64_t)(amount))

/* Begins a command; NULL when it was refused at once. */
static inline mc_ask_t *
budget_ask_new(budget_t *budget, mc_bus_request_t *request, mc_list_t records)
{
    return mc_ask_new(&budget->desk, request, records);
}

static inline budget_t *
budget_of(const mc_ask_t *ask)
{
    return ask->desk->state;
}

/* The targets of webhooks, as a text[]. */
void budget_param_targets(const budget_t *budget, mc_store_params_t *params);

void *budget_start(mc_service_t *service);
void budget_stop(void *state);
const char *budget_unready(void *state);

/* The commands. */
mc_bus_request_fn budget_on_request_increase, budget_on_list_requests, budget_on_resolve_request;
mc_bus_request_fn budget_on_check_stage;
mc_bus_request_fn budget_on_set_limit, budget_on_remove_limit;
mc_bus_request_fn budget_on_list_limits, budget_on_list_above;

/* What routers ask. */
mc_bus_request_fn budget_on_lease, budget_on_settle, budget_on_beat;

/* The clock. */
mc_service_tick_fn budget_look_for_gone, budget_look_for_news, budget_clean;

#endif
