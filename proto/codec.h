/*
 *  codec - records as msgpack, JSON and COPY BINARY, by walking descriptors
 *
 *  msgpack: a record is a map from tag to value; what is absent is left out; an
 *  unknown tag is skipped. A list is an array of such maps. Outside producers
 *  may use the JSON names as keys instead of tags; an unknown name is refused.
 */
#ifndef MC_CODEC_H
#define MC_CODEC_H

#include "arena.h"
#include "buffer.h"
#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_MSGPACK_DEPTH_MAX 32
#define MC_LIST_ITEMS_MAX 1000000

typedef enum {
    MC_FROM_SERVICE, /* tags as keys; ASSIGNED, INTERNAL and SECRET fields are taken */
    MC_FROM_OUTSIDE, /* tags or JSON names; those fields are ignored (SECRET is taken) */
} mc_origin_t;

void mc_pack(const mc_shape_t *shape, const void *record, mc_buffer_t *out);
void mc_pack_list(const mc_shape_t *shape, mc_list_t records, mc_buffer_t *out);

/* Reads exactly one value that fills the bytes, from a service. Texts are lent from the bytes,
 * lists from the arena. Returns 0 or MC_REFUSED; a refused record holds what came before the
 * reason. */
MC_CHECKED int mc_unpack(const mc_shape_t *shape, mc_text_t bytes, mc_arena_t *arena,
                         void *ret_record, mc_refusal_t *refusal);
MC_CHECKED int mc_unpack_list(const mc_shape_t *shape, mc_text_t bytes, mc_arena_t *arena,
                              mc_list_t *ret_records, mc_refusal_t *refusal);

/* A cursor over outside msgpack: the elements of the outermost array (or the values one after the
 * other) in turn, so that one bad record does not spoil the rest. */
typedef struct {
    mc_text_t rest;
    uint64_t left;  /* elements to come; counts are checked against the bytes that are left */
    bool is_stream; /* no outer array: values up to the end */
} mc_unpack_iter_t;
MC_CHECKED int mc_unpack_iter(mc_text_t bytes, mc_unpack_iter_t *ret_iter, mc_refusal_t *refusal);
bool mc_unpack_has_next(const mc_unpack_iter_t *iter);
/* Reads the next as a record from outside; its texts are copied to the arena. Returns 0; MC_REFUSED
 * when this one is refused and the next can be read: the record then holds what came before the
 * reason; -1 when nothing behind it can be read (refusal says why) and the iterator has ended. */
MC_CHECKED int mc_unpack_next(mc_unpack_iter_t *iter, const mc_shape_t *shape, mc_arena_t *arena,
                              void *ret_record, mc_refusal_t *refusal);

/* JSON objects with all public fields in table order; what is absent is null. TIME gives xAt in
 * seconds and xAtUs. A JSON field whose name does not end in Json gives the value itself. SECRET,
 * INTERNAL and INBOUND fields are never written. */
void mc_write_json(const mc_shape_t *shape, const void *record, mc_buffer_t *out);
void mc_write_json_list(const mc_shape_t *shape, mc_list_t records, mc_buffer_t *out);

/* Pieces for answers that are not records. */
void mc_write_json_text(mc_buffer_t *out, mc_text_t text); /* quoted and escaped */
void mc_write_json_i64(mc_buffer_t *out, int64_t value);
void mc_write_json_f64(mc_buffer_t *out, double value); /* shortest that reads back; NaN is null */
void mc_write_json_money(mc_buffer_t *out, int64_t nanousd);

/* COPY BINARY: the header, one row of the given columns (names of fields, in that order), the
 * trailer. The list of columns for the SQL is written by mc_copy_columns. */
typedef struct {
    const mc_field_t *fields[MC_SHAPE_FIELDS_MAX];
    uint8_t indexes[MC_SHAPE_FIELDS_MAX]; /* of the fields in their shape */
    size_t count;
} mc_columns_t;

/* Columns of a shape: every field but INBOUND, lists and the names given in skip (NULL-terminated;
 * may be NULL). */
void mc_columns_init(mc_columns_t *self, const mc_shape_t *shape, const char *const *skip);
void mc_columns_write_names(const mc_columns_t *self, mc_buffer_t *out); /* a, b, c */
void mc_copy_header(mc_buffer_t *out);
void mc_copy_row(const mc_columns_t *columns, const void *record, mc_buffer_t *out);
void mc_copy_trailer(mc_buffer_t *out);

/* One value as PostgreSQL's binary form, without length. */
void mc_copy_value(const mc_field_t *field, const void *record, mc_buffer_t *out);

/* PostgreSQL's binary numeric, read: 0, or MC_REFUSED when it is not one, not a number or does not
 * fit. Decimals after the ninth are rounded half away from zero. */
MC_CHECKED int mc_copy_read_money(mc_text_t bytes, int64_t *ret_nanousd);
/* PostgreSQL counts microseconds from 2000. */
#define MC_POSTGRES_EPOCH_US INT64_C(946684800000000)

#ifdef __cplusplus
}
#endif
#endif
