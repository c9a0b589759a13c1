/*
 *  confirmations - tokens that let one login do one thing with one secret, once
 */
#include "services/vault/confirmations.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/clock.h"
#include "services/vault/patience.h"

#define SECOND_US INT64_C(1000000)
#define LOCKS_MAX 64 /* logins whose wrong tokens are counted; the oldest makes room */

typedef struct {
    uint8_t token[VAULT_HASH_BYTES]; /* its hash */
    uint8_t bound[VAULT_HASH_BYTES]; /* hash of what it is bound to */
    int64_t expires_us;              /* 0: the place is free */
} confirmation_t;

typedef struct {
    uint8_t session[VAULT_HASH_BYTES];
    vault_patience_t patience;
} lock_t;

struct vault_confirmations {
    const mc_settings_t *settings;
    confirmation_t all[VAULT_CONFIRMATIONS_MAX];
    size_t next;
    lock_t locks[LOCKS_MAX];
    size_t next_lock;
};

vault_confirmations_t *
vault_confirmations_new(const mc_settings_t *settings)
{
    vault_confirmations_t *self = calloc(1, sizeof *self);
    assert(self);
    self->settings = settings;
    return self;
}

void
vault_confirmations_destroy(vault_confirmations_t **address)
{
    free(mc_take(address));
}

void
vault_confirmations_forget(vault_confirmations_t *self)
{
    memset(self->all, 0, sizeof self->all);
}

bool
vault_operation_is_known(mc_text_t operation)
{
    return mc_text_is(operation, "reveal") || mc_text_is(operation, "overwrite");
}

static void
hash_text(mc_text_t text, uint8_t *ret_hash)
{
    crypto_hash_sha256(ret_hash, (const uint8_t *)text.data, text.size);
}

static void
hash_bound(const vault_bound_t *bound, uint8_t *ret_hash)
{
    crypto_hash_sha256_state state;
    const mc_text_t texts[] = {bound->name, bound->operation, bound->session, bound->operator};
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < MC_COUNT(texts); i++) {
        crypto_hash_sha256_update(&state, (const uint8_t *)&texts[i].size, sizeof texts[i].size);
        crypto_hash_sha256_update(&state, (const uint8_t *)texts[i].data, texts[i].size);
    }
    crypto_hash_sha256_update(&state, (const uint8_t *)&bound->version, sizeof bound->version);
    crypto_hash_sha256_final(&state, ret_hash);
}

void
vault_confirmations_give(vault_confirmations_t *self, const vault_bound_t *bound,
                         int64_t expires_us, char ret_token[VAULT_TOKEN_SIZE])
{
    uint8_t token[VAULT_HASH_BYTES];
    confirmation_t *place = &self->all[self->next++ % VAULT_CONFIRMATIONS_MAX];
    randombytes_buf(token, sizeof token);
    sodium_bin2hex(ret_token, VAULT_TOKEN_SIZE, token, sizeof token);
    sodium_memzero(token, sizeof token);
    hash_text(mc_text(ret_token), place->token);
    hash_bound(bound, place->bound);
    place->expires_us = expires_us;
}

static lock_t *
require_lock(vault_confirmations_t *self, mc_text_t session)
{
    uint8_t hash[VAULT_HASH_BYTES];
    hash_text(session, hash);
    for (size_t i = 0; i < LOCKS_MAX; i++)
        if (self->locks[i].patience.attempts_max && vault_mac_is(self->locks[i].session, hash))
            return &self->locks[i];
    lock_t *lock = &self->locks[self->next_lock++ % LOCKS_MAX];
    memcpy(lock->session, hash, sizeof hash);
    vault_patience_init(&lock->patience, self->settings);
    return lock;
}

/* Ends the token, whatever comes of it: was it right? */
static bool
use_token(vault_confirmations_t *self, mc_text_t token, const vault_bound_t *bound, int64_t now_us)
{
    uint8_t hash[VAULT_HASH_BYTES];
    uint8_t bound_hash[VAULT_HASH_BYTES];
    hash_text(token, hash);
    hash_bound(bound, bound_hash);
    for (size_t i = 0; i < VAULT_CONFIRMATIONS_MAX; i++) {
        confirmation_t *at = &self->all[i];
        if (!at->expires_us || !vault_mac_is(at->token, hash))
            continue;
        bool is_right = at->expires_us > now_us && vault_mac_is(at->bound, bound_hash);
        memset(at, 0, sizeof *at);
        return is_right;
    }
    return false;
}

int
vault_confirmations_take(vault_confirmations_t *self, mc_text_t token, const vault_bound_t *bound,
                         int64_t now_us, mc_refusal_t *refusal)
{
    if (!token.size)
        return mc_refuse(refusal, MC_CONFIRMATION_REQUIRED_ERROR, "sessionToken",
                         "to %.*s this secret the operator must confirm with the passphrase first",
                         MC_FMT(bound->operation));
    lock_t *lock = require_lock(self, bound->session);
    int wait_s = vault_patience_attempt(&lock->patience, mc_clock_steady_us());
    if (wait_s)
        return mc_refuse(refusal, MC_TOO_MANY_ATTEMPTS_ERROR, "",
                         "too many wrong confirmation tokens; try again in %d seconds", wait_s);
    if (!use_token(self, token, bound, now_us))
        return mc_refuse(refusal, MC_CONFIRMATION_REQUIRED_ERROR, "sessionToken",
                         "the confirmation token is not for this, was used or is too old: confirm "
                         "again");
    vault_patience_clear(&lock->patience);
    return 0;
}

/* A grant that waits to be written down, in the arena of its request. */
typedef struct {
    vault_t *vault;
    mc_bus_request_t *request;
    const mc_confirmation_grant_t *grant;
} granting_t;

static void
on_recorded(void *arg, bool is_written)
{
    granting_t *self = arg;
    vault_t *vault = self->vault;
    mc_refusal_t refusal;
    char token[VAULT_TOKEN_SIZE];
    if (!is_written || vault_is_sealed(vault)) {
        vault_refuse_unwritable(vault, &refusal);
        mc_bus_refuse(vault->bus, self->request, &refusal);
        return;
    }
    const vault_row_t *row = vault_book_find(vault->book, self->grant->provider);
    vault_bound_t bound = {.name = self->grant->provider,
                           .operation = self->grant->operation,
                           .session = self->grant->session,
                           .operator= self->grant->operator_name,
                           .version = row ? row->version : 0};
    int64_t expires_us = mc_clock_us() + vault->settings->confirmation_seconds * SECOND_US;
    vault_confirmations_give(vault->confirmations, &bound, expires_us, token);
    mc_secret_confirmed_t answer = {0};
    mc_set(&answer, secret_confirmed, confirmation_token, mc_text(token));
    mc_set(&answer, secret_confirmed, expires_at, expires_us);
    VAULT_COUNT(vault, confirmations);
    mc_bus_answer(vault->bus, self->request, &mc_secret_confirmed_shape, mc_list_one(&answer));
    sodium_memzero(token, sizeof token);
}

static int
check_grant(const vault_t *vault, mc_list_t records, mc_refusal_t *refusal)
{
    const mc_confirmation_grant_t *grant = records.items;
    if (records.count != 1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "", "one confirmation at a time");
    if (!vault_operation_is_known(grant->operation))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "operation",
                         "operation must be reveal or overwrite, not %.*s",
                         MC_FMT(grant->operation));
    if (vault_is_sealed(vault)) {
        vault_refuse_sealed(vault, refusal);
        return MC_REFUSED;
    }
    if (!vault->dev_mode)
        return mc_refuse(refusal, MC_FORBIDDEN_ERROR, "",
                         "Developer Mode is off: secrets are neither revealed nor overwritten");
    if (!vault_book_find(vault->book, grant->provider))
        return mc_refuse(refusal, MC_NOT_FOUND_ERROR, "provider", "the vault has no secret %.*s",
                         MC_FMT(grant->provider));
    return 0;
}

void
vault_on_grant(void *state, mc_bus_request_t *request, mc_list_t records)
{
    vault_t *vault = state;
    mc_refusal_t refusal;
    if (check_grant(vault, records, &refusal)) {
        VAULT_COUNT(vault, refused);
        mc_bus_refuse(vault->bus, request, &refusal);
        return;
    }
    granting_t *self = mc_arena_alloc(mc_bus_request_arena(request), sizeof *self);
    *self = (granting_t){.vault = vault, .request = request, .grant = records.items};
    vault_act_t act = {.actor = self->grant->operator_name,
                       .action = "secret_confirm",
                       .target = self->grant->provider,
                       .outcome = "allowed",
                       .details = self->grant->operation};
    vault_record(vault, &act, on_recorded, self);
}
