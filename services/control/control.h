/*
 *  control - the state of the service and what its parts share
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "common/ask.h"
#include "common/redact.h"
#include "common/service.h"
#include "common/store.h"
#include "services/control/logs.def"
#include "services/control/metrics.def"

#define CONTROL_LOG(event, level, doc) MC_LOG_DECLARE(control_log, event, level, doc)
CONTROL_LOGS(CONTROL_LOG)

#define CONTROL_METRIC_MEMBER(name, kind, unit, doc) CONTROL_METRIC_##name,
enum { CONTROL_METRICS(CONTROL_METRIC_MEMBER) CONTROL_METRIC_COUNT };
extern const mc_metric_row_t control_metric_rows[];

#define CONTROL_ENV_LOOK_MS 2000      /* between two looks whether .env was edited by hand */
#define CONTROL_PARTS_LOOK_MS 500     /* ... which parts are gone, and which pauses are over */
#define CONTROL_MEMBERS_LOOK_MS 1000  /* ... who else is in a hold that others are born into */
#define CONTROL_TRIGGERS_LOOK_MS 1000 /* ... for what runs are silent, and for what is over */
#define CONTROL_EMITTER_LOOK_MS 500   /* between two looks for audit rows of older emitters */

typedef struct control_flags control_flags_t;
typedef struct control_changes control_changes_t;
typedef struct control_emitter control_emitter_t;
typedef struct control_holds control_holds_t;
typedef struct control_parts control_parts_t;
typedef struct control_receipts control_receipts_t;
typedef struct control_triggers control_triggers_t;

typedef struct {
    mc_service_t *service;
    mc_bus_t *bus;
    mc_metrics_t *metrics;
    mc_redact_t *redact;
    mc_ask_desk_t desk; /* of the commands */
    mc_store_t *store;  /* of one connection, so what is published is in the order of the commits */
    control_flags_t *flags;
    control_changes_t *changes; /* of the flags */
    control_emitter_t *emitter;
    control_parts_t *parts;
    control_receipts_t *receipts;
    control_holds_t *holds;
    control_triggers_t *triggers;
    bool is_expiring; /* a pause is being ended, or warned of */
    bool is_counting; /* what runs spend */
} control_t;

#define CONTROL_COUNT(control, metric, amount)                                                     \
    mc_metrics_add((control)->metrics, CONTROL_METRIC_##metric, (int64_t)(amount))

/* Every command and message it answers; ends in a zero row. */
extern const mc_bus_handler_t control_handlers[];

/* Begins a command; NULL when it was refused at once. */
static inline mc_ask_t *
control_ask_new(control_t *control, mc_bus_request_t *request, mc_list_t records)
{
    return mc_ask_new(&control->desk, request, records);
}

static inline control_t *
control_of(const mc_ask_t *ask)
{
    return ask->desk->state;
}

void *control_start(mc_service_t *service);
void control_stop(void *state);
const char *control_unready(void *state);

/* The commands. */
mc_bus_request_fn control_on_create_task, control_on_get_tasks, control_on_update_task_status;
mc_bus_request_fn control_on_control_task, control_on_control_scope;
mc_bus_request_fn control_on_get_flags, control_on_set_flags;
mc_bus_request_fn control_on_list_audit, control_on_list_activity;
mc_bus_request_fn control_on_hold_scope, control_on_list_receipts, control_on_verify_receipts;
mc_bus_request_fn control_on_list_holds, control_on_get_holds;
mc_bus_request_fn control_on_part_hello, control_on_part_ack, control_on_watch_run;
mc_bus_request_fn control_on_runs_watched, control_on_list_parts, control_on_forget_part;
mc_bus_request_fn control_on_list_triggers;

/* The clock. */
mc_service_tick_fn control_look_at_env, control_look_for_emitters;
mc_service_tick_fn control_look_at_parts, control_look_at_limits, control_look_at_members;
mc_service_tick_fn control_look_at_triggers;

/* Tells the others of tasks as they are now. */
void control_publish_tasks(control_t *self, mc_list_t tasks);

#endif
