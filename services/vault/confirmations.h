/*
 *  confirmations - tokens that let one login do one thing with one secret, once
 *
 *  The gateway has checked the operator's passphrase. A token is bound to login,
 *  operator, secret, its version and the operation; it is kept as a hash. To
 *  show it, right or wrong, ends it. Too many wrong ones lock a login out.
 */
#ifndef VAULT_CONFIRMATIONS_H
#define VAULT_CONFIRMATIONS_H

#include "services/vault/vault.h"

#define VAULT_CONFIRMATIONS_MAX 256 /* the oldest makes room */
#define VAULT_TOKEN_SIZE 65         /* 32 bytes in hex and the NUL */

typedef struct {
    mc_text_t name;
    mc_text_t operation; /* "reveal", "overwrite" */
    mc_text_t session;
    mc_text_t operator;
    int64_t version;
} vault_bound_t;

vault_confirmations_t *vault_confirmations_new(const mc_settings_t *settings);
void vault_confirmations_destroy(vault_confirmations_t **address);
void vault_confirmations_forget(vault_confirmations_t *self);

bool vault_operation_is_known(mc_text_t operation);

/* Makes a token. */
void vault_confirmations_give(vault_confirmations_t *self, const vault_bound_t *bound,
                              int64_t expires_us, char ret_token[VAULT_TOKEN_SIZE]);

/* Takes a token: 0, or MC_REFUSED with confirmation_required or too_many_attempts. */
MC_CHECKED int vault_confirmations_take(vault_confirmations_t *self, mc_text_t token,
                                        const vault_bound_t *bound, int64_t now_us,
                                        mc_refusal_t *refusal);

#endif
