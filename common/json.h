/*
 *  json - reading JSON with simdjson, checking it against shapes
 *
 *  A document is parsed whole into a tape that belongs to the parser and lives
 *  until its next parse. Numbers keep their kind: integers beyond 64 bits and
 *  NaN are refused. Invalid UTF-8, a document deeper than the limit and
 *  trailing bytes are refused with what was wrong and at which byte. A name that
 *  comes twice in an object counts by its last value.
 *
 *  A parse needs up to 15 times the size of its text. What is over the bound
 *  MC_JSON_KEEP_BYTES is given back at the next smaller parse, or by trim.
 */
#ifndef MC_COMMON_JSON_H
#define MC_COMMON_JSON_H

#include "proto/arena.h"
#include "proto/buffer.h"
#include "proto/proto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_JSON_DEPTH_MAX 64
#define MC_JSON_BYTES_MAX ((size_t)64 << 20)
#define MC_JSON_KEEP_BYTES ((size_t)128 << 10) /* a parser at rest then holds at most 2 MiB */

typedef enum {
    MC_JSON_NULL,
    MC_JSON_BOOL,
    MC_JSON_INTEGER,  /* fits int64 */
    MC_JSON_UNSIGNED, /* fits only uint64 */
    MC_JSON_DOUBLE,
    MC_JSON_STRING,
    MC_JSON_ARRAY,
    MC_JSON_OBJECT,
} mc_json_kind_t;

typedef struct mc_json_parser mc_json_parser_t;

/* A place in the tape; a plain value, copied freely. */
typedef struct {
    const void *document;
    size_t at;
} mc_json_t;

mc_json_parser_t *mc_json_parser_new(void);
void mc_json_parser_destroy(mc_json_parser_t **address);

/* Parses the whole text. Returns 0, or MC_REFUSED with bad_encoding, too_deep or too_large. */
MC_CHECKED int mc_json_parse(mc_json_parser_t *self, mc_text_t text, mc_json_t *ret_root,
                             mc_refusal_t *refusal);

/* Ends the use of the document; memory over MC_JSON_KEEP_BYTES is given back. */
void mc_json_parser_trim(mc_json_parser_t *self);

mc_json_kind_t mc_json_kind(mc_json_t value);
mc_text_t mc_json_text(mc_json_t value); /* of a string: unescaped, may hold NUL, lent */
int64_t mc_json_i64(mc_json_t value);    /* of an integer */
uint64_t mc_json_u64(mc_json_t value);   /* of an unsigned or a non-negative integer */
double mc_json_f64(mc_json_t value);     /* of any number */
bool mc_json_bool(mc_json_t value);

/* Elements in turn: mc_json_iter_t it = mc_json_iter(object);
 * while (mc_json_next(&it, &key, &value)) ...; key is empty for arrays. */
typedef struct {
    const void *document;
    size_t at;
    size_t end;
    bool is_object;
} mc_json_iter_t;
mc_json_iter_t mc_json_iter(mc_json_t container);
bool mc_json_next(mc_json_iter_t *iter, mc_text_t *ret_key, mc_json_t *ret_value);
size_t mc_json_count(mc_json_t container);

/* The member of an object (the last of that name), or false. */
bool mc_json_find(mc_json_t object, const char *key, mc_json_t *ret_value);

/* All names and strings in the value in the order of the text, unescaped: the slices that are lent
 * lie in here, each with a NUL and a few bytes of the parser's own between it and the next. */
mc_text_t mc_json_strings(mc_json_t value);

/* Writes the value as compact JSON. */
void mc_json_write(mc_json_t value, mc_buffer_t *out);

/* Reads an object into a record: names of the table, ASSIGNED and INTERNAL names are ignored, an
 * unknown name is ignored unless is_strict. TIME takes xAtUs, or xAt in seconds where that is
 * missing; JSON takes xJson with a string or x with any value; null means absent. Texts are copied
 * to the arena. */
MC_CHECKED int mc_json_read(const mc_shape_t *shape, mc_json_t value, mc_arena_t *arena,
                            bool is_strict, void *ret_record, mc_refusal_t *refusal);

/* A member of an object as it stands in the text. */
typedef struct {
    mc_text_t name;      /* unescaped; lent during the call */
    mc_text_t raw;       /* the value, a slice of the text */
    mc_json_kind_t kind; /* any number is MC_JSON_DOUBLE */
} mc_json_member_t;
typedef void mc_json_member_fn(void *arg, const mc_json_member_t *member);

typedef struct mc_json_scanner mc_json_scanner_t;
mc_json_scanner_t *mc_json_scanner_new(void);
void mc_json_scanner_destroy(mc_json_scanner_t **address);

/* Tells every member of the text, which must be an object, in its order. The insides of values are
 * not checked. Returns 0, or MC_REFUSED with bad_encoding, bad_input or too_large; members may have
 * been told by then. */
MC_CHECKED int mc_json_scan(mc_json_scanner_t *self, mc_text_t text, mc_json_member_fn *member,
                            void *arg, mc_refusal_t *refusal);

#ifdef __cplusplus
}
#endif
#endif
