/*
 *  json_write - a parsed value as compact JSON again
 */
#include "json.h"

#include "proto/codec.h"

static void
write_container(mc_json_t value, bool is_object, mc_buffer_t *out)
{
    mc_json_iter_t iter = mc_json_iter(value);
    mc_text_t key;
    mc_json_t item;
    char before = is_object ? '{' : '[';
    while (mc_json_next(&iter, &key, &item)) {
        mc_buffer_byte(out, (uint8_t)before);
        before = ',';
        if (is_object) {
            mc_write_json_text(out, key);
            mc_buffer_byte(out, ':');
        }
        mc_json_write(item, out);
    }
    if (before != ',')
        mc_buffer_byte(out, (uint8_t)before);
    mc_buffer_byte(out, is_object ? '}' : ']');
}

/* Goes no deeper than the parser let pass. */
void
mc_json_write(mc_json_t value, mc_buffer_t *out)
{
    mc_json_kind_t kind = mc_json_kind(value);
    switch (kind) {
    case MC_JSON_NULL:
        mc_buffer_string(out, "null");
        break;
    case MC_JSON_BOOL:
        mc_buffer_string(out, mc_json_bool(value) ? "true" : "false");
        break;
    case MC_JSON_INTEGER:
        mc_buffer_printf(out, "%lld", (long long)mc_json_i64(value));
        break;
    case MC_JSON_UNSIGNED:
        mc_buffer_printf(out, "%llu", (unsigned long long)mc_json_u64(value));
        break;
    case MC_JSON_DOUBLE:
        mc_write_json_f64(out, mc_json_f64(value));
        break;
    case MC_JSON_STRING:
        mc_write_json_text(out, mc_json_text(value));
        break;
    case MC_JSON_ARRAY:
    case MC_JSON_OBJECT:
        write_container(value, kind == MC_JSON_OBJECT, out);
        break;
    }
}
