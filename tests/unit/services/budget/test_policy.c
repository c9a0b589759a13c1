/*
 *  test_policy - the policy before a stage, at each of its edges
 */
#include <criterion/criterion.h>

#include "services/budget/policy.h"

typedef struct {
    const char *says;
    budget_stage_t stage;
    budget_stage_outcome_t outcome;
    int64_t threshold;
    int64_t increment;
} row_t;

static const mc_runtime_flags_t defaults = {.auto_approve_budget_requests = true,
                                            .budget_headroom_percent = 25,
                                            .budget_auto_max_percent = 40,
                                            .budget_min_increment = 250};

#define MAX MC_JSON_INTEGER_MAX

static const row_t rows[] = {
    {"the first worked example is approved",
     {5000, 4200, 900, false},
     BUDGET_STAGE_APPROVED,
     1250,
     1250},
    {"the second worked example asks a person",
     {5000, 4900, 3000, false},
     BUDGET_STAGE_REQUESTED,
     3000,
     2900},
    {"nothing to do needs nothing", {5000, 5000, 0, false}, BUDGET_STAGE_ENOUGH, 0, 0},
    {"what is left equals the threshold", {5000, 3750, 900, false}, BUDGET_STAGE_ENOUGH, 1250, 0},
    {"one token less than the threshold",
     {5000, 3751, 900, false},
     BUDGET_STAGE_APPROVED,
     1250,
     1250},
    {"the plan is above the headroom and just fits",
     {5000, 3000, 2000, false},
     BUDGET_STAGE_ENOUGH,
     2000,
     0},
    {"a small plan counts as 80", {100, 21, 1, false}, BUDGET_STAGE_REQUESTED, 80, 250},
    {"80 fits exactly", {100, 20, 1, false}, BUDGET_STAGE_ENOUGH, 80, 0},
    {"the share of the headroom is rounded up",
     {1001, 750, 80, false},
     BUDGET_STAGE_ENOUGH,
     251,
     0},
    {"... so one less is too little", {1001, 751, 80, false}, BUDGET_STAGE_APPROVED, 251, 251},
    {"the least increment counts", {1000, 900, 90, false}, BUDGET_STAGE_APPROVED, 250, 250},
    {"the increment may be the whole cap",
     {5000, 5000, 2000, false},
     BUDGET_STAGE_APPROVED,
     2000,
     2000},
    {"... and not a token more", {5000, 5000, 2001, false}, BUDGET_STAGE_REQUESTED, 2001, 2001},
    {"a pending request makes no second one",
     {5000, 4200, 900, true},
     BUDGET_STAGE_PENDING,
     1250,
     1250},
    {"a pending request does not matter when enough is left",
     {5000, 100, 900, true},
     BUDGET_STAGE_ENOUGH,
     1250,
     0},
    {"no budget at all asks a person", {0, 0, 100, false}, BUDGET_STAGE_REQUESTED, 100, 250},
    {"usage above the budget is missing too",
     {1000, 1500, 100, false},
     BUDGET_STAGE_REQUESTED,
     250,
     750},
    {"the largest numbers do not overflow",
     {MAX, MAX, MAX, false},
     BUDGET_STAGE_REQUESTED,
     MAX,
     MAX},
    {"the largest usage of no budget is bounded",
     {0, MAX, MAX, false},
     BUDGET_STAGE_REQUESTED,
     MAX,
     MAX},
};

Test(policy, decides_as_the_table_says)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        budget_stage_verdict_t verdict = budget_policy_decide(&defaults, &rows[i].stage);
        cr_expect_eq(verdict.outcome, rows[i].outcome, "%s: %s", rows[i].says,
                     budget_stage_word(verdict.outcome));
        cr_expect_eq(verdict.threshold, rows[i].threshold, "%s: threshold %lld", rows[i].says,
                     (long long)verdict.threshold);
        cr_expect_eq(verdict.increment, rows[i].increment, "%s: increment %lld", rows[i].says,
                     (long long)verdict.increment);
    }
}

Test(policy, approves_nothing_when_the_flag_is_off)
{
    mc_runtime_flags_t flags = defaults;
    flags.auto_approve_budget_requests = false;
    budget_stage_t stage = {5000, 4200, 900, false};
    cr_expect_eq(budget_policy_decide(&flags, &stage).outcome, BUDGET_STAGE_REQUESTED);
}

Test(policy, follows_the_other_flags)
{
    mc_runtime_flags_t flags = defaults;
    budget_stage_t stage = {5000, 4200, 100, false};
    flags.budget_headroom_percent = 10;
    cr_expect_eq(budget_policy_decide(&flags, &stage).outcome, BUDGET_STAGE_ENOUGH);
    flags.budget_headroom_percent = 95;
    cr_expect_eq(budget_policy_decide(&flags, &stage).threshold, 4750);
    flags = defaults;
    flags.budget_min_increment = 2000;
    cr_expect_eq(budget_policy_decide(&flags, &stage).increment, 2000);
    cr_expect_eq(budget_policy_decide(&flags, &stage).outcome, BUDGET_STAGE_APPROVED);
    flags.budget_min_increment = 2001;
    cr_expect_eq(budget_policy_decide(&flags, &stage).outcome, BUDGET_STAGE_REQUESTED);
    flags = defaults;
    flags.budget_auto_max_percent = 24;
    cr_expect_eq(budget_policy_decide(&flags, &stage).outcome, BUDGET_STAGE_REQUESTED);
}

Test(policy, rounds_shares_up)
{
    cr_expect_eq(budget_policy_share(0, 25), 0);
    cr_expect_eq(budget_policy_share(1, 1), 1);
    cr_expect_eq(budget_policy_share(4, 25), 1);
    cr_expect_eq(budget_policy_share(5, 25), 2);
    cr_expect_eq(budget_policy_share(MAX, 100), MAX);
}
