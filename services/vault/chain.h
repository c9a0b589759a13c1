/*
 *  chain - records that cannot be changed, dropped or put in another order unseen
 *
 *  A line is a record and its MAC over the MAC before it:
 *
 *      {"sequence":7,"atUs":...,"key":1,"actor":...,"action":...,"h":"<64 hex digits>"}
 *      h_i = HMAC(key, h_(i-1) || the line up to ,"h")
 *
 *  A mark says how far a chain has come: the head of a file is one, and so is
 *  its first line, which says where the file goes on from.
 *
 *      MCVMARK1 <id of the vault> <sequence> <h> <number of the key> <MAC>
 */
#ifndef VAULT_CHAIN_H
#define VAULT_CHAIN_H

#include "proto/buffer.h"
#include "services/vault/keyring.h"

#define VAULT_MARK_BYTES_MAX 256
#define VAULT_LINE_BYTES_MAX 16384 /* five texts of 400 bytes, every byte escaped */

typedef struct {
    uint8_t vault_id[16];
    int64_t sequence; /* of the last record; 0 before the first */
    uint8_t head[VAULT_HASH_BYTES];
} vault_chain_t;

/* What was done. Texts are cut where they are long. */
typedef struct {
    int64_t at_us;
    mc_text_t actor;
    mc_text_t action;
    mc_text_t target;
    mc_text_t outcome;
    mc_text_t details;
} vault_deed_t;

/* Before the first record. */
void vault_chain_begin(vault_chain_t *self, const uint8_t vault_id[16]);

/* Appends a line, with its newline, to out. */
void vault_chain_add(vault_chain_t *self, const vault_keyring_t *ring, const vault_deed_t *deed,
                     mc_buffer_t *out);

/* Goes on over a line without its newline: 0, or VAULT_FORGED with the reason kept. */
MC_CHECKED int vault_chain_follow(vault_chain_t *self, const vault_keyring_t *ring, mc_text_t line);

/* Writes how far it is, with a newline; reads it back: 0, or VAULT_FORGED. */
size_t vault_chain_mark(const vault_chain_t *self, const vault_keyring_t *ring,
                        char ret_line[VAULT_MARK_BYTES_MAX]);
MC_CHECKED int vault_chain_read_mark(vault_chain_t *self, const vault_keyring_t *ring,
                                     mc_text_t line);

/* The mark again, signed with Ed25519 for those who have no key of ours:
 * <mark without its MAC> <time, us> <public key> <signature>, with a newline. */
#define VAULT_CHECKPOINT_BYTES_MAX 512
size_t vault_chain_sign(const vault_chain_t *self, const vault_keyring_t *ring, int64_t now_us,
                        char ret_line[VAULT_CHECKPOINT_BYTES_MAX]);
/* Reads one back: 0, or VAULT_FORGED when signature, key or vault are not ours. */
MC_CHECKED int vault_chain_read_signed(vault_chain_t *self, const vault_keyring_t *ring,
                                       mc_text_t line);

#endif
