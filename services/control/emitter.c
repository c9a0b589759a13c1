/*
 *  emitter - audit rows of older emitters, made into events
 */
#include "services/control/emitter.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "services/control/audit.h"
#include "services/control/control_store.h"
#include "services/control/emitter_window.h"

#define EVENT_UID_TEXT_SIZE 32

struct control_emitter {
    control_t *control;
    mc_arena_t *arena; /* of the reading under way */
    bool is_busy;
    bool has_cursor;
    bool is_stuck; /* said in the log */
    int64_t moving_to;
    control_window_t window;
};

static void read_rows(control_emitter_t *self);

control_emitter_t *
control_emitter_new(control_t *control)
{
    control_emitter_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    self->arena = mc_arena_new();
    return self;
}

void
control_emitter_destroy(control_emitter_t **address)
{
    control_emitter_t *self = mc_take(address);
    if (!self)
        return;
    mc_arena_destroy(&self->arena);
    free(self);
}

/* Ends a round; the clock begins the next one. */
static void
rest(control_emitter_t *self)
{
    self->is_busy = false;
    control_window_rest(&self->window);
    mc_arena_clear(self->arena);
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_emitter_window,
                   (int64_t)self->window.done_count);
}

/* While the database is away that is known already, and said by readiness. */
static void
get_stuck(control_emitter_t *self, const char *reason)
{
    CONTROL_COUNT(self->control, emitter_failures, 1);
    if (!self->is_stuck && mc_store_is_up(self->control->store))
        mc_log(&control_log_emitter_stuck, "reason=%s", reason);
    self->is_stuck = true;
    rest(self);
}

static void
get_moving(control_emitter_t *self)
{
    if (self->is_stuck)
        mc_log(&control_log_emitter_moving, "cursor=%lld", (long long)self->window.cursor);
    self->is_stuck = false;
}

/* Reads on while there is more; the clock begins again otherwise. */
static void
go_on(control_emitter_t *self)
{
    if (control_window_has_more(&self->window))
        read_rows(self);
    else
        rest(self);
}

static void
on_moved(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_emitter_t *self = arg;
    (void)result;
    if (refusal) {
        get_stuck(self, refusal->message);
        return;
    }
    control_window_move(&self->window, self->moving_to);
    go_on(self);
}

/* Everything that this reading brought is done. */
static void
end_round(control_emitter_t *self)
{
    get_moving(self);
    self->moving_to = control_window_end(&self->window);
    if (self->moving_to > self->window.cursor)
        control_store_move_cursor(self->control, self->moving_to, self->arena, on_moved, self);
    else
        go_on(self);
}

static void
on_stored(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    control_emitter_t *self = arg;
    if (refusal) {
        get_stuck(self, refusal->message);
        return;
    }
    const mc_stored_receipt_t *receipt = records->count ? records->items : NULL;
    const mc_rejection_t *rejection = receipt ? receipt->rejected.items : NULL;
    size_t rejected = receipt ? receipt->rejected.count : 0;
    for (size_t i = 0; i < rejected; i++)
        mc_log(&control_log_emitter_rejected, "code=%.*s reason=%.*s", MC_FMT(rejection[i].code),
               MC_FMT(rejection[i].message));
    CONTROL_COUNT(self->control, emitter_rejected, rejected);
    CONTROL_COUNT(self->control, emitter_rows, receipt ? receipt->accepted : 0);
    end_round(self);
}

void
control_emitter_make_event(const mc_audit_entry_t *entry, bool is_task, mc_agent_event_t *ret_event)
{
    char name[EVENT_UID_TEXT_SIZE];
    int size = snprintf(name, sizeof name, "audit:%lld", (long long)entry->id);
    *ret_event = (mc_agent_event_t){0};
    mc_set(ret_event, agent_event, event_uid, mc_uuid_of((mc_text_t){name, (size_t)size}));
    mc_set(ret_event, agent_event, actor, entry->actor);
    mc_set(ret_event, agent_event, action, entry->action);
    mc_set(ret_event, agent_event, ts, entry->timestamp);
    mc_set(ret_event, agent_event, source, MC_TEXT("audit"));
    if (entry->details.size)
        mc_set(ret_event, agent_event, details, entry->details);
    bool is_id = entry->target_id.size <= (size_t)mc_task_shape.fields[MC_INDEX_task_id].high;
    if (is_task && is_id)
        mc_set(ret_event, agent_event, task_id, entry->target_id);
}

static void
send_rows(control_emitter_t *self, const PGresult *result, mc_list_t entries)
{
    mc_audit_entry_t *entry = (mc_audit_entry_t *)entries.items;
    mc_agent_event_t *events =
        mc_arena_alloc(self->arena, entries.count * sizeof(mc_agent_event_t));
    for (size_t i = 0; i < entries.count; i++) {
        bool is_task = mc_store_bool(result, (int)i, CONTROL_EMITTED_IS_TASK);
        control_audit_fit(&entry[i]);
        control_emitter_make_event(&entry[i], is_task, &events[i]);
        control_window_add(&self->window, entry[i].id);
    }
    mc_bus_call(self->control->bus, "ingest", MC_MESSAGE_STORE_EVENTS,
                (mc_list_t){events, entries.count}, MC_BUS_TIMEOUT_MS, on_stored, self);
}

static void
on_rows(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_emitter_t *self = arg;
    mc_list_t entries;
    if (refusal) {
        get_stuck(self, refusal->message);
        return;
    }
    if (mc_store_read_all(result, &mc_audit_entry_shape, self->arena, &entries) == -1) {
        get_stuck(self, mc_error());
        return;
    }
    control_window_look_t look = {
        .oldest_xid = mc_store_i64(result, 0, CONTROL_EMITTED_OLDEST_XID),
        .next_xid = mc_store_i64(result, 0, CONTROL_EMITTED_NEXT_XID),
        .highest_id = mc_store_i64(result, 0, CONTROL_EMITTED_HIGHEST_ID),
        .now_us = mc_clock_steady_us(),
    };
    control_window_look(&self->window, &look);
    if (PQgetisnull(result, 0, CONTROL_EMITTED_ID))
        end_round(self);
    else
        send_rows(self, result, entries);
}

static void
read_rows(control_emitter_t *self)
{
    control_window_t *window = &self->window;
    mc_arena_clear(self->arena);
    size_t limit = control_window_begin(window);
    int64_t *done = mc_arena_alloc(self->arena, (window->done_count + 1) * sizeof *done);
    control_emitted_t wanted = {
        .above_id = window->from_id,
        .done_ids = done,
        .done_count = control_window_copy_done(window, done),
        .limit = (int64_t)limit,
        .arena = self->arena,
    };
    control_store_read_emitted(self->control, &wanted, on_rows, self);
}

static void
on_cursor(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_emitter_t *self = arg;
    if (refusal) {
        get_stuck(self, refusal->message);
        return;
    }
    self->window.cursor = PQntuples(result) ? mc_store_i64(result, 0, 0) : 0;
    self->has_cursor = true;
    read_rows(self);
}

void
control_look_for_emitters(void *state)
{
    control_emitter_t *self = ((control_t *)state)->emitter;
    if (self->is_busy)
        return;
    self->is_busy = true;
    if (!self->has_cursor)
        control_store_read_cursor(self->control, on_cursor, self);
    else
        read_rows(self);
}
