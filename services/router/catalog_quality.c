/*
 *  catalog_quality - how good the outcome of a run was, told to the models that served it
 *
 *  Each of them moves a fifth of the way towards the score, once: several calls
 *  of one run are one outcome.
 */
#include "common/clock.h"
#include "proto/codec.h"
#include "services/router/catalog_parts.h"
#include "services/router/router_store.h"

enum { KNOWN_COLUMN, PROVIDER_COLUMN, MODEL_COLUMN };

static void
rate_model(mc_ask_t *ask, mc_text_t provider, mc_text_t model_id, mc_quality_change_t *ret_change)
{
    const mc_run_quality_t *input = ask->input;
    router_health_t *health = router_routing_health(router_catalog_of_ask(ask)->parts.routing);
    size_t lane = router_health_lane(health, provider, model_id);
    mc_quality_change_t change = {0};
    mc_set(&change, quality_change, provider, mc_arena_text(ask->arena, provider));
    mc_set(&change, quality_change, model_id, mc_arena_text(ask->arena, model_id));
    mc_set(&change, quality_change, quality_before, router_health_stats(health, lane)->quality);
    router_health_rate(health, lane, mc_clock_us(), input->score);
    mc_set(&change, quality_change, quality_score, router_health_stats(health, lane)->quality);
    *ret_change = change;
}

static void
on_models(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    const mc_run_quality_t *input = ask->input;
    if (mc_ask_check(ask, refusal) == -1)
        return;
    int count = PQntuples(result);
    bool has_models = count && !PQgetisnull(result, 0, PROVIDER_COLUMN);
    if (!has_models && !mc_store_bool(result, 0, KNOWN_COLUMN)) {
        mc_ask_refuse_with(ask, MC_NOT_FOUND_ERROR, "runId", "there is no run %.*s",
                           input->run_id.size > 128 ? 128 : (int)input->run_id.size,
                           input->run_id.data);
        return;
    }
    if (!has_models) {
        mc_ask_refuse_with(
            ask, MC_CONFLICT_ERROR, "runId", "no model is known to have served the run %.*s",
            input->run_id.size > 128 ? 128 : (int)input->run_id.size, input->run_id.data);
        return;
    }
    mc_quality_change_t *changes = mc_arena_alloc(ask->arena, (size_t)count * sizeof *changes);
    for (int row = 0; row < count; row++)
        rate_model(ask, mc_store_text(result, row, PROVIDER_COLUMN),
                   mc_store_text(result, row, MODEL_COLUMN), &changes[row]);
    mc_ask_answer(ask, &mc_quality_change_shape, (mc_list_t){changes, (size_t)count});
}

void
router_on_rate_run(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = router_ask_new(state, request, records);
    if (!ask)
        return;
    const mc_run_quality_t *input = ask->input;
    if (!mc_has(input, run_quality, run_id)) {
        mc_ask_refuse_with(ask, MC_BAD_INPUT_ERROR, "runId", "runId is missing");
        return;
    }
    mc_buffer_t details = {0};
    mc_buffer_printf(&details, "{\"score\":%.6g,\"reason\":", input->score);
    mc_write_json_text(&details, mc_ask_clean(ask, input->reason));
    mc_buffer_string(&details, "}");
    router_deed_t deed = {
        .actor = mc_ask_actor(ask, &mc_run_quality_shape),
        .details = mc_arena_text(ask->arena, mc_buffer_content(&details)),
        .arena = ask->arena,
    };
    mc_buffer_clear(&details);
    router_store_rate_run(router_catalog_of_ask(ask)->parts.store, input->run_id, &deed, on_models,
                          ask);
}
