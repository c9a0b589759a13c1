/*
 *  chain - records that cannot be changed, dropped or put in another order unseen
 */
#include "services/vault/chain.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "common/error.h"
#include "proto/codec.h"
#include "proto/utf8.h"

#define HEX_BYTES (2 * VAULT_HASH_BYTES)
#define ENDING_BYTES (6 + HEX_BYTES + 2) /* ,"h":"...(64)..."} */
#define TEXT_BYTES_MAX 400
#define MARK_PURPOSE "mission control vault audit mark v1"

void
vault_chain_begin(vault_chain_t *self, const uint8_t vault_id[16])
{
    memset(self, 0, sizeof *self);
    memcpy(self->vault_id, vault_id, sizeof self->vault_id);
}

static void
write_text(mc_buffer_t *out, const char *name, mc_text_t text)
{
    mc_buffer_printf(out, ",\"%s\":", name);
    mc_write_json_text(out, mc_utf8_cut(text, TEXT_BYTES_MAX));
}

void
vault_chain_add(vault_chain_t *self, const vault_keyring_t *ring, const vault_deed_t *deed,
                mc_buffer_t *out)
{
    const vault_key_t *key = vault_keyring_newest(ring, VAULT_CHAINS_AUDIT);
    char hex[HEX_BYTES + 1];
    size_t from = out->size;
    self->sequence++;
    mc_buffer_printf(out, "{\"sequence\":%" PRId64 ",\"atUs\":%" PRId64 ",\"key\":%" PRIu32,
                     self->sequence, deed->at_us, key->id);
    write_text(out, "actor", deed->actor);
    write_text(out, "action", deed->action);
    write_text(out, "target", deed->target);
    write_text(out, "outcome", deed->outcome);
    write_text(out, "details", deed->details);
    vault_mac(key->key, vault_bytes(self->head, sizeof self->head),
              vault_bytes(out->data + from, out->size - from), self->head);
    sodium_bin2hex(hex, sizeof hex, self->head, sizeof self->head);
    mc_buffer_printf(out, ",\"h\":\"%s\"}\n", hex);
}

/* Reads 64 hex digits: false when they are none. */
static bool
read_hash(const char *hex, uint8_t ret_hash[VAULT_HASH_BYTES])
{
    size_t size = 0;
    return sodium_hex2bin(ret_hash, VAULT_HASH_BYTES, hex, HEX_BYTES, NULL, &size, NULL) == 0 &&
           size == VAULT_HASH_BYTES;
}

static int
forged(const char *what, int64_t sequence)
{
    (void)mc_fail("record %" PRId64 " %s", sequence, what);
    return VAULT_FORGED;
}

int
vault_chain_follow(vault_chain_t *self, const vault_keyring_t *ring, mc_text_t line)
{
    char start[96] = "";
    uint8_t said[VAULT_HASH_BYTES];
    uint8_t made[VAULT_HASH_BYTES];
    int64_t sequence = 0;
    uint32_t key_id = 0;
    int64_t next = self->sequence + 1;
    if (line.size < ENDING_BYTES + 2 || line.size > VAULT_LINE_BYTES_MAX)
        return forged("is not one", next);
    size_t covered = line.size - ENDING_BYTES;
    memcpy(start, line.data, covered < sizeof start - 1 ? covered : sizeof start - 1);
    bool is_record = sscanf(start, "{\"sequence\":%" SCNd64 ",\"atUs\":%*[0-9],\"key\":%" SCNu32,
                            &sequence, &key_id) == 2 &&
                     !memcmp(line.data + covered, ",\"h\":\"", 6) &&
                     !memcmp(line.data + line.size - 2, "\"}", 2) &&
                     read_hash(line.data + covered + 6, said);
    if (!is_record)
        return forged("is not one", next);
    if (sequence != next)
        return forged("is not where it should be", next);
    const vault_key_t *key = vault_keyring_find(ring, VAULT_CHAINS_AUDIT, key_id);
    if (!key)
        return forged("is under a key that there is not", next);
    vault_mac(key->key, vault_bytes(self->head, sizeof self->head), (mc_text_t){line.data, covered},
              made);
    if (!vault_mac_is(said, made))
        return forged("was changed, or the one before it", next);
    memcpy(self->head, made, sizeof made);
    self->sequence = next;
    return 0;
}

/* The words of a mark before its MAC. */
static int
write_words(const vault_chain_t *self, uint32_t key_id, char *line, size_t size)
{
    char id[33];
    char head[HEX_BYTES + 1];
    sodium_bin2hex(id, sizeof id, self->vault_id, sizeof self->vault_id);
    sodium_bin2hex(head, sizeof head, self->head, sizeof self->head);
    return snprintf(line, size, "MCVMARK1 %s %" PRId64 " %s %" PRIu32 " ", id, self->sequence, head,
                    key_id);
}

static void
make_mac(const vault_key_t *key, const char *words, size_t size, char *ret_hex)
{
    uint8_t mac[VAULT_HASH_BYTES];
    vault_mac(key->key, MC_TEXT(MARK_PURPOSE), vault_bytes(words, size), mac);
    sodium_bin2hex(ret_hex, HEX_BYTES + 1, mac, sizeof mac);
}

size_t
vault_chain_mark(const vault_chain_t *self, const vault_keyring_t *ring,
                 char ret_line[VAULT_MARK_BYTES_MAX])
{
    char hex[HEX_BYTES + 1];
    const vault_key_t *key = vault_keyring_newest(ring, VAULT_CHAINS_AUDIT);
    int size = write_words(self, key->id, ret_line, VAULT_MARK_BYTES_MAX);
    make_mac(key, ret_line, (size_t)size, hex);
    size += snprintf(ret_line + size, VAULT_MARK_BYTES_MAX - (size_t)size, "%s\n", hex);
    return (size_t)size;
}

/* The members of a mark, and the number of its key; false when it is none. */
static bool
read_words(vault_chain_t *self, const char *line, uint32_t *ret_key_id)
{
    char id[33] = "";
    char head[HEX_BYTES + 1] = "";
    uint8_t vault_id[16];
    size_t size = 0;
    vault_chain_t read = *self;
    bool is_mark =
        sscanf(line, "MCVMARK1 %32s %" SCNd64 " %64s %" SCNu32 " ", id, &read.sequence, head,
               ret_key_id) == 4 &&
        strlen(head) == HEX_BYTES && read_hash(head, read.head) &&
        sodium_hex2bin(vault_id, sizeof vault_id, id, strlen(id), NULL, &size, NULL) == 0;
    if (!is_mark || memcmp(vault_id, self->vault_id, sizeof vault_id) != 0)
        return false;
    *self = read;
    return true;
}

int
vault_chain_read_mark(vault_chain_t *self, const vault_keyring_t *ring, mc_text_t line)
{
    char words[VAULT_MARK_BYTES_MAX + 1] = "";
    char again[VAULT_MARK_BYTES_MAX];
    char hex[HEX_BYTES + 1];
    uint32_t key_id = 0;
    vault_chain_t read = *self;
    if (line.size > VAULT_MARK_BYTES_MAX)
        return VAULT_FORGED;
    memcpy(words, line.data, line.size);
    const vault_key_t *key = read_words(&read, words, &key_id)
                                 ? vault_keyring_find(ring, VAULT_CHAINS_AUDIT, key_id)
                                 : NULL;
    if (!key)
        return VAULT_FORGED;
    size_t size = (size_t)write_words(&read, key_id, again, sizeof again);
    make_mac(key, again, size, hex);
    if (line.size < size + HEX_BYTES || memcmp(words, again, size) != 0 ||
        sodium_memcmp(words + size, hex, HEX_BYTES) != 0)
        return VAULT_FORGED;
    *self = read;
    return 0;
}

static void
make_signer(const vault_key_t *seed, uint8_t *ret_public, uint8_t *ret_secret)
{
    crypto_sign_seed_keypair(ret_public, ret_secret, seed->key);
}

size_t
vault_chain_sign(const vault_chain_t *self, const vault_keyring_t *ring, int64_t now_us,
                 char ret_line[VAULT_CHECKPOINT_BYTES_MAX])
{
    const vault_key_t *seed = vault_keyring_newest(ring, VAULT_SIGNS_AUDIT);
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t signature[crypto_sign_BYTES];
    char hex[2 * crypto_sign_BYTES + 1];
    make_signer(seed, public, secret);
    sodium_bin2hex(hex, sizeof hex, public, sizeof public);
    size_t size = (size_t)write_words(self, seed->id, ret_line, VAULT_CHECKPOINT_BYTES_MAX);
    size += (size_t)snprintf(ret_line + size, VAULT_CHECKPOINT_BYTES_MAX - size, "%" PRId64 " %s ",
                             now_us, hex);
    crypto_sign_detached(signature, NULL, (const uint8_t *)ret_line, size, secret);
    sodium_memzero(secret, sizeof secret);
    sodium_bin2hex(hex, sizeof hex, signature, sizeof signature);
    return size + (size_t)snprintf(ret_line + size, VAULT_CHECKPOINT_BYTES_MAX - size, "%s\n", hex);
}

int
vault_chain_read_signed(vault_chain_t *self, const vault_keyring_t *ring, mc_text_t line)
{
    char words[VAULT_CHECKPOINT_BYTES_MAX + 1] = "";
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t signature[crypto_sign_BYTES];
    uint32_t key_id = 0;
    size_t size = 0;
    vault_chain_t read = *self;
    if (line.size > VAULT_CHECKPOINT_BYTES_MAX || line.size <= 2 * sizeof signature)
        return VAULT_FORGED;
    memcpy(words, line.data, line.size);
    const vault_key_t *seed = read_words(&read, words, &key_id)
                                  ? vault_keyring_find(ring, VAULT_SIGNS_AUDIT, key_id)
                                  : NULL;
    if (!seed)
        return VAULT_FORGED;
    make_signer(seed, public, secret);
    sodium_memzero(secret, sizeof secret);
    size_t covered = line.size - 2 * sizeof signature;
    bool is_ours =
        sodium_hex2bin(signature, sizeof signature, words + covered, 2 * sizeof signature, NULL,
                       &size, NULL) == 0 &&
        size == sizeof signature &&
        crypto_sign_verify_detached(signature, (const uint8_t *)words, covered, public) == 0;
    if (!is_ours)
        return VAULT_FORGED;
    *self = read;
    return 0;
}
