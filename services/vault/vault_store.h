/*
 *  vault_store - every question that the vault asks of PostgreSQL
 *
 *  A change is one statement that only acts on the generation it was made from:
 *  it happens whole or not at all, and two vaults on one store cannot both.
 */
#ifndef VAULT_STORE_H
#define VAULT_STORE_H

#include "common/store.h"
#include "services/vault/book.h"

/* The whole store: one row with generation, header, seal, names, versions and rows, the last three
 * as arrays; none while there is no vault. Read with vault_store_read. */
void vault_store_load(mc_store_t *store, mc_store_answer_fn *answer, void *arg);
/* The book of that answer; generation 0 when there is none. NULL with the reason when it cannot be
 * read. */
vault_book_t *vault_store_read(const PGresult *result);

/* Takes or keeps the charge of the store. One row: the generation that is stored, 0 without a
 * vault; and 1 when it is in charge, 0 when another vault is. */
void vault_store_generation(mc_store_t *store, mc_store_answer_fn *answer, void *arg);

/* Makes the store like next, if it still is like now (generation 0: none). One row: 1 when it was
 * done, 0 when the store is of another generation. */
void vault_store_change(mc_store_t *store, const vault_book_t *now, const vault_book_t *next,
                        mc_store_answer_fn *answer, void *arg);

void vault_store_add_checkpoint(mc_store_t *store, int64_t sequence, const char *checkpoint,
                                mc_store_answer_fn *answer, void *arg);

#endif
