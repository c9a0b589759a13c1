/*
 *  control - the state of the service, made and unmade in order
 */
#include "services/control/control.h"

#include <stdlib.h>

#include "services/control/emitter.h"
#include "services/control/flags.h"
#include "services/control/flags_change.h"
#include "services/control/holds.h"
#include "services/control/receipts.h"
#include "services/control/triggers.h"

#define PUBLISHED_TASKS_MAX 1000 /* in one message: far below what a message may weigh */

const mc_metric_row_t control_metric_rows[] = {CONTROL_METRICS(MC_METRIC_ROW)};

/* --- what commands leave behind --- */

static void
count_asked(void *state)
{
    control_t *self = state;
    CONTROL_COUNT(self, commands, 1);
}

static void
count_refused(void *state)
{
    control_t *self = state;
    CONTROL_COUNT(self, refused, 1);
}

static void
log_store_failed(void *state, const char *sql_state, const char *reason)
{
    (void)state;
    mc_log(&control_log_store_failed, "state=%s reason=%s", sql_state, reason);
}

static void
open_desk(control_t *self)
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

void *
control_start(mc_service_t *service)
{
    /* A statement gives up before the caller of its command does. */
    static const mc_store_options_t options = {
        .connections = 1, .statement_timeout_ms = 4000, .application = "control"};
    const mc_settings_t *settings = mc_service_settings(service);
    control_bounds_t bounds;
    if (control_triggers_read(settings, &bounds) == -1)
        return NULL;
    mc_redact_t *redact = mc_redact_new(settings->redact_rules);
    if (!redact)
        return NULL;

    control_t *self = calloc(1, sizeof *self);
    assert(self);
    self->service = service;
    self->bus = mc_service_bus(service);
    self->metrics = mc_service_metrics(service);
    self->redact = redact;
    open_desk(self);
    self->store = mc_store_new(service, &options);
    self->flags = control_flags_new(self);
    self->changes = control_changes_new(self);
    self->emitter = control_emitter_new(self);
    self->parts = control_parts_new(self);
    self->receipts = control_receipts_new(self);
    self->holds = control_holds_new(self);
    self->triggers = control_triggers_new(self, &bounds);
    return self;
}

void
control_stop(void *state)
{
    control_t *self = state;
    control_changes_close(self->changes);
    mc_store_destroy(&self->store);
    control_triggers_destroy(&self->triggers);
    control_holds_destroy(&self->holds);
    control_receipts_destroy(&self->receipts);
    control_parts_destroy(&self->parts);
    control_emitter_destroy(&self->emitter);
    control_changes_destroy(&self->changes);
    control_flags_destroy(&self->flags);
    mc_redact_destroy(&self->redact);
    free(self);
}

const char *
control_unready(void *state)
{
    const control_t *self = state;
    if (mc_store_is_up(self->store) && control_holds_set(self->holds))
        return NULL;
    if (mc_store_is_up(self->store))
        return "the holds have not been read yet";
    const char *reason = mc_store_reason(self->store);
    return reason ? reason : "the database is not connected yet";
}

void
control_publish_tasks(control_t *self, mc_list_t tasks)
{
    const mc_task_t *task = tasks.items;
    for (size_t done = 0; done < tasks.count; done += PUBLISHED_TASKS_MAX) {
        size_t left = tasks.count - done;
        size_t count = left < PUBLISHED_TASKS_MAX ? left : PUBLISHED_TASKS_MAX;
        mc_bus_publish(self->bus, MC_MESSAGE_TASKS_CHANGED, (mc_list_t){task + done, count});
    }
    CONTROL_COUNT(self, tasks_changed, tasks.count);
}
