/*
 *  test_run_text - terminal output cut into pieces that are text
 */
#include <criterion/criterion.h>

#include "proto/utf8.h"
#include "services/missionctl/run_text.h"

#define EURO "\xe2\x82\xac"
#define ROCKET "\xf0\x9f\x9a\x80"
#define BAD "\xef\xbf\xbd"

Test(run_text, holds_back_a_character_that_has_only_begun)
{
    static const struct {
        const char *text;
        size_t whole;
    } rows[] = {
        {"", 0},
        {"abc", 3},
        {"a" EURO, 4},
        {"a\xe2\x82", 1},
        {"a\xe2", 1},
        {"a" ROCKET, 5},
        {"a\xf0\x9f\x9a", 1},
        {"\xf0\x9f", 0},
        {"\xc3\xa9", 2},
        {"\xc3", 0},
        {"a\x80\x80\x80\x80", 5}, /* continuations of nothing will not become text */
        {"a\xff", 2},
        {"a\xc0", 2},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        cr_assert_eq(missionctl_text_whole(mc_text(rows[i].text)), rows[i].whole, "row %zu", i);
}

Test(run_text, is_the_same_wherever_the_reads_were_cut)
{
    const char *text = "h\xc3\xa9llo " EURO " " ROCKET "\n" EURO EURO;
    size_t size = strlen(text);
    for (size_t cut = 0; cut <= size; cut++) {
        mc_buffer_t joined = {0};
        size_t first = missionctl_text_whole((mc_text_t){text, cut});
        missionctl_text_clean((mc_text_t){text, first}, &joined);
        missionctl_text_clean((mc_text_t){text + first, size - first}, &joined);
        cr_assert_eq(joined.size, size);
        cr_assert_arr_eq(joined.data, text, size);
        mc_buffer_clear(&joined);
    }
}

static void
expect_clean(const char *bytes, size_t size, const char *wanted)
{
    mc_buffer_t out = {0};
    missionctl_text_clean((mc_text_t){bytes, size}, &out);
    mc_buffer_byte(&out, '\0');
    cr_assert_str_eq(out.data, wanted);
    mc_buffer_clear(&out);
}

Test(run_text, replaces_what_is_not_utf8_and_drops_nul)
{
    expect_clean("a\xff"
                 "b",
                 3, "a" BAD "b");
    expect_clean("a\0b", 3, "ab");
    expect_clean("\xe2\x82", 2, BAD BAD);
    expect_clean("\xed\xa0\x80", 3, BAD BAD BAD); /* a surrogate */
    expect_clean("\xc0\xaf", 2, BAD BAD);         /* an overlong slash */
    expect_clean("\x1b[31mred", 8, "\x1b[31mred");
}

Test(run_text, is_always_valid_whatever_the_bytes)
{
    unsigned state = 1;
    for (int i = 0; i < 2000; i++) {
        char bytes[24];
        mc_buffer_t out = {0};
        for (size_t j = 0; j < sizeof bytes; j++) {
            state = state * 1103515245 + 12345;
            bytes[j] = (char)(state >> 16);
        }
        missionctl_text_clean((mc_text_t){bytes, sizeof bytes}, &out);
        cr_assert_eq(mc_utf8_check(mc_buffer_content(&out)), MC_UTF8_FINE);
        mc_buffer_clear(&out);
    }
}

Test(run_text, shows_the_head_as_a_person_would_read_it)
{
    static const char *const rows[][2] = {
        {"plain", "plain"},
        {"\x1b[1;31mred\x1b[0m text", "red text"},
        {"  two\r\n\tlines  \n", "two lines"},
        {"\x1b]0;title\x07shown", "shown"},
        {"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"},
        {"\x1b(Bx\x1b"
         "7y",
         "xy"},
        {"\x1b[", ""},
        {"\x1b]0;never ends", ""},
        {EURO "\x1b[2K" ROCKET, EURO ROCKET},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_buffer_t out = {0};
        missionctl_text_head(mc_text(rows[i][0]), &out);
        mc_buffer_byte(&out, '\0');
        cr_assert_str_eq(out.data, rows[i][1], "row %zu", i);
        mc_buffer_clear(&out);
    }
}

Test(run_text, cuts_the_head_at_200_characters)
{
    mc_buffer_t text = {0};
    mc_buffer_t out = {0};
    for (int i = 0; i < 300; i++)
        mc_buffer_string(&text, EURO);
    missionctl_text_head(mc_buffer_content(&text), &out);
    cr_assert_eq(out.size, 200 * strlen(EURO));
    mc_buffer_clear(&text);
    mc_buffer_clear(&out);
}
