/*
 *  handlers - everything that control hears
 */
#include "services/control/control.h"

const mc_bus_handler_t control_handlers[] = {
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
    {MC_COMMAND_LIST_TRIGGERS, control_on_list_triggers},
    {MC_MESSAGE_GET_FLAGS, control_on_get_flags},
    {MC_MESSAGE_GET_HOLDS, control_on_get_holds},
    {MC_MESSAGE_PART_HELLO, control_on_part_hello},
    {MC_MESSAGE_PART_ACK, control_on_part_ack},
    {MC_MESSAGE_WATCH_RUN, control_on_watch_run},
    {MC_MESSAGE_RUNS_WATCHED, control_on_runs_watched},
    {0},
};
