/*
 *  budget - hard limits, and the requests to raise them
 *
 *  Routers hold small slices of what is left and settle each call once; what is
 *  left is worked out by PostgreSQL, under the lock of the row.
 */
#include "services/budget/budget.h"

static const mc_bus_handler_t handlers[] = {
    {MC_COMMAND_REQUEST_TASK_BUDGET_INCREASE, budget_on_request_increase},
    {MC_COMMAND_LIST_TASK_BUDGET_REQUESTS, budget_on_list_requests},
    {MC_COMMAND_RESOLVE_TASK_BUDGET_REQUEST, budget_on_resolve_request},
    {MC_COMMAND_CHECK_TASK_BUDGET, budget_on_check_stage},
    {MC_COMMAND_SET_BUDGET, budget_on_set_limit},
    {MC_COMMAND_REMOVE_BUDGET, budget_on_remove_limit},
    {MC_COMMAND_LIST_BUDGETS, budget_on_list_limits},
    {MC_COMMAND_GET_BUDGET, budget_on_list_above},
    {MC_MESSAGE_LEASE_BUDGET, budget_on_lease},
    {MC_MESSAGE_SETTLE_BUDGET, budget_on_settle},
    {MC_MESSAGE_BEAT_BUDGET, budget_on_beat},
    {0},
};

static const mc_service_timer_t timers[] = {
    {.every_ms = BUDGET_LOOK_MS, .tick = budget_look_for_gone},
    {.every_ms = BUDGET_LOOK_MS, .tick = budget_look_for_news},
    {.every_ms = BUDGET_CLEAN_MS, .tick = budget_clean},
    {0},
};

static const mc_service_spec_t budget = {
    .name = "budget",
    .handlers = handlers,
    .timers = timers,
    .metrics = budget_metric_rows,
    .metric_count = BUDGET_METRIC_COUNT,
    .port_offset = offsetof(mc_settings_t, budget_port),
    .start = budget_start,
    .stop = budget_stop,
    .unready = budget_unready,
};

int
main(void)
{
    return mc_service_run(&budget);
}
