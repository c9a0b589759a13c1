/*
 *  msgpack_json - any msgpack value as JSON
 */
#include "msgpack.h"
#include "utf8.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters for the next one to three bytes. */
static void
write_base64_group(const uint8_t *bytes, size_t count, mc_buffer_t *out)
{
    uint32_t group = (uint32_t)bytes[0] << 16;
    if (count > 1)
        group |= (uint32_t)bytes[1] << 8;
    if (count > 2)
        group |= bytes[2];
    char text[4] = {
        base64_digits[group >> 18],
        base64_digits[group >> 12 & 63],
        count > 1 ? base64_digits[group >> 6 & 63] : '=',
        count > 2 ? base64_digits[group & 63] : '=',
    };
    mc_buffer_append(out, text, sizeof text);
}

static int
write_base64(mc_text_t bytes, mc_buffer_t *out)
{
    mc_buffer_byte(out, '"');
    for (size_t at = 0; at < bytes.size; at += 3) {
        size_t left = bytes.size - at;
        write_base64_group((const uint8_t *)bytes.data + at, left < 3 ? left : 3, out);
    }
    mc_buffer_byte(out, '"');
    return 0;
}

static int
write_string(mc_text_t text, mc_buffer_t *out, mc_refusal_t *refusal)
{
    if (mc_utf8_check(text) == MC_UTF8_BROKEN)
        return mc_refuse(refusal, MC_BAD_ENCODING_ERROR, NULL, "a string is not valid UTF-8");
    mc_write_json_text(out, text);
    return 0;
}

/* Keys that are numbers become their digits; others have no form in JSON. */
static int
write_key(const mc_msgpack_head_t *key, mc_buffer_t *out, mc_refusal_t *refusal)
{
    if (key->kind == MC_MSGPACK_STRING)
        return write_string(key->bytes, out, refusal);
    if (key->kind == MC_MSGPACK_INTEGER)
        mc_buffer_printf(out, "\"%lld\"", (long long)key->integer);
    else if (key->kind == MC_MSGPACK_UNSIGNED)
        mc_buffer_printf(out, "\"%llu\"", (unsigned long long)key->number);
    else
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "a key is %s, must be a string",
                         mc_msgpack_kind_word(key->kind));
    return 0;
}

static int
write_next(mc_msgpack_cursor_t *self, unsigned depth, mc_buffer_t *out, mc_refusal_t *refusal)
{
    mc_msgpack_head_t head;
    if (mc_msgpack_read(self, &head, refusal) == MC_REFUSED)
        return MC_REFUSED;
    return mc_msgpack_write_json(self, &head, depth, out, refusal);
}

static int
write_map(mc_msgpack_cursor_t *self, uint64_t count, unsigned depth, mc_buffer_t *out,
          mc_refusal_t *refusal)
{
    mc_buffer_byte(out, '{');
    for (uint64_t i = 0; i < count; i++) {
        mc_msgpack_head_t key;
        if (i > 0)
            mc_buffer_byte(out, ',');
        if (mc_msgpack_read(self, &key, refusal) == MC_REFUSED ||
            write_key(&key, out, refusal) == MC_REFUSED)
            return MC_REFUSED;
        mc_buffer_byte(out, ':');
        if (write_next(self, depth, out, refusal) == MC_REFUSED)
            return MC_REFUSED;
    }
    mc_buffer_byte(out, '}');
    return 0;
}

static int
write_array(mc_msgpack_cursor_t *self, uint64_t count, unsigned depth, mc_buffer_t *out,
            mc_refusal_t *refusal)
{
    mc_buffer_byte(out, '[');
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            mc_buffer_byte(out, ',');
        if (write_next(self, depth, out, refusal) == MC_REFUSED)
            return MC_REFUSED;
    }
    mc_buffer_byte(out, ']');
    return 0;
}

static int
write_container(mc_msgpack_cursor_t *self, const mc_msgpack_head_t *head, unsigned depth,
                mc_buffer_t *out, mc_refusal_t *refusal)
{
    if (depth == 0)
        return mc_refuse(refusal, MC_TOO_DEEP_ERROR, NULL, "msgpack is nested deeper than %d",
                         MC_MSGPACK_DEPTH_MAX);
    if (head->kind == MC_MSGPACK_MAP)
        return write_map(self, head->count, depth - 1, out, refusal);
    return write_array(self, head->count, depth - 1, out, refusal);
}

int
mc_msgpack_write_json(mc_msgpack_cursor_t *self, const mc_msgpack_head_t *head, unsigned depth,
                      mc_buffer_t *out, mc_refusal_t *refusal)
{
    switch (head->kind) {
    case MC_MSGPACK_BOOL:
        mc_buffer_string(out, head->boolean ? "true" : "false");
        return 0;
    case MC_MSGPACK_INTEGER:
        mc_write_json_i64(out, head->integer);
        return 0;
    case MC_MSGPACK_UNSIGNED:
        mc_buffer_printf(out, "%llu", (unsigned long long)head->number);
        return 0;
    case MC_MSGPACK_FLOAT:
        mc_write_json_f64(out, head->real);
        return 0;
    case MC_MSGPACK_STRING:
        return write_string(head->bytes, out, refusal);
    case MC_MSGPACK_BINARY:
    case MC_MSGPACK_EXTENSION:
        return write_base64(head->bytes, out);
    case MC_MSGPACK_ARRAY:
    case MC_MSGPACK_MAP:
        return write_container(self, head, depth, out, refusal);
    default:
        mc_buffer_string(out, "null");
        return 0;
    }
}
