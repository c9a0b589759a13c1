/*
 *  test_utf8 - what is UTF-8 and what is not, at every place of a text
 */
#include "proto/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct {
    const char *sentence;
    mc_text_t text;
    mc_utf8_t expected;
} row_t;

static const row_t rows[] = {
    {"nothing", {"", 0}, MC_UTF8_FINE},
    {"plain", {"abc", 3}, MC_UTF8_FINE},
    {"delete", {"\x7f", 1}, MC_UTF8_FINE},
    {"control", {"\x01\x1f", 2}, MC_UTF8_FINE},
    {"U+0080", {"\xc2\x80", 2}, MC_UTF8_FINE},
    {"U+07FF", {"\xdf\xbf", 2}, MC_UTF8_FINE},
    {"U+0800", {"\xe0\xa0\x80", 3}, MC_UTF8_FINE},
    {"U+D7FF, below the surrogates", {"\xed\x9f\xbf", 3}, MC_UTF8_FINE},
    {"U+E000, above the surrogates", {"\xee\x80\x80", 3}, MC_UTF8_FINE},
    {"U+FFFF", {"\xef\xbf\xbf", 3}, MC_UTF8_FINE},
    {"U+10000", {"\xf0\x90\x80\x80", 4}, MC_UTF8_FINE},
    {"U+10FFFF", {"\xf4\x8f\xbf\xbf", 4}, MC_UTF8_FINE},
    {"a NUL", {"\0", 1}, MC_UTF8_HOLDS_NUL},
    {"a NUL as two bytes", {"\xc0\x80", 2}, MC_UTF8_BROKEN},
    {"overlong in two bytes", {"\xc1\xbf", 2}, MC_UTF8_BROKEN},
    {"overlong in three", {"\xe0\x9f\xbf", 3}, MC_UTF8_BROKEN},
    {"overlong in four", {"\xf0\x8f\xbf\xbf", 4}, MC_UTF8_BROKEN},
    {"the first surrogate", {"\xed\xa0\x80", 3}, MC_UTF8_BROKEN},
    {"the last surrogate", {"\xed\xbf\xbf", 3}, MC_UTF8_BROKEN},
    {"above U+10FFFF", {"\xf4\x90\x80\x80", 4}, MC_UTF8_BROKEN},
    {"five bytes", {"\xf8\x88\x80\x80\x80", 5}, MC_UTF8_BROKEN},
    {"a lone continuation", {"\x80", 1}, MC_UTF8_BROKEN},
    {"ff", {"\xff", 1}, MC_UTF8_BROKEN},
    {"a sequence cut after one", {"\xe2", 1}, MC_UTF8_BROKEN},
    {"a sequence cut after two", {"\xe2\x82", 2}, MC_UTF8_BROKEN},
    {"a sequence cut after three", {"\xf0\x9f\x9a", 3}, MC_UTF8_BROKEN},
    {"a letter for a continuation", {"\xe2\x82z", 3}, MC_UTF8_BROKEN},
};

/* Behind 0 to 16 plain bytes and with 8 after it, so that every place in a word is met. */
static mc_utf8_t
check_at(mc_text_t text, size_t before, size_t after)
{
    char bytes[64];
    size_t size = before + text.size + after;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + before, text.data, text.size);
    return mc_utf8_check((mc_text_t){bytes, size});
}

Test(utf8, is_checked_at_every_place)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        for (size_t before = 0; before <= 16; before++)
            for (size_t after = 0; after <= 8; after += 4)
                cr_expect_eq(check_at(rows[i].text, before, after), rows[i].expected,
                             "%s behind %zu and before %zu", rows[i].sentence, before, after);
}

Test(utf8, is_cut_between_characters)
{
    mc_text_t text = MC_TEXT("aé€🚀");
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t size = 0; size < MC_COUNT(expected); size++)
        cr_expect_eq(mc_utf8_cut(text, size).size, expected[size], "%zu", size);
}

typedef struct {
    const char *text;
    const char *mended;
} mend_t;

static const mend_t mends[] = {
    {"", ""},
    {"plain", "plain"},
    {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
    {"cut \xc3", "cut ?"},
    {"cut \xe2\x82", "cut ??"},
    {"\xff\xfeok", "??ok"},
    {"\xed\xa0\x80", "???"},
};

Test(utf8, is_mended_where_it_is_broken)
{
    for (size_t i = 0; i < MC_COUNT(mends); i++) {
        char text[16];
        strcpy(text, mends[i].text);
        mc_utf8_mend(text);
        cr_expect_str_eq(text, mends[i].mended);
        cr_expect_eq(mc_utf8_check(mc_text(text)), MC_UTF8_FINE);
    }
}
