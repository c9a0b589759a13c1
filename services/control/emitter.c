/*
 *  emitter - audit rows of older emitters, made into events
 *
 *  When may the cursor move to a number? Rows up to it were seen at some moment.
 *  Whatever transaction holds a lower number was under way then, so when all of
 *  those are over and a reading after that is done, nothing lower can come. Between
 *  taking a number and becoming a transaction that others can see lie
 *  microseconds: SETTLE_US is far beyond that.
 */
#include "services/control/emitter.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "services/control/audit.h"
#include "services/control/control_store.h"

#define SETTLE_US INT64_C(10000000)
#define EVENT_UID_TEXT_SIZE 32

/* A number that the cursor may move to once the transactions of its moment are over. */
typedef struct {
    int64_t id; /* 0: none is being waited for */
    int64_t next_xid;
    int64_t seen_us;
} mark_t;

struct control_emitter {
    control_t *control;
    mc_arena_t *arena; /* of the reading under way */
    bool is_busy;
    bool has_cursor;
    bool is_stuck; /* said in the log */
    int64_t cursor;
    mark_t mark;
    bool is_mark_over;
    int64_t moving_to;
    int64_t done[CONTROL_EMITTER_WINDOW_MAX + CONTROL_EMITTER_PAGE]; /* above the cursor, as read */
    size_t done_count;
    int64_t reading[CONTROL_EMITTER_PAGE]; /* growing */
    size_t reading_count;
    size_t reading_most;
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
    mc_arena_clear(self->arena);
    mc_metrics_set(self->control->metrics, CONTROL_METRIC_emitter_window,
                   (int64_t)self->done_count);
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
        mc_log(&control_log_emitter_moving, "cursor=%lld", (long long)self->cursor);
    self->is_stuck = false;
}

/* Forgets the ids that are not above the cursor any more. */
static void
shrink_window(control_emitter_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->done_count; i++)
        if (self->done[i] > self->cursor)
            self->done[kept++] = self->done[i];
    self->done_count = kept;
}

static int64_t
highest_done(const control_emitter_t *self)
{
    int64_t highest = 0;
    for (size_t i = 0; i < self->done_count; i++)
        if (self->done[i] > highest)
            highest = self->done[i];
    return highest;
}

static bool
has_room(const control_emitter_t *self)
{
    return self->done_count + CONTROL_EMITTER_PAGE <= CONTROL_EMITTER_WINDOW_MAX;
}

/* Were there more rows than were asked for? */
static bool
has_more(const control_emitter_t *self)
{
    return self->reading_count == self->reading_most;
}

/* Below which nothing can come any more: as far as the rows were read, up to the mark. */
static int64_t
safe_id(const control_emitter_t *self)
{
    int64_t mark_id = self->mark.id;
    if (!self->is_mark_over)
        return 0;
    if (!has_more(self))
        return mark_id;
    int64_t last_id = self->reading_count ? self->reading[self->reading_count - 1] : 0;
    return last_id < mark_id ? last_id : mark_id;
}

/* Reads on at once while there is more and room for it, or room can be made by moving. */
static void
go_on(control_emitter_t *self)
{
    if (has_more(self) && (has_room(self) || self->is_mark_over))
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
    self->cursor = self->moving_to;
    shrink_window(self);
    if (self->cursor >= self->mark.id) {
        self->mark = (mark_t){0};
        self->is_mark_over = false;
    }
    go_on(self);
}

/* Everything that this reading found is done. */
static void
end_round(control_emitter_t *self)
{
    for (size_t i = 0; i < self->reading_count; i++)
        self->done[self->done_count++] = self->reading[i];
    get_moving(self);
    self->moving_to = safe_id(self);
    if (self->moving_to > self->cursor)
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
        self->reading[i] = entry[i].id;
    }
    self->reading_count = entries.count;
    mc_bus_call(self->control->bus, "ingest", MC_MESSAGE_STORE_EVENTS,
                (mc_list_t){events, entries.count}, MC_BUS_TIMEOUT_MS, on_stored, self);
}

/* Is the mark's moment over? And where there is no mark, makes one: of the rows that were done
 * before this reading. */
static void
look_at_mark(control_emitter_t *self, const PGresult *result)
{
    int64_t now_us = mc_clock_steady_us();
    int64_t oldest_xid = mc_store_i64(result, 0, CONTROL_EMITTED_OLDEST_XID);
    if (self->mark.id)
        self->is_mark_over =
            oldest_xid >= self->mark.next_xid && now_us - self->mark.seen_us >= SETTLE_US;
    else
        self->mark =
            (mark_t){highest_done(self), mc_store_i64(result, 0, CONTROL_EMITTED_NEXT_XID), now_us};
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
    look_at_mark(self, result);
    self->reading_count = 0;
    if (PQgetisnull(result, 0, CONTROL_EMITTED_ID))
        end_round(self);
    else
        send_rows(self, result, entries);
}

static void
read_rows(control_emitter_t *self)
{
    mc_arena_clear(self->arena);
    /* With a full window only the transactions are looked at, unless it can be moved. */
    self->reading_most = has_room(self) || self->is_mark_over ? CONTROL_EMITTER_PAGE : 0;
    control_emitted_t wanted = {
        .above_id = self->cursor,
        .done_ids = self->done,
        .done_count = self->done_count,
        .limit = (int64_t)self->reading_most,
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
    self->cursor = PQntuples(result) ? mc_store_i64(result, 0, 0) : 0;
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
