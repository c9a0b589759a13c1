/*
 *  test_book - whole stores: sealed, rotated, written as a snapshot
 */
#include "common/error.h"
#include "keys.h"

Test(book, its_seal_holds_until_anything_in_it_is_other)
{
    keys_t keys = keys_make();
    vault_book_t *book = keys.book;
    cr_expect_eq(vault_book_check(book, keys.ring), 0);

    book->generation++;
    cr_expect_eq(vault_book_check(book, keys.ring), VAULT_FORGED, "generation");
    book->generation--;
    book->rows[0].version++;
    cr_expect_eq(vault_book_check(book, keys.ring), VAULT_FORGED, "version");
    book->rows[0].version--;
    book->rows[1].bytes[70] ^= 1;
    cr_expect_eq(vault_book_check(book, keys.ring), VAULT_FORGED, "row");
    book->rows[1].bytes[70] ^= 1;
    book->header.bytes[10] ^= 1;
    cr_expect_eq(vault_book_check(book, keys.ring), VAULT_FORGED, "header");
    book->header.bytes[10] ^= 1;
    book->seal[31] ^= 0x80;
    cr_expect_eq(vault_book_check(book, keys.ring), VAULT_FORGED, "seal");
    book->seal[31] ^= 0x80;
    cr_expect_eq(vault_book_check(book, keys.ring), 0);
    cr_expect(vault_book_remove(book, MC_TEXT("openai")));
    cr_expect_eq(vault_book_check(book, keys.ring), VAULT_FORGED, "a row less");
    keys_clear(&keys);
}

Test(book, rotation_puts_every_secret_under_new_keys)
{
    keys_t keys = keys_make();
    MC_AUTO(vault_book) next = vault_book_copy(keys.book);
    vault_keyring_t *ring = vault_keyring_new();
    *ring = *keys.ring;
    cr_assert_eq(vault_book_rotate(next, ring), 0);
    vault_book_seal(next, ring);
    cr_expect_eq(ring->version, 2);
    cr_expect_eq(next->generation, keys.book->generation + 1);
    cr_expect_eq(vault_book_check(next, ring), 0);
    cr_expect_eq(vault_book_open_all(next, ring), 0);
    cr_expect_eq(vault_book_open_all(keys.book, keys.ring), 0, "the old one is as it was");
    cr_expect_eq(vault_book_open_all(keys.book, ring), -1, "the new keys do not open old rows");
    mc_text_t bytes = vault_bytes(next->header.bytes, next->header.size);
    cr_expect_eq(keys_open(&keys, bytes, keys.kek, false), 0, "it opens as before");
    vault_keyring_destroy(&ring);
    keys_clear(&keys);
}

Test(book, rotates_dozens_of_times_and_says_when_the_ring_is_full)
{
    keys_t keys = keys_make();
    int times = 0;
    while (vault_book_rotate(keys.book, keys.ring) == 0)
        times++;
    cr_expect_gt(times, 50);
    cr_expect(strstr(mc_error(), "keyring is full"), "%s", mc_error());
    keys_clear(&keys);
}

Test(book, a_snapshot_reads_back_as_the_same_store)
{
    keys_t keys = keys_make();
    mc_buffer_t bytes = {0};
    vault_book_write(keys.book, &bytes);
    MC_AUTO(vault_book) book = vault_book_read(mc_buffer_content(&bytes));
    cr_assert_not_null(book, "%s", mc_error());
    cr_expect_eq(book->generation, keys.book->generation);
    cr_expect_eq(book->count, 2);
    cr_expect_eq(vault_book_check(book, keys.ring), 0);
    mc_buffer_clear(&bytes);
    keys_clear(&keys);
}

Test(book, no_byte_of_a_snapshot_can_be_changed_or_missing)
{
    keys_t keys = keys_make();
    mc_buffer_t bytes = {0};
    vault_book_write(keys.book, &bytes);
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        MC_AUTO(vault_book) book = vault_book_read(mc_buffer_content(&bytes));
        cr_assert(!book || vault_book_check(book, keys.ring) == VAULT_FORGED, "bit %zu", bit);
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t size = 0; size < bytes.size; size++)
        cr_assert_null(vault_book_read((mc_text_t){bytes.data, size}), "cut at %zu", size);
    mc_buffer_byte(&bytes, 0);
    cr_expect_null(vault_book_read(mc_buffer_content(&bytes)));
    mc_buffer_clear(&bytes);
    keys_clear(&keys);
}

Test(book, rows_are_found_replaced_and_taken_away_by_name)
{
    keys_t keys = keys_make();
    vault_row_t row;
    vault_row_label_t label = {MC_TEXT("openai"), 9, 1, keys.book->header.vault_id};
    cr_assert_eq(vault_row_close(&row, &label, keys.ring, MC_TEXT("new")), 0);
    cr_expect_eq(vault_book_put(keys.book, &row), 0);
    cr_expect_eq(keys.book->count, 2);
    cr_expect_eq(vault_book_find(keys.book, MC_TEXT("openai"))->version, 9);
    cr_expect_null(vault_book_find(keys.book, MC_TEXT("open")));
    cr_expect(vault_book_remove(keys.book, MC_TEXT("anthropic")));
    cr_expect(!vault_book_remove(keys.book, MC_TEXT("anthropic")));
    cr_expect_eq(keys.book->count, 1);
    keys_clear(&keys);
}
