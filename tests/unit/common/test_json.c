/*
 *  test_json - what is read, what is refused, and in which words
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/json_fault.h"

static mc_json_parser_t *parser;
static mc_refusal_t refusal;

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

TestSuite(json, .init = open_parser, .fini = close_parser);

static mc_json_t
parse(const char *text)
{
    mc_json_t root;
    cr_assert_eq(mc_json_parse(parser, mc_text(text), &root, &refusal), 0, "%s: %s", text,
                 refusal.message);
    return root;
}

Test(json, keeps_the_kind_of_every_value)
{
    static const struct {
        const char *text;
        mc_json_kind_t kind;
    } cases[] = {
        {"null", MC_JSON_NULL},
        {"true", MC_JSON_BOOL},
        {"false", MC_JSON_BOOL},
        {"9223372036854775807", MC_JSON_INTEGER},
        {"-9223372036854775808", MC_JSON_INTEGER},
        {"9223372036854775808", MC_JSON_UNSIGNED},
        {"18446744073709551615", MC_JSON_UNSIGNED},
        {"1.0", MC_JSON_DOUBLE},
        {"1e3", MC_JSON_DOUBLE},
        {"\"a\"", MC_JSON_STRING},
        {"[]", MC_JSON_ARRAY},
        {" {} ", MC_JSON_OBJECT},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++)
        cr_expect_eq(mc_json_kind(parse(cases[i].text)), cases[i].kind, "%s", cases[i].text);
}

Test(json, gives_values_as_they_were_written)
{
    cr_expect_eq(mc_json_i64(parse("-5")), -5);
    cr_expect_eq(mc_json_u64(parse("18446744073709551615")), UINT64_MAX);
    cr_expect_eq(mc_json_f64(parse("-5")), -5.0);
    cr_expect_eq(mc_json_f64(parse("9223372036854775808")), 9223372036854775808.0);
    cr_expect_eq(mc_json_f64(parse("0.25")), 0.25);
    cr_expect(mc_json_bool(parse("true")));
    cr_expect_not(mc_json_bool(parse("false")));
    cr_expect(mc_text_is(mc_json_text(parse("\"\\u00e9\\n\"")), "é\n"));
    cr_expect_eq(mc_json_text(parse("\"a\\u0000b\"")).size, 3);
}

Test(json, walks_arrays_and_objects_in_order)
{
    mc_json_t root = parse("{\"a\":[1,[2,3],{\"x\":4.5}],\"b\":\"z\"}"), value;
    mc_json_iter_t iter = mc_json_iter(root);
    mc_text_t key;

    cr_assert(mc_json_next(&iter, &key, &value));
    cr_expect(mc_text_is(key, "a"));
    cr_expect_eq(mc_json_count(value), 3);
    cr_assert(mc_json_next(&iter, &key, &value));
    cr_expect(mc_text_is(key, "b"));
    cr_expect(mc_text_is(mc_json_text(value), "z"));
    cr_expect_not(mc_json_next(&iter, &key, &value));
}

Test(json, finds_the_last_member_of_a_name)
{
    mc_json_t value, root = parse("{\"a\":1,\"b\":[{\"a\":9}],\"a\":2}");
    cr_assert(mc_json_find(root, "a", &value));
    cr_expect_eq(mc_json_i64(value), 2);
    cr_expect_not(mc_json_find(root, "c", &value));
}

Test(json, writes_compact_text)
{
    static const char *texts[][2] = {
        {"[]", "[]"},
        {" { } ", "{}"},
        {"{\"a\" : [1, -2, true,false ,null], \"b\":{\"c\":\"d\\\"\"}}",
         "{\"a\":[1,-2,true,false,null],\"b\":{\"c\":\"d\\\"\"}}"},
        {"18446744073709551615", "18446744073709551615"},
        {"0.5", "0.5"},
    };
    for (size_t i = 0; i < MC_COUNT(texts); i++) {
        mc_buffer_t out = {0};
        mc_json_write(parse(texts[i][0]), &out);
        cr_expect(mc_text_is(mc_buffer_content(&out), texts[i][1]), "%s gave %.*s", texts[i][0],
                  MC_FMT(mc_buffer_content(&out)));
        mc_buffer_clear(&out);
    }
}

Test(json, says_what_is_wrong_and_where)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "body is empty, not JSON"},
        {"  ", "body is not JSON at byte 2: expected a value, found the end"},
        {"{\"a\":1,\"b\":tru}", "body is not JSON at byte 11: expected a value"},
        {"{\"a\":1,}", "body is not JSON at byte 7: expected a name in quotes"},
        {"{\"a\" 1}", "body is not JSON at byte 5: expected a colon"},
        {"{\"a\":1 \"b\":2}", "body is not JSON at byte 7: expected a comma or }"},
        {"[1 2]", "body is not JSON at byte 3: expected a comma or ]"},
        {"[1", "body is not JSON at byte 2: expected a comma or ]"},
        {"[1,", "body is not JSON at byte 3: expected a value, found the end"},
        {"[\"abc", "body is not JSON at byte 1: string without an end"},
        {"[\"a\nb\"]", "body is not JSON at byte 3: control byte in a string"},
        {"[\"a\\qb\"]", "body is not JSON at byte 4: unknown escape in a string"},
        {"[\"\\u12g4\"]", "body is not JSON at byte 6: expected four hex digits after \\u"},
        {"[01]", "body is not JSON at byte 2: number with a leading zero"},
        {"[1.]", "body is not JSON at byte 3: expected a digit"},
        {"[1e]", "body is not JSON at byte 3: expected a digit"},
        {"[-]", "body is not JSON at byte 2: expected a digit"},
        {"[1,18446744073709551616]", "body is not JSON at byte 3: number beyond 64 bits"},
        {"[-9223372036854775809]", "body is not JSON at byte 1: number beyond 64 bits"},
        {"[1e999]", "body is not JSON at byte 1: number beyond a double"},
        {"[NaN]", "body is not JSON at byte 1: expected a value"},
        {"{} {}", "body is not JSON at byte 3: more after the end of the document"},
        {"[\"\xff\"]", "body is not JSON at byte 2: invalid UTF-8"},
        {"[\"\xed\xa0\x80\"]", "body is not JSON at byte 2: invalid UTF-8"},
        {"hello", "body is not JSON at byte 0: expected a value"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        mc_json_t root;
        cr_assert_eq(mc_json_parse(parser, mc_text(cases[i].text), &root, &refusal), MC_REFUSED,
                     "%s", cases[i].text);
        cr_expect_eq(refusal.code, MC_BAD_ENCODING_ERROR);
        cr_expect_str_eq(refusal.message, cases[i].message);
    }
}

Test(json, refuses_the_sixty_fifth_level)
{
    char text[512];
    mc_json_t root;
    for (int depth = 60; depth <= 70; depth++) {
        int size = snprintf(text, sizeof text, "%0*d%0*d", depth, 0, depth, 0);
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        int result = mc_json_parse(parser, (mc_text_t){text, (size_t)size}, &root, &refusal);
        cr_expect_eq(result, depth <= MC_JSON_DEPTH_MAX ? 0 : MC_REFUSED, "depth %d", depth);
    }
    cr_expect_eq(refusal.code, MC_TOO_DEEP_ERROR);
    cr_expect_str_eq(refusal.message, "body is nested deeper than 64 levels at byte 64");
}

Test(json, refuses_ten_thousand_levels)
{
    static char text[10000];
    mc_json_t root;
    memset(text, '[', sizeof text);
    cr_expect_eq(mc_json_parse(parser, (mc_text_t){text, sizeof text}, &root, &refusal),
                 MC_REFUSED);
    cr_expect_eq(refusal.code, MC_TOO_DEEP_ERROR);
}

Test(json, refuses_a_text_over_the_limit_unread)
{
    mc_json_t root;
    mc_text_t text = {"", MC_JSON_BYTES_MAX + 1};
    cr_expect_eq(mc_json_parse(parser, text, &root, &refusal), MC_REFUSED);
    cr_expect_eq(refusal.code, MC_TOO_LARGE_ERROR);
}

Test(json, refuses_every_cut_of_a_document)
{
    static const char whole[] = "{\"a\":[1,-2.5e3,true,null],\"b\":{\"c\":\"x\\u00e9\\n\"}}";
    mc_json_t root;
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        char *exact = malloc(size + 1); /* an exact block, so that the sanitizer sees over-reads */
        memcpy(exact, whole, size);
        cr_expect_eq(mc_json_parse(parser, (mc_text_t){exact, size}, &root, &refusal), MC_REFUSED,
                     "%zu bytes", size);
        cr_expect_eq(refusal.code, MC_BAD_ENCODING_ERROR);
        free(exact);
    }
}

/* What is longer than the parser's first buffers, then short again, then after a trim. */
Test(json, grows_and_shrinks_with_its_texts)
{
    size_t size = MC_JSON_KEEP_BYTES * 4;
    char *text = malloc(size);
    memset(text, ' ', size);
    memcpy(text, "[7", 2);
    text[size - 1] = ']';
    mc_json_t root;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(mc_json_parse(parser, (mc_text_t){text, size}, &root, &refusal), 0);
        cr_expect_eq(mc_json_count(root), 1);
        cr_expect_eq(mc_json_count(parse("[1,2,3]")), 3);
        mc_json_parser_trim(parser);
        cr_expect_eq(mc_json_count(parse("[1,2]")), 2);
    }
    free(text);
}

Test(json, finds_no_fault_in_what_is_json)
{
    static const char *texts[] = {"{}",      "[]",     "[[],{}]", "{\"a\":{\"b\":[]}}",
                                  " 1 ",     "1.5e+3", "-0.5E-2", "\"\\ud83d\\ude00\"",
                                  "[1e-400]"};
    mc_json_fault_t fault;
    for (size_t i = 0; i < MC_COUNT(texts); i++)
        cr_expect_not(mc_json_find_fault(mc_text(texts[i]), 64, &fault), "%s at %zu: %s", texts[i],
                      fault.at, fault.what);
}
