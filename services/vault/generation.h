/*
 *  generation - the highest generation that this machine has seen, in a small file
 *
 *  The store lies elsewhere, and may be put back from yesterday by whoever can
 *  write to it. The file says what was there last: a line with id and generation
 *  and a MAC by the keyring. It is replaced whole and synced after each change.
 */
#ifndef VAULT_GENERATION_H
#define VAULT_GENERATION_H

#include "services/vault/book.h"

#define VAULT_GENERATION_FILE "generation"

/* The generation in the file of that folder, for this vault: 0; VAULT_GENERATION_MISSING;
 * VAULT_FORGED when it is of another vault or its MAC does not hold; or -1. */
MC_CHECKED int vault_generation_read(const char *folder, const vault_book_t *book,
                                     const vault_keyring_t *ring, int64_t *ret_generation);
#define VAULT_GENERATION_MISSING 2

MC_CHECKED int vault_generation_write(const char *folder, const vault_book_t *book,
                                      const vault_keyring_t *ring);

#endif
