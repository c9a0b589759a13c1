/*
 *  test_header - what opens a vault, and what does not
 */
#include "common/error.h"
#include "keys.h"

static mc_text_t
bytes_of(const keys_t *keys)
{
    return vault_bytes(keys->book->header.bytes, keys->book->header.size);
}

Test(header, opens_with_its_key_and_with_its_recovery_key)
{
    keys_t keys = keys_make();
    cr_expect_eq(keys_open(&keys, bytes_of(&keys), keys.kek, false), 0);
    cr_expect_eq(keys_open(&keys, bytes_of(&keys), keys.recovery, true), 0);
    cr_expect_eq(keys_open(&keys, bytes_of(&keys), keys.recovery, false), VAULT_FORGED);
    cr_expect_eq(keys_open(&keys, bytes_of(&keys), keys.kek, true), VAULT_FORGED);
    keys_clear(&keys);
}

/* Whichever bit it is: with the key and with the recovery key, nothing opens. */
Test(header, no_single_bit_can_be_changed)
{
    keys_t keys = keys_make();
    vault_header_t header = keys.book->header;
    for (size_t bit = 0; bit < header.size * 8; bit++) {
        header.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        mc_text_t bytes = vault_bytes(header.bytes, header.size);
        cr_assert_neq(keys_open(&keys, bytes, keys.kek, false), 0, "bit %zu", bit);
        cr_assert_neq(keys_open(&keys, bytes, keys.recovery, true), 0, "bit %zu", bit);
        header.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    keys_clear(&keys);
}

Test(header, no_key_that_differs_by_a_bit_opens_it)
{
    keys_t keys = keys_make();
    for (size_t bit = 0; bit < VAULT_KEY_BYTES * 8; bit++) {
        keys.kek[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(keys_open(&keys, bytes_of(&keys), keys.kek, false), VAULT_FORGED, "%zu", bit);
        keys.kek[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    keys_clear(&keys);
}

Test(header, is_refused_at_every_length_but_its_own)
{
    keys_t keys = keys_make();
    vault_header_t header;
    mc_text_t whole = bytes_of(&keys);
    for (size_t size = 0; size < whole.size; size++)
        cr_assert_eq(vault_header_read(&header, (mc_text_t){whole.data, size}), -1, "%zu", size);
    keys_clear(&keys);
}

Test(header, asks_for_no_cost_out_of_bounds)
{
    static const struct {
        vault_cost_t cost;
        const char *words;
    } cases[] = {
        {{2, VAULT_MEMORY_KIB, 1}, "Argon2id with 2 passes, not 3 to 16"},
        {{17, VAULT_MEMORY_KIB, 1}, "Argon2id with 17 passes, not 3 to 16"},
        {{3, 65535, 1}, "Argon2id with 65535 KiB, not 65536 to 2097152"},
        {{3, 2097153, 1}, "Argon2id with 2097153 KiB, not 65536 to 2097152"},
        {{3, VAULT_MEMORY_KIB, 2}, "Argon2id with 2 lanes, only 1 is known"},
        {{UINT32_MAX, UINT32_MAX, 1}, "Argon2id with 4294967295 passes, not 3 to 16"},
    };
    cr_expect_eq(vault_cost_check(&(vault_cost_t){3, 65536, 1}), 0);
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        cr_expect_eq(vault_cost_check(&cases[i].cost), -1);
        cr_expect_str_eq(mc_error(), cases[i].words);
    }
}

Test(header, a_kek_is_made_of_what_it_says_and_of_all_of_it)
{
    uint8_t words[VAULT_KEY_BYTES], file[VAULT_KEY_BYTES], both[VAULT_KEY_BYTES];
    vault_kek_source_t source = {.methods = VAULT_BY_PASSPHRASE,
                                 .cost = {VAULT_PASSES, VAULT_MEMORY_KIB_MIN, VAULT_LANES},
                                 .passphrase = MC_TEXT("correct horse battery"),
                                 .key_file = MC_TEXT("0123456789abcdef0123456789abcdef")};
    cr_assert(sodium_init() >= 0);
    cr_expect_eq(vault_kek_make(&source, words), 0);
    source.methods = VAULT_BY_KEY_FILE;
    cr_expect_eq(vault_kek_make(&source, file), 0);
    source.methods = VAULT_BY_BOTH;
    cr_expect_eq(vault_kek_make(&source, both), 0);
    cr_expect(!vault_mac_is(words, file) && !vault_mac_is(words, both) &&
              !vault_mac_is(file, both));
    source.salt[3] ^= 1;
    cr_expect_eq(vault_kek_make(&source, file), 0);
    cr_expect(!vault_mac_is(file, both));
    source.cost.memory_kib = 1024;
    cr_expect_eq(vault_kek_make(&source, file), -1);
}

Test(header, a_recovery_key_is_64_hex_digits_however_they_are_parted)
{
    static const char *const wrong[] = {"", "00", "zz", "00000000-", "0123456789abcdefg"};
    char words[VAULT_RECOVERY_SIZE];
    char plain[VAULT_RECOVERY_SIZE];
    uint8_t one[VAULT_KEY_BYTES], other[VAULT_KEY_BYTES];
    uint8_t id[VAULT_ID_BYTES] = {1};
    cr_assert(sodium_init() >= 0);
    vault_recovery_make(words);
    size_t size = 0;
    for (const char *at = words; *at; at++)
        if (*at != '-')
            plain[size++] = *at;
    cr_expect_eq(size, 64);
    cr_expect_eq(vault_kek_recover(mc_text(words), id, one), 0);
    cr_expect_eq(vault_kek_recover((mc_text_t){plain, size}, id, other), 0);
    cr_expect(vault_mac_is(one, other));
    id[0] = 2;
    cr_expect_eq(vault_kek_recover(mc_text(words), id, other), 0);
    cr_expect(!vault_mac_is(one, other));
    for (size_t i = 0; i < MC_COUNT(wrong); i++)
        cr_expect_eq(vault_kek_recover(mc_text(wrong[i]), id, other), -1, "%s", wrong[i]);
    cr_expect_eq(vault_kek_recover((mc_text_t){plain, 62}, id, other), -1);
}
