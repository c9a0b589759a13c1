/*
 *  arena - memory that is given back all at once
 *
 *  Decoders put what they read here, so that a message and all its texts live
 *  and die together. Allocation cannot fail: the process ends instead. Who
 *  decodes outside bytes bounds the input, and so the arena.
 */
#ifndef MC_ARENA_H
#define MC_ARENA_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mc_arena mc_arena_t;

/* An empty arena. The caller owns it. */
mc_arena_t *mc_arena_new(void);
void mc_arena_destroy(mc_arena_t **address);

/* Gives back everything but the first chunk; all that was lent is gone. */
void mc_arena_clear(mc_arena_t *self);

/* size zeroed bytes, aligned for any type, lent until clear or destroy. */
void *mc_arena_alloc(mc_arena_t *self, size_t size);

/* A copy of the text, with a NUL behind it. */
mc_text_t mc_arena_text(mc_arena_t *self, mc_text_t text);

/* A text made with printf. */
mc_text_t mc_arena_printf(mc_arena_t *self, const char *format, ...) MC_PRINTF(2, 3);

/* Bytes handed out since the last clear. */
size_t mc_arena_used(const mc_arena_t *self);

#ifdef __cplusplus
}
#endif
#endif
