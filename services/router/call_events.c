/*
 *  call_events - what a call tells of itself: the decision, start, progress and end
 *
 *  No text of prompts or answers, only what was asked of whom, and what it cost.
 */
#include "services/router/call.h"

#include "common/clock.h"
#include "proto/codec.h"
#include "services/router/prompt_hash.h"

static mc_agent_event_t
make_event(const router_call_t *self, const char *action, const char *status, const char *phase)
{
    mc_agent_event_t event = {0};
    const router_model_t *model = self->attempt.model;
    if (!model && self->has_decision && self->decision.ranked_count)
        model = self->decision.candidates[self->decision.ranked[0]].model;
    mc_set(&event, agent_event, event_uid, mc_uuid_new());
    mc_set(&event, agent_event, ts, mc_clock_us());
    mc_set(&event, agent_event, action, mc_text(action));
    mc_set(&event, agent_event, status, mc_text(status));
    mc_set(&event, agent_event, phase, mc_text(phase));
    mc_set(&event, agent_event, adapter_kind, MC_TEXT("router"));
    mc_set(&event, agent_event, is_part, true);
    router_identity_mark(&self->identity, &event);
    if (model) {
        mc_set(&event, agent_event, provider, model->provider->name);
        mc_set(&event, agent_event, model_id, model->model_id);
    }
    return event;
}

static void
add(router_call_t *self, mc_agent_event_t *event, mc_buffer_t *payload)
{
    mc_set(event, agent_event, payload_json, mc_buffer_content(payload));
    router_recorder_add(self->router->recorder, event);
}

static void
write_name(mc_buffer_t *out, const char *name)
{
    mc_buffer_append(out, ",\"", 2);
    mc_buffer_string(out, name);
    mc_buffer_append(out, "\":", 2);
}

static void
write_text(mc_buffer_t *out, const char *name, mc_text_t value)
{
    if (!value.size)
        return;
    write_name(out, name);
    mc_write_json_text(out, value);
}

static void
write_number(mc_buffer_t *out, const char *name, int64_t value)
{
    write_name(out, name);
    mc_write_json_i64(out, value);
}

/* What every payload has. */
static void
write_head(const router_call_t *self, mc_buffer_t *out)
{
    mc_buffer_string(out, "{\"callId\":\"");
    mc_buffer_string(out, self->id);
    mc_buffer_byte(out, '"');
    write_text(out, "dialect", mc_text(router_dialect_name(self->dialect)));
    write_text(out, "decisionId", mc_text(self->decision.id));
    write_text(out, "model", self->scan.model);
    write_text(out, "sessionId", self->identity.session_id);
    write_text(out, "traceId", self->identity.trace_id);
    write_name(out, "stream");
    mc_buffer_string(out, self->scan.is_stream ? "true" : "false");
}

void
router_call_tell_decision(router_call_t *self)
{
    mc_buffer_t *payload = router_recorder_begin(self->router->recorder, false);
    if (!payload)
        return;
    mc_agent_event_t event =
        make_event(self, self->decision.is_fallback ? "model_fallback" : "model_selected",
                   "completed", "model_routing");
    mc_uuid_t id;
    if (mc_uuid_read(mc_text(self->decision.id), &id) == 0)
        mc_set(&event, agent_event, event_uid, id); /* so that it is found by it */
    router_decision_write(&self->decision, &self->need, self->arena, payload);
    add(self, &event, payload);
}

void
router_call_tell_start(router_call_t *self)
{
    mc_buffer_t *payload = router_recorder_begin(self->router->recorder, false);
    if (!payload)
        return;
    mc_agent_event_t event = make_event(self, "llm.call", "executing", "start");
    char hash[ROUTER_PROMPT_HASH_SIZE];
    mc_set(&event, agent_event, ts, self->began_at_us);
    router_prompt_hash(self->router->prompt_key, self->scan.prompt_raw, hash);
    write_head(self, payload);
    write_text(payload, "promptHash", mc_text(hash));
    mc_buffer_byte(payload, '}');
    add(self, &event, payload);
}

void
router_call_tell_progress(router_call_t *self)
{
    const router_watch_t *watch = &self->attempt.watch;
    mc_buffer_t *payload = router_recorder_begin(self->router->recorder, true);
    if (!payload)
        return;
    mc_agent_event_t event = make_event(self, "llm.call", "executing", "progress");
    write_head(self, payload);
    write_number(payload, "frames", watch->frames);
    write_number(payload, "tokensSoFar",
                 watch->usage.output ? watch->usage.output : watch->content_bytes / 4);
    mc_buffer_byte(payload, '}');
    add(self, &event, payload);
}

int64_t
router_call_cost(const router_call_t *self)
{
    const router_model_t *model = self->attempt.model;
    const router_card_t *card = model ? model->card : NULL;
    const router_usage_t *usage = &self->attempt.watch.usage;
    return router_usage_cost(usage, card ? card->steps : NULL, card ? card->step_count : 0, 100);
}

static void
set_usage(const router_call_t *self, mc_agent_event_t *event)
{
    const router_usage_t *usage = &self->attempt.watch.usage;
    int64_t cost = router_call_cost(self);
    if (!usage->is_known && !usage->is_estimated)
        return;
    mc_set(event, agent_event, tokens_in, usage->input);
    mc_set(event, agent_event, tokens_out, usage->output);
    if (cost != ROUTER_PRICE_UNKNOWN)
        mc_set(event, agent_event, cost_usd, cost);
}

static void
write_usage(const router_usage_t *usage, mc_buffer_t *out)
{
    static const struct {
        const char *name;
        size_t offset;
    } parts[] = {
        {"cacheReadTokens", offsetof(router_usage_t, cache_read)},
        {"cacheWrite5mTokens", offsetof(router_usage_t, cache_write_5m)},
        {"cacheWrite1hTokens", offsetof(router_usage_t, cache_write_1h)},
        {"reasoningTokens", offsetof(router_usage_t, reasoning)},
    };
    for (size_t i = 0; i < MC_COUNT(parts); i++) {
        int64_t count = *(const int64_t *)((const char *)usage + parts[i].offset);
        if (count)
            write_number(out, parts[i].name, count);
    }
    if (usage->is_estimated)
        mc_buffer_string(out, ",\"usageEstimated\":true");
}

static mc_text_t
request_id_of_provider(const router_call_t *self)
{
    for (size_t i = 0; i < self->kept_count; i++)
        if (!strcmp(self->kept[i].name, "x-mc-upstream-x-request-id") ||
            !strcmp(self->kept[i].name, "request-id") ||
            !strcmp(self->kept[i].name, "x-mc-upstream-request-id"))
            return mc_text(self->kept[i].value);
    return (mc_text_t){0};
}

static void
write_end(const router_call_t *self, mc_buffer_t *out)
{
    const router_attempt_t *attempt = &self->attempt;
    write_head(self, out);
    write_number(out, "attempts", (int64_t)self->attempts);
    if (attempt->first_content_us)
        write_number(out, "firstTokenUs", attempt->first_content_us - self->began_us);
    write_text(out, "finish", mc_text(attempt->watch.finish));
    write_text(out, "answeredBy", mc_text(attempt->watch.model));
    write_text(out, "upstreamRequestId", request_id_of_provider(self));
    if (attempt->model && attempt->dialect != self->dialect)
        write_text(out, "upstreamDialect", mc_text(router_dialect_name(attempt->dialect)));
    if (attempt->watch.frames)
        write_number(out, "frames", attempt->watch.frames);
    if (self->failure.error.status)
        write_number(out, "errorStatus", self->failure.error.status);
    write_usage(&attempt->watch.usage, out);
    mc_buffer_byte(out, '}');
}

void
router_call_tell_end(router_call_t *self, const char *status, mc_text_t message)
{
    if (self->is_recorded)
        return;
    self->is_recorded = true;
    mc_buffer_t *payload = router_recorder_begin(self->router->recorder, false);
    if (!payload)
        return;
    mc_agent_event_t event = make_event(self, "llm.call", status, "end");
    mc_set(&event, agent_event, latency_ms, (mc_clock_steady_us() - self->began_us) / 1000);
    mc_set(&event, agent_event, retry_count, self->attempts > 1 ? (int64_t)self->attempts - 1 : 0);
    if (message.size)
        mc_set(&event, agent_event, message, message);
    set_usage(self, &event);
    write_end(self, payload);
    add(self, &event, payload);
}
