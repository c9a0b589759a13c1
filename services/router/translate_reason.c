/*
 *  translate_reason - how much a model shall think: OpenAI's effort, Anthropic's budget of tokens
 *
 *  The budgets are steps of our own: an effort that goes there and back stays the
 *  same. A budget is part of the limit of tokens and must be below it.
 */
#include "translate_reason.h"

#define OUTPUT_TOKENS_DEFAULT 4096 /* every Claude model allows these */

static const struct {
    const char *effort;
    int64_t budget;
    const char *level;
} steps[] = {
    {"none", 0, NULL},          {"minimal", 1024, "low"}, {"low", 2048, "low"},
    {"medium", 8192, "medium"}, {"high", 16384, "high"},  {"xhigh", 24576, "xhigh"},
    {"max", 31999, "max"},
};

int64_t
router_reason_budget(mc_text_t effort)
{
    for (size_t i = 0; i < MC_COUNT(steps); i++)
        if (mc_text_is(effort, steps[i].effort))
            return steps[i].budget;
    return -1;
}

/* No more than "high": what is above is known to few models. */
const char *
router_reason_effort(int64_t budget_tokens)
{
    if (budget_tokens <= 4096)
        return "low";
    return budget_tokens <= 12288 ? "medium" : "high";
}

const char *
router_reason_level(mc_text_t effort)
{
    for (size_t i = 0; i < MC_COUNT(steps); i++)
        if (mc_text_is(effort, steps[i].effort))
            return steps[i].level;
    return NULL;
}

static void
fit_budget(router_translation_t *self, router_reason_t *reason)
{
    int64_t room = reason->output_tokens;
    if (room == 0) {
        room = reason->budget + OUTPUT_TOKENS_DEFAULT;
        if (reason->output_tokens_max > 0)
            room = reason->output_tokens_max;
    }
    if (reason->budget >= room)
        reason->budget =
            room / 2 > ROUTER_THINKING_TOKENS_MIN ? room / 2 : ROUTER_THINKING_TOKENS_MIN;
    if (reason->budget >= room) {
        router_warn(self, "reasoning_effort", "the limit of tokens leaves no room for thinking");
        reason->is_on = false;
        reason->budget = 0;
    }
    reason->output_tokens = room;
}

static int
decide_effort(router_reason_t *reason, mc_refusal_t *refusal)
{
    mc_text_t effort = mc_json_text(reason->effort);
    reason->budget = router_reason_budget(effort);
    if (reason->budget == -1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "reasoning_effort",
                         "reasoning_effort is %.*s, must be none, minimal, low, medium, high, "
                         "xhigh or max",
                         MC_FMT(effort));
    reason->is_on = reason->budget > 0;
    return 0;
}

static bool
is_thinking(mc_json_t thinking)
{
    mc_text_t type = router_member_text(thinking, "type");
    return mc_text_is(type, "enabled") || mc_text_is(type, "adaptive");
}

int
router_reason_decide(router_translation_t *self, router_reason_t *reason, mc_refusal_t *refusal)
{
    reason->is_on = false;
    reason->budget = 0;
    if (router_has(reason->thinking))
        reason->is_on = is_thinking(reason->thinking);
    else if (router_has(reason->effort) && decide_effort(reason, refusal) != 0)
        return MC_REFUSED;

    if (reason->is_on && reason->is_impossible) {
        router_warn(self, "reasoning_effort", reason->why);
        reason->is_on = false;
        reason->budget = 0;
    }
    if (reason->is_on && reason->budget > 0 && !self->options.has_adaptive_thinking)
        fit_budget(self, reason);
    if (reason->output_tokens == 0)
        reason->output_tokens =
            reason->output_tokens_max > 0 ? reason->output_tokens_max : OUTPUT_TOKENS_DEFAULT;
    return 0;
}

void
router_reason_put(const router_translation_t *self, const router_reason_t *reason,
                  router_put_t *put)
{
    if (!reason->is_on)
        return;
    if (router_has(reason->thinking)) {
        router_put_json(put, "thinking", reason->thinking);
        return;
    }
    router_put_object(put, "thinking");
    router_put_string(put, "type", self->options.has_adaptive_thinking ? "adaptive" : "enabled");
    if (!self->options.has_adaptive_thinking)
        router_put_i64(put, "budget_tokens", reason->budget);
    router_put_end_object(put);
}
