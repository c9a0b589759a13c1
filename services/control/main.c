/*
 *  control - tasks, flags and the audit log: what people decide, and who did
 *
 *  Every change is one statement that also writes its row of the audit log, and
 *  is told to the others when it is done.
 */
#include "services/control/control.h"

static const mc_bus_handler_t handlers[] = {
    {MC_COMMAND_CREATE_TASK, control_on_create_task},
    {MC_COMMAND_GET_TASKS, control_on_get_tasks},
    {MC_COMMAND_UPDATE_TASK_STATUS, control_on_update_task_status},
    {MC_COMMAND_CONTROL_TASK, control_on_control_task},
    {MC_COMMAND_CONTROL_EXECUTION_SCOPE, control_on_control_scope},
    {MC_COMMAND_GET_RUNTIME_FLAGS, control_on_get_flags},
    {MC_COMMAND_SET_RUNTIME_FLAGS, control_on_set_flags},
    {MC_COMMAND_LIST_AUDIT_LOG, control_on_list_audit},
    {MC_COMMAND_LIST_TASK_ACTIVITY, control_on_list_activity},
    {MC_COMMAND_CONTROL_SCOPE, control_on_hold_scope},
    {MC_COMMAND_LIST_RECEIPTS, control_on_list_receipts},
    {MC_COMMAND_VERIFY_RECEIPTS, control_on_verify_receipts},
    {MC_COMMAND_LIST_HOLDS, control_on_list_holds},
    {MC_COMMAND_LIST_CONTROL_PARTS, control_on_list_parts},
    {MC_COMMAND_FORGET_CONTROL_PART, control_on_forget_part},
    {MC_MESSAGE_GET_FLAGS, control_on_get_flags},
    {MC_MESSAGE_GET_HOLDS, control_on_get_holds},
    {MC_MESSAGE_PART_HELLO, control_on_part_hello},
    {MC_MESSAGE_PART_ACK, control_on_part_ack},
    {MC_MESSAGE_WATCH_RUN, control_on_watch_run},
    {MC_MESSAGE_RUNS_WATCHED, control_on_runs_watched},
    {0},
};

static const mc_service_timer_t timers[] = {
    {.every_ms = CONTROL_ENV_LOOK_MS, .tick = control_look_at_env},
    {.every_ms = CONTROL_EMITTER_LOOK_MS, .tick = control_look_for_emitters},
    {.every_ms = CONTROL_PARTS_LOOK_MS, .tick = control_look_at_parts},
    {.every_ms = CONTROL_PARTS_LOOK_MS, .tick = control_look_at_limits},
    {.every_ms = CONTROL_MEMBERS_LOOK_MS, .tick = control_look_at_members},
    {0},
};

static const mc_service_spec_t control = {
    .name = "control",
    .handlers = handlers,
    .timers = timers,
    .metrics = control_metric_rows,
    .metric_count = CONTROL_METRIC_COUNT,
    .port_offset = offsetof(mc_settings_t, control_port),
    .start = control_start,
    .stop = control_stop,
    .unready = control_unready,
};

int
main(void)
{
    return mc_service_run(&control);
}
