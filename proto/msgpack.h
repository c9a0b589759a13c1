/*
 *  msgpack - a cursor over msgpack that comes from anywhere
 *
 *  One value is read at a time: a head, with the bytes of a text or the count of
 *  a container. Every count is checked against the bytes that are left, so
 *  nothing that is read can claim more than it brings. For the codec only.
 */
#ifndef MC_MSGPACK_H
#define MC_MSGPACK_H

#include "codec.h"

typedef enum {
    MC_MSGPACK_NIL,
    MC_MSGPACK_BOOL,
    MC_MSGPACK_INTEGER,  /* fits int64 */
    MC_MSGPACK_UNSIGNED, /* fits only uint64 */
    MC_MSGPACK_FLOAT,
    MC_MSGPACK_STRING,
    MC_MSGPACK_BINARY,
    MC_MSGPACK_EXTENSION,
    MC_MSGPACK_ARRAY,
    MC_MSGPACK_MAP,
} mc_msgpack_kind_t;

typedef struct {
    mc_msgpack_kind_t kind;
    int8_t extension; /* its type; -1 is a timestamp */
    union {
        bool boolean;
        int64_t integer;
        uint64_t number;
        double real;
        uint64_t count;  /* items of an array, pairs of a map: read them next */
        mc_text_t bytes; /* of a string, binary or extension: lent, and passed over */
    };
} mc_msgpack_head_t;

typedef struct {
    const uint8_t *at;
    const uint8_t *end;
} mc_msgpack_cursor_t;

static inline mc_msgpack_cursor_t
mc_msgpack_cursor(mc_text_t bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.data;
    return (mc_msgpack_cursor_t){at, at + bytes.size};
}

static inline size_t
mc_msgpack_left(const mc_msgpack_cursor_t *self)
{
    return (size_t)(self->end - self->at);
}

/* The next head. Returns 0 or MC_REFUSED with bad_encoding. */
MC_CHECKED int mc_msgpack_read(mc_msgpack_cursor_t *self, mc_msgpack_head_t *ret_head,
                               mc_refusal_t *refusal);

/* Passes over what belongs to a head that was read: the items of a container, at most depth
 * containers deep. Returns 0 or MC_REFUSED. */
MC_CHECKED int mc_msgpack_skip(mc_msgpack_cursor_t *self, const mc_msgpack_head_t *head,
                               unsigned depth, mc_refusal_t *refusal);

/* The bytes of the next value, however deep it is. Returns 0 or MC_REFUSED. */
MC_CHECKED int mc_msgpack_take(mc_msgpack_cursor_t *self, mc_text_t *ret_value,
                               mc_refusal_t *refusal);

/* Writes the value of a head that was read as JSON: binary as base64, what JSON has no number for
 * as null. Returns 0 or MC_REFUSED. */
MC_CHECKED int mc_msgpack_write_json(mc_msgpack_cursor_t *self, const mc_msgpack_head_t *head,
                                     unsigned depth, mc_buffer_t *out, mc_refusal_t *refusal);

/* "a string" and so on, for refusals. */
const char *mc_msgpack_kind_word(mc_msgpack_kind_t kind);

/* Microseconds since 1970 of a timestamp extension, or false. */
bool mc_msgpack_timestamp(const mc_msgpack_head_t *head, int64_t *ret_us);

/* Reads one record that fills the bytes, after emptying it; on MC_REFUSED it holds what came before
 * the reason. */
MC_CHECKED int mc_unpack_from(mc_origin_t origin, const mc_shape_t *shape, mc_text_t bytes,
                              mc_arena_t *arena, void *ret_record, mc_refusal_t *refusal);

#endif
