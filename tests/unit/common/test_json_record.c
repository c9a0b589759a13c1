/*
 *  test_json_record - objects read into records, and the words of refusals
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/json.h"

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

TestSuite(json_record, .init = open_parser, .fini = close_parser);

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

Test(json_record, reads_a_record_of_every_kind)
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

Test(json_record, takes_null_as_absent)
{
    cr_assert_eq(
        read_sample("{\"actor\":\"a\",\"tier\":null,\"leaf\":null,\"payload\":null}", true), 0);
    cr_expect_not(has(TIER));
    cr_expect_not(has(LEAF));
    cr_expect_not(has(PAYLOAD));
}

Test(json_record, lets_the_last_of_two_equal_names_count)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"tier\":1,\"tier\":3}", true), 0);
    cr_expect_eq(sample.tier, 3);
}

Test(json_record, prefers_microseconds_in_either_order)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"madeAt\":5,\"madeAtUs\":6000001}", true), 0);
    cr_expect_eq(sample.made_at, 6000001);
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"madeAtUs\":6000001,\"madeAt\":5}", true), 0);
    cr_expect_eq(sample.made_at, 6000001);
}

Test(json_record, takes_json_as_a_string_or_as_any_value)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"payloadJson\":\"{\\\"b\\\":1}\"}", true), 0);
    cr_expect(mc_text_is(sample.payload_json, "{\"b\":1}"));
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"payload\":\"b\"}", true), 0);
    cr_expect(mc_text_is(sample.payload_json, "\"b\""));
}

Test(json_record, takes_a_whole_double_as_an_integer)
{
    cr_assert_eq(read_sample("{\"actor\":\"a\",\"tier\":2.0}", true), 0);
    cr_expect_eq(sample.tier, 2);
}

Test(json_record, names_an_unknown_field_only_when_strict)
{
    cr_expect_eq(read_sample("{\"actor\":\"a\",\"wombat\":1}", false), 0);
    cr_expect_eq(read_sample("{\"actor\":\"a\",\"wombat\":1}", true), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "wombat is not a field of Sample");
}

Test(json_record, names_the_field_and_the_value_of_a_wrong_kind)
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

Test(json_record, names_the_way_to_a_field_that_is_inside)
{
    cr_assert_eq(read_sample("{\"leaves\":[{\"heat\":1},{\"heat\":\"x\"}]}", false), MC_REFUSED);
    cr_expect_str_eq(refusal.field, "leaves[1].heat");
}

/* The words are those of mc_field_set; here it matters that they are asked. */
Test(json_record, refuses_what_is_out_of_bounds)
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
