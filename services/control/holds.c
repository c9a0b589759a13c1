/*
 *  holds - the holds in force, as the store has them
 */
#include "services/control/holds.h"

#include <stdlib.h>

#include "common/error.h"
#include "proto/codec.h"
#include "services/control/control_store_holds.h"
#include "services/control/control_store_receipts.h"
#include "services/control/expiry.h"
#include "services/control/parts.h"
#include "services/control/receipts.h"

#define RETRY_MS 200
#define TELL_MS 50 /* acknowledgements come in crowds: their holds are told of once */

struct control_holds {
    control_t *control;
    mc_holds_t *set;
    bool is_loading;
    bool must_load_again;
    bool is_telling;
    bool is_closing;
    mc_arena_t *arena; /* of the reading under way */
    mc_hold_set_t read;
    mc_list_t receipts; /* control_receipt, open */
    const bool *has_parts;
};

static void load(control_holds_t *self);

static void
retry(void *arg)
{
    control_holds_t *self = arg;
    load(self);
}

/* The store is away, or gave what cannot be: it is asked again. */
static void
give_up(control_holds_t *self, const char *reason)
{
    mc_log(&control_log_holds_unread, "reason=%s", reason);
    mc_arena_destroy(&self->arena);
    if (!self->is_closing)
        mc_service_after(self->control->service, RETRY_MS, retry, self);
}

static bool
is_same_set(const mc_hold_set_t *one, const mc_holds_t *other)
{
    mc_hold_set_t current = {0};
    mc_buffer_t a = {0}, b = {0};
    if (!other)
        return false;
    mc_set(&current, hold_set, epoch, mc_holds_epoch(other));
    mc_set(&current, hold_set, holds, mc_holds_list(other));
    mc_pack(&mc_hold_set_shape, one, &a);
    mc_pack(&mc_hold_set_shape, &current, &b);
    bool is_same = mc_text_equals(mc_buffer_content(&a), mc_buffer_content(&b));
    mc_buffer_clear(&a);
    mc_buffer_clear(&b);
    return is_same;
}

/* The set with what every part has done of it. */
static mc_list_t
show_set(const control_holds_t *self, mc_arena_t *arena)
{
    mc_list_t list = mc_holds_list(self->set);
    mc_hold_t *holds = mc_arena_alloc(arena, list.count * sizeof *holds + 1);
    if (list.count)
        memcpy(holds, list.items, list.count * sizeof *holds);
    for (size_t i = 0; i < list.count; i++)
        control_parts_show(self->control->parts, i, &holds[i], arena);
    mc_hold_set_t *set = mc_arena_alloc(arena, sizeof *set);
    mc_set(set, hold_set, epoch, mc_holds_epoch(self->set));
    mc_set(set, hold_set, holds, ((mc_list_t){holds, list.count}));
    return mc_list_one(set);
}

static void
publish(control_holds_t *self)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_bus_publish(self->control->bus, MC_MESSAGE_HOLDS_CHANGED, show_set(self, arena));
    CONTROL_COUNT(self->control, holds_published, 1);
}

static void
apply(control_holds_t *self)
{
    mc_arena_t *arena = mc_take(&self->arena);
    bool is_new = !is_same_set(&self->read, self->set);
    control_opening_t opening = {self->receipts, self->has_parts, arena};
    if (is_new) {
        mc_holds_destroy(&self->set);
        self->set = mc_holds_new(&self->read);
        mc_metrics_set(self->control->metrics, CONTROL_METRIC_holds,
                       (int64_t)self->read.holds.count);
    }
    control_receipts_take(self->control->receipts, &opening);
    if (is_new)
        publish(self);
    control_parts_tell(self->control->parts);
    mc_arena_destroy(&arena);
    if (self->must_load_again)
        load(self);
}

/* A list of the ids of rows from..to. */
static mc_list_t
read_ids(const PGresult *result, int from, int to, mc_arena_t *arena)
{
    size_t count = (size_t)(to - from);
    mc_hold_member_t *members = mc_arena_alloc(arena, count * sizeof *members);
    for (size_t i = 0; i < count; i++)
        mc_set(&members[i], hold_member, id,
               mc_arena_text(arena, mc_store_text(result, from + (int)i, CONTROL_MEMBER_ID)));
    return (mc_list_t){members, count};
}

static bool
is_uuid(mc_uuid_t one, mc_uuid_t other)
{
    return !memcmp(one.bytes, other.bytes, sizeof one.bytes);
}

/* The hold of that id; or the scope of the receipt, which is asked like one. */
static mc_hold_t *
find_owner(control_holds_t *self, mc_uuid_t id)
{
    mc_hold_t *hold = (mc_hold_t *)self->read.holds.items;
    for (size_t i = 0; i < self->read.holds.count; i++)
        if (is_uuid(hold[i].id, id))
            return &hold[i];
    return control_receipts_scope(self->control->receipts, id);
}

static void
take_members(control_holds_t *self, const PGresult *result)
{
    int rows = PQntuples(result);
    for (int from = 0, to; from < rows; from = to) {
        mc_uuid_t owner = mc_store_uuid(result, from, CONTROL_MEMBER_OWNER);
        int64_t what = mc_store_i64(result, from, CONTROL_MEMBER_WHAT);
        for (to = from + 1; to < rows; to++)
            if (!is_uuid(mc_store_uuid(result, to, CONTROL_MEMBER_OWNER), owner) ||
                mc_store_i64(result, to, CONTROL_MEMBER_WHAT) != what)
                break;
        mc_hold_t *hold = find_owner(self, owner);
        mc_list_t ids = read_ids(result, from, to, self->arena);
        if (!hold)
            continue;
        if (what == CONTROL_MEMBER_TASK)
            mc_set(hold, hold, task_ids, ids);
        else if (what == CONTROL_MEMBER_RUN)
            mc_set(hold, hold, run_ids, ids);
        else
            mc_set(hold, hold, old_run_ids, ids);
    }
}

static void
on_members(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_holds_t *self = arg;
    self->is_loading = false;
    if (refusal || !control_parts_is_loaded(self->control->parts)) {
        give_up(self, refusal ? refusal->message : "the parts are not read yet");
        return;
    }
    take_members(self, result);
    apply(self);
}

static void
on_receipts(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_holds_t *self = arg;
    self->is_loading = !refusal && !mc_store_read_all(result, &mc_control_receipt_shape,
                                                      self->arena, &self->receipts);
    if (!self->is_loading) {
        give_up(self, refusal ? refusal->message : mc_error());
        return;
    }
    bool *has_parts = mc_arena_alloc(self->arena, self->receipts.count + 1);
    for (size_t i = 0; i < self->receipts.count; i++)
        has_parts[i] = !PQgetisnull(result, (int)i, PQfnumber(result, "parts_seq"));
    self->has_parts = has_parts;
    control_receipts_begin(self->control->receipts,
                           &(control_opening_t){self->receipts, has_parts, self->arena});
    control_store_read_members(self->control, self->arena, on_members, self);
}

static void
on_holds(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    control_holds_t *self = arg;
    mc_list_t holds = {0};
    self->is_loading = !refusal && PQntuples(result) > 0 &&
                       !mc_store_read_all(result, &mc_hold_shape, self->arena, &holds);
    if (!self->is_loading) {
        give_up(self, refusal ? refusal->message : "the chain has no row");
        return;
    }
    if (PQgetisnull(result, 0, 1))
        holds.count = 0;
    self->read = (mc_hold_set_t){0};
    mc_set(&self->read, hold_set, epoch, mc_store_i64(result, 0, 0));
    mc_set(&self->read, hold_set, holds, holds);
    control_store_read_open_receipts(self->control, self->arena, on_receipts, self);
}

static void
load(control_holds_t *self)
{
    if (self->is_loading) {
        self->must_load_again = true;
        return;
    }
    self->is_loading = true;
    self->must_load_again = false;
    mc_arena_destroy(&self->arena);
    self->arena = mc_arena_new();
    control_store_read_holds(self->control, self->arena, on_holds, self);
}

void
control_holds_reload(control_holds_t *self)
{
    load(self);
}

static void
tell(void *arg)
{
    control_holds_t *self = arg;
    self->is_telling = false;
    if (self->set)
        publish(self);
}

void
control_holds_tell(control_holds_t *self)
{
    if (self->is_telling)
        return;
    self->is_telling = true;
    mc_service_after(self->control->service, TELL_MS, tell, self);
}

void
control_holds_on_tasks(control_holds_t *self)
{
    const mc_list_t list = self->set ? mc_holds_list(self->set) : (mc_list_t){0};
    const mc_hold_t *hold = list.items;
    for (size_t i = 0; i < list.count; i++)
        if (mc_text_is(hold[i].scope_type, "agent")) {
            load(self);
            return;
        }
}

const mc_holds_t *
control_holds_set(const control_holds_t *self)
{
    return self->set;
}

static bool
has_root(const void *root_text, mc_text_t root)
{
    const mc_text_t *own = root_text;
    return root.size == 0 || own->size == 0 || mc_text_equals(*own, root);
}

void
control_on_list_holds(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (!ask)
        return;
    const control_holds_t *self = control_of(ask)->holds;
    const mc_hold_query_t *query = ask->input;
    if (!self->set) {
        mc_ask_refuse_with(ask, MC_STORE_AWAY_ERROR, NULL, "the holds are not read yet");
        return;
    }
    const mc_hold_set_t *set = show_set(self, ask->arena).items;
    mc_hold_t *holds = (mc_hold_t *)set->holds.items;
    size_t count = 0;
    for (size_t i = 0; i < set->holds.count; i++)
        if (has_root(&holds[i].root_task_id, query->root_task_id))
            holds[count++] = holds[i];
    mc_ask_answer(ask, &mc_hold_shape, (mc_list_t){holds, count});
}

void
control_on_get_holds(void *state, mc_bus_request_t *request, mc_list_t records)
{
    control_t *control = state;
    const control_holds_t *self = control->holds;
    mc_refusal_t refusal;
    (void)records;
    if (self->set) {
        mc_bus_answer(control->bus, request, &mc_hold_set_shape,
                      show_set(self, mc_bus_request_arena(request)));
        return;
    }
    mc_refusal_fill(&refusal, MC_STORE_AWAY_ERROR, NULL, "the holds are not read yet");
    mc_bus_refuse(control->bus, request, &refusal);
}

control_holds_t *
control_holds_new(control_t *control)
{
    control_holds_t *self = calloc(1, sizeof *self);
    assert(self);
    self->control = control;
    load(self);
    return self;
}

void
control_holds_destroy(control_holds_t **address)
{
    control_holds_t *self = mc_take(address);
    if (!self)
        return;
    mc_arena_destroy(&self->arena);
    mc_holds_destroy(&self->set);
    free(self);
}
