/*
 *  test_log - lines of the log in both forms
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/log.h"

#define LOGS(LOG)                                                                                  \
    LOG(lease_lost, WARNING, "A lease ran out")                                                    \
    LOG(chatter, DEBUG, "Too much")
#define DECLARE(...) MC_LOG_DECLARE(test_log, __VA_ARGS__)
LOGS(DECLARE)

/* The line without its time, as "rest of the line" behind the event's name. */
static char line[MC_LOG_LINE_BYTES_MAX + 1];

MC_PRINTF(1, 2)
static const char *
make(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t size = mc_log_format(&test_log_lease_lost, line, format, args);
    va_end(args);
    cr_assert_leq(size, MC_LOG_LINE_BYTES_MAX);
    cr_assert_eq(line[size - 1], '\n');
    line[size - 1] = '\0';
    cr_assert_eq(strlen(line), size - 1, "a NUL in the line");
    const char *rest = strstr(line, "lease_lost");
    cr_assert(rest);
    return rest + strlen("lease_lost");
}

static void
as_logfmt(void)
{
    mc_log_open("budget", "", MC_LOG_INFO, false);
}

static void
as_json(void)
{
    mc_log_open("budget", "2", MC_LOG_INFO, true);
}

TestSuite(logfmt, .init = as_logfmt);
TestSuite(json_log, .init = as_json);

Test(logfmt, starts_with_time_level_service_and_event)
{
    make("router=%s", "r1");
    cr_expect_str_eq(line + strlen("time=2026-01-01T00:00:00.000Z"),
                     " level=warning service=budget event=lease_lost router=r1");
    cr_expect(!strncmp(line, "time=20", 7));
}

Test(logfmt, knows_the_conversions)
{
    cr_expect_str_eq(make("a=%d b=%u c=%ld d=%lu e=%lld f=%llu", -1, 2u, -3L, 4ul, -5ll, 6ull),
                     " a=-1 b=2 c=-3 d=4 e=-5 f=6");
    cr_expect_str_eq(
        make("a=%zu b=%zd c=%c d=%g e=%.2f f=%x", (size_t)7, (ssize_t)-8, 'x', 0.5, 1.239, 255u),
        " a=7 b=-8 c=x d=0.5 e=1.24 f=ff");
    cr_expect_str_eq(make("a=%.*s b=%s:%d c=100%%", 3, "abcdef", "host", 80),
                     " a=abc b=host:80 c=100%");
    const char *volatile nothing = NULL;
    cr_expect_str_eq(make("a=%s b=fixed", nothing), " a=- b=fixed");
}

Test(logfmt, quotes_what_has_spaces_quotes_or_control_bytes)
{
    static const struct {
        const char *value;
        const char *shown;
    } rows[] = {
        {"plain", " v=plain"},
        {"", " v=\"\""},
        {"two words", " v=\"two words\""},
        {"a=b", " v=\"a=b\""},
        {"say \"hi\"", " v=\"say \\\"hi\\\"\""},
        {"back\\slash", " v=\"back\\\\slash\""},
        {"line\nfeed\ttab\r", " v=\"line\\nfeed\\ttab\\r\""},
        {"\x1b[31m", " v=\"\\x1b[31m\""},
        {"\x7f", " v=\"\\x7f\""},
        {"gr\xc3\xbc\xc3\x9f", " v=\"gr\xc3\xbc\xc3\x9f\""},
        {"\xff\xc3", " v=\"\\xff\\xc3\""},
        {"\xed\xa0\x80", " v=\"\\xed\\xa0\\x80\""},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        cr_expect_str_eq(make("v=%s", rows[i].value), rows[i].shown);
}

Test(json_log, shows_numbers_bare_and_texts_quoted)
{
    make("router=%s tokens=%lld share=%g mixed=%d%s bad=%g", "r 1", 12ll, 0.25, 5, "ms", 1.0 / 0.0);
    cr_expect_str_eq(line + strlen("{\"time\":\"2026-01-01T00:00:00.000Z\""),
                     ",\"level\":\"warning\",\"service\":\"budget\",\"instance\":\"2\","
                     "\"event\":\"lease_lost\",\"router\":\"r 1\",\"tokens\":12,\"share\":0.25,"
                     "\"mixed\":\"5ms\",\"bad\":\"inf\"}");
}

Test(json_log, escapes_what_json_does_not_take)
{
    cr_expect_str_eq(make("v=%s", "a\"b\\c\n\x01\xff"),
                     "\",\"v\":\"a\\\"b\\\\c\\n\\u0001\\ufffd\"}");
}

Test(logfmt, cuts_a_value_that_is_too_long)
{
    static char lots[10000];
    memset(lots, 'x', sizeof lots - 1);
    const char *rest = make("a=%s b=%s c=%s d=%s", lots, "short", lots, "gone");
    cr_expect(strstr(rest, " b=short "));
    cr_expect(!strstr(rest, "gone"));
    cr_expect(!strcmp(rest + strlen(rest) - 4, "...\""));
}

Test(json_log, stays_whole_when_it_is_cut)
{
    static char lots[10000];
    for (size_t size = 1000; size < 2100; size++) {
        memset(lots, '"', size);
        lots[size] = '\0';
        const char *rest = make("a=%s b=%d c=%s", lots, 123456789, "end");
        cr_assert_eq(rest[strlen(rest) - 1], '}');
        cr_assert_neq(rest[strlen(rest) - 2], ':');
    }
}

Test(logfmt, writes_a_line_at_once_and_none_below_the_level)
{
    int ends[2];
    char text[MC_LOG_LINE_BYTES_MAX + 1];
    int kept = dup(STDERR_FILENO);
    cr_assert(pipe(ends) == 0);
    dup2(ends[1], STDERR_FILENO);
    mc_log(&test_log_chatter, "n=%d", 1);
    mc_log(&test_log_lease_lost, "n=%d", 2);
    dup2(kept, STDERR_FILENO);
    ssize_t size = read(ends[0], text, sizeof text - 1);
    cr_assert_gt(size, 0);
    text[size] = '\0';
    cr_expect(strstr(text, "event=lease_lost n=2\n"));
    cr_expect(!strstr(text, "chatter"));
}

Test(logfmt, knows_its_levels_by_word)
{
    cr_expect_eq(mc_log_level("debug"), MC_LOG_DEBUG);
    cr_expect_eq(mc_log_level("info"), MC_LOG_INFO);
    cr_expect_eq(mc_log_level("warning"), MC_LOG_WARNING);
    cr_expect_eq(mc_log_level("error"), MC_LOG_ERROR);
    cr_expect_eq(mc_log_level("loud"), -1);
}
