/*
 *  test_row - secrets as they are stored, and every way to spoil one
 */
#include "common/error.h"
#include "keys.h"

static int
open_row(const keys_t *keys, const vault_row_t *row, char *value, size_t *size)
{
    return vault_row_open(row, keys->book->header.vault_id, keys->ring, value, size);
}

Test(row, gives_back_its_value)
{
    keys_t keys = keys_make();
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    size_t size = 0;
    const vault_row_t *row = vault_book_find(keys.book, MC_TEXT("openai"));
    cr_assert_not_null(row);
    cr_expect_eq(open_row(&keys, row, value, &size), 0);
    cr_expect_eq(size, 6);
    cr_expect(!memcmp(value, "openai", 6));
    vault_locked_free(value);
    keys_clear(&keys);
}

/* Nothing is returned of a row of which one bit is other: not as a row, not as a value. */
Test(row, no_single_bit_can_be_changed)
{
    keys_t keys = keys_make();
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    size_t size = 0;
    const vault_row_t *whole = vault_book_find(keys.book, MC_TEXT("openai"));
    uint8_t *bytes = malloc(whole->size);
    cr_assert_not_null(bytes);
    memcpy(bytes, whole->bytes, whole->size);
    for (size_t bit = 0; bit < whole->size * 8; bit++) {
        vault_row_t row;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (vault_row_read(&row, MC_TEXT("openai"), 2, vault_bytes(bytes, whole->size)) == 0) {
            cr_assert_eq(open_row(&keys, &row, value, &size), VAULT_FORGED, "bit %zu", bit);
            vault_row_clear(&row);
        }
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(bytes);
    vault_locked_free(value);
    keys_clear(&keys);
}

Test(row, is_bound_to_its_name_its_version_and_its_vault)
{
    static const struct {
        const char *name;
        int64_t version;
        bool is_other_vault;
        int result;
        const char *what;
    } cases[] = {
        {"openai", 2, false, 0, "as it is"},
        {"openbi", 2, false, VAULT_FORGED, "another name"},
        {"opena", 2, false, VAULT_FORGED, "a shorter name"},
        {"openaix", 2, false, VAULT_FORGED, "a longer name"},
        {"anthropic", 2, false, VAULT_FORGED, "the name of another row"},
        {"openai", 1, false, VAULT_FORGED, "an older version"},
        {"openai", 3, false, VAULT_FORGED, "a newer version"},
        {"openai", 2, true, VAULT_FORGED, "another vault"},
    };
    keys_t keys = keys_make();
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    size_t size = 0;
    const vault_row_t *whole = vault_book_find(keys.book, MC_TEXT("openai"));
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        vault_row_t row;
        uint8_t id[VAULT_ID_BYTES];
        memcpy(id, keys.book->header.vault_id, sizeof id);
        id[7] ^= cases[i].is_other_vault;
        cr_assert_eq(vault_row_read(&row, mc_text(cases[i].name), cases[i].version,
                                    vault_bytes(whole->bytes, whole->size)),
                     0);
        cr_expect_eq(vault_row_open(&row, id, keys.ring, value, &size), cases[i].result, "%s",
                     cases[i].what);
        vault_row_clear(&row);
    }
    vault_locked_free(value);
    keys_clear(&keys);
}

Test(row, is_no_row_when_it_is_too_short_too_long_or_badly_named)
{
    keys_t keys = keys_make();
    vault_row_t row;
    const vault_row_t *whole = vault_book_find(keys.book, MC_TEXT("openai"));
    for (size_t size = 0; size < VAULT_ROW_FIXED_BYTES + VAULT_BOX_MORE_BYTES; size++)
        cr_assert_eq(vault_row_read(&row, MC_TEXT("openai"), 2, vault_bytes(whole->bytes, size)),
                     -1);
    mc_text_t bytes = vault_bytes(whole->bytes, whole->size);
    cr_expect_eq(vault_row_read(&row, MC_TEXT("open ai"), 2, bytes), -1);
    cr_expect_eq(vault_row_read(&row, MC_TEXT(""), 2, bytes), -1);
    cr_expect_eq(vault_row_read(&row, MC_TEXT("openai"), 0, bytes), -1);
    cr_expect_eq(vault_row_read(&row, MC_TEXT("openai"), -1, bytes), -1);
    keys_clear(&keys);
}

Test(row, a_name_has_letters_digits_and_three_signs)
{
    static const struct {
        const char *name;
        bool is_fine;
    } cases[] = {
        {"openai", true}, {"OPENAI_API_KEY", true}, {"a.b-c_d", true}, {"0", true},
        {"", false},      {".hidden", false},       {"-x", false},     {"a/b", false},
        {"a b", false},   {"a\nb", false},          {"ä", false},
    };
    char longest[102];
    memset(longest, 'a', sizeof longest);
    for (size_t i = 0; i < MC_COUNT(cases); i++)
        cr_expect_eq(vault_name_is_fine(mc_text(cases[i].name)), cases[i].is_fine, "%s",
                     cases[i].name);
    cr_expect(vault_name_is_fine((mc_text_t){longest, 100}));
    cr_expect(!vault_name_is_fine((mc_text_t){longest, 101}));
}

Test(row, the_longest_value_and_the_shortest_are_kept)
{
    keys_t keys = keys_make();
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    char *got = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    memset(value, 'x', VAULT_SECRET_BYTES_MAX);
    static const size_t sizes[] = {1, 2, 255, VAULT_SECRET_BYTES_MAX};
    for (size_t i = 0; i < MC_COUNT(sizes); i++) {
        vault_row_t row;
        size_t size = 0;
        vault_row_label_t label = {MC_TEXT("long"), 1, 1, keys.book->header.vault_id};
        cr_assert_eq(vault_row_close(&row, &label, keys.ring, vault_bytes(value, sizes[i])), 0);
        cr_expect_eq(open_row(&keys, &row, got, &size), 0);
        cr_expect_eq(size, sizes[i]);
        vault_row_clear(&row);
    }
    vault_locked_free(value);
    vault_locked_free(got);
    keys_clear(&keys);
}
