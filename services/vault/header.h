/*
 *  header - what opens a vault: how the key is derived, and the wrapped keys
 *
 *      at    bytes
 *        0       8  "MCVAULT1"
 *        8       2  format, 1
 *       10       1  what the key is made of (VAULT_BY_...)
 *       11       1  0
 *       12      12  passes, KiB and lanes of Argon2id
 *       24      16  salt
 *       40      16  id of the vault
 *       56       4  version of the keyring
 *       60      60  root key in a box of the key that opens the vault
 *      120      60  root key in a box of the recovery key
 *      180       4  keys in the keyring
 *      184       n  keyring in a box of the root key
 *       ..      32  MAC over all before it, by a key derived from the root key
 *
 *  Integers are big-endian. The box of the root key is bound to the bytes before
 *  it, that of the recovery key to the id alone, so that a passphrase can change
 *  without it; the MAC covers what neither does.
 */
#ifndef VAULT_HEADER_H
#define VAULT_HEADER_H

#include "services/vault/kek.h"
#include "services/vault/keyring.h"

#define VAULT_ID_BYTES 16
#define VAULT_HEADER_FIXED_BYTES 184
#define VAULT_HEADER_BYTES_MAX                                                                     \
    (VAULT_HEADER_FIXED_BYTES + VAULT_BOX_OF(VAULT_RING_BYTES_MAX) + VAULT_HASH_BYTES)

typedef struct {
    unsigned methods;
    vault_cost_t cost;
    uint8_t salt[VAULT_SALT_BYTES];
    uint8_t vault_id[VAULT_ID_BYTES];
    uint32_t keyring_version;
    uint32_t key_count;
    uint8_t root_box[VAULT_KEY_BOX_BYTES];
    uint8_t recovery_box[VAULT_KEY_BOX_BYTES];
    uint8_t bytes[VAULT_HEADER_BYTES_MAX]; /* as it is stored */
    size_t size;
} vault_header_t;

/* Reads what can be read without a key. Returns 0, or -1 with what is wrong: it is no header, of
 * another format, or asks for a cost out of bounds. */
MC_CHECKED int vault_header_read(vault_header_t *self, mc_text_t bytes);

/* Opens the root key with a key of kek.h: 0 or VAULT_FORGED, which also is a wrong passphrase. */
MC_CHECKED int vault_header_open(const vault_header_t *self, const uint8_t kek[VAULT_KEY_BYTES],
                                 bool is_recovery, uint8_t ret_root[VAULT_KEY_BYTES]);

/* With ring->root open: checks the MAC and opens the ring. 0 or VAULT_FORGED. */
MC_CHECKED int vault_header_open_ring(const vault_header_t *self, vault_keyring_t *ring);

/* Puts the root key of the ring into a box of a key of kek.h. */
MC_CHECKED int vault_header_wrap(vault_header_t *self, const vault_keyring_t *ring,
                                 const uint8_t kek[VAULT_KEY_BYTES]);
MC_CHECKED int vault_header_wrap_recovery(vault_header_t *self, const vault_keyring_t *ring,
                                          const uint8_t kek[VAULT_KEY_BYTES]);

/* Makes the stored bytes anew, with the ring in its box and the MAC. */
MC_CHECKED int vault_header_close(vault_header_t *self, const vault_keyring_t *ring);

#endif
