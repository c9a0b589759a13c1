/*
 *  generation - the highest generation that this machine has seen, in a small file
 *
 *      MCVGEN1 <id, 32 hex digits> <generation> <number of the key> <MAC, 64 hex digits>
 */
#include "services/vault/generation.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "common/error.h"
#include "services/vault/files.h"

#define LINE_BYTES_MAX 256
#define PURPOSE "mission control vault generation v1"

/* The line up to its MAC. */
static int
write_words(char *line, const vault_book_t *book, int64_t generation, uint32_t key_id)
{
    char id[2 * VAULT_ID_BYTES + 1];
    sodium_bin2hex(id, sizeof id, book->header.vault_id, VAULT_ID_BYTES);
    return snprintf(line, LINE_BYTES_MAX, "MCVGEN1 %s %" PRId64 " %" PRIu32 " ", id, generation,
                    key_id);
}

static void
make_mac(const vault_key_t *key, const char *line, char *ret_hex)
{
    uint8_t mac[VAULT_HASH_BYTES];
    vault_mac(key->key, MC_TEXT(PURPOSE), mc_text(line), mac);
    sodium_bin2hex(ret_hex, 2 * sizeof mac + 1, mac, sizeof mac);
}

int
vault_generation_read(const char *folder, const vault_book_t *book, const vault_keyring_t *ring,
                      int64_t *ret_generation)
{
    char line[LINE_BYTES_MAX + 1] = "";
    char words[LINE_BYTES_MAX];
    char hex[2 * VAULT_HASH_BYTES + 1];
    int64_t generation = 0;
    uint32_t key_id = 0;
    int result = vault_file_read(folder, VAULT_GENERATION_FILE, line, LINE_BYTES_MAX);
    if (result)
        return result == VAULT_FILE_MISSING ? VAULT_GENERATION_MISSING : -1;
    if (sscanf(line, "MCVGEN1 %*32s %" SCNd64 " %" SCNu32, &generation, &key_id) != 2)
        return VAULT_FORGED;
    int size = write_words(words, book, generation, key_id);
    if (strncmp(line, words, (size_t)size) != 0)
        return VAULT_FORGED;
    /* A rotation that was cut off between the store and this file leaves a MAC by the key before. A
     * key that is not known yet is of a newer keyring: all it may do is to refuse the older store.
     */
    const vault_key_t *key = vault_keyring_find(ring, VAULT_MACS_STORE, key_id);
    if (!key && generation > book->generation) {
        *ret_generation = generation;
        return 0;
    }
    if (!key)
        return VAULT_FORGED;
    make_mac(key, words, hex);
    if (strlen(line) < (size_t)size + sizeof hex - 1 ||
        sodium_memcmp(line + size, hex, sizeof hex - 1) != 0)
        return VAULT_FORGED;
    *ret_generation = generation;
    return 0;
}

int
vault_generation_write(const char *folder, const vault_book_t *book, const vault_keyring_t *ring)
{
    char line[LINE_BYTES_MAX + 2 * VAULT_HASH_BYTES + 2];
    char hex[2 * VAULT_HASH_BYTES + 1];
    const vault_key_t *key = vault_keyring_newest(ring, VAULT_MACS_STORE);
    int size = write_words(line, book, book->generation, key->id);
    make_mac(key, line, hex);
    snprintf(line + size, sizeof line - (size_t)size, "%s\n", hex);
    return vault_file_write(folder, VAULT_GENERATION_FILE, mc_text(line));
}
