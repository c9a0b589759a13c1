/*
 *  test_login_guard - who must wait, and how long
 */
#include "services/gateway/login_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define SECOND INT64_C(1000000)

static const mc_text_t admin = {"admin", 5};

Test(login_guard, lets_so_many_attempts_through_and_then_none)
{
    MC_AUTO(gateway_guard) guard = gateway_guard_new(5, 60);
    int64_t now = 1000 * SECOND;
    for (int i = 0; i < 5; i++)
        cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now), 0, "attempt %d", i);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now), 60);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now + 59 * SECOND + 1), 1);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now + 60 * SECOND), 0);
}

Test(login_guard, doubles_the_wait_up_to_an_hour)
{
    static const int waits[] = {600, 1200, 2400, 3600, 3600};
    MC_AUTO(gateway_guard) guard = gateway_guard_new(1, 600);
    int64_t now = 1000 * SECOND;
    for (size_t i = 0; i < MC_COUNT(waits); i++) {
        cr_expect_eq(gateway_guard_attempt(guard, 'a', admin, now), 0);
        cr_expect_eq(gateway_guard_attempt(guard, 'a', admin, now), waits[i], "round %zu", i);
        now += waits[i] * SECOND;
    }
}

Test(login_guard, keeps_names_and_addresses_apart)
{
    MC_AUTO(gateway_guard) guard = gateway_guard_new(1, 60);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, SECOND), 0);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, SECOND), 60);
    cr_expect_eq(gateway_guard_attempt(guard, 'a', admin, SECOND), 0);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', MC_TEXT("other"), SECOND), 0);
}

Test(login_guard, a_login_that_succeeds_clears_what_was_counted)
{
    MC_AUTO(gateway_guard) guard = gateway_guard_new(3, 60);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 3; i++)
            cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, SECOND), 0);
        gateway_guard_clear(guard, 'n', admin);
    }
    gateway_guard_clear(guard, 'n', MC_TEXT("never seen"));
}

Test(login_guard, forgets_after_a_quiet_hour)
{
    MC_AUTO(gateway_guard) guard = gateway_guard_new(1, 60);
    int64_t now = SECOND;
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now), 0);
    now += 61 * SECOND;
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now), 0);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now), 120);
    now += 120 * SECOND + 3601 * SECOND;
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now), 0);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', admin, now), 60);
}

Test(login_guard, stays_bounded_and_forgets_the_quietest)
{
    char name[32];
    MC_AUTO(gateway_guard) guard = gateway_guard_new(1, 3600);
    int64_t now = SECOND;
    for (int i = 0; i < GATEWAY_GUARD_KEYS_MAX + 10; i++, now++) {
        snprintf(name, sizeof name, "name-%d", i);
        cr_expect_eq(gateway_guard_attempt(guard, 'n', mc_text(name), now), 0);
    }
    cr_expect_gt(gateway_guard_attempt(guard, 'n', mc_text(name), now), 0);
    cr_expect_eq(gateway_guard_attempt(guard, 'n', MC_TEXT("name-0"), now), 0);
}
