/*
 *  holds - which hold of a set covers a call or a run, and what follows from it
 */
#include "common/holds.h"

#include <stdlib.h>

#include "proto/codec.h"

/* Ids in the order of their bytes, to be searched. */
typedef struct {
    const mc_text_t *ids;
    size_t count;
} members_t;

typedef struct {
    members_t tasks;
    members_t runs;
    members_t old_runs;
} scope_members_t;

struct mc_holds {
    mc_arena_t *arena;
    mc_hold_set_t set;
    scope_members_t *members; /* one for each hold */
};

static int
compare(const void *one, const void *other)
{
    const mc_text_t *a = one, *b = other;
    size_t least = a->size < b->size ? a->size : b->size;
    int order = least ? memcmp(a->data, b->data, least) : 0;
    if (order)
        return order;
    return a->size < b->size ? -1 : a->size > b->size;
}

static members_t
sort_members(mc_arena_t *arena, mc_list_t list)
{
    const mc_hold_member_t *member = list.items;
    if (list.count == 0)
        return (members_t){0};
    mc_text_t *ids = mc_arena_alloc(arena, list.count * sizeof *ids);
    for (size_t i = 0; i < list.count; i++)
        ids[i] = member[i].id;
    qsort(ids, list.count, sizeof *ids, compare);
    return (members_t){ids, list.count};
}

static bool
has_member(const members_t *members, mc_text_t id)
{
    return id.size && members->count &&
           bsearch(&id, members->ids, members->count, sizeof id, compare);
}

/* The copy goes through the codec: it knows every field. */
static void
copy_set(mc_holds_t *self, const mc_hold_set_t *set)
{
    mc_buffer_t packed = {0};
    mc_refusal_t refusal;
    mc_pack(&mc_hold_set_shape, set, &packed);
    mc_text_t bytes = mc_arena_text(self->arena, mc_buffer_content(&packed));
    mc_buffer_clear(&packed);
    int result = mc_unpack(&mc_hold_set_shape, bytes, self->arena, &self->set, &refusal);
    assert(result == 0); /* it was a record before */
    (void)result;
}

mc_holds_t *
mc_holds_new(const mc_hold_set_t *set)
{
    mc_holds_t *self = calloc(1, sizeof *self);
    assert(self);
    self->arena = mc_arena_new();
    if (!set)
        return self;
    copy_set(self, set);
    const mc_hold_t *hold = self->set.holds.items;
    size_t count = self->set.holds.count;
    self->members = mc_arena_alloc(self->arena, count * sizeof *self->members + 1);
    for (size_t i = 0; i < count; i++)
        self->members[i] = (scope_members_t){
            .tasks = sort_members(self->arena, hold[i].task_ids),
            .runs = sort_members(self->arena, hold[i].run_ids),
            .old_runs = sort_members(self->arena, hold[i].old_run_ids),
        };
    return self;
}

void
mc_holds_destroy(mc_holds_t **address)
{
    mc_holds_t *self = mc_take(address);
    if (!self)
        return;
    mc_arena_destroy(&self->arena);
    free(self);
}

int64_t
mc_holds_epoch(const mc_holds_t *self)
{
    return self->set.epoch;
}

mc_list_t
mc_holds_list(const mc_holds_t *self)
{
    return self->set.holds;
}

static bool
covers_agent(const mc_hold_t *hold, const scope_members_t *members, const mc_identity_t *identity)
{
    bool is_itself =
        identity->task_id.size && mc_text_equals(identity->task_id, hold->agent_task_id);
    return is_itself || has_member(&members->tasks, identity->task_id) ||
           has_member(&members->runs, identity->run_id) ||
           has_member(&members->runs, identity->parent_run_id);
}

/* A filter that has no word covers nothing. */
static bool
covers_filter(const mc_hold_t *hold, const scope_members_t *members, const mc_identity_t *identity)
{
    const struct {
        mc_text_t wanted;
        mc_text_t actual;
    } words[] = {
        {hold->provider, identity->provider},     {hold->model_id, identity->model_id},
        {hold->persona, identity->persona},       {hold->skill, identity->skill},
        {hold->mcp_server, identity->mcp_server}, {hold->run_id, identity->run_id},
    };
    bool has_spend = mc_has(hold, hold, spend_usd_per_minute);
    bool has_word = has_spend;
    for (size_t i = 0; i < MC_COUNT(words); i++) {
        has_word |= words[i].wanted.size > 0;
        if (words[i].wanted.size && !mc_text_equals(words[i].wanted, words[i].actual))
            return false;
    }
    return has_word && (!has_spend || has_member(&members->runs, identity->run_id));
}

/* Who does not say of which tree it is, is of none; a run that is named is that run. */
static bool
covers_scope(const mc_hold_t *hold, const scope_members_t *members, const mc_identity_t *identity)
{
    bool is_of_root = mc_text_equals(hold->root_task_id, identity->root_task_id);
    if (mc_text_is(hold->scope_type, "agent"))
        return (is_of_root || !identity->root_task_id.size) &&
               covers_agent(hold, members, identity);
    bool is_named = hold->run_id.size && mc_text_equals(hold->run_id, identity->run_id);
    if (hold->root_task_id.size && !is_of_root && !(is_named && !identity->root_task_id.size))
        return false;
    if (mc_text_is(hold->scope_type, "filter"))
        return covers_filter(hold, members, identity);
    if (mc_text_is(hold->scope_type, "tier"))
        return identity->tier == hold->tier;
    if (mc_text_is(hold->scope_type, "task"))
        return identity->task_id.size && mc_text_equals(identity->task_id, hold->agent_task_id);
    return mc_text_is(hold->scope_type, "tree");
}

bool
mc_holds_cover(const mc_holds_t *self, size_t index, const mc_identity_t *identity)
{
    const mc_hold_t *hold = (const mc_hold_t *)self->set.holds.items + index;
    const scope_members_t *members = &self->members[index];
    if (mc_text_is(hold->kind, "fence"))
        return has_member(&members->old_runs, identity->run_id);
    if (mc_text_is(hold->kind, "pause") && mc_text_is(hold->mode, "drain") &&
        has_member(&members->old_runs, identity->run_id))
        return false;
    return covers_scope(hold, members, identity);
}

mc_holds_verdict_t
mc_holds_verdict_of(const mc_hold_t *hold)
{
    if (mc_text_is(hold->kind, "fence"))
        return MC_HOLDS_RESTART;
    if (mc_text_is(hold->kind, "stop"))
        return MC_HOLDS_STOP;
    if (mc_text_is(hold->mode, "now"))
        return MC_HOLDS_FREEZE;
    if (mc_text_is(hold->mode, "quarantine"))
        return MC_HOLDS_QUARANTINE;
    return mc_text_is(hold->mode, "drain") ? MC_HOLDS_DRAIN : MC_HOLDS_PAUSE;
}

mc_holds_verdict_t
mc_holds_judge(const mc_holds_t *self, const mc_identity_t *identity, const mc_hold_t **ret_hold)
{
    const mc_hold_t *hold = self->set.holds.items, *strongest = NULL;
    mc_holds_verdict_t verdict = MC_HOLDS_RUN;
    for (size_t i = 0; i < self->set.holds.count; i++) {
        mc_holds_verdict_t next = mc_holds_verdict_of(&hold[i]);
        if (next <= verdict || !mc_holds_cover(self, i, identity))
            continue;
        verdict = next;
        strongest = &hold[i];
    }
    if (ret_hold)
        *ret_hold = strongest;
    return verdict;
}

const char *
mc_holds_verdict_word(mc_holds_verdict_t verdict)
{
    switch (verdict) {
    case MC_HOLDS_RUN:
        return "run";
    case MC_HOLDS_STOP:
        return "stop";
    case MC_HOLDS_RESTART:
        return "restart";
    default:
        return "pause";
    }
}
