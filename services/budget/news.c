/*
 *  news - what happened to a budget, told to whoever listens
 */
#include "services/budget/news.h"

#include "common/clock.h"
#include "common/ids.h"
#include "proto/codec.h"

#define NEWS_ACTOR "budget"

static void
on_stored(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    budget_t *budget = arg;
    (void)records;
    if (!refusal)
        return;
    BUDGET_COUNT(budget, events_unsent, 1);
    mc_log(&budget_log_event_unsent, "reason=%s", refusal->message);
}

static void
send_event(budget_t *budget, mc_agent_event_t *event)
{
    mc_set(event, agent_event, event_uid, mc_uuid_new());
    mc_set(event, agent_event, phase, MC_TEXT("control"));
    mc_set(event, agent_event, is_part, true);
    mc_set(event, agent_event, adapter_kind, MC_TEXT(MC_ADAPTER_PLATFORM));
    mc_set(event, agent_event, ts, mc_clock_us());
    mc_bus_call(budget->bus, "ingest", MC_MESSAGE_STORE_EVENTS, mc_list_one(event),
                MC_BUS_TIMEOUT_MS, on_stored, budget);
}

static mc_text_t
describe_request(mc_arena_t *arena, const mc_budget_request_t *request)
{
    if (mc_text_is(request->status, "approved"))
        return mc_arena_printf(arena, "%lld tokens more", (long long)request->approved_increment);
    return mc_arena_printf(arena, "%s %lld tokens more",
                           mc_text_is(request->status, "pending") ? "asks for" : "does not get",
                           (long long)request->requested_increment);
}

void
budget_tell_request(budget_t *budget, const mc_budget_request_t *request, mc_text_t actor)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_buffer_t json = {0};
    mc_agent_event_t event = {0};
    bool is_pending = mc_text_is(request->status, "pending");
    mc_bus_publish(budget->bus, MC_MESSAGE_BUDGET_REQUESTS_CHANGED, mc_list_one(request));
    mc_write_json(&mc_budget_request_shape, request, &json);
    mc_set(&event, agent_event, actor, actor);
    mc_set(&event, agent_event, task_id, request->task_id);
    mc_set(&event, agent_event, action,
           is_pending ? MC_TEXT("budget.requested")
                      : mc_arena_printf(arena, "budget.%.*s", MC_FMT(request->status)));
    mc_set(&event, agent_event, message, describe_request(arena, request));
    mc_set(&event, agent_event, payload_json, mc_buffer_content(&json));
    send_event(budget, &event);
    mc_buffer_clear(&json);
}
