/*
 *  decode - percent-encoding, of paths and of queries
 */
#include "edge.h"

#include "proto/utf8.h"

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes in place into out, which has room for raw. Returns the size, or -1. */
static ssize_t
unescape(mc_text_t raw, bool is_query, char *out)
{
    size_t size = 0;
    for (size_t i = 0; i < raw.size; i++) {
        char c = raw.data[i];
        if (c == '+' && is_query) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < raw.size ? hex_digit(raw.data[i + 1]) : -1;
            int low = i + 2 < raw.size ? hex_digit(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[size++] = c;
    }
    return (ssize_t)size;
}

int
mc_http_decode(mc_arena_t *arena, mc_text_t raw, bool is_query, mc_text_t *ret_text)
{
    char *out = mc_arena_alloc(arena, raw.size + 1);
    ssize_t size = unescape(raw, is_query, out);
    mc_text_t text = {out, size < 0 ? 0 : (size_t)size};
    if (size < 0 || mc_utf8_check(text) != MC_UTF8_FINE)
        return MC_REFUSED;
    out[size] = '\0';
    *ret_text = text;
    return 0;
}

/* Cuts the text up to the separator off the front of rest. */
static mc_text_t
cut(mc_text_t *rest, char separator)
{
    const char *at = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    mc_text_t head = {rest->data, at ? (size_t)(at - rest->data) : rest->size};
    size_t used = head.size + (at ? 1 : 0);
    *rest = (mc_text_t){rest->data + used, rest->size - used};
    return head;
}

static int
add_parameter(mc_http_request_t *request, mc_text_t part, mc_refusal_t *refusal)
{
    mc_text_t value = part;
    mc_text_t name = cut(&value, '=');
    if (request->query_count == MC_HTTP_QUERY_MAX)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "the query has more than %d parameters",
                         MC_HTTP_QUERY_MAX);
    mc_http_pair_t *pair = &request->query[request->query_count++];
    if (mc_http_decode(request->arena, name, true, &pair->name) != 0 ||
        mc_http_decode(request->arena, value, true, &pair->value) != 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL,
                         "the query parameter %.*s is not percent-encoded UTF-8",
                         (int)(name.size > 64 ? 64 : name.size), name.data);
    return 0;
}

int
mc_http_decode_query(mc_http_request_t *request, mc_text_t raw, mc_refusal_t *refusal)
{
    while (raw.size) {
        mc_text_t part = cut(&raw, '&');
        if (part.size && add_parameter(request, part, refusal) != 0)
            return MC_REFUSED;
    }
    return 0;
}
