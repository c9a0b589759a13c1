/*
 *  book - a whole store: header, rows, and the generation that seals them
 */
#include "services/vault/book.h"

#include <endian.h>
#include <sodium.h>
#include <stdlib.h>

#include "common/error.h"

#define SEAL_PURPOSE "mission control vault store v1"

vault_book_t *
vault_book_new(void)
{
    vault_book_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    return self;
}

void
vault_book_destroy(vault_book_t **address)
{
    vault_book_t *self = mc_take(address);
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        vault_row_clear(&self->rows[i]);
    free(self->rows);
    free(self);
}

vault_book_t *
vault_book_copy(const vault_book_t *self)
{
    vault_book_t *copy = vault_book_new();
    *copy = *self;
    copy->rows = calloc(self->count ? self->count : 1, sizeof *copy->rows);
    if (!copy->rows)
        mc_fatal("out of memory");
    for (size_t i = 0; i < self->count; i++) {
        const vault_row_t *row = &self->rows[i];
        copy->rows[i] = *row;
        copy->rows[i].bytes = malloc(row->size);
        if (!copy->rows[i].bytes)
            mc_fatal("out of memory");
        memcpy(copy->rows[i].bytes, row->bytes, row->size);
    }
    return copy;
}

/* Where the name is, or would be. */
static size_t
find_place(const vault_book_t *self, const char *name)
{
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(self->rows[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_at(const vault_book_t *self, size_t place, const char *name)
{
    return place < self->count && !strcmp(self->rows[place].name, name);
}

const vault_row_t *
vault_book_find(const vault_book_t *self, mc_text_t name)
{
    char whole[VAULT_NAME_BYTES_MAX + 1] = "";
    if (!vault_name_is_fine(name))
        return NULL;
    memcpy(whole, name.data, name.size);
    size_t place = find_place(self, whole);
    return is_at(self, place, whole) ? &self->rows[place] : NULL;
}

int
vault_book_put(vault_book_t *self, vault_row_t *row)
{
    size_t place = find_place(self, row->name);
    if (is_at(self, place, row->name)) {
        vault_row_clear(&self->rows[place]);
    } else {
        if (self->count == VAULT_ROWS_MAX)
            return mc_fail("the vault is full with %d secrets", VAULT_ROWS_MAX);
        self->rows = reallocarray(self->rows, self->count + 1, sizeof *self->rows);
        if (!self->rows)
            mc_fatal("out of memory");
        memmove(self->rows + place + 1, self->rows + place,
                (self->count - place) * sizeof *self->rows);
        self->count++;
    }
    self->rows[place] = *row;
    *row = (vault_row_t){0};
    return 0;
}

bool
vault_book_remove(vault_book_t *self, mc_text_t name)
{
    const vault_row_t *row = vault_book_find(self, name);
    if (!row)
        return false;
    size_t place = (size_t)(row - self->rows);
    vault_row_clear(&self->rows[place]);
    self->count--;
    memmove(self->rows + place, self->rows + place + 1, (self->count - place) * sizeof *self->rows);
    return true;
}

static void
hash_u64(crypto_auth_hmacsha256_state *state, uint64_t value)
{
    uint64_t wire = htobe64(value);
    crypto_auth_hmacsha256_update(state, (const uint8_t *)&wire, sizeof wire);
}

static void
hash_bytes(crypto_auth_hmacsha256_state *state, const void *bytes, size_t size)
{
    hash_u64(state, size);
    crypto_auth_hmacsha256_update(state, bytes, size);
}

static void
make_seal(const vault_book_t *self, const vault_keyring_t *ring, uint8_t *ret_seal)
{
    crypto_auth_hmacsha256_state state;
    const vault_key_t *key = vault_keyring_newest(ring, VAULT_MACS_STORE);
    crypto_auth_hmacsha256_init(&state, key->key, sizeof key->key);
    hash_bytes(&state, SEAL_PURPOSE, sizeof SEAL_PURPOSE);
    hash_u64(&state, (uint64_t)self->generation);
    hash_bytes(&state, self->header.bytes, self->header.size);
    hash_u64(&state, self->count);
    for (size_t i = 0; i < self->count; i++) {
        const vault_row_t *row = &self->rows[i];
        hash_bytes(&state, row->name, strlen(row->name));
        hash_u64(&state, (uint64_t)row->version);
        hash_bytes(&state, row->bytes, row->size);
    }
    crypto_auth_hmacsha256_final(&state, ret_seal);
    sodium_memzero(&state, sizeof state);
}

void
vault_book_seal(vault_book_t *self, const vault_keyring_t *ring)
{
    self->generation++;
    make_seal(self, ring, self->seal);
}

int
vault_book_check(const vault_book_t *self, const vault_keyring_t *ring)
{
    uint8_t seal[VAULT_HASH_BYTES];
    make_seal(self, ring, seal);
    return vault_mac_is(seal, self->seal) ? 0 : VAULT_FORGED;
}

int
vault_book_open_all(const vault_book_t *self, const vault_keyring_t *ring)
{
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    size_t size = 0;
    int result = 0;
    for (size_t i = 0; i < self->count && result == 0; i++) {
        const vault_row_t *row = &self->rows[i];
        if (vault_row_open(row, self->header.vault_id, ring, value, &size))
            result = mc_fail("the secret %s cannot be opened: its row was changed", row->name);
        sodium_memzero(value, size);
    }
    vault_locked_free(value);
    return result;
}

int
vault_book_rotate(vault_book_t *self, vault_keyring_t *ring)
{
    if (vault_keyring_turn(ring) == -1)
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        int result = vault_row_rewrap(&self->rows[i], self->header.vault_id, ring);
        if (result == VAULT_FORGED)
            return mc_fail("the secret %s cannot be opened: its row was changed",
                           self->rows[i].name);
        if (result == -1)
            return -1;
    }
    /* Nothing is under the older ones any more; the chain and the file of the generation may be. */
    vault_keyring_prune(ring, VAULT_WRAPS_DATA);
    vault_keyring_prune(ring, VAULT_MARKS_VALUES);
    return vault_header_close(&self->header, ring);
}
