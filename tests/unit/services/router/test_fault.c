/*
 *  test_fault - whose fault an answer is, and when it may be tried again
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "services/router/affinity.h"
#include "services/router/fault.h"

Test(fault, tells_key_caller_and_lane_apart)
{
    static const struct {
        int status;
        const char *code;
        const char *should_retry;
        router_fault_t fault;
        bool may_try_again;
        bool may_try_here;
    } cases[] = {
        {400, NULL, "", ROUTER_FAULT_CALLER, false, false},
        {404, NULL, "", ROUTER_FAULT_CALLER, false, false},
        {413, NULL, "true", ROUTER_FAULT_CALLER, false, false},
        {401, NULL, "", ROUTER_FAULT_KEY, true, false},
        {402, NULL, "", ROUTER_FAULT_KEY, true, false},
        {403, NULL, "", ROUTER_FAULT_KEY, true, false},
        {429, "insufficient_quota", "", ROUTER_FAULT_KEY, true, false},
        {429, "enforced_spend_limit_reached", "", ROUTER_FAULT_KEY, true, false},
        {429, "contract_spend_limit_reached", "", ROUTER_FAULT_KEY, true, false},
        {429, "rate_limit_exceeded", "", ROUTER_FAULT_LANE, true, true},
        {429, NULL, "false", ROUTER_FAULT_LANE, true, false},
        {500, NULL, "", ROUTER_FAULT_LANE, true, true},
        {529, NULL, "", ROUTER_FAULT_LANE, true, true},
        {302, NULL, "", ROUTER_FAULT_LANE, true, true},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        router_error_t error = {.code = cases[i].code};
        router_retry_words_t words = {.should_retry = mc_text(cases[i].should_retry)};
        router_verdict_t verdict = router_fault_of_answer(cases[i].status, &error, &words);
        cr_expect_eq(verdict.fault, cases[i].fault, "%d %s", cases[i].status, cases[i].code);
        cr_expect_eq(verdict.may_try_again, cases[i].may_try_again, "%d", cases[i].status);
        cr_expect_eq(verdict.may_try_here, cases[i].may_try_here, "%d", cases[i].status);
    }
}

Test(fault, reads_every_form_of_retry_after)
{
    static const struct {
        const char *seconds;
        const char *ms;
        int64_t us;
    } cases[] = {
        {"", "", 0},
        {"2", "", 2000000},
        {"1.5", "", 1500000},
        {"7", "250", 250000},
        {"soon", "", 0},
        {"-1", "", 0},
        {"86400", "", INT64_C(3600000000)},
        {"Thu, 01 Jan 1970 00:01:40 GMT", "", 40000000},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        router_retry_words_t words = {.retry_after = mc_text(cases[i].seconds),
                                      .retry_after_ms = mc_text(cases[i].ms)};
        cr_expect_eq(router_retry_after_us(&words, 60000000), cases[i].us, "%s %s",
                     cases[i].seconds, cases[i].ms);
    }
}

Test(affinity, forgets_the_oldest_and_what_is_too_old)
{
    router_affinity_t *affinity = router_affinity_new();
    char id[32];
    for (int i = 0; i <= ROUTER_AFFINITY_MAX; i++) {
        snprintf(id, sizeof id, "resp_%d", i);
        router_affinity_put(affinity, mc_text(id), MC_TEXT("openai"), i);
    }
    cr_expect_eq(router_affinity_find(affinity, MC_TEXT("resp_0"), 1).size, 0);
    cr_expect(mc_text_is(router_affinity_find(affinity, MC_TEXT("resp_1"), 1), "openai"));
    cr_expect_eq(router_affinity_find(affinity, MC_TEXT("resp_1"), ROUTER_AFFINITY_US + 2).size, 0);
    router_affinity_drop(affinity, MC_TEXT("resp_1"));
    cr_expect_eq(router_affinity_find(affinity, MC_TEXT("resp_1"), 1).size, 0);
    router_affinity_destroy(&affinity);
}
