/*
 *  changes - one change of the store after the other
 *
 *  A change is drafted from the book in force, written into the audit chain,
 *  then into PostgreSQL in one statement, then into the file of the generation;
 *  then it is in force and who asked is told.
 */
#ifndef VAULT_CHANGES_H
#define VAULT_CHANGES_H

#include "services/vault/vault.h"

typedef struct vault_change vault_change_t;

/* Makes change->next from the book in force, and change->ring where the keys change too: 0, or
 * MC_REFUSED. Called when it is this one's turn. */
typedef int vault_draft_fn(vault_change_t *change, mc_refusal_t *refusal);
/* Told once; refusal is NULL when the change is in force. Frees the change. */
typedef void vault_changed_fn(vault_change_t *change, const mc_refusal_t *refusal);

struct vault_change {
    vault_change_t *after;
    vault_t *vault;
    vault_draft_fn *draft;
    vault_changed_fn *changed;
    void *arg;             /* of these two */
    vault_act_t act;       /* how it is recorded; its texts live as long as the change */
    bool is_first;         /* makes the vault: there are no keys yet */
    vault_book_t *next;    /* owned */
    vault_keyring_t *ring; /* owned; NULL: the keys stay */
};

vault_changes_t *vault_changes_new(vault_t *vault);
/* Changes under way were answered by the end of the store. */
void vault_changes_destroy(vault_changes_t **address);

/* One is under way. */
bool vault_changes_is_busy(const vault_changes_t *self);

/* Queues it; the change is allocated by the caller and given back to changed. */
void vault_changes_add(vault_change_t *change);

#endif
