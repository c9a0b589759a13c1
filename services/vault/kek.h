/*
 *  kek - the key that opens the root key, from what a person knows or a file holds
 *
 *      passphrase  Argon2id, with the parameters and the salt of the header
 *      key file    32 random bytes in a file that only its owner can read
 *      both        HKDF over one behind the other
 *      recovery    32 random bytes, told once when the vault was made
 */
#ifndef VAULT_KEK_H
#define VAULT_KEK_H

#include "services/vault/box.h"
#include "services/vault/locked.h"

#define VAULT_SALT_BYTES 16
#define VAULT_PASSPHRASE_BYTES_MIN 12
#define VAULT_PASSPHRASE_BYTES_MAX 1024
#define VAULT_RECOVERY_SIZE 72 /* eight groups of eight hex digits, hyphens, the NUL */

/* What goes into the key; a set of bits. */
enum { VAULT_BY_PASSPHRASE = 1, VAULT_BY_KEY_FILE = 2, VAULT_BY_BOTH = 3 };

/* "passphrase", "key file", "passphrase and key file". */
const char *vault_kek_words(unsigned methods);

/* Cost of Argon2id. What is read from a store is held against both bounds: below, it would be too
 * cheap to try all; above, it would be a way to use up our memory. */
typedef struct {
    uint32_t passes;
    uint32_t memory_kib;
    uint32_t lanes;
} vault_cost_t;

#define VAULT_PASSES 3
#define VAULT_PASSES_MAX 16
#define VAULT_MEMORY_KIB 262144
#define VAULT_MEMORY_KIB_MIN 65536
#define VAULT_MEMORY_KIB_MAX 2097152
#define VAULT_LANES 1

/* 0, or -1 with what is wrong with it. */
MC_CHECKED int vault_cost_check(const vault_cost_t *cost);

/* What the key is made of. Passphrase and key file are in locked memory, of the caller. */
typedef struct {
    unsigned methods;
    vault_cost_t cost;
    uint8_t salt[VAULT_SALT_BYTES];
    mc_text_t passphrase;
    mc_text_t key_file; /* its 32 bytes */
} vault_kek_source_t;

/* Takes a second and 256 MiB where there is a passphrase: not on the loop. */
MC_CHECKED int vault_kek_make(const vault_kek_source_t *source, uint8_t ret_kek[VAULT_KEY_BYTES]);

/* The key of a recovery key as a person types it; spaces and hyphens do not count. Returns 0, or -1
 * when it is none. */
MC_CHECKED int vault_kek_recover(mc_text_t words, const uint8_t *vault_id,
                                 uint8_t ret_kek[VAULT_KEY_BYTES]);
/* A new one, in locked memory of the caller. */
void vault_recovery_make(char ret_words[VAULT_RECOVERY_SIZE]);

/* Reads a key file into locked memory: 0, or -1 with what is wrong with it: not there, not ours,
 * open to others, not 32 bytes. */
MC_CHECKED int vault_key_file_read(const char *path, vault_locked_t *ret_key);
/* Makes one with mode 0600 unless it is there. Returns 0, VAULT_KEY_FILE_IS_THERE or -1. */
MC_CHECKED int vault_key_file_make(const char *path);
#define VAULT_KEY_FILE_IS_THERE 1

#endif
