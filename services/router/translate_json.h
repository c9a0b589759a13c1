/*
 *  translate_json - writes JSON value by value
 *
 *  Commas come by themselves. A key of NULL is an element of an array. What is
 *  written first stands first: the order of keys is the caller's, so the same
 *  input gives the same bytes and a provider's prompt cache hits.
 */
#ifndef ROUTER_TRANSLATE_JSON_H
#define ROUTER_TRANSLATE_JSON_H

#include "common/json.h"

typedef struct {
    mc_buffer_t *out;
    bool needs_comma;
} router_put_t;

static inline router_put_t
router_put(mc_buffer_t *out)
{
    return (router_put_t){.out = out};
}

void router_put_object(router_put_t *self, const char *key);
void router_put_array(router_put_t *self, const char *key);
void router_put_end_object(router_put_t *self);
void router_put_end_array(router_put_t *self);

void router_put_text(router_put_t *self, const char *key, mc_text_t text);
void router_put_string(router_put_t *self, const char *key, const char *string);
void router_put_i64(router_put_t *self, const char *key, int64_t value);
void router_put_f64(router_put_t *self, const char *key, double value);
void router_put_bool(router_put_t *self, const char *key, bool value);
void router_put_null(router_put_t *self, const char *key);
void router_put_json(router_put_t *self, const char *key, mc_json_t value);
/* Bytes that are JSON already: one value, or elements with commas between them. */
void router_put_raw(router_put_t *self, const char *key, mc_text_t json);
/* A text whose pieces are appended to out by the caller, between these two. The pieces are the
 * inside of a JSON string: see router_put_piece. */
void router_put_open_text(router_put_t *self, const char *key);
void router_put_piece(router_put_t *self, mc_text_t text);
void router_put_close_text(router_put_t *self);

/* Members of a parsed object; the empty text, 0, false or absent where it is of another kind. */
mc_text_t router_member_text(mc_json_t object, const char *key);
int64_t router_member_i64(mc_json_t object, const char *key, int64_t otherwise);
bool router_member_is(mc_json_t object, const char *key, mc_json_kind_t kind, mc_json_t *ret_value);

/* True for no text, and for text that is only white space. */
bool router_text_is_blank(mc_text_t text);
bool router_text_starts(mc_text_t text, const char *start);

#endif
