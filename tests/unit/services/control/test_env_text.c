/*
 *  test_env_text - what a new value does to the text of a .env file, and what it leaves alone
 */
#include <criterion/criterion.h>

#include "common/env_file.h"
#include "common/error.h"
#include "services/control/env_text.h"

#define HEAD "# Set while Mission Control was running\n"

typedef struct {
    const char *says;
    const char *before;
    const char *after;
} row_t;

/* With A=7 and B=true. */
static const row_t rows[] = {
    {"a value is replaced", "A=1\nB=false\n", "A=7\nB=true\n"},
    {"comments and order stay", "# first\nB=no # why\n\n# second\nA=1\n",
     "# first\nB=true # why\n\n# second\nA=7\n"},
    {"a commented line is no line", "#A=1\nA=2\nB=0\n", "#A=1\nA=7\nB=true\n"},
    {"unknown lines stay", "OTHER=x y\nA=1\nB=0\nexport MORE='z'\n",
     "OTHER=x y\nA=7\nB=true\nexport MORE='z'\n"},
    {"a longer name is another", "AA=1\nA_=2\nA=3\nB=0\n", "AA=1\nA_=2\nA=7\nB=true\n"},
    {"double quotes stay", "A=\"1\"\nB=\"off\" # c\n", "A=\"7\"\nB=\"true\" # c\n"},
    {"single quotes stay", "A='1'\nB='a\\'\n", "A='7'\nB='true'\n"},
    {"escaped quotes are inside", "A=\"a\\\"b\" # c\nB=0\n", "A=\"7\" # c\nB=true\n"},
    {"empty quotes are filled", "A=\"\"\nB=''\n", "A=\"7\"\nB='true'\n"},
    {"export and spaces stay", "  export A= 1  \nB=0\n", "  export A= 7  \nB=true\n"},
    {"a hash inside a value is of it", "A=1#2\nB=0\n", "A=7\nB=true\n"},
    {"an empty value is filled", "A=\nB=0\n", "A=7\nB=true\n"},
    {"an empty value before a comment is filled", "A= # c\nB=# d\n", "A=7 # c\nB=true # d\n"},
    {"every line of a name gets the value", "A=1\nB=0\nA=2\n", "A=7\nB=true\nA=7\n"},
    {"line ends of another system stay", "# c\r\nA=1\r\nB=\"0\"\r\n",
     "# c\r\nA=7\r\nB=\"true\"\r\n"},
    {"a missing last newline stays missing", "B=0\nA=1", "B=true\nA=7"},
    {"a missing variable is put at the end", "A=1\n", "A=7\n\n" HEAD "B=true\n"},
    {"behind a missing last newline", "# c\nA=1", "# c\nA=7\n\n" HEAD "B=true\n"},
    {"with the line ends of the file", "A=1\r\n",
     "A=7\r\n\r\n# Set while Mission Control was running\r\nB=true\r\n"},
    {"also to a file of nothing", "", HEAD "A=7\nB=true\n"},
    {"under the head that is there", "X=1\n\n" HEAD "B=0\n", "X=1\n\n" HEAD "B=true\nA=7\n"},
    {"but not under a head further up", HEAD "B=0\n\nX=1\n", HEAD "B=true\n\nX=1\n\n" HEAD "A=7\n"},
};

static const control_env_value_t values[] = {{"A", "7"}, {"B", "true"}};

Test(env_text, changes_values_and_nothing_else)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_buffer_t out = {0};
        cr_assert_eq(control_env_rewrite(mc_text(rows[i].before), values, 2, &out), 0, "%s: %s",
                     rows[i].says, mc_error());
        cr_expect(mc_text_is(mc_buffer_content(&out), rows[i].after), "%s:\n%.*s", rows[i].says,
                  MC_FMT(mc_buffer_content(&out)));
        mc_buffer_clear(&out);
    }
}

Test(env_text, is_the_same_after_a_second_time)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_buffer_t out = {0};
        cr_assert_eq(control_env_rewrite(mc_text(rows[i].after), values, 2, &out), 0);
        cr_expect(mc_text_is(mc_buffer_content(&out), rows[i].after), "%s:\n%.*s", rows[i].says,
                  MC_FMT(mc_buffer_content(&out)));
        mc_buffer_clear(&out);
    }
}

/* What was written is read back as it was meant. */
Test(env_text, reads_back_as_the_values)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_text_t rest = mc_text(rows[i].after), line;
        int found = 0;
        for (int number = 1; mc_env_line_next(&rest, &line); number++) {
            mc_env_line_t parsed;
            cr_assert_eq(mc_env_line_read(line, number, arena, &parsed), 0);
            found += mc_text_is(parsed.name, "A") && mc_text_is(parsed.value, "7");
            found += mc_text_is(parsed.name, "B") && mc_text_is(parsed.value, "true");
        }
        cr_expect_geq(found, 2, "%s", rows[i].says);
    }
}

Test(env_text, with_no_values_is_a_copy)
{
    static const char text[] = "# c\r\n A= 'x' # y\n\n\nB";
    mc_buffer_t out = {0};
    cr_assert_eq(control_env_rewrite(MC_TEXT("A=1\n\n#\n"), values, 0, &out), 0);
    cr_expect(mc_text_is(mc_buffer_content(&out), "A=1\n\n#\n"));
    mc_buffer_reset(&out);
    cr_expect_eq(control_env_rewrite(mc_text(text), values, 0, &out), -1, "B is no line");
    cr_expect_str_eq(mc_error(), "line 5 is not NAME=value");
    mc_buffer_clear(&out);
}

Test(env_text, names_the_line_that_cannot_be_read)
{
    mc_buffer_t out = {0};
    cr_assert_eq(control_env_rewrite(MC_TEXT("A=1\nB=\"0\n"), values, 2, &out), -1);
    cr_expect_str_eq(mc_error(), "line 2 opens a quote and does not close it");
    mc_buffer_clear(&out);
}
