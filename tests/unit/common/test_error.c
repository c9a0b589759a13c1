/*
 *  test_error - the reason of the last failure, said layer by layer
 */
#include "common/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

Test(error, there_is_no_reason_at_first_and_after_clearing)
{
    cr_expect_str_eq(mc_error(), "no reason kept");
    cr_expect_eq(mc_fail("x"), -1);
    mc_error_clear();
    cr_expect_str_eq(mc_error(), "no reason kept");
}

Test(error, a_reason_is_kept)
{
    cr_expect_eq(mc_fail("no such file %s", "a.json"), -1);
    cr_expect_str_eq(mc_error(), "no such file a.json");
    cr_expect_eq(mc_fail("another"), -1);
    cr_expect_str_eq(mc_error(), "another");
}

Test(error, each_layer_says_what_it_was_attempting)
{
    mc_fail("relation budget_total does not exist");
    cr_expect_eq(mc_fail_while("loading the total of %s", "atlas"), -1);
    cr_expect_eq(mc_fail_while("starting %s", "budget"), -1);
    cr_expect_str_eq(mc_error(), "starting budget: loading the total of atlas: "
                                 "relation budget_total does not exist");
}

Test(error, a_reason_may_be_made_of_the_last_one)
{
    mc_fail("inner");
    mc_fail("outer (%s)", mc_error());
    cr_expect_str_eq(mc_error(), "outer (inner)");
    mc_fail_while("while %s", mc_error());
    cr_expect_str_eq(mc_error(), "while outer (inner): outer (inner)");
}

Test(error, errno_is_put_into_words)
{
    errno = ENOENT;
    cr_expect_eq(mc_fail_errno("opening %s", "a.json"), -1);
    cr_expect_str_eq(mc_error(), "opening a.json: No such file or directory");
}

Test(error, an_overlong_reason_is_cut_at_its_end)
{
    char reason[2 * MC_ERROR_BYTES_MAX];
    memset(reason, 'r', sizeof reason);
    reason[sizeof reason - 1] = '\0';
    mc_fail("%s", reason);
    cr_expect_eq(strlen(mc_error()), MC_ERROR_BYTES_MAX - 1);
    mc_fail_while("attempt");
    cr_expect_eq(strlen(mc_error()), MC_ERROR_BYTES_MAX - 1);
    cr_expect_eq(strncmp(mc_error(), "attempt: rrr", 12), 0);
}

static void *
fail_elsewhere(void *unused)
{
    mc_fail("elsewhere");
    return unused;
}

Test(error, each_thread_has_its_own_reason)
{
    pthread_t thread;
    mc_fail("here");
    cr_assert_eq(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_expect_str_eq(mc_error(), "here");
}
