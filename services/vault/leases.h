/*
 *  leases - who may use which secret for how long
 *
 *  A lease is written down before it is given. Where that fails, only who holds
 *  one that is not over gets it again: what runs goes on, nothing new begins.
 */
#ifndef VAULT_LEASES_H
#define VAULT_LEASES_H

#include "services/vault/vault.h"

#define VAULT_LEASES_MAX 1024 /* the one that ends first makes room */

vault_leases_t *vault_leases_new(void);
void vault_leases_destroy(vault_leases_t **address);

/* Does the holder have a lease of that name that is not over? */
bool vault_leases_has(const vault_leases_t *self, mc_text_t holder, mc_text_t name, int64_t now_us);
void vault_leases_put(vault_leases_t *self, mc_text_t holder, mc_text_t name, int64_t expires_us,
                      int64_t now_us);
/* All are over. */
void vault_leases_forget(vault_leases_t *self);

#endif
