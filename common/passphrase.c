/*
 *  passphrase - what a person types, kept only as an Argon2id hash
 */
#include "passphrase.h"

#include <sodium.h>

#include "common/error.h"

/* 64 MiB and three passes: about 70 ms, and well over what is advised for logins. */
#define HASH_PASSES 3
#define HASH_BYTES ((size_t)64 << 20)

_Static_assert(MC_PASSPHRASE_HASH_SIZE == crypto_pwhash_STRBYTES, "the hash text fits");

int
mc_passphrase_hash(mc_text_t passphrase, char ret_hash[MC_PASSPHRASE_HASH_SIZE])
{
    assert(passphrase.size <= MC_PASSPHRASE_BYTES_MAX);
    if (crypto_pwhash_str_alg(ret_hash, passphrase.data, passphrase.size, HASH_PASSES, HASH_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13))
        return mc_fail("no memory to hash a passphrase: %zu MiB are needed", HASH_BYTES >> 20);
    return 0;
}

bool
mc_passphrase_is(mc_text_t passphrase, const char *hash)
{
    if (strnlen(hash, MC_PASSPHRASE_HASH_SIZE) == MC_PASSPHRASE_HASH_SIZE)
        return false;
    char whole[MC_PASSPHRASE_HASH_SIZE] = "";
    memcpy(whole, hash, strlen(hash));
    return crypto_pwhash_str_verify(whole, passphrase.data, passphrase.size) == 0;
}

void
mc_passphrase_random(char ret_passphrase[MC_PASSPHRASE_RANDOM_SIZE])
{
    /* Without 0 and o, 1, i and l. */
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    for (size_t i = 0; i < MC_PASSPHRASE_RANDOM_SIZE - 1; i++)
        ret_passphrase[i] = i % 6 == 5 ? '-' : letters[randombytes_uniform(sizeof letters - 1)];
    ret_passphrase[MC_PASSPHRASE_RANDOM_SIZE - 1] = '\0';
}
