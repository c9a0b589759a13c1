/*
 *  header - what opens a vault: how the key is derived, and the wrapped keys
 */
#include "services/vault/header.h"

#include <endian.h>
#include <sodium.h>

#include "common/error.h"

#define MAGIC "MCVAULT1"
#define FORMAT 1
#define BOUND_BYTES 60 /* what the box of the root key is bound to */
#define MAC_PURPOSE "mission control vault header v1"

enum {
    AT_FORMAT = 8,
    AT_METHODS = 10,
    AT_ZERO = 11,
    AT_PASSES = 12,
    AT_MEMORY = 16,
    AT_LANES = 20,
    AT_SALT = 24,
    AT_ID = 40,
    AT_RING_VERSION = 56,
    AT_ROOT = 60,
    AT_RECOVERY = 120,
    AT_KEYS = 180,
    AT_RING = VAULT_HEADER_FIXED_BYTES,
};

static void
put_u32(uint8_t *at, uint32_t value)
{
    uint32_t wire = htobe32(value);
    memcpy(at, &wire, sizeof wire);
}

static uint32_t
get_u32(const uint8_t *at)
{
    uint32_t wire;
    memcpy(&wire, at, sizeof wire);
    return be32toh(wire);
}

/* The bytes before the root key's box, from the members. */
static void
write_bound(const vault_header_t *self, uint8_t ret_bytes[BOUND_BYTES])
{
    memset(ret_bytes, 0, BOUND_BYTES);
    memcpy(ret_bytes, MAGIC, AT_FORMAT);
    ret_bytes[AT_FORMAT + 1] = FORMAT;
    ret_bytes[AT_METHODS] = (uint8_t)self->methods;
    put_u32(ret_bytes + AT_PASSES, self->cost.passes);
    put_u32(ret_bytes + AT_MEMORY, self->cost.memory_kib);
    put_u32(ret_bytes + AT_LANES, self->cost.lanes);
    memcpy(ret_bytes + AT_SALT, self->salt, VAULT_SALT_BYTES);
    memcpy(ret_bytes + AT_ID, self->vault_id, VAULT_ID_BYTES);
}

static size_t
ring_box_bytes(const vault_header_t *self)
{
    return VAULT_BOX_OF((size_t)self->key_count * VAULT_RING_KEY_BYTES);
}

static void
read_members(vault_header_t *self)
{
    const uint8_t *at = self->bytes;
    self->methods = at[AT_METHODS];
    self->cost = (vault_cost_t){.passes = get_u32(at + AT_PASSES),
                                .memory_kib = get_u32(at + AT_MEMORY),
                                .lanes = get_u32(at + AT_LANES)};
    self->keyring_version = get_u32(at + AT_RING_VERSION);
    self->key_count = get_u32(at + AT_KEYS);
    memcpy(self->salt, at + AT_SALT, VAULT_SALT_BYTES);
    memcpy(self->vault_id, at + AT_ID, VAULT_ID_BYTES);
    memcpy(self->root_box, at + AT_ROOT, VAULT_KEY_BOX_BYTES);
    memcpy(self->recovery_box, at + AT_RECOVERY, VAULT_KEY_BOX_BYTES);
}

int
vault_header_read(vault_header_t *self, mc_text_t bytes)
{
    if (bytes.size < VAULT_HEADER_FIXED_BYTES || bytes.size > VAULT_HEADER_BYTES_MAX ||
        memcmp(bytes.data, MAGIC, AT_FORMAT) != 0)
        return mc_fail("the store has no header of a vault");
    memset(self, 0, sizeof *self);
    memcpy(self->bytes, bytes.data, bytes.size);
    self->size = bytes.size;
    if (self->bytes[AT_FORMAT] != 0 || self->bytes[AT_FORMAT + 1] != FORMAT ||
        self->bytes[AT_ZERO] != 0)
        return mc_fail("the header of the vault is of another format than %d", FORMAT);
    read_members(self);
    if (self->methods < VAULT_BY_PASSPHRASE || self->methods > VAULT_BY_BOTH)
        return mc_fail("the header of the vault says %u of how it is opened", self->methods);
    if (vault_cost_check(&self->cost) == -1)
        return mc_fail_while("the header of the vault asks for");
    if (self->key_count > VAULT_KEYS_MAX ||
        self->size != AT_RING + ring_box_bytes(self) + VAULT_HASH_BYTES)
        return mc_fail("the header of the vault has not the length that it says");
    return 0;
}

static mc_text_t
recovery_bound(const vault_header_t *self, uint8_t ret_bytes[VAULT_ID_BYTES + 1])
{
    memcpy(ret_bytes, self->vault_id, VAULT_ID_BYTES);
    ret_bytes[VAULT_ID_BYTES] = FORMAT;
    return vault_bytes(ret_bytes, VAULT_ID_BYTES + 1);
}

int
vault_header_open(const vault_header_t *self, const uint8_t kek[VAULT_KEY_BYTES], bool is_recovery,
                  uint8_t ret_root[VAULT_KEY_BYTES])
{
    uint8_t bound[BOUND_BYTES];
    write_bound(self, bound);
    if (is_recovery)
        return vault_box_open(kek, recovery_bound(self, bound), self->recovery_box,
                              sizeof self->recovery_box, ret_root);
    return vault_box_open(kek, vault_bytes(bound, sizeof bound), self->root_box,
                          sizeof self->root_box, ret_root);
}

static int
make_mac(const uint8_t *root, const uint8_t *bytes, size_t size, uint8_t ret_mac[VAULT_HASH_BYTES])
{
    uint8_t key[VAULT_KEY_BYTES];
    int result = vault_derive(vault_bytes(root, VAULT_KEY_BYTES),
                              vault_bytes(bytes + AT_ID, VAULT_ID_BYTES), MAC_PURPOSE, key);
    if (result == 0)
        vault_mac(key, vault_bytes(bytes, size), (mc_text_t){0}, ret_mac);
    sodium_memzero(key, sizeof key);
    return result;
}

/* What the box of the ring is bound to: id, format, version. */
#define RING_BOUND_BYTES (VAULT_ID_BYTES + 6)
static mc_text_t
ring_bound(const vault_header_t *self, uint8_t ret_bytes[RING_BOUND_BYTES])
{
    memcpy(ret_bytes, self->vault_id, VAULT_ID_BYTES);
    memcpy(ret_bytes + VAULT_ID_BYTES, "k", 1);
    ret_bytes[VAULT_ID_BYTES + 1] = FORMAT;
    put_u32(ret_bytes + VAULT_ID_BYTES + 2, self->keyring_version);
    return vault_bytes(ret_bytes, RING_BOUND_BYTES);
}

int
vault_header_open_ring(const vault_header_t *self, vault_keyring_t *ring)
{
    uint8_t mac[VAULT_HASH_BYTES];
    uint8_t bound[RING_BOUND_BYTES];
    size_t covered = self->size - VAULT_HASH_BYTES;
    if (make_mac(ring->root, self->bytes, covered, mac) == -1 ||
        !vault_mac_is(mac, self->bytes + covered))
        return VAULT_FORGED;

    size_t size = (size_t)self->key_count * VAULT_RING_KEY_BYTES;
    uint8_t *plain = vault_locked_alloc(VAULT_RING_BYTES_MAX);
    int result = vault_box_open(ring->root, ring_bound(self, bound), self->bytes + AT_RING,
                                ring_box_bytes(self), plain);
    if (result == 0)
        result = vault_keyring_read(ring, vault_bytes(plain, size));
    ring->version = self->keyring_version;
    vault_locked_free(plain);
    return result;
}

int
vault_header_wrap(vault_header_t *self, const vault_keyring_t *ring,
                  const uint8_t kek[VAULT_KEY_BYTES])
{
    uint8_t bound[BOUND_BYTES];
    write_bound(self, bound);
    return vault_box_close(kek, vault_bytes(bound, sizeof bound), ring->root, VAULT_KEY_BYTES,
                           self->root_box);
}

int
vault_header_wrap_recovery(vault_header_t *self, const vault_keyring_t *ring,
                           const uint8_t kek[VAULT_KEY_BYTES])
{
    uint8_t bound[BOUND_BYTES];
    return vault_box_close(kek, recovery_bound(self, bound), ring->root, VAULT_KEY_BYTES,
                           self->recovery_box);
}

int
vault_header_close(vault_header_t *self, const vault_keyring_t *ring)
{
    uint8_t bound[RING_BOUND_BYTES];
    uint8_t *plain = vault_locked_alloc(VAULT_RING_BYTES_MAX);
    self->keyring_version = ring->version;
    self->key_count = ring->count;
    write_bound(self, self->bytes);
    put_u32(self->bytes + AT_RING_VERSION, self->keyring_version);
    put_u32(self->bytes + AT_KEYS, self->key_count);
    memcpy(self->bytes + AT_ROOT, self->root_box, VAULT_KEY_BOX_BYTES);
    memcpy(self->bytes + AT_RECOVERY, self->recovery_box, VAULT_KEY_BOX_BYTES);

    size_t size = vault_keyring_write(ring, plain);
    int result =
        vault_box_close(ring->root, ring_bound(self, bound), plain, size, self->bytes + AT_RING);
    vault_locked_free(plain);
    size_t covered = AT_RING + VAULT_BOX_OF(size);
    self->size = covered + VAULT_HASH_BYTES;
    return result == 0 ? make_mac(ring->root, self->bytes, covered, self->bytes + covered) : -1;
}
