/*
 *  test_cursor - cursors there and back, and what is refused as none
 */
#include "common/cursor.h"

#include <criterion/criterion.h>
#include <sodium.h>

#include "proto/proto.h"

Test(cursor, comes_back_as_it_was_written)
{
    static const struct {
        int64_t order;
        const char *id;
    } rows[] = {
        {0, ""},         {-5, "a"},
        {INT64_MAX, ""}, {1795359829109930, "actor::task, with \"odd\" bytes \xc3\xa9"},
        {7, ",,,"},
    };
    MC_AUTO(mc_arena) arena = mc_arena_new();
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_cursor_t cursor;
        mc_refusal_t refusal;
        mc_text_t text = mc_cursor_write((mc_cursor_t){rows[i].order, mc_text(rows[i].id)}, arena);
        for (size_t at = 0; at < text.size; at++)
            cr_expect(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
                             text.data[at]),
                      "needs no escape in a URL: %s", text.data);
        cr_assert_eq(mc_cursor_read(text, arena, &cursor, &refusal), 0);
        cr_expect_eq(cursor.order, rows[i].order);
        cr_expect(mc_text_is(cursor.id, rows[i].id));
    }
}

static mc_text_t
encode(mc_text_t plain, mc_arena_t *arena)
{
    char *text = mc_arena_alloc(arena, 2 * plain.size + 8);
    sodium_bin2base64(text, 2 * plain.size + 8, (const unsigned char *)plain.data, plain.size,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return mc_text(text);
}

Test(cursor, refuses_what_it_did_not_write)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    char *long_text = mc_arena_alloc(arena, MC_CURSOR_BYTES_MAX + 2);
    memset(long_text, 'A', MC_CURSOR_BYTES_MAX + 1);
    const mc_text_t rows[] = {
        MC_TEXT(""),
        MC_TEXT("zzz"),
        MC_TEXT("not base64!"),
        encode(MC_TEXT("12"), arena),
        encode(MC_TEXT(",x"), arena),
        encode(MC_TEXT("x,1"), arena),
        encode(MC_TEXT("99999999999999999999,x"), arena),
        encode(MC_TEXT("1,a\0b"), arena),
        mc_text(long_text),
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_cursor_t cursor;
        mc_refusal_t refusal;
        cr_expect_eq(mc_cursor_read(rows[i], arena, &cursor, &refusal), MC_REFUSED, "row %zu", i);
        cr_expect_eq(refusal.code, MC_BAD_INPUT_ERROR);
        cr_expect_str_eq(refusal.field, "cursor");
    }
}
