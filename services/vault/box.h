/*
 *  box - AES-256-GCM around a few bytes, bound to where they belong
 *
 *      nonce 12 | ciphertext, as long as the plain bytes | tag 16
 *
 *  The bytes that it is bound to (AAD) are not in it: who opens it must know
 *  them. Every box has a random nonce; a key closes few boxes, see row.h.
 */
#ifndef VAULT_BOX_H
#define VAULT_BOX_H

#include "proto/base.h"

#define VAULT_KEY_BYTES 32
#define VAULT_BOX_NONCE_BYTES 12
#define VAULT_BOX_TAG_BYTES 16
#define VAULT_BOX_MORE_BYTES (VAULT_BOX_NONCE_BYTES + VAULT_BOX_TAG_BYTES)
#define VAULT_BOX_OF(size) ((size) + VAULT_BOX_MORE_BYTES)
#define VAULT_KEY_BOX_BYTES VAULT_BOX_OF(VAULT_KEY_BYTES)
#define VAULT_HASH_BYTES 32

/* Closes size bytes into ret_box, which has VAULT_BOX_OF(size). Returns 0 or -1. */
MC_CHECKED int vault_box_close(const uint8_t key[VAULT_KEY_BYTES], mc_text_t bound,
                               const void *plain, size_t size, uint8_t *ret_box);

/* Opens a box of box_size bytes into ret_plain, which has as many less VAULT_BOX_MORE_BYTES.
 * Returns 0, or VAULT_FORGED: another key, other bounds, or a changed byte; then ret_plain is
 * zeroed. */
MC_CHECKED int vault_box_open(const uint8_t key[VAULT_KEY_BYTES], mc_text_t bound,
                              const uint8_t *box, size_t box_size, void *ret_plain);
#define VAULT_FORGED 1

/* HKDF-SHA256 of a secret: one key for each purpose. */
MC_CHECKED int vault_derive(mc_text_t secret, mc_text_t salt, const char *purpose,
                            uint8_t ret_key[VAULT_KEY_BYTES]);

/* HMAC-SHA256 over two parts. */
void vault_mac(const uint8_t key[VAULT_KEY_BYTES], mc_text_t first, mc_text_t second,
               uint8_t ret_mac[VAULT_HASH_BYTES]);

/* True when both are equal; takes the same time wherever they differ. */
bool vault_mac_is(const uint8_t one[VAULT_HASH_BYTES], const uint8_t other[VAULT_HASH_BYTES]);

static inline mc_text_t
vault_bytes(const void *data, size_t size)
{
    return (mc_text_t){data, size};
}

#endif
