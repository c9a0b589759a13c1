/*
 *  test_codec_msgpack - records through msgpack, there and back, whole and cut
 */
#include "random_record.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static mc_arena_t *arena;
static mc_refusal_t refusal;

static void
set_up(void)
{
    arena = mc_arena_new();
    memset(&refusal, 0, sizeof refusal);
}

static void
tear_down(void)
{
    mc_arena_destroy(&arena);
}

TestSuite(codec_msgpack, .init = set_up, .fini = tear_down);

#define BYTES(literal) ((mc_text_t){(literal), sizeof(literal) - 1})

static void
expect_round_trip(const mc_shape_t *shape, filler_t *filler)
{
    void *sent = mc_arena_alloc(arena, shape->size);
    void *received = mc_arena_alloc(arena, shape->size);
    mc_buffer_t bytes = {0};
    fill_record(filler, shape, sent);
    mc_pack(shape, sent, &bytes);

    int result = mc_unpack(shape, mc_buffer_content(&bytes), arena, received, &refusal);
    cr_assert_eq(result, 0, "%s: %s", shape->name, refusal.message);
    cr_assert(is_same_record(shape, sent, received), "%s came back changed", shape->name);
    mc_buffer_clear(&bytes);
}

Test(codec_msgpack, every_shape_comes_back_with_all_its_fields)
{
    filler_t filler = {.state = 20240601, .arena = arena, .is_whole = true};
    for (size_t i = 0; i < mc_shape_count; i++)
        for (int round = 0; round < 20; round++)
            expect_round_trip(mc_shapes[i], &filler);
}

Test(codec_msgpack, every_shape_comes_back_with_only_what_it_must_have)
{
    filler_t filler = {.state = 77, .arena = arena, .is_whole = false};
    for (size_t i = 0; i < mc_shape_count; i++)
        for (int round = 0; round < 20; round++)
            expect_round_trip(mc_shapes[i], &filler);
}

Test(codec_msgpack, a_list_comes_back_in_order)
{
    filler_t filler = {.state = 5, .arena = arena, .is_whole = true};
    mc_agent_event_t events[50];
    mc_buffer_t bytes = {0};
    mc_list_t received;
    for (size_t i = 0; i < MC_COUNT(events); i++)
        fill_record(&filler, &mc_agent_event_shape, &events[i]);
    mc_pack_list(&mc_agent_event_shape, (mc_list_t){events, MC_COUNT(events)}, &bytes);

    cr_assert_eq(mc_unpack_list(&mc_agent_event_shape, mc_buffer_content(&bytes), arena, &received,
                                &refusal),
                 0);
    cr_assert_eq(received.count, MC_COUNT(events));
    for (size_t i = 0; i < received.count; i++)
        cr_assert(is_same_record(&mc_agent_event_shape, &events[i],
                                 (const mc_agent_event_t *)received.items + i));
    mc_buffer_clear(&bytes);
}

/* A copy of its own size, so that the sanitizer sees a read behind the cut. */
static mc_text_t
exact_copy(const char *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    return (mc_text_t){copy, size};
}

Test(codec_msgpack, every_shape_cut_at_each_byte_is_refused)
{
    filler_t filler = {.state = 99, .arena = arena, .is_whole = true};
    for (size_t i = 0; i < mc_shape_count; i++) {
        const mc_shape_t *shape = mc_shapes[i];
        void *record = mc_arena_alloc(arena, shape->size);
        mc_buffer_t bytes = {0};
        fill_record(&filler, shape, record);
        mc_pack(shape, record, &bytes);
        for (size_t cut = 0; cut < bytes.size; cut++) {
            mc_text_t head = exact_copy(bytes.data, cut);
            cr_assert_eq(mc_unpack(shape, head, arena, record, &refusal), MC_REFUSED,
                         "%s cut at %zu", shape->name, cut);
            free((void *)head.data);
        }
        mc_buffer_clear(&bytes);
    }
}

Test(codec_msgpack, a_batch_from_outside_cut_at_each_byte_ends_with_a_reason)
{
    filler_t filler = {.state = 3, .arena = arena, .is_whole = true};
    mc_agent_event_t events[2];
    mc_buffer_t bytes = {0};
    for (size_t i = 0; i < MC_COUNT(events); i++)
        fill_record(&filler, &mc_agent_event_shape, &events[i]);
    mc_pack_list(&mc_agent_event_shape, (mc_list_t){events, MC_COUNT(events)}, &bytes);

    for (size_t cut = 0; cut < bytes.size; cut++) {
        mc_text_t head = exact_copy(bytes.data, cut);
        mc_unpack_iter_t iter;
        int result = mc_unpack_iter(head, &iter, &refusal);
        while (result == 0 && mc_unpack_has_next(&iter))
            result = mc_unpack_next(&iter, &mc_agent_event_shape, arena, &events[0], &refusal);
        cr_assert_neq(result, 0, "cut at %zu", cut);
        cr_assert_eq(refusal.code, MC_BAD_ENCODING_ERROR);
        free((void *)head.data);
    }
    mc_buffer_clear(&bytes);
}

typedef struct {
    const char *sentence;
    mc_text_t bytes;
    int code;
    const char *message;
} refused_t;

static const refused_t refused_messages[] = {
    {"nothing at all", {"", 0}, MC_BAD_ENCODING_ERROR, "msgpack ends where a value should be"},
    {"the byte that means nothing",
     {"\xc1", 1},
     MC_BAD_ENCODING_ERROR,
     "msgpack holds the byte c1, which means nothing"},
    {"a map of 2^32 pairs",
     {"\xdf\xff\xff\xff\xff", 5},
     MC_BAD_ENCODING_ERROR,
     "map claims 4294967295 items in 0 bytes"},
    {"a map of one pair in one byte",
     {"\x81\x07", 2},
     MC_BAD_ENCODING_ERROR,
     "map claims 1 items in 1 bytes"},
    {"a text longer than the message",
     {"\x81\x07\xdb\xff\xff\xff\xff"
      "abc",
      10},
     MC_BAD_ENCODING_ERROR,
     "msgpack ends inside a string of 4294967295 bytes"},
    {"not a map", {"\x05", 1}, MC_BAD_INPUT_ERROR, "AgentEventRecord is an integer, must be a map"},
    {"bytes behind the end",
     {"\x82\x07\xa1"
      "a\x08\xa1"
      "b\xc0\xc0",
      9},
     MC_BAD_ENCODING_ERROR,
     "2 bytes follow the end of the msgpack value"},
    {"no actor",
     {"\x81\x08\xa1"
      "b",
      4},
     MC_BAD_INPUT_ERROR,
     "actor is missing"},
    {"an actor that is nil",
     {"\x82\x07\xc0\x08\xa1"
      "b",
      6},
     MC_BAD_INPUT_ERROR,
     "actor is missing"},
    {"a tier of 7",
     {"\x83\x07\xa1"
      "a\x08\xa1"
      "b\x06\x07",
      9},
     MC_BAD_INPUT_ERROR,
     "tier is 7, at most 3"},
    {"a tier that is text",
     {"\x81\x06\xa3two", 6},
     MC_BAD_INPUT_ERROR,
     "tier is \"two\", must be an integer"},
    {"a tier that is an array",
     {"\x81\x06\x91\x01", 4},
     MC_BAD_INPUT_ERROR,
     "tier is an array, must be an integer"},
    {"an actor that is a number",
     {"\x81\x07\x05", 3},
     MC_BAD_INPUT_ERROR,
     "actor is 5, must be text"},
    {"an actor that is binary",
     {"\x81\x07\xc4\x01"
      "a",
      5},
     MC_BAD_INPUT_ERROR,
     "actor is binary, must be text"},
    {"an actor that is an extension",
     {"\x81\x07\xd4\x01"
      "a",
      5},
     MC_BAD_INPUT_ERROR,
     "actor is an extension, must be text"},
    {"a NUL in text",
     {"\x81\x0b\xa3"
      "a\0b",
      6},
     MC_BAD_INPUT_ERROR,
     "message holds a NUL"},
    {"invalid UTF-8",
     {"\x81\x0b\xa2\xc3(", 5},
     MC_BAD_ENCODING_ERROR,
     "message is not valid UTF-8"},
    {"more than 2^64 can say",
     {"\x81\x14\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 11},
     MC_BAD_INPUT_ERROR,
     "tokensIn is 18446744073709551615, beyond 2^53"},
    {"a token count of 2^53",
     {"\x81\x14\xcf\x00\x20\x00\x00\x00\x00\x00\x01", 11},
     MC_BAD_INPUT_ERROR,
     "tokensIn is 9007199254740993, beyond 2^53"},
    {"a uid of 3 bytes",
     {"\x81\x02\xc4\x03"
      "abc",
      7},
     MC_BAD_INPUT_ERROR,
     "eventUid is binary, must be a UUID"},
};

Test(codec_msgpack, what_is_wrong_is_said_by_field_and_value)
{
    for (size_t i = 0; i < MC_COUNT(refused_messages); i++) {
        const refused_t *row = &refused_messages[i];
        mc_agent_event_t event;
        int result = mc_unpack(&mc_agent_event_shape, row->bytes, arena, &event, &refusal);
        cr_expect_eq(result, MC_REFUSED, "%s", row->sentence);
        cr_expect_eq(refusal.code, row->code, "%s: %d", row->sentence, refusal.code);
        cr_expect_str_eq(refusal.message, row->message, "%s", row->sentence);
    }
}

Test(codec_msgpack, a_list_of_2_to_the_32_records_is_refused)
{
    mc_list_t list;
    int result = mc_unpack_list(&mc_agent_event_shape, BYTES("\xdd\xff\xff\xff\xff\x80"), arena,
                                &list, &refusal);
    cr_assert_eq(result, MC_REFUSED);
    cr_expect_str_eq(refusal.message, "array claims 4294967295 items in 1 bytes");
}

Test(codec_msgpack, a_list_that_claims_more_records_than_its_bytes_can_hold_allocates_nothing)
{
    char bytes[1003] = {(char)0xdc, 0x03, (char)0xe8};
    mc_list_t list;
    memset(bytes + 3, 0x80, 1000);
    int result = mc_unpack_list(&mc_agent_event_shape, (mc_text_t){bytes, sizeof bytes}, arena,
                                &list, &refusal);
    cr_assert_eq(result, MC_REFUSED);
    cr_expect_str_eq(refusal.message,
                     "array claims 1000 records of AgentEventRecord in 1000 bytes");
    cr_expect_eq(mc_arena_used(arena), 0);
}

Test(codec_msgpack, a_list_field_over_its_bound_is_refused)
{
    mc_buffer_t bytes = {0};
    mc_snapshot_t snapshot;
    mc_buffer_append(&bytes, "\x81\x04\xdc\x00\x65", 5);
    for (int i = 0; i < 101 * 30; i++)
        mc_buffer_byte(&bytes, 0x80);
    cr_assert_eq(
        mc_unpack(&mc_snapshot_shape, mc_buffer_content(&bytes), arena, &snapshot, &refusal),
        MC_REFUSED);
    cr_expect_str_eq(refusal.message, "array has 101 records of ModelHealthRecord, at most 100");
    mc_buffer_clear(&bytes);
}

/* {200: value, 7: "a", 8: "b"}: a tag that nobody has, before those that must be there. */
static mc_text_t
with_unknown(mc_text_t value)
{
    mc_buffer_t bytes = {0};
    mc_buffer_append(&bytes, "\x83\xcc\xc8", 3);
    mc_buffer_text(&bytes, value);
    mc_buffer_append(&bytes,
                     "\x07\xa1"
                     "a\x08\xa1"
                     "b",
                     6);
    mc_text_t copy = mc_arena_text(arena, mc_buffer_content(&bytes));
    mc_buffer_clear(&bytes);
    return copy;
}

static const mc_text_t unknown_values[] = {
    {"\xc0", 1},
    {"\xc3", 1},
    {"\xff", 1},
    {"\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18", 9},
    {"\xca\x40\x49\x0f\xdb", 5},
    {"\xd3\xff\xff\xff\xff\xff\xff\xff\xff", 9},
    {"\xa3"
     "abc",
     4},
    {"\xc4\x02\x00\x01", 4},
    {"\xd6\xff\x00\x00\x00\x01", 6},
    {"\xc7\x02\x05"
     "ab",
     5},
    {"\x92\x93\x01\x02\x03\x81\xa1k\xc0", 9},
    {"\xde\x00\x01\xa1k\x90", 6},
};

Test(codec_msgpack, the_value_of_an_unknown_tag_is_skipped_whole)
{
    for (size_t i = 0; i < MC_COUNT(unknown_values); i++) {
        mc_agent_event_t event;
        int result = mc_unpack(&mc_agent_event_shape, with_unknown(unknown_values[i]), arena,
                               &event, &refusal);
        cr_assert_eq(result, 0, "value %zu: %s", i, refusal.message);
        cr_expect(mc_text_is(event.actor, "a"));
        cr_expect(mc_text_is(event.action, "b"));
    }
}

/* depth arrays of one item each, around nil. */
static mc_text_t
nested(size_t depth)
{
    char *bytes = mc_arena_alloc(arena, depth + 1);
    memset(bytes, 0x91, depth);
    bytes[depth] = (char)0xc0;
    return (mc_text_t){bytes, depth + 1};
}

Test(codec_msgpack, a_depth_of_10000_is_refused)
{
    mc_agent_event_t event;
    int result =
        mc_unpack(&mc_agent_event_shape, with_unknown(nested(10000)), arena, &event, &refusal);
    cr_assert_eq(result, MC_REFUSED);
    cr_expect_eq(refusal.code, MC_TOO_DEEP_ERROR);
    cr_expect_str_eq(refusal.message, "msgpack is nested deeper than 32");
}

Test(codec_msgpack, a_depth_within_the_limit_is_taken)
{
    mc_agent_event_t event;
    mc_text_t bytes = with_unknown(nested(MC_MSGPACK_DEPTH_MAX - 1));
    cr_expect_eq(mc_unpack(&mc_agent_event_shape, bytes, arena, &event, &refusal), 0);
    bytes = with_unknown(nested(MC_MSGPACK_DEPTH_MAX));
    cr_expect_eq(mc_unpack(&mc_agent_event_shape, bytes, arena, &event, &refusal), MC_REFUSED);
}

Test(codec_msgpack, names_are_not_keys_between_services)
{
    mc_agent_event_t event;
    mc_text_t bytes = BYTES("\x83\xa6"
                            "action\xa1"
                            "x\x07\xa1"
                            "a\x08\xa1"
                            "b");
    cr_assert_eq(mc_unpack(&mc_agent_event_shape, bytes, arena, &event, &refusal), 0);
    cr_expect(mc_text_is(event.action, "b"));
}

Test(codec_msgpack, clamped_fields_get_their_default_and_their_bounds)
{
    mc_snapshot_query_t query;
    cr_assert_eq(mc_unpack(&mc_snapshot_query_shape, BYTES("\x80"), arena, &query, &refusal), 0);
    cr_expect_eq(query.limit, 80);
    cr_assert_eq(
        mc_unpack(&mc_snapshot_query_shape, BYTES("\x81\x02\x01"), arena, &query, &refusal), 0);
    cr_expect_eq(query.limit, 10);
    cr_assert_eq(
        mc_unpack(&mc_snapshot_query_shape, BYTES("\x81\x02\xcd\xff\xff"), arena, &query, &refusal),
        0);
    cr_expect_eq(query.limit, 300);
}

Test(codec_msgpack, a_full_buffer_says_so)
{
    filler_t filler = {.state = 8, .arena = arena, .is_whole = true};
    mc_agent_event_t event;
    mc_buffer_t bytes;
    mc_buffer_init(&bytes, 64);
    fill_record(&filler, &mc_agent_event_shape, &event);
    mc_pack(&mc_agent_event_shape, &event, &bytes);
    cr_expect(bytes.is_full);
    cr_expect_leq(bytes.size, 64);
    mc_buffer_clear(&bytes);
}
