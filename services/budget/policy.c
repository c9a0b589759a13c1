/*
 *  policy - when the tokens of a task are raised, and by how much
 *
 *      remaining = budget - usage
 *      threshold = max(planned, ceil(budget x headroom% / 100))
 *      increment = max(threshold - remaining, ceil(budget x 25%), least increment)
 */
#include "services/budget/policy.h"

static int64_t
larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static int64_t
bounded(int64_t amount)
{
    return amount < MC_JSON_INTEGER_MAX ? amount : MC_JSON_INTEGER_MAX;
}

int64_t
budget_policy_share(int64_t amount, int64_t percent)
{
    assert(amount >= 0 && percent >= 0 && percent <= 100);
    return bounded(amount / 100 * percent + (amount % 100 * percent + 99) / 100);
}

bool
budget_policy_grants(const mc_runtime_flags_t *flags, int64_t budget, int64_t increment)
{
    return flags->auto_approve_budget_requests &&
           increment <= budget_policy_share(budget, flags->budget_auto_max_percent);
}

budget_stage_verdict_t
budget_policy_decide(const mc_runtime_flags_t *flags, const budget_stage_t *stage)
{
    budget_stage_verdict_t verdict = {.outcome = BUDGET_STAGE_ENOUGH,
                                      .remaining = stage->budget - stage->usage};
    if (stage->planned == 0)
        return verdict;
    verdict.planned = larger(stage->planned, BUDGET_PLANNED_LEAST);
    verdict.threshold =
        larger(verdict.planned, budget_policy_share(stage->budget, flags->budget_headroom_percent));
    if (verdict.remaining >= verdict.threshold)
        return verdict;

    int64_t missing = bounded(verdict.threshold - verdict.remaining);
    int64_t share = budget_policy_share(stage->budget, BUDGET_INCREMENT_PERCENT);
    verdict.increment = larger(larger(missing, share), flags->budget_min_increment);
    if (stage->has_pending)
        verdict.outcome = BUDGET_STAGE_PENDING;
    else if (budget_policy_grants(flags, stage->budget, verdict.increment))
        verdict.outcome = BUDGET_STAGE_APPROVED;
    else
        verdict.outcome = BUDGET_STAGE_REQUESTED;
    return verdict;
}

const char *
budget_stage_word(budget_stage_outcome_t outcome)
{
    static const char *const words[] = {"enough", "pending", "approved", "requested"};
    return words[outcome];
}
