/*
 *  passphrase - what a person types, kept only as an Argon2id hash
 *
 *  Each of these takes tens of milliseconds and 64 MiB: call them in
 *  mc_service_work, never on the loop.
 */
#ifndef MC_COMMON_PASSPHRASE_H
#define MC_COMMON_PASSPHRASE_H

#include "proto/base.h"

#define MC_PASSPHRASE_BYTES_MIN 12
#define MC_PASSPHRASE_BYTES_MAX 1024
#define MC_PASSPHRASE_HASH_SIZE 128  /* text with its parameters and salt, and the NUL */
#define MC_PASSPHRASE_RANDOM_SIZE 24 /* four groups of five, three hyphens, the NUL */

/* Hashes with a new salt. Returns 0, or -1 when the memory for it cannot be had. */
MC_CHECKED int mc_passphrase_hash(mc_text_t passphrase, char ret_hash[MC_PASSPHRASE_HASH_SIZE]);

/* Whether the hash was made of this passphrase. A hash that cannot be read matches nothing. */
bool mc_passphrase_is(mc_text_t passphrase, const char *hash);

/* A random one, easy to read aloud: about 99 bits. */
void mc_passphrase_random(char ret_passphrase[MC_PASSPHRASE_RANDOM_SIZE]);

#endif
