/*
 *  event_rules - what is true of every event, whatever door it came through
 */
#include "services/ingest/event_rules.h"

#include <ctype.h>
#include <strings.h>

#include "common/ids.h"
#include "services/ingest/details.h"

typedef struct {
    const char *part; /* of an action, in any case */
    mc_status_t status;
} action_row_t;

/* In this order: an action that says both started and failed is taken as started. */
static const action_row_t action_rows[] = {
    {"started", MC_STATUS_EXECUTING},   {"executing", MC_STATUS_EXECUTING},
    {"pause", MC_STATUS_PAUSED},        {"failed", MC_STATUS_FAILED},
    {"error", MC_STATUS_FAILED},        {"stopped", MC_STATUS_FAILED},
    {"completed", MC_STATUS_COMPLETED}, {"applied", MC_STATUS_COMPLETED},
    {"finished", MC_STATUS_COMPLETED},
};

/* The finer words of producers; the five themselves are understood before. */
static const action_row_t word_rows[] = {
    {"queued", MC_STATUS_PENDING},
    {"running", MC_STATUS_EXECUTING},
    {"in_progress", MC_STATUS_EXECUTING},
    {"started", MC_STATUS_EXECUTING},
    {"waiting_input", MC_STATUS_EXECUTING},
    {"resuming", MC_STATUS_EXECUTING},
    {"pausing", MC_STATUS_EXECUTING},
    {"stopping", MC_STATUS_EXECUTING},
    {"ok", MC_STATUS_COMPLETED},
    {"success", MC_STATUS_COMPLETED},
    {"succeeded", MC_STATUS_COMPLETED},
    {"done", MC_STATUS_COMPLETED},
    {"finished", MC_STATUS_COMPLETED},
    {"stopped", MC_STATUS_FAILED},
    {"cancelled", MC_STATUS_FAILED},
    {"canceled", MC_STATUS_FAILED},
    {"incomplete", MC_STATUS_FAILED},
    {"lost", MC_STATUS_FAILED},
    {"error", MC_STATUS_FAILED},
    {"failure", MC_STATUS_FAILED},
};

static bool
contains(mc_text_t text, const char *part)
{
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= text.size; i++)
        if (!strncasecmp(text.data + i, part, size))
            return true;
    return false;
}

mc_status_t
ingest_rules_status_of_action(mc_text_t action)
{
    for (size_t i = 0; i < MC_COUNT(action_rows); i++)
        if (contains(action, action_rows[i].part))
            return action_rows[i].status;
    return MC_STATUS_EXECUTING;
}

mc_status_t
ingest_rules_status(mc_text_t word)
{
    for (mc_status_t status = 0; status < MC_STATUS_UNKNOWN; status++)
        if (word.size == strlen(mc_status_word(status)) && contains(word, mc_status_word(status)))
            return status;
    for (size_t i = 0; i < MC_COUNT(word_rows); i++)
        if (word.size == strlen(word_rows[i].part) && contains(word, word_rows[i].part))
            return word_rows[i].status;
    return MC_STATUS_UNKNOWN;
}

int
ingest_rules_tier_of_actor(mc_text_t actor)
{
    if (actor.size < 6 || memcmp(actor.data, "tier", 4) != 0 || actor.data[5] != '_')
        return 0;
    int tier = actor.data[4] - '0';
    return tier >= 1 && tier <= 3 ? tier : 0;
}

static mc_text_t
trim(mc_text_t text)
{
    while (text.size && isspace((unsigned char)text.data[0]))
        text.data++, text.size--;
    while (text.size && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    return text;
}

static int
require_names(mc_agent_event_t *event, mc_refusal_t *refusal)
{
    event->actor = trim(event->actor);
    event->action = trim(event->action);
    if (!mc_has(event, agent_event, actor) || event->actor.size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "actor", "actor is missing");
    if (!mc_has(event, agent_event, action) || event->action.size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "action", "action is missing");
    return 0;
}

/* The time in a uid of version 7, or now. A resend must get the time that the event had at first:
 * it is part of what the store knows it by. */
static int64_t
time_of_uid(const ingest_rules_t *rules, const mc_agent_event_t *event)
{
    const uint8_t *bytes = event->event_uid.bytes;
    int64_t time_us = 0;
    if (!mc_has(event, agent_event, event_uid) || bytes[6] >> 4 != 7)
        return rules->now_us;
    for (int i = 0; i < 6; i++)
        time_us = time_us << 8 | bytes[i];
    time_us *= 1000;
    return time_us < rules->oldest_us || time_us > rules->newest_us ? rules->now_us : time_us;
}

/* Within the window. */
static int
settle_time(const ingest_rules_t *rules, mc_agent_event_t *event, mc_refusal_t *refusal)
{
    if (!mc_has(event, agent_event, ts)) {
        mc_set(event, agent_event, ts, time_of_uid(rules, event));
        return 0;
    }
    if (event->ts < rules->oldest_us)
        return mc_refuse(refusal, MC_TIME_OUT_OF_WINDOW_ERROR, "createdAt",
                         "createdAt is %lld s ago, at most %lld are kept",
                         (long long)((rules->now_us - event->ts) / 1000000),
                         (long long)((rules->now_us - rules->oldest_us) / 1000000));
    if (event->ts > rules->newest_us)
        return mc_refuse(refusal, MC_TIME_OUT_OF_WINDOW_ERROR, "createdAt",
                         "createdAt is %lld s ahead, at most %lld are taken",
                         (long long)((event->ts - rules->now_us) / 1000000),
                         (long long)((rules->newest_us - rules->now_us) / 1000000));
    return 0;
}

static int
settle_status(mc_agent_event_t *event, mc_refusal_t *refusal)
{
    mc_status_t status = ingest_rules_status_of_action(event->action);
    if (mc_has(event, agent_event, status)) {
        status = ingest_rules_status(event->status);
        if (status == MC_STATUS_UNKNOWN)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "status",
                             "status is \"%.*s\", not pending, executing, completed, failed or "
                             "paused",
                             MC_FMT(event->status));
    }
    mc_set(event, agent_event, status, mc_text(mc_status_word(status)));
    return 0;
}

/* actor::task, which may be longer than a run's id. */
static int
settle_run(const ingest_rules_t *rules, mc_agent_event_t *event, mc_refusal_t *refusal)
{
    const mc_field_t *field = &mc_agent_event_shape.fields[MC_INDEX_agent_event_run_id];
    mc_text_t task =
        mc_has(event, agent_event, task_id) ? event->task_id : mc_text(INGEST_ROOT_UNKNOWN);
    mc_text_t run = mc_arena_printf(rules->arena, "%.*s::%.*s", MC_FMT(event->actor), MC_FMT(task));
    return mc_field_set_text(&mc_agent_event_shape, field, event, run, refusal);
}

/* The task from the message, the persona from the actor, the run from both. */
static int
settle_identity(const ingest_rules_t *rules, mc_agent_event_t *event, mc_refusal_t *refusal)
{
    mc_text_t task = ingest_details_task(event->message);
    if (!mc_has(event, agent_event, task_id) && task.size > 0 && task.size <= 200)
        mc_set(event, agent_event, task_id, task);
    if (!mc_has(event, agent_event, persona) && ingest_rules_tier_of_actor(event->actor) &&
        event->actor.size > 6)
        mc_set(event, agent_event, persona,
               ((mc_text_t){event->actor.data + 6, event->actor.size - 6}));
    return mc_has(event, agent_event, run_id) ? 0 : settle_run(rules, event, refusal);
}

/* Without a task there is no tree to ask: the root is the common one, the tier the actor's. */
static void
settle_place(mc_agent_event_t *event)
{
    if (mc_has(event, agent_event, task_id))
        return;
    if (!mc_has(event, agent_event, root_task_id))
        mc_set(event, agent_event, root_task_id, mc_text(INGEST_ROOT_UNKNOWN));
    int tier = ingest_rules_tier_of_actor(event->actor);
    if (!mc_has(event, agent_event, tier) && tier)
        mc_set(event, agent_event, tier, tier);
}

int
ingest_rules_apply(const ingest_rules_t *rules, mc_agent_event_t *event, mc_refusal_t *refusal)
{
    if (require_names(event, refusal) == MC_REFUSED)
        return MC_REFUSED;
    ingest_details_read(event, rules->parser, rules->arena);
    mc_unset(event, agent_event, details);
    if (settle_time(rules, event, refusal) == MC_REFUSED ||
        settle_status(event, refusal) == MC_REFUSED ||
        settle_identity(rules, event, refusal) == MC_REFUSED)
        return MC_REFUSED;
    settle_place(event);
    if (!mc_has(event, agent_event, event_uid))
        mc_set(event, agent_event, event_uid, mc_uuid_new());
    mc_set(event, agent_event, received_at, rules->now_us);
    if (!mc_has(event, agent_event, source)) /* a service may say where it had it from */
        mc_set(event, agent_event, source, mc_text(rules->source));
    return 0;
}
