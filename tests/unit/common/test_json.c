/*
 *  test_json - what is read, what is refused, and in which words
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/json_fault.h"

typedef struct {
    uint64_t present;
    double heat;
} leaf_t;

typedef struct {
    uint64_t present;
    mc_text_t actor;
    int64_t tier;
    double ratio;
    bool is_part;
    int64_t made_at;
    int64_t cost;
    mc_uuid_t uid;
    mc_text_t payload_json;
    mc_list_t leaf;
    mc_list_t leaves;
    mc_text_t key;
    int64_t id;
} sample_t;

#define FIELD(number, kind_name, rule_name, member, json_name, least, most)                        \
    {                                                                                              \
        .tag = number, .kind = MC_##kind_name##_KIND, .rule = MC_##rule_name,                      \
        .offset = offsetof(sample_t, member), .low = least, .high = most, .name = #member,         \
        .json_size = sizeof(json_name) - 1, .json = json_name, .doc = "a field"                    \
    }

static const mc_field_t leaf_fields[] = {
    {.tag = 1,
     .kind = MC_F64_KIND,
     .rule = MC_REQUIRED,
     .offset = offsetof(leaf_t, heat),
     .low = 0,
     .high = 9,
     .name = "heat",
     .json_size = 4,
     .json = "heat",
     .doc = "a field"},
};

static const mc_shape_t leaf_shape = {1, "leaf", "Leaf", leaf_fields, 1, sizeof(leaf_t), "a leaf"};

enum { ACTOR, TIER, RATIO, IS_PART, MADE_AT, COST, UID, PAYLOAD, LEAF, LEAVES, KEY, ID };

static const mc_field_t sample_fields[] = {
    [ACTOR] = FIELD(1, TEXT, REQUIRED, actor, "actor", 1, 20),
    [TIER] = FIELD(2, I64, OPTIONAL, tier, "tier", 1, 3),
    [RATIO] = FIELD(3, F64, OPTIONAL, ratio, "ratio", 0, 1000),
    [IS_PART] = FIELD(4, BOOL, OPTIONAL, is_part, "isPart", 0, 1),
    [MADE_AT] = FIELD(5, TIME, OPTIONAL, made_at, "madeAt", 0, MC_TIME_MAX),
    [COST] = FIELD(6, MONEY, OPTIONAL, cost, "costUsd", -MC_MONEY_MAX, MC_MONEY_MAX),
    [UID] = FIELD(7, UUID, OPTIONAL, uid, "uid", 0, 0),
    [PAYLOAD] = FIELD(8, JSON, OPTIONAL, payload_json, "payloadJson", 1, 200),
    [LEAF] = {.tag = 9,
              .kind = MC_RECORD_KIND,
              .offset = offsetof(sample_t, leaf),
              .name = "leaf",
              .high = 1,
              .json_size = 4,
              .json = "leaf",
              .child = &leaf_shape,
              .doc = "a field"},
    [LEAVES] = {.tag = 10,
                .kind = MC_LIST_KIND,
                .offset = offsetof(sample_t, leaves),
                .high = 3,
                .name = "leaves",
                .json_size = 6,
                .json = "leaves",
                .child = &leaf_shape,
                .doc = "a field"},
    [KEY] = FIELD(11, TEXT, SECRET, key, "key", 1, 20),
    [ID] = FIELD(12, I64, ASSIGNED, id, "id", 1, 100),
};

static const mc_shape_t sample_shape = {
    2, "sample", "Sample", sample_fields, MC_COUNT(sample_fields), sizeof(sample_t), "a sample"};

static mc_json_parser_t *parser;
static mc_arena_t *arena;
static mc_refusal_t refusal;
static sample_t sample;

static void
open_parser(void)
{
    parser = mc_json_parser_new();
    arena = mc_arena_new();
}

static void
close_parser(void)
{
    mc_json_parser_destroy(&parser);
    mc_arena_destroy(&arena);
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

static int
read_sample(const char *text, bool is_strict)
{
    mc_arena_clear(arena);
    refusal = (mc_refusal_t){0};
    return mc_json_read(&sample_shape, parse(text), arena, is_strict, &sample, &refusal);
}

static bool
has(size_t index)
{
    return mc_record_has(&sample, index);
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

Test(json, reads_a_record_of_every_kind)
{
    cr_assert_eq(read_sample("{\"actor\":\"ann\",\"tier\":2,\"ratio\":0.5,\"isPart\":true,"
                             "\"madeAt\":1700000000.25,\"costUsd\":0.1,"
                             "\"uid\":\"01890a5d-ac96-774b-bcce-b302099a8057\","
                             "\"payload\":{\"a\":[1]},\"leaf\":{\"heat\":3},"
                             "\"leaves\":[{\"heat\":1},{\"heat\":2}],\"key\":\"k\",\"id\":7}",
                             true),
                 0, "%s", refusal.message);
    cr_expect(mc_text_is(sample.actor, "ann"));
    cr_expect_eq(sample.tier, 2);
    cr_expect_eq(sample.ratio, 0.5);
    cr_expect(sample.is_part);
    cr_expect_eq(sample.made_at, 1700000000250000);
    cr_expect_eq(sample.cost, 100000000);
    cr_expect_eq(sample.uid.bytes[15], 0x57);
    cr_expect(mc_text_is(sample.payload_json, "{\"a\":[1]}"));
    cr_expect_eq(((const leaf_t *)sample.leaf.items)->heat, 3);
    cr_expect_eq(sample.leaves.count, 2);
    cr_expect_eq(((const leaf_t *)sample.leaves.items)[1].heat, 2);
    cr_expect(mc_text_is(sample.key, "k"));
    cr_expect_not(has(ID), "an assigned field is not taken from outside");
}

Test(json, takes_null_as_absent)
{
    cr_assert_eq(
        read_sample("{\"actor\":\"a\",\"tier\":null,\"leaf\":null,\"payload\":null}", true), 0);
    cr_expect_not(has(TIER));
    cr_expect_not(has(LEAF));
    cr_expect_not(has(PAYLOAD));
}

Test(json, lets_the_last_of_two_equal_names_count)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"tier\":1,\"tier\":3}", true), 0);
    cr_expect_eq(sample.tier, 3);
}

Test(json, prefers_microseconds_in_either_order)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"madeAt\":5,\"madeAtUs\":6000001}", true), 0);
    cr_expect_eq(sample.made_at, 6000001);
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"madeAtUs\":6000001,\"madeAt\":5}", true), 0);
    cr_expect_eq(sample.made_at, 6000001);
}

Test(json, takes_json_as_a_string_or_as_any_value)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"payloadJson\":\"{\\\"b\\\":1}\"}", true), 0);
    cr_expect(mc_text_is(sample.payload_json, "{\"b\":1}"));
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"payload\":\"b\"}", true), 0);
    cr_expect(mc_text_is(sample.payload_json, "\"b\""));
}

Test(json, takes_a_whole_double_as_an_integer)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"tier\":2.0}", true), 0);
    cr_expect_eq(sample.tier, 2);
}

Test(json, names_an_unknown_field_only_when_strict)
{
    cr_expect_eq(read_sample("{\"actor\":\"a\",\"wombat\":1}", false), 0);
    cr_expect_eq(read_sample("{\"actor\":\"a\",\"wombat\":1}", true), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "wombat is not a field of Sample");
}

Test(json, names_the_field_and_the_value_of_a_wrong_kind)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"{\"tier\":\"two\"}", "tier is \"two\", must be an integer"},
        {"{\"tier\":2.5}", "tier is 2.5, must be an integer"},
        {"{\"tier\":18446744073709551615}", "tier is 1.8446744073709552e+19, beyond 2^53"},
        {"{\"actor\":5}", "actor is 5, must be text"},
        {"{\"actor\":[1]}", "actor is an array, must be text"},
        {"{\"ratio\":true}", "ratio is true, must be a number"},
        {"{\"isPart\":\"yes\"}", "isPart is \"yes\", must be true or false"},
        {"{\"madeAt\":\"now\"}", "madeAt is \"now\", must be a time as an integer"},
        {"{\"madeAtUs\":0.5}", "madeAt is 0.5, must be an integer"},
        {"{\"costUsd\":{}}", "costUsd is an object, must be a number of dollars"},
        {"{\"uid\":\"xyz\"}", "uid is \"xyz\", must be a UUID"},
        {"{\"payloadJson\":{}}", "payloadJson is an object, must be text that holds JSON"},
        {"{\"leaf\":3}", "leaf is 3, must be an object"},
        {"{\"leaf\":{\"heat\":\"hot\"}}", "leaf.heat is \"hot\", must be a number"},
        {"{\"leaves\":{}}", "leaves is an object, must be an array of objects"},
        {"{\"leaves\":[{\"heat\":1},4]}", "leaves[1].item is not an object"},
        {"{\"leaves\":[{\"heat\":1},{\"heat\":false}]}",
         "leaves[1].heat is false, must be a number"},
        {"{\"leaves\":[{},{},{},{}]}", "leaves has 4 items, at most 3"},
        {"{\"key\":\"012345678901234567890\"}", "key has 21 bytes, at most 20"},
        {"[]", "Sample is not an object"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        cr_assert_eq(read_sample(cases[i].text, false), MC_REFUSED, "%s", cases[i].text);
        cr_expect_eq(refusal.code, MC_BAD_INPUT_ERROR);
        cr_expect_str_eq(refusal.message, cases[i].message);
    }
}

Test(json, names_the_way_to_a_field_that_is_inside)
{
    cr_assert_eq(read_sample("{\"leaves\":[{\"heat\":1},{\"heat\":\"x\"}]}", false), MC_REFUSED);
    cr_expect_str_eq(refusal.field, "leaves[1].heat");
}

/* The words are those of mc_field_set; here it matters that they are asked. */
Test(json, refuses_what_is_out_of_bounds)
{
    static const char *texts[][2] = {
        {"{\"actor\":\"a\",\"tier\":7}", "tier"},
        {"{\"actor\":\"\"}", "actor"},
        {"{\"actor\":\"a\\u0000b\"}", "actor"},
        {"{\"actor\":\"012345678901234567890\"}", "actor"},
        {"{\"actor\":\"a\",\"ratio\":1001}", "ratio"},
        {"{\"actor\":\"a\",\"madeAt\":-1}", "madeAt"},
        {"{\"actor\":\"a\",\"madeAt\":1e300}", "madeAt"},
        {"{\"actor\":\"a\",\"costUsd\":5e9}", "costUsd"},
        {"{\"tier\":1}", "actor"},
        {"{\"actor\":\"a\",\"leaf\":{}}", "heat"},
    };
    for (size_t i = 0; i < MC_COUNT(texts); i++) {
        cr_expect_eq(read_sample(texts[i][0], false), MC_REFUSED, "%s", texts[i][0]);
        cr_expect(strstr(refusal.message, texts[i][1]), "%s: %s", texts[i][0], refusal.message);
    }
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
