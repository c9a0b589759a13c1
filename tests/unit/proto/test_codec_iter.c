/*
 *  test_codec_iter - msgpack from outside: named keys, one bad record among good ones
 */
#include "proto/codec.h"

#include <criterion/criterion.h>
#include <msgpack/pack.h>

static mc_arena_t *arena;
static mc_refusal_t refusal;
static mc_buffer_t bytes;
static msgpack_packer packer;
static mc_agent_event_t event;

static int
append(void *out, const char *data, size_t size)
{
    mc_buffer_append(out, data, size);
    return 0;
}

static void
set_up(void)
{
    arena = mc_arena_new();
    bytes = (mc_buffer_t){0};
    refusal = (mc_refusal_t){0};
    msgpack_packer_init(&packer, &bytes, append);
}

static void
tear_down(void)
{
    mc_arena_destroy(&arena);
    mc_buffer_clear(&bytes);
}

TestSuite(codec_iter, .init = set_up, .fini = tear_down);

static void
put_text(const char *text)
{
    msgpack_pack_str_with_body(&packer, text, strlen(text));
}

/* A map of this many pairs whose first two are the actor and the action. */
static void
begin_event(size_t pairs)
{
    msgpack_pack_map(&packer, pairs);
    put_text("actor");
    put_text("tier3_tester");
    put_text("action");
    put_text("tool.call");
}

static mc_unpack_iter_t
begin_iter(void)
{
    mc_unpack_iter_t iter;
    int result = mc_unpack_iter(mc_buffer_content(&bytes), &iter, &refusal);
    cr_assert_eq(result, 0, "%s", refusal.message);
    return iter;
}

static int
read_next(mc_unpack_iter_t *iter)
{
    return mc_unpack_next(iter, &mc_agent_event_shape, arena, &event, &refusal);
}

/* Reads the only event that was packed. */
static void
read_one(void)
{
    mc_unpack_iter_t iter = begin_iter();
    cr_assert_eq(read_next(&iter), 0, "%s", refusal.message);
    cr_assert(!mc_unpack_has_next(&iter));
}

Test(codec_iter, reads_names_as_json_does)
{
    begin_event(8);
    put_text("tier");
    msgpack_pack_double(&packer, 3.0);
    put_text("costUsd");
    msgpack_pack_double(&packer, 0.25);
    put_text("createdAt");
    msgpack_pack_int(&packer, 1720000000);
    put_text("eventUid");
    put_text("0190163d-8694-739b-aea5-966c26f8ad91");
    put_text("isPart");
    msgpack_pack_true(&packer);
    put_text("payloadJson");
    put_text("{\"a\":1}");
    read_one();

    cr_expect(mc_text_is(event.actor, "tier3_tester"));
    cr_expect(mc_text_is(event.action, "tool.call"));
    cr_expect_eq(event.tier, 3);
    cr_expect_eq(event.cost_usd, 250000000);
    cr_expect_eq(event.ts, INT64_C(1720000000000000));
    cr_expect_eq(event.event_uid.bytes[0], 0x01);
    cr_expect_eq(event.event_uid.bytes[15], 0x91);
    cr_expect(event.is_part);
    cr_expect(mc_text_is(event.payload_json, "{\"a\":1}"));
    cr_expect_eq(__builtin_popcountll(event.present), 8);
}

Test(codec_iter, a_whole_number_of_dollars_is_dollars)
{
    begin_event(3);
    put_text("costUsd");
    msgpack_pack_int(&packer, 2);
    read_one();
    cr_expect_eq(event.cost_usd, INT64_C(2000000000));
}

Test(codec_iter, a_value_under_a_tag_is_in_the_form_of_the_struct)
{
    begin_event(4);
    msgpack_pack_int(&packer, 23);
    msgpack_pack_int(&packer, 2);
    msgpack_pack_int(&packer, 25);
    msgpack_pack_int(&packer, 1720000000);
    read_one();
    cr_expect_eq(event.cost_usd, 2);
    cr_expect_eq(event.ts, 1720000000);
}

Test(codec_iter, microseconds_win_over_seconds_in_any_order)
{
    for (int us_first = 0; us_first < 2; us_first++) {
        mc_buffer_reset(&bytes);
        begin_event(4);
        for (int i = 0; i < 2; i++) {
            bool is_us = (i == 0) == us_first;
            put_text(is_us ? "createdAtUs" : "createdAt");
            msgpack_pack_int64(&packer, is_us ? INT64_C(1720000000123456) : 1720000000);
        }
        read_one();
        cr_expect_eq(event.ts, INT64_C(1720000000123456));
    }
}

Test(codec_iter, seconds_may_have_a_fraction)
{
    begin_event(3);
    put_text("createdAt");
    msgpack_pack_double(&packer, 1720000000.5);
    read_one();
    cr_expect_eq(event.ts, INT64_C(1720000000500000));
}

Test(codec_iter, a_timestamp_extension_is_a_time)
{
    static const struct {
        const char *data;
        size_t size;
        int64_t us;
    } rows[] = {
        {"\x66\x85\x1b\x00", 4, INT64_C(1719999232000000)},
        {"\x77\x35\x94\x00\x66\x85\x1b\x00", 8, INT64_C(1719999232500000)},
        {"\x1d\xcd\x65\x00\x00\x00\x00\x00\x66\x85\x1b\x00", 12, INT64_C(1719999232500000)},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_buffer_reset(&bytes);
        begin_event(3);
        put_text("createdAt");
        msgpack_pack_ext_with_body(&packer, rows[i].data, rows[i].size, -1);
        read_one();
        cr_expect_eq(event.ts, rows[i].us, "%zu bytes: %lld", rows[i].size, (long long)event.ts);
    }
}

Test(codec_iter, a_payload_of_any_kind_becomes_json)
{
    begin_event(3);
    put_text("payload");
    msgpack_pack_map(&packer, 8);
    put_text("text");
    put_text("a \"quote\"\nand a NUL: \x01");
    put_text("list");
    msgpack_pack_array(&packer, 3);
    msgpack_pack_int(&packer, -1);
    msgpack_pack_uint64(&packer, UINT64_MAX);
    msgpack_pack_double(&packer, 0.1);
    put_text("none");
    msgpack_pack_nil(&packer);
    put_text("yes");
    msgpack_pack_true(&packer);
    msgpack_pack_int(&packer, 7);
    msgpack_pack_false(&packer);
    put_text("bytes");
    msgpack_pack_bin_with_body(&packer, "abcd", 4);
    put_text("nan");
    msgpack_pack_double(&packer, __builtin_nan(""));
    put_text("empty");
    msgpack_pack_map(&packer, 0);
    read_one();
    cr_expect(mc_text_is(event.payload_json,
                         "{\"text\":\"a \\\"quote\\\"\\nand a NUL: \\u0001\","
                         "\"list\":[-1,18446744073709551615,0.1],\"none\":null,\"yes\":true,"
                         "\"7\":false,\"bytes\":\"YWJjZA==\",\"nan\":null,\"empty\":{}}"),
              "%.*s", MC_FMT(event.payload_json));
}

Test(codec_iter, a_payload_that_is_too_deep_or_too_long_or_not_text_is_refused)
{
    begin_event(3);
    put_text("payload");
    for (int i = 0; i < 10000; i++)
        msgpack_pack_array(&packer, 1);
    msgpack_pack_nil(&packer);
    mc_unpack_iter_t iter = begin_iter();
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_eq(refusal.code, MC_TOO_DEEP_ERROR);

    char *big = mc_arena_alloc(arena, 1 << 20);
    mc_buffer_reset(&bytes);
    begin_event(3);
    put_text("payload");
    msgpack_pack_bin_with_body(&packer, big, 1 << 20);
    iter = begin_iter();
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "payloadJson has more than 1048576 bytes");

    mc_buffer_reset(&bytes);
    begin_event(3);
    put_text("payload");
    put_text("\xff");
    iter = begin_iter();
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "a string is not valid UTF-8");

    mc_buffer_reset(&bytes);
    begin_event(3);
    put_text("payload");
    msgpack_pack_map(&packer, 1);
    msgpack_pack_nil(&packer);
    msgpack_pack_nil(&packer);
    iter = begin_iter();
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "a key is nil, must be a string");
}

Test(codec_iter, what_the_platform_makes_is_not_taken_from_outside)
{
    begin_event(6);
    put_text("id");
    msgpack_pack_int(&packer, 5);
    put_text("spanId");
    put_text("abc");
    msgpack_pack_int(&packer, 31);
    msgpack_pack_true(&packer);
    put_text("details");
    put_text("status=failed");
    read_one();
    cr_expect(!mc_has(&event, agent_event, id));
    cr_expect(!mc_has(&event, agent_event, span_id));
    cr_expect(!mc_has(&event, agent_event, tier_derived));
    cr_expect(mc_text_is(event.details, "status=failed"));
}

Test(codec_iter, texts_outlive_the_bytes)
{
    begin_event(2);
    mc_unpack_iter_t iter = begin_iter();
    cr_assert_eq(read_next(&iter), 0);
    memset(bytes.data, 'x', bytes.size);
    cr_expect(mc_text_is(event.actor, "tier3_tester"));
}

Test(codec_iter, one_bad_record_leaves_the_others)
{
    msgpack_pack_array(&packer, 5);
    begin_event(2);
    begin_event(3);
    put_text("tier");
    msgpack_pack_int(&packer, 7);
    msgpack_pack_int(&packer, 42);
    for (int i = 0; i < 10000; i++)
        msgpack_pack_array(&packer, 1);
    msgpack_pack_nil(&packer);
    begin_event(2);

    mc_unpack_iter_t iter = begin_iter();
    cr_expect_eq(read_next(&iter), 0);
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "tier is 7, at most 3");
    cr_expect_str_eq(refusal.field, "tier");
    cr_expect(mc_text_is(event.actor, "tier3_tester"), "what came before the reason is there");
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "AgentEventRecord is an integer, must be a map");
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "AgentEventRecord is an array, must be a map");
    cr_expect_eq(read_next(&iter), 0);
    cr_expect(!mc_unpack_has_next(&iter));
}

Test(codec_iter, values_one_after_the_other_are_a_batch_too)
{
    begin_event(2);
    begin_event(2);
    mc_unpack_iter_t iter = begin_iter();
    cr_expect_eq(read_next(&iter), 0);
    cr_expect(mc_unpack_has_next(&iter));
    cr_expect_eq(read_next(&iter), 0);
    cr_expect(!mc_unpack_has_next(&iter));
}

Test(codec_iter, an_empty_array_is_an_empty_batch)
{
    msgpack_pack_array(&packer, 0);
    mc_unpack_iter_t iter = begin_iter();
    cr_expect(!mc_unpack_has_next(&iter));
}

Test(codec_iter, a_name_that_nobody_knows_is_refused_and_the_next_event_read)
{
    msgpack_pack_array(&packer, 2);
    begin_event(3);
    put_text("nobodyKnowsThis");
    msgpack_pack_array(&packer, 0);
    begin_event(2);
    mc_unpack_iter_t iter = begin_iter();
    cr_expect_eq(read_next(&iter), MC_REFUSED);
    cr_expect_str_eq(refusal.message, "nobodyKnowsThis is not a field of AgentEventRecord");
    cr_expect_eq(read_next(&iter), 0);
}

Test(codec_iter, bytes_behind_the_array_end_the_batch)
{
    msgpack_pack_array(&packer, 1);
    begin_event(2);
    msgpack_pack_nil(&packer);
    mc_unpack_iter_t iter = begin_iter();
    cr_expect_eq(read_next(&iter), 0);
    cr_expect(mc_unpack_has_next(&iter));
    cr_expect_eq(read_next(&iter), -1);
    cr_expect_str_eq(refusal.message, "1 bytes follow the end of the array");
    cr_expect(!mc_unpack_has_next(&iter));
}

Test(codec_iter, a_broken_record_ends_the_batch)
{
    msgpack_pack_array(&packer, 2);
    mc_buffer_byte(&bytes, 0xc1);
    mc_buffer_byte(&bytes, 0xc0);
    mc_unpack_iter_t iter = begin_iter();
    cr_expect_eq(read_next(&iter), -1);
    cr_expect(!mc_unpack_has_next(&iter));
}

Test(codec_iter, a_body_that_is_no_batch_is_refused)
{
    static const struct {
        mc_text_t body;
        const char *message;
    } rows[] = {
        {{"", 0}, "msgpack ends where a value should be"},
        {{"\xdd\xff\xff\xff\xff", 5}, "array claims 4294967295 items in 0 bytes"},
        {{"\xa1x", 2}, "msgpack begins with a string, must be an array or a map"},
        {{"{\"actor\":1}", 11}, "msgpack begins with an integer, must be an array or a map"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_unpack_iter_t iter;
        cr_expect_eq(mc_unpack_iter(rows[i].body, &iter, &refusal), MC_REFUSED);
        cr_expect_str_eq(refusal.message, rows[i].message);
    }
}
