/*
 *  control - tasks, flags and the audit log: what people decide, and who did
 *
 *  Every change is one statement that also writes its row of the audit log, and
 *  is told to the others when it is done.
 */
#include "services/control/control.h"

static const mc_service_timer_t timers[] = {
    {.every_ms = CONTROL_ENV_LOOK_MS, .tick = control_look_at_env},
    {.every_ms = CONTROL_EMITTER_LOOK_MS, .tick = control_look_for_emitters},
    {.every_ms = CONTROL_PARTS_LOOK_MS, .tick = control_look_at_parts},
    {.every_ms = CONTROL_PARTS_LOOK_MS, .tick = control_look_at_limits},
    {.every_ms = CONTROL_MEMBERS_LOOK_MS, .tick = control_look_at_members},
    {.every_ms = CONTROL_TRIGGERS_LOOK_MS, .tick = control_look_at_triggers},
    {0},
};

static const mc_service_spec_t control = {
    .name = "control",
    .handlers = control_handlers,
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
