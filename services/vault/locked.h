/*
 *  locked - memory for keys and secrets
 *
 *  Not swapped, not in core dumps, between pages that nobody may touch, wiped
 *  when it is given back. Each piece takes three pages or more, so it is for
 *  few and short-lived things. Allocation cannot fail: the process ends.
 */
#ifndef VAULT_LOCKED_H
#define VAULT_LOCKED_H

#include "proto/base.h"

/* size zeroed bytes; the caller owns them. */
void *vault_locked_alloc(size_t size);
/* Wipes and gives back; NULL is fine. */
void vault_locked_free(void *memory);

/* A text of one's own in locked memory, with a NUL behind it. */
typedef struct {
    char *data;
    size_t size;
} vault_locked_t;

vault_locked_t vault_locked_copy(mc_text_t text);
void vault_locked_clear(vault_locked_t *self);

static inline mc_text_t
vault_locked_text(const vault_locked_t *self)
{
    return (mc_text_t){self->data, self->size};
}

/* Whether the system lets us keep pages out of its swap: tried once with a few. */
bool vault_locked_is_locked(void);

#endif
