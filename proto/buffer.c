/*
 *  buffer - bytes that grow at the end
 */
#include "buffer.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BYTES 512

void
mc_buffer_init(mc_buffer_t *self, size_t max)
{
    *self = (mc_buffer_t){.max = max};
}

void
mc_buffer_clear(mc_buffer_t *self)
{
    free(self->data);
    *self = (mc_buffer_t){.max = self->max};
}

void
mc_buffer_reset(mc_buffer_t *self)
{
    self->size = 0;
    self->is_full = false;
}

/* True when size more bytes have room; grows by doubling. */
static bool
reserve(mc_buffer_t *self, size_t size)
{
    size_t max = self->max ? self->max : MC_BUFFER_BYTES_MAX;
    if (self->is_full || size > max || self->size > max - size) {
        self->is_full = true;
        return false;
    }
    if (self->capacity - self->size >= size)
        return true;
    size_t capacity = self->capacity ? self->capacity : FIRST_BYTES;
    while (capacity - self->size < size)
        capacity *= 2;
    self->data = realloc(self->data, capacity);
    if (!self->data)
        mc_fatal("out of memory");
    self->capacity = capacity;
    return true;
}

char *
mc_buffer_room(mc_buffer_t *self, size_t size)
{
    return reserve(self, size) ? self->data + self->size : NULL;
}

void
mc_buffer_append(mc_buffer_t *self, const void *data, size_t size)
{
    if (size == 0 || !reserve(self, size))
        return;
    memcpy(self->data + self->size, data, size);
    self->size += size;
}

void
mc_buffer_text(mc_buffer_t *self, mc_text_t text)
{
    mc_buffer_append(self, text.data, text.size);
}

void
mc_buffer_string(mc_buffer_t *self, const char *string)
{
    mc_buffer_append(self, string, strlen(string));
}

void
mc_buffer_byte(mc_buffer_t *self, uint8_t byte)
{
    mc_buffer_append(self, &byte, 1);
}

/* Printed where it will stay; again only where the room was too small. */
void
mc_buffer_printf(mc_buffer_t *self, const char *format, ...)
{
    va_list args, again;
    size_t room = self->capacity - self->size;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(room ? self->data + self->size : NULL, room, format, args);
    va_end(args);
    assert(size >= 0);
    bool is_whole = (size_t)size < room;
    if (reserve(self, (size_t)size + 1)) {
        if (!is_whole)
            vsnprintf(self->data + self->size, (size_t)size + 1, format, again);
        self->size += (size_t)size;
    }
    va_end(again);
}

void
mc_buffer_u16(mc_buffer_t *self, uint16_t value)
{
    uint16_t wire = htobe16(value);
    mc_buffer_append(self, &wire, sizeof wire);
}

void
mc_buffer_u32(mc_buffer_t *self, uint32_t value)
{
    uint32_t wire = htobe32(value);
    mc_buffer_append(self, &wire, sizeof wire);
}

void
mc_buffer_u64(mc_buffer_t *self, uint64_t value)
{
    uint64_t wire = htobe64(value);
    mc_buffer_append(self, &wire, sizeof wire);
}
