/*
 *  cursor - where a page of a list ended, as a text that clients hand back
 *
 *  A list is ordered by a number (a time in microseconds, or an id) and, where
 *  numbers may be equal, by a text. The cursor is both of the last row shown,
 *  in base64url: opaque to clients, and the same for every service.
 */
#ifndef MC_COMMON_CURSOR_H
#define MC_COMMON_CURSOR_H

#include "proto/arena.h"
#include "proto/shape.h"

#define MC_CURSOR_BYTES_MAX 512 /* of the text; as the cursor fields of commands.def allow */

typedef struct {
    int64_t order;
    mc_text_t id; /* empty where the number alone orders the list */
} mc_cursor_t;

/* The text of a cursor, in the arena. */
mc_text_t mc_cursor_write(mc_cursor_t cursor, mc_arena_t *arena);

/* Reads what mc_cursor_write made. Returns 0, or MC_REFUSED naming the field cursor. */
MC_CHECKED int mc_cursor_read(mc_text_t text, mc_arena_t *arena, mc_cursor_t *ret_cursor,
                              mc_refusal_t *refusal);

#endif
