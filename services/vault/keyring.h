/*
 *  keyring - the keys that the root key opens, each with a number and a purpose
 *
 *  All plain keys of an open vault: the root key and the ring, in locked
 *  memory. The newest key of a purpose is the one in use; older ones stay as
 *  long as something was made with them.
 */
#ifndef VAULT_KEYRING_H
#define VAULT_KEYRING_H

#include "services/vault/box.h"

#define VAULT_KEYS_MAX 256 /* fifty rotations or more: the keys of the audit chain stay */

typedef enum {
    VAULT_WRAPS_DATA = 1, /* the key of each secret */
    VAULT_CHAINS_AUDIT,   /* the audit chain */
    VAULT_MACS_STORE,     /* generation and rows */
    VAULT_MARKS_VALUES,   /* fingerprints of values, for the audit */
    VAULT_SIGNS_AUDIT,    /* seed of Ed25519, for checkpoints */
} vault_purpose_t;

typedef struct {
    uint32_t id; /* never reused */
    uint8_t purpose;
    uint8_t key[VAULT_KEY_BYTES];
} vault_key_t;

typedef struct {
    uint8_t root[VAULT_KEY_BYTES];
    uint32_t version;
    uint32_t count;
    vault_key_t keys[VAULT_KEYS_MAX];
} vault_keyring_t;

/* Wiped and given back; NULL is fine. */
vault_keyring_t *vault_keyring_new(void);
void vault_keyring_destroy(vault_keyring_t **address);

/* A new root key and a ring of version 1. */
void vault_keyring_make(vault_keyring_t *self);

/* A new key for every purpose and a version more. Returns 0, or -1 when the ring is full. */
MC_CHECKED int vault_keyring_turn(vault_keyring_t *self);
/* Forgets all keys of a purpose but the newest. */
void vault_keyring_prune(vault_keyring_t *self, vault_purpose_t purpose);

/* The newest key of a purpose, lent; the key of a number and purpose, or NULL. */
const vault_key_t *vault_keyring_newest(const vault_keyring_t *self, vault_purpose_t purpose);
const vault_key_t *vault_keyring_find(const vault_keyring_t *self, vault_purpose_t purpose,
                                      uint32_t id);

/* As bytes for a box, without the root key: each key its id 4, purpose 1, key 32. */
#define VAULT_RING_KEY_BYTES 37
#define VAULT_RING_BYTES_MAX ((size_t)VAULT_KEYS_MAX * VAULT_RING_KEY_BYTES)
size_t vault_keyring_write(const vault_keyring_t *self, uint8_t *ret_bytes);
/* Returns 0, or VAULT_FORGED for bytes that no ring is written as. */
MC_CHECKED int vault_keyring_read(vault_keyring_t *self, mc_text_t bytes);

#endif
