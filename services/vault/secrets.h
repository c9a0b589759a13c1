/*
 *  secrets - changing the secrets of the store
 */
#ifndef VAULT_SECRETS_H
#define VAULT_SECRETS_H

#include "services/vault/changes.h"

/* What is to be done with a secret: its value, or none to take it away. Copied, the value into
 * locked memory. */
typedef struct {
    mc_text_t name;
    mc_text_t value;
    mc_text_t actor;
    bool must_be_new; /* refused with conflict where there is one */
} vault_wish_t;

typedef void vault_wished_fn(void *arg, const mc_refusal_t *refusal);

/* Does it, tells the other services, then who asked. */
void vault_wish(vault_t *vault, const vault_wish_t *wish, vault_wished_fn *wished, void *arg);

#endif
