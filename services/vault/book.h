/*
 *  book - a whole store: header, rows, and the generation that seals them
 *
 *  What PostgreSQL holds and what a snapshot holds is this and nothing else.
 *  The seal is a MAC over generation, header and all rows, so that a row that
 *  was taken away, or put back from yesterday, is noticed; and a whole store of
 *  yesterday by its generation (generation.h).
 */
#ifndef VAULT_BOOK_H
#define VAULT_BOOK_H

#include "proto/buffer.h"
#include "services/vault/row.h"

#define VAULT_ROWS_MAX 1000

typedef struct {
    int64_t generation; /* 0: there is no vault yet */
    vault_header_t header;
    uint8_t seal[VAULT_HASH_BYTES];
    vault_row_t *rows; /* by name */
    size_t count;
} vault_book_t;

vault_book_t *vault_book_new(void);
void vault_book_destroy(vault_book_t **address);
/* A copy, to be changed. */
vault_book_t *vault_book_copy(const vault_book_t *self);

/* NULL when there is none. */
const vault_row_t *vault_book_find(const vault_book_t *self, mc_text_t name);

/* Takes the row, in the place of one with its name. Returns 0, or -1 when the book is full. */
MC_CHECKED int vault_book_put(vault_book_t *self, vault_row_t *row);
/* False when there is none. */
bool vault_book_remove(vault_book_t *self, mc_text_t name);

/* One generation more, and the seal. */
void vault_book_seal(vault_book_t *self, const vault_keyring_t *ring);
/* 0, or VAULT_FORGED: something in it was changed by somebody else. */
MC_CHECKED int vault_book_check(const vault_book_t *self, const vault_keyring_t *ring);
/* Opens every row once, so that a spoilt one is found before it is needed: 0, or -1 naming it. */
MC_CHECKED int vault_book_open_all(const vault_book_t *self, const vault_keyring_t *ring);

/* A new keyring version: all rows under new keys, the header with the new ring. Returns 0 or -1. */
MC_CHECKED int vault_book_rotate(vault_book_t *self, vault_keyring_t *ring);

/* A snapshot: "MCVSNAP1", generation 8, header (length 4 and bytes), seal 32, rows (count 4, then
 * each name length 1, name, version 8, length 4, bytes). */
#define VAULT_SNAPSHOT_BYTES_MAX ((size_t)24 << 20)
void vault_book_write(const vault_book_t *self, mc_buffer_t *out);
/* NULL with the reason when the bytes are none. */
vault_book_t *vault_book_read(mc_text_t bytes);

#endif
