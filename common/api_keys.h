/*
 *  api_keys - the API keys that open this service, known by their hashes
 *
 *      mck_1f0c9a2b_0123456789abcdefghijABCDEFGHIJkl
 *          public id  secret: 32 characters of base62
 *
 *  A key of one run begins with mcr_ and says which run; it ends by itself, and
 *  does not close a door that is open.
 *
 *  The store has only the SHA-256 of the secret. A service keeps all keys in
 *  memory: read from the store at start, again when the gateway says that keys
 *  changed, and every 30 seconds. Where the store is away it may go on with a
 *  copy that it saved before.
 */
#ifndef MC_COMMON_API_KEYS_H
#define MC_COMMON_API_KEYS_H

#include "proto/buffer.h"
#include "proto/proto.h"

typedef struct mc_service mc_service_t;
typedef struct mc_store mc_store_t;
typedef struct mc_api_keys mc_api_keys_t;

#define MC_API_KEY_ID_SIZE 9 /* 8 hex digits and the NUL */
#define MC_API_KEY_SECRET_CHARACTERS 32
#define MC_API_KEY_TEXT_SIZE (4 + 8 + 1 + MC_API_KEY_SECRET_CHARACTERS + 1)
#define MC_API_KEY_HASH_SIZE 65 /* SHA-256 in hex and the NUL */
#define MC_API_KEYS_MAX 10000   /* more than that are not read: the newest are kept */

/* A key as it is made: the text is shown once, the rest is stored. */
typedef struct {
    char text[MC_API_KEY_TEXT_SIZE];
    char id[MC_API_KEY_ID_SIZE];
    char hash[MC_API_KEY_HASH_SIZE];
} mc_api_key_secret_t;

/* Makes a random key. */
void mc_api_key_make(mc_api_key_secret_t *ret_secret);
/* The same for one run. */
void mc_api_key_make_run(mc_api_key_secret_t *ret_secret);

/* An empty set, which opens nothing and is not loaded. The caller owns it. */
mc_api_keys_t *mc_api_keys_new(void);
void mc_api_keys_destroy(mc_api_keys_t **address);

/* Reads the keys from the store from now on and keeps them fresh; when they were last used goes
 * back to the store once a minute. changed, which may be NULL, is called after each reading that
 * differs: for saving a copy. service and store must live longer than the set. */
typedef void mc_api_keys_changed_fn(void *arg);
void mc_api_keys_watch(mc_api_keys_t *self, mc_service_t *service, mc_store_t *store,
                       mc_api_keys_changed_fn *changed, void *arg);

/* Reads them again now. */
void mc_api_keys_reload(mc_api_keys_t *self);

/* Takes these records (of the store, with hashes) as all the keys there are. */
void mc_api_keys_take(mc_api_keys_t *self, mc_list_t records);

/* Adds one record, or puts it in the place of the one with its id: before the store is read. */
void mc_api_keys_put(mc_api_keys_t *self, const mc_api_key_t *record);

/* True once the keys are known, from the store or from a saved copy. */
bool mc_api_keys_is_loaded(const mc_api_keys_t *self);

/* True when a key with the role agent exists that was not taken back. */
bool mc_api_keys_has_agent_key(const mc_api_keys_t *self);

/* The key that an Authorization header ("Bearer mck_..." or "Bearer mcr_...") carries, lent until
 * the next callback of the loop, or NULL. Takes the same time for every wrong secret. Marks the key
 * as used now. */
const mc_api_key_t *mc_api_keys_verify(mc_api_keys_t *self, mc_text_t authorization);

/* The key of that id that was not taken back, or NULL. */
const mc_api_key_t *mc_api_keys_find(const mc_api_keys_t *self, mc_text_t id);

/* The set as bytes for a copy, and back. Restore returns 0 or MC_REFUSED. */
void mc_api_keys_save(const mc_api_keys_t *self, mc_buffer_t *out);
MC_CHECKED int mc_api_keys_restore(mc_api_keys_t *self, mc_text_t bytes, mc_refusal_t *refusal);

#endif
