/*
 *  buffer - bytes that grow at the end
 *
 *  Every encoder writes into one. A buffer has a maximum; what would pass it
 *  is dropped and the buffer says so once, at the end, through is_full: callers
 *  check that instead of every append.
 */
#ifndef MC_BUFFER_H
#define MC_BUFFER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    char *data;
    size_t size;
    size_t capacity;
    size_t max;   /* bytes; 0 means MC_BUFFER_BYTES_MAX */
    bool is_full; /* something did not fit; the content is not whole */
} mc_buffer_t;

#define MC_BUFFER_BYTES_MAX ((size_t)256 << 20)

/* Storage of the caller; all zero is a valid empty buffer too. */
void mc_buffer_init(mc_buffer_t *self, size_t max);
void mc_buffer_clear(mc_buffer_t *self);

/* Forgets the content and keeps the memory. */
void mc_buffer_reset(mc_buffer_t *self);

/* Room for size more bytes, to be written by the caller, who then adds what was used to size; NULL
 * when they do not fit. */
char *mc_buffer_room(mc_buffer_t *self, size_t size);

void mc_buffer_append(mc_buffer_t *self, const void *data, size_t size);
void mc_buffer_text(mc_buffer_t *self, mc_text_t text);
void mc_buffer_string(mc_buffer_t *self, const char *string);
void mc_buffer_byte(mc_buffer_t *self, uint8_t byte);
void mc_buffer_printf(mc_buffer_t *self, const char *format, ...) MC_PRINTF(2, 3);

/* Big-endian integers, as PostgreSQL and msgpack want them. */
void mc_buffer_u16(mc_buffer_t *self, uint16_t value);
void mc_buffer_u32(mc_buffer_t *self, uint32_t value);
void mc_buffer_u64(mc_buffer_t *self, uint64_t value);

/* The content, lent until the next change. */
static inline mc_text_t
mc_buffer_content(const mc_buffer_t *self)
{
    return (mc_text_t){self->data, self->size};
}

#ifdef __cplusplus
}
#endif
#endif
