/*
 *  run_changes - the events of one transaction folded into one row for each run
 *
 *  Events are put in the order root, run, time, so that a run's events are
 *  neighbours and the last one to speak of a field is the latest. Tables say
 *  which field of an event fills which field of its run.
 */
#include "services/ingest/run_changes.h"

#include <stdlib.h>

/* A text that the run takes over from its latest event that has it. */
typedef struct {
    size_t event_index;
    size_t change_index;
} carried_t;

#define CARRY(name)                                                                                \
    {                                                                                              \
        MC_INDEX_agent_event_##name, MC_INDEX_run_change_##name                                    \
    }

static const carried_t carried[] = {
    CARRY(task_id),  CARRY(actor),        CARRY(persona),       CARRY(skill),      CARRY(provider),
    CARRY(model_id), CARRY(adapter_kind), CARRY(parent_run_id), CARRY(mcp_server), CARRY(mcp_tool),
};

static int
compare_texts(mc_text_t one, mc_text_t other)
{
    size_t size = one.size < other.size ? one.size : other.size;
    int order = size ? memcmp(one.data, other.data, size) : 0;
    if (order)
        return order;
    return (one.size > other.size) - (one.size < other.size);
}

static bool
is_terminal(const mc_agent_event_t *event)
{
    return mc_status_is_terminal(mc_status(event->status));
}

/* Ties of time go to the terminal status, then to the uid: the same events always give the same. */
static int
compare_events(const void *left, const void *right)
{
    const mc_agent_event_t *one = *(const mc_agent_event_t *const *)left;
    const mc_agent_event_t *other = *(const mc_agent_event_t *const *)right;
    int order = compare_texts(one->root_task_id, other->root_task_id);
    if (!order)
        order = compare_texts(one->run_id, other->run_id);
    if (!order)
        order = (one->ts > other->ts) - (one->ts < other->ts);
    if (!order)
        order = is_terminal(one) - is_terminal(other);
    if (!order)
        order = memcmp(&one->event_uid, &other->event_uid, sizeof one->event_uid);
    return order;
}

static void
open_change(mc_run_change_t *change, const mc_agent_event_t *event)
{
    mc_set(change, run_change, root_task_id, event->root_task_id);
    mc_set(change, run_change, id, event->run_id);
    mc_set(change, run_change, tier_derived, false);
    mc_set(change, run_change, status, mc_text(mc_status_word(MC_STATUS_EXECUTING)));
    mc_set(change, run_change, started_at, event->ts);
    mc_set(change, run_change, event_count, 0);
    mc_set(change, run_change, error_count, 0);
    mc_set(change, run_change, last_event_id, 0);
    mc_set(change, run_change, own_tokens_in, 0);
    mc_set(change, run_change, own_tokens_out, 0);
    mc_set(change, run_change, rollup_tokens_in, 0);
    mc_set(change, run_change, rollup_tokens_out, 0);
    mc_set(change, run_change, metered_events, 0);
    mc_set(change, run_change, token_delta, 0);
}

static bool
is_step(const mc_agent_event_t *event)
{
    return mc_has(event, agent_event, is_part) && event->is_part;
}

/* Who runs is said by the run's own events; a step only fills in what is not known. */
static bool
is_own(size_t event_index)
{
    return event_index == MC_INDEX_agent_event_actor || event_index == MC_INDEX_agent_event_persona;
}

/* A persona read out of the actor's name (tier3_<persona>) says no more than that name. */
static bool
is_derived(const mc_agent_event_t *event, size_t event_index)
{
    return event_index == MC_INDEX_agent_event_persona && event->persona.size &&
           event->actor.size == event->persona.size + INGEST_TIER_PREFIX_SIZE &&
           !memcmp(event->actor.data + INGEST_TIER_PREFIX_SIZE, event->persona.data,
                   event->persona.size);
}

static void
carry_texts(mc_run_change_t *change, const mc_agent_event_t *event)
{
    bool has_own = mc_has(change, run_change, status_at);
    for (size_t i = 0; i < MC_COUNT(carried); i++) {
        size_t index = carried[i].event_index;
        bool only_fills = (is_own(index) && is_step(event) && has_own) || is_derived(event, index);
        bool is_kept = only_fills && mc_record_has(change, carried[i].change_index);
        if (is_kept || !mc_record_has(event, index))
            continue;
        const mc_field_t *from = &mc_agent_event_shape.fields[index];
        const mc_field_t *to = &mc_run_change_shape.fields[carried[i].change_index];
        memcpy(mc_record_member(change, to), mc_record_member(event, from), sizeof(mc_text_t));
        mc_record_mark(change, carried[i].change_index);
    }
}

/* The start of the text, not cut inside a character. */
static mc_text_t
head_of(mc_text_t text)
{
    size_t size = text.size;
    if (size > INGEST_LAST_MESSAGE_MAX) {
        size = INGEST_LAST_MESSAGE_MAX;
        while (size && ((unsigned char)text.data[size] & 0xc0) == 0x80)
            size--;
    }
    return (mc_text_t){text.data, size};
}

static void
carry_latest(mc_run_change_t *change, const mc_agent_event_t *event)
{
    mc_set(change, run_change, last_event_at, event->ts);
    mc_set(change, run_change, last_action, event->action);
    if (mc_has(event, agent_event, message) && event->message.size)
        mc_set(change, run_change, last_message, head_of(event->message));
    if (mc_has(event, agent_event, tier)) {
        bool is_derived = mc_has(event, agent_event, tier_derived) && event->tier_derived;
        if (!is_derived || !mc_has(change, run_change, tier) || change->tier_derived) {
            mc_set(change, run_change, tier, event->tier);
            mc_set(change, run_change, tier_derived, is_derived);
        }
    }
}

static void
carry_status(mc_run_change_t *change, const mc_agent_event_t *event)
{
    if (is_step(event))
        return;
    mc_set(change, run_change, status, event->status);
    mc_set(change, run_change, status_at, event->ts);
    if (is_terminal(event))
        mc_set(change, run_change, ended_at, event->ts);
    else
        mc_unset(change, run_change, ended_at);
}

static int64_t
value_or_zero(const mc_agent_event_t *event, size_t index, int64_t value)
{
    return mc_record_has(event, index) ? value : 0;
}

/* A sum stays at the bound that single values have, in both directions. */
static void
add_within(int64_t most, int64_t *sum, int64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum) || *sum > most || *sum < -most)
        *sum = value > 0 ? most : -most;
}

static void
add_tokens(int64_t *sum, int64_t tokens)
{
    add_within(MC_JSON_INTEGER_MAX, sum, tokens);
}

static void
add_cost(mc_run_change_t *change, size_t index, int64_t *sum, const mc_agent_event_t *event)
{
    add_within(MC_MONEY_MAX, sum, event->cost_usd);
    mc_record_mark(change, index);
}

static void
add_usage(mc_run_change_t *change, const mc_agent_event_t *event)
{
    int64_t in = value_or_zero(event, MC_INDEX_agent_event_tokens_in, event->tokens_in);
    int64_t out = value_or_zero(event, MC_INDEX_agent_event_tokens_out, event->tokens_out);
    bool has_cost = mc_has(event, agent_event, cost_usd);
    bool is_metered = in || out || has_cost;
    if (mc_has(event, agent_event, is_rollup) && event->is_rollup) {
        add_tokens(&change->rollup_tokens_in, in);
        add_tokens(&change->rollup_tokens_out, out);
        if (has_cost)
            add_cost(change, MC_INDEX_run_change_rollup_cost_usd, &change->rollup_cost_usd, event);
        return;
    }
    add_tokens(&change->own_tokens_in, in);
    add_tokens(&change->own_tokens_out, out);
    change->metered_events += is_metered;
    if (has_cost)
        add_cost(change, MC_INDEX_run_change_own_cost_usd, &change->own_cost_usd, event);
}

static void
fold_event(mc_run_change_t *change, const mc_agent_event_t *event)
{
    carry_texts(change, event);
    carry_latest(change, event);
    carry_status(change, event);
    add_usage(change, event);
    add_tokens(&change->token_delta,
               value_or_zero(event, MC_INDEX_agent_event_token_delta, event->token_delta));
    change->event_count++;
    change->error_count += mc_status(event->status) == MC_STATUS_FAILED;
    if (event->id > change->last_event_id)
        change->last_event_id = event->id;
}

static bool
is_same_run(const mc_agent_event_t *one, const mc_agent_event_t *other)
{
    return mc_text_equals(one->run_id, other->run_id) &&
           mc_text_equals(one->root_task_id, other->root_task_id);
}

/* Said by the platform of a tree or a task, not by one who runs in it: it makes no agent. */
static bool
is_of_nobody(const mc_agent_event_t *event)
{
    return is_step(event) && mc_has(event, agent_event, adapter_kind) &&
           mc_text_is(event->adapter_kind, MC_ADAPTER_PLATFORM);
}

mc_list_t
ingest_run_changes(const mc_agent_event_t *events, size_t count, mc_arena_t *arena)
{
    const mc_agent_event_t **order = mc_arena_alloc(arena, (count + 1) * sizeof(void *));
    size_t stored = 0;
    for (size_t i = 0; i < count; i++)
        if (events[i].id != 0 && !is_of_nobody(&events[i]))
            order[stored++] = &events[i];
    qsort(order, stored, sizeof(void *), compare_events);
    mc_run_change_t *changes = mc_arena_alloc(arena, (stored + 1) * sizeof *changes);
    size_t runs = 0;
    for (size_t i = 0; i < stored; i++) {
        if (i == 0 || !is_same_run(order[i], order[i - 1]))
            open_change(&changes[runs++], order[i]);
        fold_event(&changes[runs - 1], order[i]);
    }
    return (mc_list_t){changes, runs};
}
