/*
 *  redact_places - where something was masked, and what it was like, but not what it was
 */
#include "redact_places.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/arena.h"
#include "proto/buffer.h"
#include "proto/utf8.h"

struct mc_redact_places {
    unsigned char key[MC_REDACT_KEY_BYTES];
    mc_arena_t *arena; /* of the pointers */
    mc_buffer_t path;  /* to where the walk is */
    mc_redact_place_t items[MC_REDACT_PLACES_MAX];
    size_t count;
    size_t more;
};

mc_redact_places_t *
mc_redact_places_new(const unsigned char key[MC_REDACT_KEY_BYTES])
{
    mc_redact_places_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    memcpy(self->key, key, sizeof self->key);
    self->arena = mc_arena_new();
    return self;
}

void
mc_redact_places_destroy(mc_redact_places_t **address)
{
    mc_redact_places_t *self = mc_take(address);
    if (!self)
        return;
    mc_arena_destroy(&self->arena);
    mc_buffer_clear(&self->path);
    sodium_memzero(self->key, sizeof self->key);
    free(self);
}

size_t
mc_redact_places_count(const mc_redact_places_t *self)
{
    return self->count;
}

const mc_redact_place_t *
mc_redact_places_at(const mc_redact_places_t *self, size_t index)
{
    assert(index < self->count);
    return &self->items[index];
}

size_t
mc_redact_places_more(const mc_redact_places_t *self)
{
    return self->more;
}

void
mc_redact_places_reset(mc_redact_places_t *self)
{
    if (!self)
        return;
    if (self->count) {
        mc_arena_destroy(&self->arena);
        self->arena = mc_arena_new();
    }
    mc_buffer_reset(&self->path);
    self->count = self->more = 0;
}

static void
take_fingerprint(const mc_redact_places_t *self, mc_text_t secret, mc_redact_place_t *place)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, self->key, sizeof self->key);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)secret.data, secret.size);
    crypto_auth_hmacsha256_final(&state, mac);
    memcpy(place->fingerprint, mac, sizeof place->fingerprint);
    sodium_memzero(&state, sizeof state);
}

void
mc_redact_places_add(mc_redact_places_t *self, const char *rule, mc_text_t secret)
{
    if (!self)
        return;
    if (self->count == MC_REDACT_PLACES_MAX) {
        self->more++;
        return;
    }
    mc_text_t path = mc_utf8_cut(mc_buffer_content(&self->path), MC_REDACT_POINTER_BYTES_MAX);
    mc_redact_place_t *place = &self->items[self->count++];
    *place = (mc_redact_place_t){
        .pointer = mc_arena_text(self->arena, path),
        .rule = rule,
        .size = secret.size,
    };
    take_fingerprint(self, secret, place);
}

/* As far as a pointer is kept at all; RFC 6901 writes ~ as ~0 and / as ~1. */
size_t
mc_redact_places_enter(mc_redact_places_t *self, mc_text_t key)
{
    if (!self)
        return 0;
    size_t before = self->path.size;
    mc_buffer_byte(&self->path, '/');
    for (size_t i = 0; i < key.size && self->path.size <= MC_REDACT_POINTER_BYTES_MAX; i++) {
        if (key.data[i] == '~')
            mc_buffer_string(&self->path, "~0");
        else if (key.data[i] == '/')
            mc_buffer_string(&self->path, "~1");
        else
            mc_buffer_byte(&self->path, (uint8_t)key.data[i]);
    }
    return before;
}

size_t
mc_redact_places_enter_item(mc_redact_places_t *self, size_t index)
{
    if (!self)
        return 0;
    size_t before = self->path.size;
    mc_buffer_printf(&self->path, "/%zu", index);
    return before;
}

size_t
mc_redact_places_enter_text(mc_redact_places_t *self)
{
    if (!self)
        return 0;
    size_t before = self->path.size;
    mc_buffer_byte(&self->path, '#');
    return before;
}

void
mc_redact_places_leave(mc_redact_places_t *self, size_t before)
{
    if (self)
        self->path.size = before;
}
