/*
 *  keys - a small vault in memory, for tests of its formats
 */
#ifndef TEST_VAULT_KEYS_H
#define TEST_VAULT_KEYS_H

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>

#include "services/vault/book.h"

typedef struct {
    uint8_t kek[VAULT_KEY_BYTES];
    uint8_t recovery[VAULT_KEY_BYTES];
    vault_keyring_t *ring;
    vault_book_t *book;
} keys_t;

/* Header and two rows, sealed; the keys are as good as any. */
static inline keys_t
keys_make(void)
{
    keys_t keys = {.ring = NULL};
    cr_assert(sodium_init() >= 0);
    keys.ring = vault_keyring_new();
    keys.book = vault_book_new();
    randombytes_buf(keys.kek, sizeof keys.kek);
    randombytes_buf(keys.recovery, sizeof keys.recovery);
    vault_keyring_make(keys.ring);

    vault_header_t *header = &keys.book->header;
    header->methods = VAULT_BY_PASSPHRASE;
    header->cost = (vault_cost_t){VAULT_PASSES, VAULT_MEMORY_KIB, VAULT_LANES};
    randombytes_buf(header->salt, sizeof header->salt);
    randombytes_buf(header->vault_id, sizeof header->vault_id);
    cr_assert_eq(vault_header_wrap(header, keys.ring, keys.kek), 0);
    cr_assert_eq(vault_header_wrap_recovery(header, keys.ring, keys.recovery), 0);
    cr_assert_eq(vault_header_close(header, keys.ring), 0);
    static const char *const names[] = {"anthropic", "openai"};
    for (size_t i = 0; i < MC_COUNT(names); i++) {
        vault_row_t row;
        vault_row_label_t label = {mc_text(names[i]), (int64_t)i + 1, 1000, header->vault_id};
        cr_assert_eq(vault_row_close(&row, &label, keys.ring, mc_text(names[i])), 0);
        cr_assert_eq(vault_book_put(keys.book, &row), 0);
    }
    vault_book_seal(keys.book, keys.ring);
    return keys;
}

static inline void
keys_clear(keys_t *keys)
{
    vault_keyring_destroy(&keys->ring);
    vault_book_destroy(&keys->book);
}

/* Opens header bytes with a key: 0 only when everything in them holds. */
static inline int
keys_open(const keys_t *keys, mc_text_t bytes, const uint8_t *kek, bool is_recovery)
{
    vault_header_t header;
    if (vault_header_read(&header, bytes) == -1)
        return -1;
    vault_keyring_t *ring = vault_keyring_new();
    int result = vault_header_open(&header, kek, is_recovery, ring->root);
    if (result == 0)
        result = vault_header_open_ring(&header, ring);
    vault_keyring_destroy(&ring);
    (void)keys;
    return result;
}

#endif
