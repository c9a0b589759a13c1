/*
 *  test_watch_pattern - which events are read without being parsed
 */
#include "watch_bench.h"

static mc_json_parser_t *parser;

static void
open_parser(void)
{
    parser = mc_json_parser_new();
}

static void
close_parser(void)
{
    mc_json_parser_destroy(&parser);
}

TestSuite(watch_pattern, .init = open_parser, .fini = close_parser);

typedef struct {
    const char *first; /* makes the pattern */
    const char *next;
    bool is_quick;
    int result;
    int64_t bytes; /* of both */
} pair_t;

#define ONE "{\"choices\":[{\"delta\":{\"content\":\"abc\"}}]}"

static const pair_t pairs[] = {
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"defg\"}}]}", true, 0, 7},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\"}}]}", true, 0, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}}]}", true, 0, 11},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\\u0041\\u00e9\\u20AC\"}}]}", true, 0, 9},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\xc3\xa9\xe2\x82\xac\"}}]}", true, 0, 8},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\\ud83d\\ude00\"}}]}", false, 0, 7},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\\x\"}}]}", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\\u12\"}}]}", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"\xc3\x28\"}}]}", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"a\nb\"}}]}", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"a", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"a\\", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}}", false, MC_REFUSED, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":null}}]}", false, 0, 3},
    {ONE, "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"x\":1}]}", false, 0, 4},
    {ONE, "<html>502 Bad Gateway</html>", false, MC_REFUSED, 3},
    {ONE, "12", false, MC_REFUSED, 3},
    {ONE, "[]", false, MC_REFUSED, 3},
    {"{\"choices\":[{\"delta\":{\"content\":\"ab\"}}],\"text\":\"xy\"}",
     "{\"choices\":[{\"delta\":{\"content\":\"abc\"}}],\"text\":\"xy\"}", false, 0, 5},
    {"{\"choices\":[{\"delta\":{\"content\":\"ab\"}}],\"sequence_number\":9}",
     "{\"choices\":[{\"delta\":{\"content\":\"abc\"}}],\"sequence_number\":10}", true, 0, 5},
    {"{\"choices\":[{\"delta\":{\"content\":\"ab\"}}],\"sequence_number\":9}",
     "{\"choices\":[{\"delta\":{\"content\":\"abc\"}}],\"sequence_number\":01}", false, MC_REFUSED,
     2},
    {"{\"choices\":[{\"delta\":{\"content\":\"ab\"}}],\"sequence_number\":9}",
     "{\"choices\":[{\"delta\":{\"content\":\"abc\"}}],\"sequence_number\":1.5}", false, 0, 5},
    {"{\"choices\":[{\"delta\":{\"content\":\"ab\"},\"finish_reason\":\"stop\"}]}",
     "{\"choices\":[{\"delta\":{\"content\":\"ab\"},\"finish_reason\":\"stop\"}]}", false, 0, 4},
};

Test(watch_pattern, takes_an_event_for_its_pattern_only_when_a_parser_would_see_the_same)
{
    for (size_t i = 0; i < MC_COUNT(pairs); i++) {
        router_watch_t watch;
        router_watch_init(&watch, ROUTER_CHAT);
        cr_expect_eq(feed(parser, &watch, pairs[i].first), 0, "%zu", i);
        router_watch_pattern_t before = watch.pattern;
        watch.pattern.type_size = before.type_size;
        int result = feed(parser, &watch, pairs[i].next);
        bool is_quick =
            before.hole_count > 0 && result == 0 && !memcmp(&before, &watch.pattern, sizeof before);
        cr_expect_eq(result, pairs[i].result, "%s: %d", pairs[i].next, result);
        cr_expect_eq(is_quick, pairs[i].is_quick, "%s", pairs[i].next);
        cr_expect_eq(watch.content_bytes, pairs[i].bytes, "%s: %lld", pairs[i].next,
                     (long long)watch.content_bytes);
        cr_expect_eq(watch.has_error, result != 0, "%s", pairs[i].next);
    }
}

Test(watch_pattern, calls_malformed_data_an_error_of_the_stream)
{
    router_watch_t watch;
    router_watch_init(&watch, ROUTER_CHAT);
    cr_expect_eq(feed(parser, &watch, "{\"choices\":"), MC_REFUSED);
    cr_expect_eq(feed(parser, &watch, "[DONE]"), 0);
    cr_expect_str_eq(watch.error_type, "malformed");
    cr_expect_not(router_watch_is_whole(&watch));
}
