/*
 *  test_confirmations - tokens that let one login do one thing once; waits after failures
 */
#include "services/vault/confirmations.h"

#include <criterion/criterion.h>
#include <sodium.h>

#include "services/vault/leases.h"
#include "services/vault/patience.h"

#define SECOND INT64_C(1000000)

static const mc_settings_t settings = {.login_attempts_max = 5, .login_lock_seconds = 60};
static const vault_bound_t bound = {
    .name = {"openai", 6},
    .operation = {"reveal", 6},
    .session = {"session", 7},
    .operator= {"admin", 5},
    .version = 3,
};

static int
take(vault_confirmations_t *all, const char *token, const vault_bound_t *of, int64_t now_us)
{
    mc_refusal_t refusal = {0};
    int result = vault_confirmations_take(all, mc_text(token), of, now_us, &refusal);
    return result == 0 ? 0 : refusal.code;
}

Test(confirmations, a_token_is_taken_once)
{
    char token[VAULT_TOKEN_SIZE];
    cr_assert(sodium_init() >= 0);
    MC_AUTO(vault_confirmations) all = vault_confirmations_new(&settings);
    vault_confirmations_give(all, &bound, 100, token);
    cr_expect_eq(take(all, token, &bound, 99), 0);
    cr_expect_eq(take(all, token, &bound, 99), MC_CONFIRMATION_REQUIRED_ERROR);
}

Test(confirmations, a_token_expires_and_is_forgotten_when_the_vault_is_sealed)
{
    char token[VAULT_TOKEN_SIZE];
    cr_assert(sodium_init() >= 0);
    MC_AUTO(vault_confirmations) all = vault_confirmations_new(&settings);
    vault_confirmations_give(all, &bound, 100, token);
    cr_expect_eq(take(all, token, &bound, 100), MC_CONFIRMATION_REQUIRED_ERROR);
    vault_confirmations_give(all, &bound, 100, token);
    vault_confirmations_forget(all);
    cr_expect_eq(take(all, token, &bound, 50), MC_CONFIRMATION_REQUIRED_ERROR);
}

Test(confirmations, a_token_is_bound_to_everything_it_was_given_for_and_ends_when_misused)
{
    vault_bound_t others[] = {bound, bound, bound, bound, bound, bound};
    others[0].name = MC_TEXT("anthropic");
    others[1].operation = MC_TEXT("overwrite");
    others[2].session = MC_TEXT("another");
    others[3].operator= MC_TEXT("mallory");
    others[4].version = 4;
    others[5].name = MC_TEXT("openaireveal");
    others[5].operation = MC_TEXT("");
    cr_assert(sodium_init() >= 0);
    for (size_t i = 0; i < MC_COUNT(others); i++) {
        char token[VAULT_TOKEN_SIZE];
        MC_AUTO(vault_confirmations) all = vault_confirmations_new(&settings);
        vault_confirmations_give(all, &bound, 100, token);
        cr_expect_eq(take(all, token, &others[i], 50), MC_CONFIRMATION_REQUIRED_ERROR, "%zu", i);
        cr_expect_eq(take(all, token, &bound, 50), MC_CONFIRMATION_REQUIRED_ERROR, "%zu", i);
    }
}

Test(confirmations, five_wrong_tokens_lock_a_login_and_no_other)
{
    char token[VAULT_TOKEN_SIZE];
    vault_bound_t other = bound;
    other.session = MC_TEXT("another");
    cr_assert(sodium_init() >= 0);
    MC_AUTO(vault_confirmations) all = vault_confirmations_new(&settings);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(take(all, "wrong", &bound, 1), MC_CONFIRMATION_REQUIRED_ERROR);
    vault_confirmations_give(all, &bound, 100, token);
    cr_expect_eq(take(all, token, &bound, 1), MC_TOO_MANY_ATTEMPTS_ERROR);
    vault_confirmations_give(all, &other, 100, token);
    cr_expect_eq(take(all, token, &other, 1), 0);
    cr_expect_eq(take(all, "", &bound, 1), MC_CONFIRMATION_REQUIRED_ERROR, "none was shown");
}

Test(patience, waits_double_up_to_an_hour_and_end_with_a_success)
{
    static const int waits[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
    vault_patience_t patience;
    int64_t now = 1000 * SECOND;
    vault_patience_init(&patience, &settings);
    for (size_t i = 0; i < MC_COUNT(waits); i++) {
        for (int attempt = 0; attempt < 5; attempt++)
            cr_expect_eq(vault_patience_attempt(&patience, now), 0, "round %zu", i);
        cr_expect_eq(vault_patience_attempt(&patience, now), waits[i], "round %zu", i);
        now += waits[i] * SECOND;
    }
    vault_patience_clear(&patience);
    for (int attempt = 0; attempt < 5; attempt++)
        cr_expect_eq(vault_patience_attempt(&patience, now), 0);
    cr_expect_eq(vault_patience_attempt(&patience, now), 60);
}

Test(leases, are_known_by_holder_and_name_until_they_end)
{
    cr_assert(sodium_init() >= 0);
    MC_AUTO(vault_leases) leases = vault_leases_new();
    vault_leases_put(leases, MC_TEXT("router-1"), MC_TEXT("openai"), 100, 1);
    cr_expect(vault_leases_has(leases, MC_TEXT("router-1"), MC_TEXT("openai"), 99));
    cr_expect(!vault_leases_has(leases, MC_TEXT("router-1"), MC_TEXT("openai"), 100));
    cr_expect(!vault_leases_has(leases, MC_TEXT("router-2"), MC_TEXT("openai"), 99));
    cr_expect(!vault_leases_has(leases, MC_TEXT("router-1o"), MC_TEXT("penai"), 99));
    vault_leases_forget(leases);
    cr_expect(!vault_leases_has(leases, MC_TEXT("router-1"), MC_TEXT("openai"), 99));
}
