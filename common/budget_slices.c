/*
 *  budget_slices - parts of budgets that this process holds, and what its calls reserve of them
 */
#include "common/budget_slices.h"

mc_budget_unit_t
mc_budget_unit(mc_text_t word)
{
    static const char *const words[MC_BUDGET_UNITS] = {"tokens", "usd", "requests", "seconds",
                                                       "concurrency"};
    for (int i = 0; i < MC_BUDGET_UNITS; i++)
        if (mc_text_is(word, words[i]))
            return (mc_budget_unit_t)i;
    return MC_BUDGET_UNITS;
}

static int64_t
want_of(mc_budget_unit_t unit, const mc_budget_need_t *need, bool is_least)
{
    switch (unit) {
    case MC_BUDGET_TOKENS:
        return is_least ? need->tokens_least : need->tokens;
    case MC_BUDGET_USD:
        return is_least ? need->usd_least : need->usd;
    case MC_BUDGET_SECONDS:
        return need->duration_ms;
    default:
        return 1;
    }
}

static int64_t
smaller(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

bool
mc_budget_take(mc_budget_part_t *const *parts, size_t count, const mc_budget_need_t *need,
               bool may_clamp, mc_budget_hold_t *ret_holds)
{
    for (size_t i = 0; i < count; i++) {
        const mc_budget_part_t *part = parts[i];
        if (part->is_limited && part->held - part->taken < want_of(part->unit, need, may_clamp))
            return false;
        if (part->is_limited && part->unit == MC_BUDGET_USD && need->is_unpriced)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        mc_budget_part_t *part = parts[i];
        int64_t amount = 0;
        if (part->is_limited)
            amount = smaller(part->held - part->taken, want_of(part->unit, need, false));
        part->taken += amount;
        part->is_used = true;
        ret_holds[i] = (mc_budget_hold_t){part, amount};
    }
    return true;
}

int64_t
mc_budget_used(mc_budget_unit_t unit, const mc_budget_use_t *use)
{
    switch (unit) {
    case MC_BUDGET_TOKENS:
        return use->tokens;
    case MC_BUDGET_USD:
        return use->usd;
    case MC_BUDGET_SECONDS:
        return use->duration_ms;
    case MC_BUDGET_REQUESTS:
        return use->requests;
    default:
        return 0; /* a call that is over is none at once */
    }
}

bool
mc_budget_meter(mc_budget_hold_t *holds, size_t count, const mc_budget_use_t *use)
{
    bool is_within = true;
    for (size_t i = 0; i < count; i++) {
        mc_budget_part_t *part = holds[i].part;
        int64_t missing = mc_budget_used(part->unit, use) - holds[i].amount;
        if (!part->is_limited || missing <= 0)
            continue;
        int64_t more = smaller(missing, part->held - part->taken);
        holds[i].amount += more;
        part->taken += more;
        is_within = is_within && more == missing;
    }
    return is_within;
}

void
mc_budget_drop(mc_budget_hold_t *holds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mc_budget_part_t *part = holds[i].part;
        assert(part->taken >= holds[i].amount && part->held >= holds[i].amount);
        part->taken -= holds[i].amount;
        part->held -= holds[i].amount;
    }
}

int64_t
mc_budget_granted(const mc_budget_hold_t *holds, size_t count, mc_budget_unit_t unit)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < count; i++)
        if (holds[i].part->is_limited && holds[i].part->unit == unit)
            least = smaller(least, holds[i].amount);
    return least;
}

int64_t
mc_budget_left(const mc_budget_hold_t *holds, size_t count, mc_budget_unit_t unit)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const mc_budget_part_t *part = holds[i].part;
        if (part->is_limited && part->unit == unit)
            least = smaller(least, part->left + part->held - part->taken);
    }
    return least;
}
