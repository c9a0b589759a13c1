/*
 *  row - one secret as it is stored: ciphertext only
 */
#include "services/vault/row.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"

#define MAGIC "MCVR"
#define FORMAT 1
#define ID_BYTES 16

enum {
    AT_FORMAT = 4,
    AT_KEY_ID = 6,
    AT_TIME = 10,
    AT_ID = 18,
    AT_KEY = 34,
    AT_VALUE = VAULT_ROW_FIXED_BYTES,
};

/* What a box is bound to: vault 16, purpose 1, version 8, the row's bytes before the boxes 34, the
 * name. */
#define BOUND_BYTES_MAX (VAULT_ID_BYTES + 1 + 8 + AT_KEY + VAULT_NAME_BYTES_MAX)

bool
vault_name_is_fine(mc_text_t name)
{
    if (name.size == 0 || name.size > VAULT_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (i == 0 || !memchr("._-", c, 3)))
            return false;
    }
    return true;
}

static mc_text_t
bind(const vault_row_t *self, const uint8_t *vault_id, char purpose, uint8_t *ret_bytes)
{
    uint64_t version = htobe64((uint64_t)self->version);
    uint8_t *at = ret_bytes;
    at = (uint8_t *)memcpy(at, vault_id, VAULT_ID_BYTES) + VAULT_ID_BYTES;
    *at++ = (uint8_t)purpose;
    at = (uint8_t *)memcpy(at, &version, sizeof version) + sizeof version;
    at = (uint8_t *)memcpy(at, self->bytes, AT_KEY) + AT_KEY;
    size_t size = strlen(self->name);
    memcpy(at, self->name, size);
    return vault_bytes(ret_bytes, (size_t)(at - ret_bytes) + size);
}

static int
refuse(const char *name)
{
    return mc_fail("the row of \"%s\" is not one of a vault", name);
}

int
vault_row_read(vault_row_t *self, mc_text_t name, int64_t version, mc_text_t bytes)
{
    uint32_t key_id;
    uint64_t time;
    *self = (vault_row_t){.version = version};
    if (!vault_name_is_fine(name) || version < 1)
        return refuse("?");
    snprintf(self->name, sizeof self->name, "%.*s", MC_FMT(name));
    if (bytes.size < VAULT_ROW_FIXED_BYTES + VAULT_BOX_MORE_BYTES ||
        bytes.size > VAULT_ROW_BYTES_MAX || memcmp(bytes.data, MAGIC, AT_FORMAT) != 0 ||
        bytes.data[AT_FORMAT] != 0 || bytes.data[AT_FORMAT + 1] != FORMAT)
        return refuse(self->name);
    memcpy(&key_id, bytes.data + AT_KEY_ID, sizeof key_id);
    memcpy(&time, bytes.data + AT_TIME, sizeof time);
    self->key_id = be32toh(key_id);
    self->updated_us = (int64_t)be64toh(time);
    self->size = bytes.size;
    self->bytes = malloc(bytes.size);
    if (!self->bytes)
        mc_fatal("out of memory");
    memcpy(self->bytes, bytes.data, bytes.size);
    return 0;
}

void
vault_row_clear(vault_row_t *self)
{
    free(self->bytes);
    *self = (vault_row_t){0};
}

static void
write_fixed(vault_row_t *self, const uint8_t id[ID_BYTES])
{
    uint32_t key_id = htobe32(self->key_id);
    uint64_t time = htobe64((uint64_t)self->updated_us);
    memset(self->bytes, 0, AT_KEY);
    memcpy(self->bytes, MAGIC, AT_FORMAT);
    self->bytes[AT_FORMAT + 1] = FORMAT;
    memcpy(self->bytes + AT_KEY_ID, &key_id, sizeof key_id);
    memcpy(self->bytes + AT_TIME, &time, sizeof time);
    memcpy(self->bytes + AT_ID, id, ID_BYTES);
}

/* Both boxes, with a new key for the value. */
static int
close_boxes(vault_row_t *self, const uint8_t *vault_id, const vault_key_t *wrapping,
            mc_text_t value)
{
    uint8_t bound[BOUND_BYTES_MAX];
    uint8_t *key = vault_locked_alloc(VAULT_KEY_BYTES);
    randombytes_buf(key, VAULT_KEY_BYTES);
    int result = vault_box_close(wrapping->key, bind(self, vault_id, 'k', bound), key,
                                 VAULT_KEY_BYTES, self->bytes + AT_KEY);
    if (result == 0)
        result = vault_box_close(key, bind(self, vault_id, 'v', bound), value.data, value.size,
                                 self->bytes + AT_VALUE);
    vault_locked_free(key);
    return result;
}

int
vault_row_close(vault_row_t *self, const vault_row_label_t *label, const vault_keyring_t *ring,
                mc_text_t value)
{
    uint8_t id[ID_BYTES];
    const vault_key_t *wrapping = vault_keyring_newest(ring, VAULT_WRAPS_DATA);
    assert(vault_name_is_fine(label->name) && value.size <= VAULT_SECRET_BYTES_MAX);
    *self = (vault_row_t){.version = label->version,
                          .updated_us = label->now_us,
                          .key_id = wrapping->id,
                          .size = AT_VALUE + VAULT_BOX_OF(value.size)};
    snprintf(self->name, sizeof self->name, "%.*s", MC_FMT(label->name));
    self->bytes = malloc(self->size);
    if (!self->bytes)
        mc_fatal("out of memory");
    randombytes_buf(id, sizeof id);
    write_fixed(self, id);
    if (close_boxes(self, label->vault_id, wrapping, value) == 0)
        return 0;
    vault_row_clear(self);
    return -1;
}

int
vault_row_open(const vault_row_t *self, const uint8_t *vault_id, const vault_keyring_t *ring,
               char *ret_value, size_t *ret_size)
{
    uint8_t bound[BOUND_BYTES_MAX];
    const vault_key_t *wrapping = vault_keyring_find(ring, VAULT_WRAPS_DATA, self->key_id);
    if (!wrapping)
        return VAULT_FORGED;
    uint8_t *key = vault_locked_alloc(VAULT_KEY_BYTES);
    int result = vault_box_open(wrapping->key, bind(self, vault_id, 'k', bound),
                                self->bytes + AT_KEY, VAULT_KEY_BOX_BYTES, key);
    size_t box = self->size - AT_VALUE;
    if (result == 0)
        result = vault_box_open(key, bind(self, vault_id, 'v', bound), self->bytes + AT_VALUE, box,
                                ret_value);
    vault_locked_free(key);
    if (result == 0)
        *ret_size = box - VAULT_BOX_MORE_BYTES;
    return result;
}

int
vault_row_rewrap(vault_row_t *self, const uint8_t *vault_id, const vault_keyring_t *ring)
{
    uint8_t id[ID_BYTES];
    size_t size = 0;
    char *value = vault_locked_alloc(VAULT_SECRET_BYTES_MAX);
    int result = vault_row_open(self, vault_id, ring, value, &size);
    if (result == 0) {
        const vault_key_t *wrapping = vault_keyring_newest(ring, VAULT_WRAPS_DATA);
        memcpy(id, self->bytes + AT_ID, sizeof id);
        self->key_id = wrapping->id;
        write_fixed(self, id);
        result = close_boxes(self, vault_id, wrapping, vault_bytes(value, size));
    }
    vault_locked_free(value);
    return result;
}
