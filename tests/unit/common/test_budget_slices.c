/*
 *  test_budget_slices - what calls reserve of the slices that a process holds
 */
#include <criterion/criterion.h>

#include "common/budget_slices.h"

static mc_budget_part_t
part(mc_budget_unit_t unit, int64_t held, int64_t taken)
{
    return (mc_budget_part_t){.unit = unit, .is_limited = true, .held = held, .taken = taken};
}

Test(budget_slices, give_all_or_nothing)
{
    mc_budget_part_t tokens = part(MC_BUDGET_TOKENS, 100, 0);
    mc_budget_part_t usd = part(MC_BUDGET_USD, 9, 0);
    mc_budget_part_t *parts[] = {&tokens, &usd};
    mc_budget_hold_t holds[2];
    mc_budget_need_t need = {.tokens = 60, .tokens_least = 10, .usd = 10, .usd_least = 10};
    cr_expect_not(mc_budget_take(parts, 2, &need, true, holds));
    cr_expect_eq(tokens.taken, 0, "nothing is taken of the first when the second is short");
    usd.held = 10;
    cr_expect(mc_budget_take(parts, 2, &need, false, holds));
    cr_expect_eq(tokens.taken, 60);
    cr_expect_eq(usd.taken, 10);
    cr_expect_not(mc_budget_take(parts, 2, &need, false, holds));
}

typedef struct {
    const char *says;
    int64_t held;
    bool may_clamp;
    bool is_taken;
    int64_t granted;
} clamp_t;

static const clamp_t clamps[] = {
    {"the whole need fits", 100, false, true, 100},
    {"one less does not", 99, false, false, 0},
    {"it is clamped to what is there", 99, true, true, 99},
    {"the least is enough", 40, true, true, 40},
    {"less than the least is not", 39, true, false, 0},
};

Test(budget_slices, clamp_where_that_is_allowed)
{
    for (size_t i = 0; i < MC_COUNT(clamps); i++) {
        const clamp_t *row = &clamps[i];
        mc_budget_part_t tokens = part(MC_BUDGET_TOKENS, row->held, 0);
        mc_budget_part_t *parts[] = {&tokens};
        mc_budget_hold_t hold;
        mc_budget_need_t need = {.tokens = 100, .tokens_least = 40};
        bool is_taken = mc_budget_take(parts, 1, &need, row->may_clamp, &hold);
        cr_expect_eq(is_taken, row->is_taken, "%s", row->says);
        if (is_taken)
            cr_expect_eq(mc_budget_granted(&hold, 1, MC_BUDGET_TOKENS), row->granted, "%s",
                         row->says);
    }
}

Test(budget_slices, meter_takes_what_is_free_and_then_says_stop)
{
    mc_budget_part_t tokens = part(MC_BUDGET_TOKENS, 120, 0);
    mc_budget_part_t *parts[] = {&tokens};
    mc_budget_hold_t hold;
    mc_budget_need_t need = {.tokens = 100, .tokens_least = 100};
    cr_assert(mc_budget_take(parts, 1, &need, false, &hold));
    cr_expect(mc_budget_meter(&hold, 1, &(mc_budget_use_t){.tokens = 100}));
    cr_expect_eq(tokens.taken, 100);
    cr_expect(mc_budget_meter(&hold, 1, &(mc_budget_use_t){.tokens = 120}));
    cr_expect_eq(tokens.taken, 120);
    cr_expect_not(mc_budget_meter(&hold, 1, &(mc_budget_use_t){.tokens = 121}));
    cr_expect_eq(tokens.taken, 120);
    mc_budget_drop(&hold, 1);
    cr_expect_eq(tokens.held, 0);
    cr_expect_eq(tokens.taken, 0);
}

Test(budget_slices, only_count_where_there_is_no_limit)
{
    mc_budget_part_t tokens = {.unit = MC_BUDGET_TOKENS};
    mc_budget_part_t *parts[] = {&tokens};
    mc_budget_hold_t hold;
    mc_budget_need_t need = {.tokens = INT64_MAX, .tokens_least = INT64_MAX};
    cr_assert(mc_budget_take(parts, 1, &need, false, &hold));
    cr_expect_eq(hold.amount, 0);
    cr_expect_eq(mc_budget_granted(&hold, 1, MC_BUDGET_TOKENS), INT64_MAX);
    cr_expect_eq(mc_budget_left(&hold, 1, MC_BUDGET_TOKENS), INT64_MAX);
    cr_expect(mc_budget_meter(&hold, 1, &(mc_budget_use_t){.tokens = 1000000}));
}

Test(budget_slices, refuse_a_call_without_a_price_where_money_counts)
{
    mc_budget_part_t usd = part(MC_BUDGET_USD, 1000, 0);
    mc_budget_part_t *parts[] = {&usd};
    mc_budget_hold_t hold;
    mc_budget_need_t need = {.is_unpriced = true};
    cr_expect_not(mc_budget_take(parts, 1, &need, true, &hold));
    usd.is_limited = false;
    cr_expect(mc_budget_take(parts, 1, &need, true, &hold));
}

Test(budget_slices, count_each_unit_by_its_own)
{
    mc_budget_use_t use = {.tokens = 5, .usd = 6, .requests = 1, .duration_ms = 7};
    cr_expect_eq(mc_budget_used(mc_budget_unit(MC_TEXT("tokens")), &use), 5);
    cr_expect_eq(mc_budget_used(mc_budget_unit(MC_TEXT("usd")), &use), 6);
    cr_expect_eq(mc_budget_used(mc_budget_unit(MC_TEXT("requests")), &use), 1);
    cr_expect_eq(mc_budget_used(mc_budget_unit(MC_TEXT("seconds")), &use), 7);
    cr_expect_eq(mc_budget_used(mc_budget_unit(MC_TEXT("concurrency")), &use), 0);
    cr_expect_eq(mc_budget_unit(MC_TEXT("euros")), MC_BUDGET_UNITS);
}
