/*
 *  translate_json - writes JSON value by value
 */
#include "translate_json.h"

#include "proto/codec.h"

static void
write_key(router_put_t *self, const char *key)
{
    if (self->needs_comma)
        mc_buffer_byte(self->out, ',');
    self->needs_comma = true;
    if (!key)
        return;
    mc_buffer_byte(self->out, '"');
    mc_buffer_string(self->out, key);
    mc_buffer_text(self->out, MC_TEXT("\":"));
}

static void
open_container(router_put_t *self, const char *key, char opener)
{
    write_key(self, key);
    mc_buffer_byte(self->out, (uint8_t)opener);
    self->needs_comma = false;
}

static void
close_container(router_put_t *self, char closer)
{
    mc_buffer_byte(self->out, (uint8_t)closer);
    self->needs_comma = true;
}

void
router_put_object(router_put_t *self, const char *key)
{
    open_container(self, key, '{');
}

void
router_put_array(router_put_t *self, const char *key)
{
    open_container(self, key, '[');
}

void
router_put_end_object(router_put_t *self)
{
    close_container(self, '}');
}

void
router_put_end_array(router_put_t *self)
{
    close_container(self, ']');
}

void
router_put_text(router_put_t *self, const char *key, mc_text_t text)
{
    write_key(self, key);
    mc_write_json_text(self->out, text);
}

void
router_put_string(router_put_t *self, const char *key, const char *string)
{
    router_put_text(self, key, mc_text(string));
}

void
router_put_i64(router_put_t *self, const char *key, int64_t value)
{
    write_key(self, key);
    mc_write_json_i64(self->out, value);
}

void
router_put_f64(router_put_t *self, const char *key, double value)
{
    write_key(self, key);
    mc_write_json_f64(self->out, value);
}

void
router_put_bool(router_put_t *self, const char *key, bool value)
{
    write_key(self, key);
    mc_buffer_string(self->out, value ? "true" : "false");
}

void
router_put_null(router_put_t *self, const char *key)
{
    write_key(self, key);
    mc_buffer_text(self->out, MC_TEXT("null"));
}

void
router_put_json(router_put_t *self, const char *key, mc_json_t value)
{
    write_key(self, key);
    mc_json_write(value, self->out);
}

void
router_put_raw(router_put_t *self, const char *key, mc_text_t json)
{
    if (json.size == 0)
        return;
    write_key(self, key);
    mc_buffer_text(self->out, json);
}

void
router_put_open_text(router_put_t *self, const char *key)
{
    write_key(self, key);
    mc_buffer_byte(self->out, '"');
}

/* Escaped as a whole text, and without the quotes that mc_write_json_text puts around it. */
void
router_put_piece(router_put_t *self, mc_text_t text)
{
    size_t start = self->out->size;
    mc_write_json_text(self->out, text);
    if (self->out->is_full)
        return;
    size_t inside = self->out->size - start - 2;
    memmove(self->out->data + start, self->out->data + start + 1, inside);
    self->out->size = start + inside;
}

void
router_put_close_text(router_put_t *self)
{
    mc_buffer_byte(self->out, '"');
}

mc_text_t
router_member_text(mc_json_t object, const char *key)
{
    mc_json_t value;
    if (!router_member_is(object, key, MC_JSON_STRING, &value))
        return (mc_text_t){0};
    return mc_json_text(value);
}

int64_t
router_member_i64(mc_json_t object, const char *key, int64_t otherwise)
{
    mc_json_t value;
    if (!router_member_is(object, key, MC_JSON_INTEGER, &value))
        return otherwise;
    return mc_json_i64(value);
}

bool
router_member_is(mc_json_t object, const char *key, mc_json_kind_t kind, mc_json_t *ret_value)
{
    mc_json_t value;
    if (mc_json_kind(object) != MC_JSON_OBJECT || !mc_json_find(object, key, &value) ||
        mc_json_kind(value) != kind)
        return false;
    *ret_value = value;
    return true;
}

bool
router_text_is_blank(mc_text_t text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr(" \t\r\n\v\f", text.data[i]) || text.data[i] == '\0')
            return false;
    return true;
}

bool
router_text_starts(mc_text_t text, const char *start)
{
    size_t size = strlen(start);
    return text.size >= size && memcmp(text.data, start, size) == 0;
}
