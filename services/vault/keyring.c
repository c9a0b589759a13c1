/*
 *  keyring - the keys that the root key opens, each with a number and a purpose
 */
#include "services/vault/keyring.h"

#include <endian.h>
#include <sodium.h>

#include "common/error.h"
#include "services/vault/locked.h"

static const vault_purpose_t purposes[] = {VAULT_WRAPS_DATA, VAULT_CHAINS_AUDIT, VAULT_MACS_STORE,
                                           VAULT_MARKS_VALUES, VAULT_SIGNS_AUDIT};

vault_keyring_t *
vault_keyring_new(void)
{
    return vault_locked_alloc(sizeof(vault_keyring_t));
}

void
vault_keyring_destroy(vault_keyring_t **address)
{
    vault_locked_free(mc_take(address));
}

static uint32_t
next_id(const vault_keyring_t *self)
{
    uint32_t highest = 0;
    for (uint32_t i = 0; i < self->count; i++)
        if (self->keys[i].id > highest)
            highest = self->keys[i].id;
    return highest + 1;
}

int
vault_keyring_turn(vault_keyring_t *self)
{
    uint32_t id = next_id(self);
    if (self->count + MC_COUNT(purposes) > VAULT_KEYS_MAX)
        return mc_fail("the keyring is full with %u keys", self->count);
    for (size_t i = 0; i < MC_COUNT(purposes); i++) {
        vault_key_t *key = &self->keys[self->count++];
        key->id = id;
        key->purpose = (uint8_t)purposes[i];
        randombytes_buf(key->key, sizeof key->key);
    }
    self->version++;
    return 0;
}

void
vault_keyring_make(vault_keyring_t *self)
{
    sodium_memzero(self, sizeof *self);
    randombytes_buf(self->root, sizeof self->root);
    int result = vault_keyring_turn(self);
    assert(result == 0);
}

void
vault_keyring_prune(vault_keyring_t *self, vault_purpose_t purpose)
{
    uint32_t newest = vault_keyring_newest(self, purpose)->id;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < self->count; i++)
        if (self->keys[i].purpose != purpose || self->keys[i].id == newest)
            self->keys[kept++] = self->keys[i];
    sodium_memzero(self->keys + kept, (self->count - kept) * sizeof self->keys[0]);
    self->count = kept;
}

const vault_key_t *
vault_keyring_newest(const vault_keyring_t *self, vault_purpose_t purpose)
{
    const vault_key_t *newest = NULL;
    for (uint32_t i = 0; i < self->count; i++)
        if (self->keys[i].purpose == purpose && (!newest || self->keys[i].id > newest->id))
            newest = &self->keys[i];
    assert(newest);
    return newest;
}

const vault_key_t *
vault_keyring_find(const vault_keyring_t *self, vault_purpose_t purpose, uint32_t id)
{
    for (uint32_t i = 0; i < self->count; i++)
        if (self->keys[i].purpose == purpose && self->keys[i].id == id)
            return &self->keys[i];
    return NULL;
}

size_t
vault_keyring_write(const vault_keyring_t *self, uint8_t *ret_bytes)
{
    for (uint32_t i = 0; i < self->count; i++) {
        uint8_t *at = ret_bytes + (size_t)i * VAULT_RING_KEY_BYTES;
        uint32_t id = htobe32(self->keys[i].id);
        memcpy(at, &id, sizeof id);
        at[4] = self->keys[i].purpose;
        memcpy(at + 5, self->keys[i].key, VAULT_KEY_BYTES);
    }
    return (size_t)self->count * VAULT_RING_KEY_BYTES;
}

static bool
is_whole(const vault_keyring_t *self)
{
    for (size_t i = 0; i < MC_COUNT(purposes); i++) {
        bool is_there = false;
        for (uint32_t j = 0; j < self->count; j++)
            is_there |= self->keys[j].purpose == purposes[i];
        if (!is_there)
            return false;
    }
    return true;
}

int
vault_keyring_read(vault_keyring_t *self, mc_text_t bytes)
{
    if (bytes.size % VAULT_RING_KEY_BYTES || bytes.size > VAULT_RING_BYTES_MAX)
        return VAULT_FORGED;
    self->count = (uint32_t)(bytes.size / VAULT_RING_KEY_BYTES);
    for (uint32_t i = 0; i < self->count; i++) {
        const char *at = bytes.data + (size_t)i * VAULT_RING_KEY_BYTES;
        uint32_t id;
        memcpy(&id, at, sizeof id);
        self->keys[i].id = be32toh(id);
        self->keys[i].purpose = (uint8_t)at[4];
        memcpy(self->keys[i].key, at + 5, VAULT_KEY_BYTES);
    }
    return is_whole(self) ? 0 : VAULT_FORGED;
}
