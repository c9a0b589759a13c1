/*
 *  decision_record - a decision as it is stored, answered and shown
 */
#include <math.h>
#include <stdlib.h>

#include "proto/codec.h"
#include "services/router/decision.h"

/* As much as a person reads, and quickly written; the choice was made from all digits. */
static double
shown(double term)
{
    return round(term * 1e6) / 1e6;
}

static void
fill_candidate(const router_candidate_t *from, mc_route_candidate_t *to)
{
    mc_set(to, route_candidate, provider, from->model->provider->name);
    mc_set(to, route_candidate, model_id, from->model->model_id);
    mc_set(to, route_candidate, order, (int64_t)from->order);
    mc_set(to, route_candidate, is_excluded, from->is_excluded);
    if (from->is_excluded) {
        mc_set(to, route_candidate, exclusion, mc_text(from->exclusion));
        mc_set(to, route_candidate, reason, mc_text(from->reason));
    }
    if (from->until_us)
        mc_set(to, route_candidate, until_at, from->until_us);
    mc_set(to, route_candidate, quality, shown(from->terms.quality));
    mc_set(to, route_candidate, success, shown(from->terms.success));
    mc_set(to, route_candidate, latency, shown(from->terms.latency));
    mc_set(to, route_candidate, cost, shown(from->terms.cost));
    mc_set(to, route_candidate, failure, shown(from->terms.failure));
    mc_set(to, route_candidate, score, shown(from->terms.score));
}

static mc_list_t
list_candidates(const router_decision_t *self, mc_arena_t *arena)
{
    mc_route_candidate_t *candidates =
        mc_arena_alloc(arena, (self->count + 1) * sizeof *candidates);
    for (size_t i = 0; i < self->count; i++)
        fill_candidate(&self->candidates[i], &candidates[i]);
    for (size_t i = 0; i < self->ranked_count; i++)
        mc_set(&candidates[self->ranked[i]], route_candidate, rank, (int64_t)i + 1);
    return (mc_list_t){candidates, self->count};
}

static mc_text_t
describe(const router_decision_t *self, mc_arena_t *arena)
{
    if (self->ranked_count) {
        const router_candidate_t *choice = &self->candidates[self->ranked[0]];
        long thousandths = lround(choice->terms.score * 1000); /* printed so, it costs a tenth */
        return mc_arena_printf(
            arena, "%.*s/%.*s of %zu in %s, score %s%ld.%03ld%s",
            MC_FMT(choice->model->provider->name), MC_FMT(choice->model->model_id), self->count,
            self->list, thousandths < 0 ? "-" : "", labs(thousandths) / 1000,
            labs(thousandths) % 1000, self->is_fallback ? "; not the first of the list" : "");
    }
    mc_buffer_t reasons = {.max = 8000};
    router_decision_reasons(self, &reasons);
    mc_text_t text = mc_arena_printf(arena, "no model: %.*s", MC_FMT(mc_buffer_content(&reasons)));
    mc_buffer_clear(&reasons);
    return text;
}

void
router_decision_record(const router_decision_t *self, const router_need_t *need, mc_arena_t *arena,
                       mc_route_decision_t *ret_record)
{
    mc_route_decision_t record = {0};
    mc_set(&record, route_decision, id, mc_text(self->id));
    mc_set(&record, route_decision, made_at, self->made_us);
    mc_set(&record, route_decision, registry_version, self->registry_version);
    mc_set(&record, route_decision, asked, need->model);
    if (need->persona.size)
        mc_set(&record, route_decision, persona, need->persona);
    if (need->tier)
        mc_set(&record, route_decision, tier, need->tier);
    mc_set(&record, route_decision, dialect, mc_text(router_dialect_name(need->dialect)));
    mc_set(&record, route_decision, list, mc_text(self->list));
    mc_set(&record, route_decision, is_routed, self->is_routed);
    mc_set(&record, route_decision, is_fallback, self->is_fallback);
    if (self->ranked_count) {
        const router_model_t *choice = self->candidates[self->ranked[0]].model;
        mc_set(&record, route_decision, provider, choice->provider->name);
        mc_set(&record, route_decision, model_id, choice->model_id);
    }
    mc_set(&record, route_decision, message, describe(self, arena));
    mc_set(&record, route_decision, candidates, list_candidates(self, arena));
    *ret_record = record;
}

void
router_decision_write(const router_decision_t *self, const router_need_t *need, mc_arena_t *arena,
                      mc_buffer_t *out)
{
    mc_route_decision_t record;
    router_decision_record(self, need, arena, &record);
    mc_write_json(&mc_route_decision_shape, &record, out);
}
