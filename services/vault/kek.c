/*
 *  kek - the key that opens the root key, from what a person knows or a file holds
 */
#include "services/vault/kek.h"

#include <sodium.h>

#include "common/error.h"

#define RECOVERY_GROUP 8 /* hex digits between two hyphens */
#define KEK_PURPOSE "mission control vault kek v1"
#define RECOVERY_PURPOSE "mission control vault recovery v1"

const char *
vault_kek_words(unsigned methods)
{
    static const char *const words[] = {"nothing", "passphrase", "key file",
                                        "passphrase and key file"};
    assert(methods < MC_COUNT(words));
    return words[methods];
}

int
vault_cost_check(const vault_cost_t *cost)
{
    if (cost->lanes != VAULT_LANES)
        return mc_fail("Argon2id with %u lanes, only %d is known", cost->lanes, VAULT_LANES);
    if (cost->passes < VAULT_PASSES || cost->passes > VAULT_PASSES_MAX)
        return mc_fail("Argon2id with %u passes, not %d to %d", cost->passes, VAULT_PASSES,
                       VAULT_PASSES_MAX);
    if (cost->memory_kib < VAULT_MEMORY_KIB_MIN || cost->memory_kib > VAULT_MEMORY_KIB_MAX)
        return mc_fail("Argon2id with %u KiB, not %d to %d", cost->memory_kib, VAULT_MEMORY_KIB_MIN,
                       VAULT_MEMORY_KIB_MAX);
    return 0;
}

static int
stretch(const vault_kek_source_t *source, uint8_t *ret_key)
{
    size_t memory = (size_t)source->cost.memory_kib << 10;
    if (vault_cost_check(&source->cost) == -1)
        return -1;
    if (source->passphrase.size > VAULT_PASSPHRASE_BYTES_MAX)
        return mc_fail("the passphrase is over %d bytes", VAULT_PASSPHRASE_BYTES_MAX);
    if (crypto_pwhash(ret_key, VAULT_KEY_BYTES, source->passphrase.data, source->passphrase.size,
                      source->salt, source->cost.passes, memory, crypto_pwhash_ALG_ARGON2ID13))
        return mc_fail("no memory to derive the key: %zu MiB are needed", memory >> 20);
    return 0;
}

int
vault_kek_make(const vault_kek_source_t *source, uint8_t ret_kek[VAULT_KEY_BYTES])
{
    uint8_t *parts = vault_locked_alloc((size_t)2 * VAULT_KEY_BYTES);
    size_t size = 0;
    int result = 0;
    assert(source->methods >= VAULT_BY_PASSPHRASE && source->methods <= VAULT_BY_BOTH);
    if (source->methods & VAULT_BY_PASSPHRASE) {
        result = stretch(source, parts);
        size += VAULT_KEY_BYTES;
    }
    if (source->methods & VAULT_BY_KEY_FILE) {
        assert(source->key_file.size == VAULT_KEY_BYTES);
        memcpy(parts + size, source->key_file.data, VAULT_KEY_BYTES);
        size += VAULT_KEY_BYTES;
    }
    if (result == 0)
        result = vault_derive(vault_bytes(parts, size),
                              vault_bytes(source->salt, sizeof source->salt), KEK_PURPOSE, ret_kek);
    vault_locked_free(parts);
    return result;
}

int
vault_kek_recover(mc_text_t words, const uint8_t *vault_id, uint8_t ret_kek[VAULT_KEY_BYTES])
{
    uint8_t *key = vault_locked_alloc(VAULT_KEY_BYTES);
    size_t size = 0;
    const char *end = NULL;
    bool is_key =
        sodium_hex2bin(key, VAULT_KEY_BYTES, words.data, words.size, "- \n", &size, &end) == 0 &&
        size == VAULT_KEY_BYTES && end == words.data + words.size;
    int result = is_key ? vault_derive(vault_bytes(key, size), vault_bytes(vault_id, 16),
                                       RECOVERY_PURPOSE, ret_kek)
                        : mc_fail("a recovery key is 64 hex digits in groups of eight");
    vault_locked_free(key);
    return result;
}

void
vault_recovery_make(char ret_words[VAULT_RECOVERY_SIZE])
{
    uint8_t *key = vault_locked_alloc(VAULT_KEY_BYTES);
    char *hex = vault_locked_alloc((size_t)2 * VAULT_KEY_BYTES + 1);
    size_t at = 0;
    randombytes_buf(key, VAULT_KEY_BYTES);
    sodium_bin2hex(hex, (size_t)2 * VAULT_KEY_BYTES + 1, key, VAULT_KEY_BYTES);
    for (size_t i = 0; i < (size_t)2 * VAULT_KEY_BYTES; i++) {
        if (i && i % RECOVERY_GROUP == 0)
            ret_words[at++] = '-';
        ret_words[at++] = hex[i];
    }
    ret_words[at] = '\0';
    assert(at + 1 == VAULT_RECOVERY_SIZE);
    vault_locked_free(hex);
    vault_locked_free(key);
}
