/*
 *  arena - memory that is given back all at once
 *
 *  A list of chunks, newest first. A large request gets a chunk of its own
 *  size, so nothing is ever moved.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_BYTES 16384 /* one chunk serves a usual request; its decode then mallocs once */
#define ALIGNMENT 16

typedef struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) char data[];
} chunk_t;

struct mc_arena {
    chunk_t *newest;
    size_t used;
};

static chunk_t *
make_chunk(size_t size, chunk_t *next)
{
    chunk_t *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        mc_fatal("out of memory");
    chunk->next = next;
    chunk->size = size;
    chunk->used = 0;
    return chunk;
}

mc_arena_t *
mc_arena_new(void)
{
    mc_arena_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    return self;
}

static void
free_chunks(chunk_t *chunk)
{
    while (chunk) {
        chunk_t *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void
mc_arena_destroy(mc_arena_t **address)
{
    mc_arena_t *self = mc_take(address);
    if (!self)
        return;
    free_chunks(self->newest);
    free(self);
}

void
mc_arena_clear(mc_arena_t *self)
{
    chunk_t *newest = self->newest;
    self->used = 0;
    if (!newest)
        return;
    free_chunks(newest->next);
    memset(newest->data, 0, newest->used); /* what was read into it may have been a secret */
    newest->next = NULL;
    newest->used = 0;
    if (newest->size > CHUNK_BYTES * 4) {
        free(newest);
        self->newest = NULL;
    }
}

static void *
take(mc_arena_t *self, size_t size)
{
    assert(size < SIZE_MAX / 2);
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    chunk_t *chunk = self->newest;
    if (!chunk || chunk->size - chunk->used < rounded)
        chunk = self->newest = make_chunk(rounded > CHUNK_BYTES ? rounded : CHUNK_BYTES, chunk);
    void *memory = chunk->data + chunk->used;
    chunk->used += rounded;
    self->used += rounded;
    return memory;
}

void *
mc_arena_alloc(mc_arena_t *self, size_t size)
{
    return memset(take(self, size), 0, size);
}

mc_text_t
mc_arena_text(mc_arena_t *self, mc_text_t text)
{
    char *copy = take(self, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return (mc_text_t){copy, text.size};
}

/* Printed where it will stay; again only where the chunk has no room for it. */
mc_text_t
mc_arena_printf(mc_arena_t *self, const char *format, ...)
{
    va_list args, again;
    chunk_t *chunk = self->newest;
    size_t room = chunk ? chunk->size - chunk->used : 0;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(room ? chunk->data + chunk->used : NULL, room, format, args);
    va_end(args);
    assert(size >= 0);
    char *copy = take(self, (size_t)size + 1);
    if ((size_t)size >= room)
        vsnprintf(copy, (size_t)size + 1, format, again);
    va_end(again);
    return (mc_text_t){copy, (size_t)size};
}

size_t
mc_arena_used(const mc_arena_t *self)
{
    return self->used;
}
