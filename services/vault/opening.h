/*
 *  opening - making the vault, opening and sealing it, and changing what opens it
 *
 *  Deriving a key takes a second and 256 MiB: it is done on the service's work
 *  thread, one at a time. After too many failures the next attempt must wait,
 *  each time twice as long, up to an hour.
 */
#ifndef VAULT_OPENING_H
#define VAULT_OPENING_H

#include "services/vault/vault.h"

/* What somebody gave to open the vault with; empty is nothing. Copied, into locked memory. */
typedef struct {
    mc_text_t passphrase;
    mc_text_t key_file; /* its path */
    mc_text_t recovery_key;
} vault_credentials_t;

/* Told once. refusal is NULL when it was done; recovery is a recovery key that is told once, else
 * NULL. Both are lent. */
typedef void vault_opened_fn(void *arg, const mc_refusal_t *refusal, const char *recovery);

vault_opening_t *vault_opening_new(vault_t *vault);
void vault_opening_destroy(vault_opening_t **address);
bool vault_opening_is_busy(const vault_opening_t *self);

/* Makes the vault: new keys, an empty store. */
void vault_make(vault_t *vault, const vault_credentials_t *next, mc_text_t actor,
                vault_opened_fn *opened, void *arg);

/* Opens it. accept is an older generation that is taken on purpose, or 0. */
void vault_unseal(vault_t *vault, const vault_credentials_t *given, int64_t accept, mc_text_t actor,
                  vault_opened_fn *opened, void *arg);

/* Of an open vault: other credentials from now on, and a new recovery key. The ones in force must
 * be given too. */
void vault_rekey(vault_t *vault, const vault_credentials_t *given, const vault_credentials_t *next,
                 mc_text_t actor, vault_opened_fn *opened, void *arg);

/* Wipes the keys; leases end. Does nothing where it is sealed. */
void vault_seal(vault_t *vault, const char *why);

/* Reads the store again; an open vault that does not recognise it is sealed. */
void vault_reload(vault_t *vault);

#endif
