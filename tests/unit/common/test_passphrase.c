/*
 *  test_passphrase - hashes of what a person types
 */
#include "common/passphrase.h"

#include <criterion/criterion.h>
#include <sodium.h>

Test(passphrase, is_known_again_by_its_hash_and_no_other_is)
{
    char hash[MC_PASSPHRASE_HASH_SIZE], again[MC_PASSPHRASE_HASH_SIZE];
    cr_assert_eq(mc_passphrase_hash(MC_TEXT("correct horse battery"), hash), 0);
    cr_assert_eq(mc_passphrase_hash(MC_TEXT("correct horse battery"), again), 0);
    cr_expect_eq(strncmp(hash, "$argon2id$v=19$m=65536,t=3,p=1$", 31), 0, "%s", hash);
    cr_expect_str_neq(hash, again);
    cr_expect(mc_passphrase_is(MC_TEXT("correct horse battery"), hash));
    cr_expect(!mc_passphrase_is(MC_TEXT("correct horse batterz"), hash));
    cr_expect(!mc_passphrase_is(MC_TEXT(""), hash));
}

Test(passphrase, a_hash_that_cannot_be_read_matches_nothing)
{
    char endless[2 * MC_PASSPHRASE_HASH_SIZE];
    memset(endless, '$', sizeof endless);
    cr_expect(!mc_passphrase_is(MC_TEXT("x"), ""));
    cr_expect(!mc_passphrase_is(MC_TEXT("x"), "$argon2id$"));
    cr_expect(!mc_passphrase_is(MC_TEXT("x"), "x"));
    cr_expect(!mc_passphrase_is(MC_TEXT("x"), endless));
}

Test(passphrase, a_random_one_is_four_groups_that_can_be_read_aloud)
{
    char one[MC_PASSPHRASE_RANDOM_SIZE], other[MC_PASSPHRASE_RANDOM_SIZE];
    cr_assert(sodium_init() >= 0);
    mc_passphrase_random(one);
    mc_passphrase_random(other);
    cr_expect_str_neq(one, other);
    cr_expect_eq(strlen(one), 23);
    for (size_t i = 0; i < strlen(one); i++) {
        bool is_hyphen = one[i] == '-';
        cr_expect_eq(is_hyphen, i % 6 == 5, "%s", one);
        cr_expect(!strchr("01oil", one[i]), "%s", one);
    }
}
