/*
 *  cursor - where a page of a list ended, as a text that clients hand back
 */
#include "cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "proto/proto.h"

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

mc_text_t
mc_cursor_write(mc_cursor_t cursor, mc_arena_t *arena)
{
    mc_text_t plain = mc_arena_printf(arena, "%" PRId64 ",%.*s", cursor.order, MC_FMT(cursor.id));
    size_t size = sodium_base64_encoded_len(plain.size, VARIANT);
    char *text = mc_arena_alloc(arena, size);
    sodium_bin2base64(text, size, (const unsigned char *)plain.data, plain.size, VARIANT);
    return mc_text(text);
}

static int
refuse_cursor(mc_text_t text, mc_refusal_t *refusal)
{
    int shown = text.size > 64 ? 64 : (int)text.size;
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "cursor", "cursor is not one from here: %.*s",
                     shown, text.data ? text.data : "");
}

int
mc_cursor_read(mc_text_t text, mc_arena_t *arena, mc_cursor_t *ret_cursor, mc_refusal_t *refusal)
{
    if (text.size == 0 || text.size > MC_CURSOR_BYTES_MAX)
        return refuse_cursor(text, refusal);
    char *plain = mc_arena_alloc(arena, text.size + 1);
    size_t size = 0;
    if (sodium_base642bin((unsigned char *)plain, text.size, text.data, text.size, NULL, &size,
                          NULL, VARIANT))
        return refuse_cursor(text, refusal);

    plain[size] = '\0';
    char *end = NULL;
    errno = 0;
    long long order = strtoll(plain, &end, 10);
    if (errno || end == plain || *end != ',' || strlen(plain) != size)
        return refuse_cursor(text, refusal);
    *ret_cursor = (mc_cursor_t){order, {end + 1, size - (size_t)(end + 1 - plain)}};
    return 0;
}
