/*
 *  catalog_decisions - decisions that were made, and those that are only thought of
 */
#include <stdio.h>

#include "common/clock.h"
#include "services/router/catalog_parts.h"

void
router_catalog_remember(router_catalog_t *self, const router_registry_t *registry,
                        const router_decision_t *decision, const router_need_t *need)
{
    router_remembered_keep(&self->recent[self->recent_count++ % ROUTER_RECENT_DECISIONS], registry,
                           decision, need);
}

static const router_remembered_t *
find_remembered(const router_catalog_t *self, mc_text_t id)
{
    for (size_t i = 0; i < MC_COUNT(self->recent); i++)
        if (self->recent[i].id[0] && mc_text_is(id, self->recent[i].id))
            return &self->recent[i];
    return NULL;
}

void
router_on_get_decision(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_decision_query_t *query = ask->input;
    const router_remembered_t *place = find_remembered(router_catalog_of_ask(ask), query->id);
    mc_route_decision_t record = {0};
    if (place && router_remembered_read(place, ask->arena, &record))
        mc_ask_answer(ask, &mc_route_decision_shape, mc_list_one(&record));
    else
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "id", "there is no decision %.*s",
                           MC_FMT(query->id));
}

/* Did it consider what the query asks for? */
static bool
considered(const mc_route_decision_t *record, const mc_decision_list_query_t *query)
{
    bool has_provider = mc_has(query, decision_list_query, provider);
    bool has_model = mc_has(query, decision_list_query, model_id);
    if (!has_provider && !has_model)
        return true;
    const mc_route_candidate_t *candidates = record->candidates.items;
    for (size_t i = 0; i < record->candidates.count; i++)
        if ((!has_provider || mc_text_equals(candidates[i].provider, query->provider)) &&
            (!has_model || mc_text_equals(candidates[i].model_id, query->model_id)))
            return true;
    return false;
}

void
router_on_list_decisions(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    const router_catalog_t *self = router_catalog_of_ask(ask);
    const mc_decision_list_query_t *query = ask->input;
    size_t kept =
        self->recent_count < ROUTER_RECENT_DECISIONS ? self->recent_count : ROUTER_RECENT_DECISIONS;
    mc_route_decision_t *list = mc_arena_alloc(ask->arena, (kept + 1) * sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < kept && (int64_t)count < query->limit; i++) {
        size_t at = (self->recent_count - 1 - i) % ROUTER_RECENT_DECISIONS;
        mc_route_decision_t record = {0};
        if (router_remembered_read(&self->recent[at], ask->arena, &record) &&
            considered(&record, query))
            list[count++] = record;
    }
    mc_ask_answer(ask, &mc_route_decision_shape, (mc_list_t){list, count});
}

static int
find_dialect(const mc_route_query_t *query, router_dialect_t *ret_dialect, mc_refusal_t *refusal)
{
    *ret_dialect = ROUTER_CHAT;
    if (!mc_has(query, route_query, dialect))
        return 0;
    for (int dialect = 0; dialect < ROUTER_DIALECT_COUNT; dialect++) {
        if (!mc_text_is(query->dialect, router_dialect_name((router_dialect_t)dialect)))
            continue;
        *ret_dialect = (router_dialect_t)dialect;
        return 0;
    }
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "dialect",
                     "dialect must be chat, responses, completions, embeddings, messages or "
                     "count_tokens, not \"%.*s\"",
                     MC_FMT(query->dialect));
}

static uint32_t
needs_of(const mc_route_query_t *query)
{
    return (query->stream ? ROUTER_CAN_STREAM : 0u) | (query->tools ? ROUTER_CAN_TOOLS : 0u) |
           (query->vision ? ROUTER_CAN_VISION : 0u) |
           (query->structured_output ? ROUTER_CAN_STRUCTURED : 0u) |
           (query->audio ? ROUTER_CAN_AUDIO : 0u);
}

void
router_on_explain(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_route_query_t *query = ask->input;
    const router_routing_t *routing = router_catalog_of_ask(ask)->parts.routing;
    router_need_t need = {
        .model = mc_has(query, route_query, model) ? query->model : MC_TEXT("auto"),
        .persona = query->persona,
        .tier = query->tier,
        .needs = needs_of(query),
        .input_tokens = query->input_tokens,
        .output_tokens = query->output_tokens,
        .pinned = query->provider,
    };
    router_decision_t decision = {0};
    mc_refusal_t refusal = {0};
    router_routing_fill_flags(routing, &need);
    if (find_dialect(query, &need.dialect, &refusal)) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    /* That nothing can be chosen is an answer too, as long as there is something to tell of it. */
    if (router_decide(routing, router_routing_registry(routing), &need, mc_clock_us(), ask->arena,
                      &decision, &refusal) &&
        !decision.count) {
        mc_ask_refuse(ask, &refusal);
        return;
    }
    mc_route_decision_t record;
    router_decision_record(&decision, &need, ask->arena, &record);
    mc_ask_answer(ask, &mc_route_decision_shape, mc_list_one(&record));
}
