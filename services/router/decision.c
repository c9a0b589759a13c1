/*
 *  decision - which model answers, and why
 */
#include "services/router/decision.h"

#include <stdio.h>

#include "common/ids.h"
#include "services/router/routing.h"

#define DEFAULT_TIER 2

typedef struct {
    const router_routing_t *routing;
    const router_registry_t *registry;
    const router_need_t *need;
    int64_t now_us;
    mc_arena_t *arena;
    router_decision_t *decision;
    mc_refusal_t *refusal;
} deciding_t;

static bool
take_prefix(mc_text_t text, const char *prefix, mc_text_t *ret_rest)
{
    size_t size = strlen(prefix);
    if (text.size < size || memcmp(text.data, prefix, size) != 0)
        return false;
    *ret_rest = (mc_text_t){text.data + size, text.size - size};
    return true;
}

static void
take_list(deciding_t *self, const router_model_t *models, size_t count, const char *name)
{
    router_decision_t *decision = self->decision;
    decision->list = name;
    decision->is_routed = true;
    decision->count = count < ROUTER_CANDIDATES_MAX ? count : ROUTER_CANDIDATES_MAX;
    decision->candidates =
        mc_arena_alloc(self->arena, (decision->count + 1) * sizeof *decision->candidates);
    for (size_t i = 0; i < decision->count; i++)
        decision->candidates[i] = (router_candidate_t){.model = &models[i], .order = i};
}

static void
take_tier(deciding_t *self, int64_t tier)
{
    static const char *const names[] = {"tier:1", "tier:2", "tier:3"};
    size_t count = 0;
    const router_model_t *models = router_registry_tier(self->registry, tier, &count);
    take_list(self, models, count, names[tier - 1]);
}

static bool
take_persona(deciding_t *self, mc_text_t persona)
{
    size_t count = 0;
    const router_model_t *models =
        persona.size ? router_registry_persona(self->registry, persona, &count) : NULL;
    if (!count)
        return false;
    take_list(self, models, count,
              mc_arena_printf(self->arena, "persona:%.*s", MC_FMT(persona)).data);
    return true;
}

static void
take_tier_of_run(deciding_t *self)
{
    int64_t tier = self->need->tier;
    take_tier(self, tier >= 1 && tier <= 3 ? tier : DEFAULT_TIER);
}

/* auto, tier:N and persona:NAME. True when it was one of these. */
static int
take_routed(deciding_t *self, mc_text_t asked, bool *ret_is_routed)
{
    mc_text_t rest = {0};
    *ret_is_routed = true;
    if (mc_text_is(asked, "auto")) {
        if (!take_persona(self, self->need->persona))
            take_tier_of_run(self);
        return 0;
    }
    if (take_prefix(asked, "tier:", &rest)) {
        if (rest.size != 1 || rest.data[0] < '1' || rest.data[0] > '3')
            return mc_refuse(self->refusal, MC_UNKNOWN_MODEL_ERROR, "model",
                             "there is no model \"%.*s\": tiers are tier:1, tier:2 and tier:3",
                             asked.size > 64 ? 64 : (int)asked.size, asked.data);
        take_tier(self, rest.data[0] - '0');
        return 0;
    }
    if (take_prefix(asked, "persona:", &rest) && rest.size) {
        if (!take_persona(self, rest))
            take_tier_of_run(self);
        return 0;
    }
    *ret_is_routed = false;
    return 0;
}

static int
refuse_unknown(deciding_t *self, mc_text_t asked, const char *why)
{
    return mc_refuse(self->refusal, MC_UNKNOWN_MODEL_ERROR, "model",
                     "there is no model \"%.*s\": %s", asked.size > 100 ? 100 : (int)asked.size,
                     asked.data ? asked.data : "", why);
}

/* A real model: wherever it is, else where its name says. */
static int
take_model(deciding_t *self, mc_text_t asked)
{
    router_decision_t *decision = self->decision;
    const router_model_t *found[ROUTER_CANDIDATES_MAX];
    decision->list = "model";
    decision->count = router_registry_find_all(self->registry, asked, found, ROUTER_CANDIDATES_MAX);
    if (!decision->count) {
        if (self->need->is_adapter_strict)
            return refuse_unknown(self, asked,
                                  "it is not in the registry, and "
                                  "modelAdapterStrict takes no other");
        router_model_t guessed;
        if (!asked.size || !router_registry_guess(self->registry, asked, &guessed))
            return refuse_unknown(self, asked,
                                  "it is not in the registry, and neither prefix "
                                  "nor name says whose it is");
        guessed.lane = router_health_lane(router_routing_health(self->routing),
                                          guessed.provider->name, guessed.model_id);
        router_model_t *model = mc_arena_alloc(self->arena, sizeof *model);
        *model = guessed;
        model->model_id = mc_arena_text(self->arena, guessed.model_id);
        found[0] = model;
        decision->count = 1;
    }
    decision->candidates =
        mc_arena_alloc(self->arena, decision->count * sizeof *decision->candidates);
    for (size_t i = 0; i < decision->count; i++)
        decision->candidates[i] = (router_candidate_t){.model = found[i], .order = i};
    return 0;
}

static int
compare_texts(mc_text_t one, mc_text_t other)
{
    size_t size = one.size < other.size ? one.size : other.size;
    int order = size ? memcmp(one.data, other.data, size) : 0;
    return order ? order : (one.size > other.size) - (one.size < other.size);
}

/* Is one better than the other? Ties: order of the registry, then provider, then model. */
static bool
is_better(const router_candidate_t *one, const router_candidate_t *other, bool is_routed)
{
    if (is_routed && one->terms.score != other->terms.score)
        return one->terms.score > other->terms.score;
    if (one->order != other->order)
        return one->order < other->order;
    int order = compare_texts(one->model->provider->name, other->model->provider->name);
    return (order ? order : compare_texts(one->model->model_id, other->model->model_id)) < 0;
}

/* Insertion keeps it simple, and lists are short. */
static void
rank(deciding_t *self)
{
    router_decision_t *decision = self->decision;
    decision->ranked = mc_arena_alloc(self->arena, (decision->count + 1) * sizeof(size_t));
    for (size_t i = 0; i < decision->count; i++) {
        if (decision->candidates[i].is_excluded)
            continue;
        size_t at = decision->ranked_count++;
        for (; at > 0; at--) {
            if (!is_better(&decision->candidates[i],
                           &decision->candidates[decision->ranked[at - 1]], decision->is_routed))
                break;
            decision->ranked[at] = decision->ranked[at - 1];
        }
        decision->ranked[at] = i;
    }
    decision->is_fallback = decision->ranked_count && decision->ranked[0] != 0;
}

/* Only the vault stands in the way of those that could be called. */
static bool
waits_for_vault(const router_decision_t *decision)
{
    bool waits = false;
    for (size_t i = 0; i < decision->count; i++) {
        const char *word = decision->candidates[i].exclusion;
        waits = waits || !strcmp(word, "vault_sealed");
    }
    return waits;
}

/* What lies in the call itself, so that to send it again would not help. */
static bool
is_of_call(const char *exclusion)
{
    static const char *const words[] = {"no_dialect",     "no_chat",      "no_embeddings",
                                        "no_stream",      "no_tools",     "no_vision",
                                        "no_audio",       "no_reasoning", "no_structured_output",
                                        "context_length", "output_limit"};
    for (size_t i = 0; i < MC_COUNT(words); i++)
        if (!strcmp(exclusion, words[i]))
            return true;
    return false;
}

static mc_error_code_t
code_of(const router_decision_t *decision)
{
    bool is_too_long = false;
    if (waits_for_vault(decision))
        return MC_VAULT_SEALED_ERROR;
    for (size_t i = 0; i < decision->count; i++) {
        const char *word = decision->candidates[i].exclusion;
        if (!is_of_call(word))
            return MC_NO_MODEL_ERROR;
        is_too_long = is_too_long || !strcmp(word, "context_length");
    }
    return is_too_long ? MC_CONTEXT_TOO_LONG_ERROR : MC_NOT_CAPABLE_ERROR;
}

static int
refuse_all(deciding_t *self)
{
    const router_decision_t *decision = self->decision;
    if (!decision->count)
        return mc_refuse(self->refusal, MC_NO_MODEL_ERROR, "model",
                         "no model can take this call: the list of %s in the registry is empty",
                         decision->list);
    mc_buffer_t reasons = {0};
    router_decision_reasons(decision, &reasons);
    int size = reasons.size > 200 ? 200 : (int)reasons.size;
    mc_refusal_fill(self->refusal, code_of(decision), "model",
                    "no model can take this call: %.*s%s", size, reasons.data,
                    reasons.size > 200 ? "..." : "");
    mc_buffer_clear(&reasons);
    return MC_REFUSED;
}

static int
choose(deciding_t *self)
{
    router_decision_t *decision = self->decision;
    for (size_t i = 0; i < decision->count; i++) {
        router_candidate_t *candidate = &decision->candidates[i];
        const router_health_t *health = router_routing_health(self->routing);
        router_score(router_routing_weights(self->routing),
                     router_health_stats(health, candidate->model->lane), &candidate->terms);
        router_filter(self->routing, self->need, self->now_us, candidate);
    }
    rank(self);
    return decision->ranked_count ? 0 : refuse_all(self);
}

int
router_decide(const router_routing_t *routing, const router_registry_t *registry,
              const router_need_t *need, int64_t now_us, mc_arena_t *arena,
              router_decision_t *ret_decision, mc_refusal_t *refusal)
{
    *ret_decision = (router_decision_t){
        .made_us = now_us, .registry_version = router_registry_version(registry), .list = ""};
    deciding_t self = {routing, registry, need, now_us, arena, ret_decision, refusal};
    mc_uuid_print(mc_uuid_new(), ret_decision->id);

    mc_text_t asked = router_registry_alias(registry, need->model);
    bool is_routed = false;
    if (take_routed(&self, asked, &is_routed))
        return MC_REFUSED;
    if (is_routed && !need->is_adapter_enabled) {
        ret_decision->count = 0;
        return mc_refuse(refusal, MC_NO_MODEL_ERROR, "model",
                         "%.*s cannot be routed: model adapters are off (modelAdapterEnabled); "
                         "ask for a model by its name",
                         asked.size > 64 ? 64 : (int)asked.size, asked.data);
    }
    if (!is_routed && take_model(&self, asked))
        return MC_REFUSED;
    return choose(&self);
}

void
router_decision_reasons(const router_decision_t *self, mc_buffer_t *out)
{
    for (size_t i = 0; i < self->count; i++) {
        const router_candidate_t *candidate = &self->candidates[i];
        if (!candidate->is_excluded)
            continue;
        mc_buffer_printf(out, "%s%.*s/%.*s: %s", out->size ? "; " : "",
                         MC_FMT(candidate->model->provider->name),
                         MC_FMT(candidate->model->model_id), candidate->reason);
    }
}
