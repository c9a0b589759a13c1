/*
 *  login_guard - who must wait before the next login
 */
#include "login_guard.h"

#include <sodium.h>
#include <stdlib.h>

#define SECOND_US INT64_C(1000000)
#define FORGET_US (3600 * SECOND_US)

/* Keys are kept as keyed hashes: names may be long, and are none of our business. */
typedef struct {
    uint64_t key;
    int64_t attempts;
    int64_t rounds; /* of waiting so far */
    int64_t locked_until_us;
    int64_t seen_us; /* 0: the place is free */
} entry_t;

struct gateway_guard {
    int64_t attempts_max;
    int64_t lock_seconds;
    unsigned char hash_key[crypto_shorthash_KEYBYTES];
    size_t count;
    entry_t entries[GATEWAY_GUARD_KEYS_MAX];
};

gateway_guard_t *
gateway_guard_new(int64_t attempts_max, int64_t lock_seconds)
{
    gateway_guard_t *self = calloc(1, sizeof *self);
    self->attempts_max = attempts_max;
    self->lock_seconds = lock_seconds;
    crypto_shorthash_keygen(self->hash_key);
    return self;
}

void
gateway_guard_destroy(gateway_guard_t **address)
{
    free(mc_take(address));
}

static uint64_t
hash_key(const gateway_guard_t *self, char kind, mc_text_t key)
{
    uint64_t hash;
    unsigned char digest[crypto_shorthash_BYTES];
    crypto_shorthash(digest, (const unsigned char *)key.data, key.size, self->hash_key);
    memcpy(&hash, digest, sizeof hash);
    return hash ^ (uint64_t)(unsigned char)kind;
}

static entry_t *
find_entry(gateway_guard_t *self, uint64_t key)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->entries[i].key == key)
            return &self->entries[i];
    return NULL;
}

/* A free place, or that of the key that has been quiet longest. */
static entry_t *
require_entry(gateway_guard_t *self, uint64_t key)
{
    entry_t *entry = find_entry(self, key);
    if (entry)
        return entry;
    if (self->count < GATEWAY_GUARD_KEYS_MAX) {
        entry = &self->entries[self->count++];
    } else {
        entry = &self->entries[0];
        for (size_t i = 1; i < self->count; i++)
            if (self->entries[i].seen_us < entry->seen_us)
                entry = &self->entries[i];
    }
    *entry = (entry_t){.key = key};
    return entry;
}

static int64_t
lock_seconds(const gateway_guard_t *self, int64_t rounds)
{
    int64_t seconds = self->lock_seconds;
    while (rounds-- > 0 && seconds < GATEWAY_GUARD_LOCK_SECONDS_MAX)
        seconds *= 2;
    /* A setting over an hour is taken at its word, and does not double. */
    if (self->lock_seconds >= GATEWAY_GUARD_LOCK_SECONDS_MAX)
        return self->lock_seconds;
    return seconds < GATEWAY_GUARD_LOCK_SECONDS_MAX ? seconds : GATEWAY_GUARD_LOCK_SECONDS_MAX;
}

int
gateway_guard_attempt(gateway_guard_t *self, char kind, mc_text_t key, int64_t now_us)
{
    entry_t *entry = require_entry(self, hash_key(self, kind, key));
    if (now_us < entry->locked_until_us)
        return (int)((entry->locked_until_us - now_us + SECOND_US - 1) / SECOND_US);
    int64_t quiet_since_us =
        entry->seen_us > entry->locked_until_us ? entry->seen_us : entry->locked_until_us;
    if (now_us - quiet_since_us > FORGET_US)
        entry->attempts = entry->rounds = 0;
    entry->seen_us = now_us;
    if (++entry->attempts < self->attempts_max)
        return 0;

    /* The last attempt allowed: if it fails too, the wait has begun already. */
    entry->locked_until_us = now_us + lock_seconds(self, entry->rounds) * SECOND_US;
    entry->attempts = 0;
    entry->rounds++;
    return 0;
}

void
gateway_guard_clear(gateway_guard_t *self, char kind, mc_text_t key)
{
    entry_t *entry = find_entry(self, hash_key(self, kind, key));
    if (entry)
        *entry = self->entries[--self->count];
}
