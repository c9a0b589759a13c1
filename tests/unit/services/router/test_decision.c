/*
 *  test_decision - candidates, filters, ties, and the same choice for the same numbers
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "routing_case.h"

static int
decide(case_t *self, const router_need_t *need, router_decision_t *decision)
{
    return router_decide(self->routing, self->registry, need, 100 * SECOND, self->arena, decision,
                         &self->refusal);
}

static const char *
choice_of(case_t *self, const router_decision_t *decision)
{
    if (!decision->ranked_count)
        return "none";
    const router_model_t *model = decision->candidates[decision->ranked[0]].model;
    return mc_arena_printf(self->arena, "%.*s/%.*s", MC_FMT(model->provider->name),
                           MC_FMT(model->model_id))
        .data;
}

Test(decision, takes_candidates_from_where_the_name_says)
{
    static const struct {
        const char *asked;
        const char *persona;
        int64_t tier;
        const char *list;
        const char *choice;
    } rows[] = {
        {"auto", "", 0, "tier:2", "keyed/m"},
        {"auto", "", 1, "tier:1", "keyed/one"},
        {"auto", "critic", 1, "persona:critic", "claude/c"},
        {"auto", "nobody", 1, "tier:1", "keyed/one"},
        {"tier:2", "critic", 1, "tier:2", "keyed/m"},
        {"persona:critic", "", 0, "persona:critic", "claude/c"},
        {"persona:nobody", "", 1, "tier:1", "keyed/one"},
        {"fast", "", 0, "model", "free/m"},
        {"m", "", 0, "model", "keyed/m"},
        {"free/m", "", 0, "model", "free/m"},
        {"free/unheard", "", 0, "model", "free/unheard"},
        {"free/with/slashes", "", 0, "model", "free/with/slashes"},
    };
    case_t self = case_open(CASE_FILE);
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_need_t need = case_need(rows[i].asked);
        router_decision_t decision;
        need.persona = mc_text(rows[i].persona);
        need.tier = rows[i].tier;
        cr_assert_eq(decide(&self, &need, &decision), 0, "%s: %s", rows[i].asked,
                     self.refusal.message);
        cr_expect_str_eq(decision.list, rows[i].list);
        cr_expect_str_eq(choice_of(&self, &decision), rows[i].choice, "%s", rows[i].asked);
    }
    case_close(&self);
}

Test(decision, refuses_what_it_cannot_route)
{
    static const struct {
        const char *asked;
        bool is_enabled;
        bool is_strict;
        int code;
        const char *part;
    } rows[] = {
        {"unheard-of", true, false, MC_UNKNOWN_MODEL_ERROR, "neither prefix nor name"},
        {"", true, false, MC_UNKNOWN_MODEL_ERROR, "there is no model \"\""},
        {"tier:0", true, false, MC_UNKNOWN_MODEL_ERROR, "tier:1, tier:2 and tier:3"},
        {"free/unheard", true, true, MC_UNKNOWN_MODEL_ERROR, "modelAdapterStrict"},
        {"gpt-unheard", true, true, MC_UNKNOWN_MODEL_ERROR, "modelAdapterStrict"},
        {"auto", false, false, MC_NO_MODEL_ERROR, "modelAdapterEnabled"},
        {"claude/c", false, false, MC_NO_MODEL_ERROR, "modelAdapterEnabled"},
        {"gpt-unheard", true, false, MC_NO_MODEL_ERROR, "the secret openai is not set"},
    };
    case_t self = case_open(CASE_FILE);
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_need_t need = case_need(rows[i].asked);
        router_decision_t decision;
        need.is_adapter_enabled = rows[i].is_enabled;
        need.is_adapter_strict = rows[i].is_strict;
        cr_expect_eq(decide(&self, &need, &decision), MC_REFUSED, "%s", rows[i].asked);
        cr_expect_eq(self.refusal.code, rows[i].code, "%s: %s", rows[i].asked,
                     self.refusal.message);
        cr_expect(strstr(self.refusal.message, rows[i].part), "%s: %s", rows[i].asked,
                  self.refusal.message);
    }
    case_close(&self);
}

/* Why the candidate of that place in tier 2 is left out. */
static const char *
exclusion_of(case_t *self, const router_need_t *need, size_t place)
{
    router_decision_t decision;
    (void)!decide(self, need, &decision);
    const router_candidate_t *candidate = &decision.candidates[place];
    cr_expect_eq(candidate->is_excluded, candidate->reason[0] != '\0');
    return candidate->is_excluded ? candidate->exclusion : "";
}

Test(decision, every_filter_has_its_word)
{
    static const struct {
        router_need_t need;
        size_t place;
        const char *word;
    } rows[] = {
        {{.needs = 0}, 0, ""},
        {{.needs = 0}, 3, "provider_disabled"},
        {{.pinned = {"free", 4}}, 0, "pinned_elsewhere"},
        {{.dialect = ROUTER_EMBEDDINGS}, 1, "no_dialect"},
        {{.dialect = ROUTER_EMBEDDINGS}, 0, "no_embeddings"},
        {{.needs = ROUTER_CAN_STREAM}, 1, "no_stream"},
        {{.needs = ROUTER_CAN_TOOLS}, 1, "no_tools"},
        {{.needs = ROUTER_CAN_VISION}, 1, "no_vision"},
        {{.needs = ROUTER_CAN_STRUCTURED}, 1, "no_structured_output"},
        {{.needs = ROUTER_CAN_AUDIO}, 0, "no_audio"},
        {{.needs = ROUTER_CAN_TOOLS}, 2, ""},
        {{.input_tokens = 950, .output_tokens = 51}, 0, "context_length"},
        {{.input_tokens = 950, .output_tokens = 50}, 0, ""},
        {{.input_tokens = 10, .output_tokens = 101}, 0, "output_limit"},
    };
    case_t self = case_open(CASE_FILE);
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_need_t need = rows[i].need;
        need.model = MC_TEXT("tier:2");
        need.is_adapter_enabled = true;
        cr_expect_str_eq(exclusion_of(&self, &need, rows[i].place), rows[i].word, "row %zu", i);
    }
    case_close(&self);
}

Test(decision, what_the_vault_and_health_say_is_told)
{
    case_t self = case_open(CASE_FILE);
    router_need_t need = case_need("tier:2");
    size_t lane = case_lane(&self, "keyed", "m");

    router_routing_set_vault(self.routing, ROUTER_VAULT_SEALED);
    cr_expect_str_eq(exclusion_of(&self, &need, 0), "vault_sealed");
    cr_expect_str_eq(exclusion_of(&self, &need, 2), "", "it needs no key");
    router_routing_set_vault(self.routing, ROUTER_VAULT_OPEN);
    router_routing_set_secret(self.routing, MC_TEXT("k"), false);
    cr_expect_str_eq(exclusion_of(&self, &need, 0), "no_secret");
    router_routing_set_secret(self.routing, MC_TEXT("k"), true);

    router_health_key_refused(self.health, MC_TEXT("keyed"), MC_TEXT("401"));
    cr_expect_str_eq(exclusion_of(&self, &need, 0), "key_refused");
    router_routing_set_secret(self.routing, MC_TEXT("k"), true);
    cr_expect_str_eq(exclusion_of(&self, &need, 0), "", "a new key may be tried");

    router_outcome_t cooling = {.fault = ROUTER_FAULT_LANE, .retry_after_us = 9 * SECOND};
    router_health_end(self.health, lane, 99 * SECOND, false, &cooling);
    cr_expect_str_eq(exclusion_of(&self, &need, 0), "cooling_down");
    cooling.retry_after_us = 0;
    router_health_end(self.health, lane, 99 * SECOND, false, &cooling);
    router_health_end(self.health, lane, 99 * SECOND, false, &cooling);
    cr_expect_str_eq(exclusion_of(&self, &need, 0), "circuit_open");
    case_close(&self);
}

Test(decision, no_model_has_every_reason_and_the_vault_its_own_code)
{
    case_t self = case_open(CASE_FILE);
    router_need_t need = case_need("tier:2");
    router_decision_t decision;
    mc_buffer_t reasons = {0};
    need.needs = ROUTER_CAN_AUDIO;
    need.pinned = MC_TEXT("keyed");
    cr_expect_eq(decide(&self, &need, &decision), MC_REFUSED);
    cr_expect_eq(self.refusal.code, MC_NO_MODEL_ERROR);
    router_decision_reasons(&decision, &reasons);
    mc_buffer_byte(&reasons, '\0');
    cr_expect(strstr(reasons.data, "keyed/m: the model has no audio; claude/c: "), "%s",
              reasons.data);
    cr_expect(strstr(reasons.data, "off/m: the provider off is disabled"), "%s", reasons.data);
    mc_buffer_clear(&reasons);

    need = case_need("keyed/m");
    router_routing_set_vault(self.routing, ROUTER_VAULT_SEALED);
    cr_expect_eq(decide(&self, &need, &decision), MC_REFUSED);
    cr_expect_eq(self.refusal.code, MC_VAULT_SEALED_ERROR);
    case_close(&self);
}

Test(decision, equal_scores_stay_in_the_order_of_the_list)
{
    case_t self = case_open(CASE_FILE);
    router_need_t need = case_need("tier:2");
    router_decision_t decision;
    cr_assert_eq(decide(&self, &need, &decision), 0);
    cr_expect_eq(decision.ranked_count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(decision.ranked[i], i);
    case_close(&self);
}

Test(decision, one_call_reorders_nothing_but_several_do)
{
    case_t self = case_open(CASE_FILE);
    router_need_t need = case_need("tier:2");
    router_decision_t decision;
    size_t lane = case_lane(&self, "keyed", "m");
    case_call(&self, lane, 1, ROUTER_FAULT_LANE);
    cr_assert_eq(decide(&self, &need, &decision), 0);
    cr_expect_str_eq(choice_of(&self, &decision), "keyed/m", "one unlucky call decides nothing");
    case_call(&self, lane, 2, ROUTER_FAULT_LANE);
    cr_assert_eq(decide(&self, &need, &decision), 0);
    cr_expect_str_eq(choice_of(&self, &decision), "claude/c");
    cr_expect(decision.is_fallback);
    case_close(&self);
}

Test(decision, a_real_model_stays_in_the_order_of_the_registry)
{
    case_t self = case_open(CASE_FILE);
    router_need_t need = case_need("m");
    router_decision_t decision;
    case_call(&self, case_lane(&self, "keyed", "m"), 1, ROUTER_FAULT_LANE);
    case_call(&self, case_lane(&self, "keyed", "m"), 2, ROUTER_FAULT_LANE);
    cr_assert_eq(decide(&self, &need, &decision), 0);
    cr_expect_str_eq(choice_of(&self, &decision), "keyed/m");
    cr_expect_not(decision.is_routed);
    cr_expect_eq(decision.ranked_count, 2, "the same model at another provider comes second");
    case_close(&self);
}

static uint64_t
next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static uint64_t
mix(uint64_t hash, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 1099511628211u;
    return hash;
}

/* Thousands of calls and decisions; every choice and every bit of every score goes in. */
static uint64_t
replay(void)
{
    static const char *const names[] = {"auto", "tier:1", "tier:2", "tier:3", "m", "fast"};
    static const char *const providers[] = {"keyed", "claude", "free"};
    case_t self = case_open(CASE_FILE);
    uint64_t state = 1;
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < 5000; i++) {
        mc_arena_clear(self.arena);
        size_t who = next(&state) % MC_COUNT(providers);
        size_t lane = case_lane(&self, providers[who], who == 1 ? "c" : "m");
        router_outcome_t outcome = {
            .fault = next(&state) % 4 ? ROUTER_FAULT_NONE : ROUTER_FAULT_LANE,
            .latency_us = (int64_t)(next(&state) % 8000000),
            .cost_nanousd = (int64_t)(next(&state) % 400000000),
        };
        router_health_end(self.health, lane, i * SECOND, false, &outcome);
        router_need_t need = case_need(names[next(&state) % MC_COUNT(names)]);
        router_decision_t decision;
        need.needs = (uint32_t)(next(&state) % 8);
        need.input_tokens = (int64_t)(next(&state) % 6000);
        int result = router_decide(self.routing, self.registry, &need, i * SECOND, self.arena,
                                   &decision, &self.refusal);
        hash = mix(hash, &result, sizeof result);
        for (size_t j = 0; j < decision.count; j++)
            hash = mix(hash, &decision.candidates[j].terms, sizeof(router_terms_t));
        hash = mix(hash, decision.ranked, decision.ranked_count * sizeof(size_t));
    }
    case_close(&self);
    return hash;
}

Test(decision, two_processes_choose_the_same_bit_for_bit)
{
    int ends[2];
    uint64_t theirs = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        uint64_t hash = replay();
        _exit(write(ends[1], &hash, sizeof hash) == sizeof hash ? 0 : 1);
    }
    uint64_t mine = replay();
    cr_assert_eq(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
    cr_expect_eq(waitpid(child, NULL, 0), child);
    cr_expect_eq(mine, theirs);
    cr_expect_eq(mine, replay());
}

Test(decision, what_lies_in_the_call_itself_is_the_callers_to_mend)
{
    static const struct {
        router_need_t need;
        int code;
    } rows[] = {
        {{.needs = ROUTER_CAN_AUDIO}, MC_NOT_CAPABLE_ERROR},
        {{.dialect = ROUTER_EMBEDDINGS}, MC_NOT_CAPABLE_ERROR},
        {{.output_tokens = 101}, MC_NOT_CAPABLE_ERROR},
        {{.input_tokens = 950, .output_tokens = 51}, MC_CONTEXT_TOO_LONG_ERROR},
        {{.pinned = {"free", 4}}, MC_NO_MODEL_ERROR},
    };
    case_t self = case_open(CASE_FILE);
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_need_t need = rows[i].need;
        router_decision_t decision;
        need.model = MC_TEXT("keyed/m");
        need.is_adapter_enabled = true;
        cr_expect_eq(decide(&self, &need, &decision), MC_REFUSED);
        cr_expect_eq(self.refusal.code, rows[i].code, "row %zu: %s", i, self.refusal.message);
    }
    case_close(&self);
}
