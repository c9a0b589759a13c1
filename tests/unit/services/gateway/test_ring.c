/*
 *  test_ring - frames go in once and come out in order; who is too slow is told
 */
#include "services/gateway/ring.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const gateway_hash_key_t key = {{1, 2, 3}};

static void
put_event(gateway_ring_t *ring, int64_t id, size_t bytes)
{
    mc_agent_event_t event = {0};
    mc_buffer_t frames = {0};
    char *message = malloc(bytes + 1);
    memset(message, 'm', bytes);
    mc_set(&event, agent_event, id, id);
    mc_set(&event, agent_event, actor, MC_TEXT("actor"));
    mc_set(&event, agent_event, action, MC_TEXT("action"));
    mc_set(&event, agent_event, message, ((mc_text_t){message, bytes}));
    gateway_frame_event(&frames, &key, &event);
    gateway_ring_put(ring, gateway_frame_next(&frames, NULL));
    mc_buffer_clear(&frames);
    free(message);
}

static void
put_flags(gateway_ring_t *ring)
{
    mc_runtime_flags_t flags = {0};
    mc_buffer_t frames = {0};
    gateway_frame_flags(&frames, &flags);
    gateway_ring_put(ring, gateway_frame_next(&frames, NULL));
    mc_buffer_clear(&frames);
}

Test(ring, a_frame_is_the_text_of_one_server_sent_event)
{
    mc_agent_event_t event = {0};
    mc_buffer_t frames = {0};
    mc_set(&event, agent_event, id, 7);
    mc_set(&event, agent_event, actor, MC_TEXT("a"));
    mc_set(&event, agent_event, action, MC_TEXT("b\nc"));
    gateway_frame_event(&frames, &key, &event);
    const gateway_frame_t *frame = gateway_frame_next(&frames, NULL);
    cr_assert(frame);
    mc_text_t text = gateway_frame_text(frame);
    static const char start[] = "id: 7\nevent: agent_event\ndata: {\"id\":7,";
    cr_expect_eq(memcmp(text.data, start, sizeof start - 1), 0, "%.*s", MC_FMT(text));
    cr_expect_eq(memcmp(text.data + text.size - 3, "}\n\n", 3), 0);
    size_t lines = 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    cr_expect_eq(lines, 4, "a line break in a text is no line break of the frame");
    cr_expect(mc_text_equals(gateway_frame_searched(frame), MC_TEXT("\0a\0b\nc\0")));
    cr_expect_null(gateway_frame_next(&frames, frame));
    mc_buffer_clear(&frames);
}

Test(ring, frames_come_out_whole_and_in_order_past_the_end_of_the_memory)
{
    MC_AUTO(gateway_ring) ring = gateway_ring_new(20000, 0);
    uint64_t place = gateway_ring_head(ring);
    int64_t read = 0;
    for (int64_t id = 1; id <= 500; id++) {
        put_event(ring, id, (size_t)(id * 37 % 900));
        cr_assert(gateway_ring_has(ring, place));
        while (place != gateway_ring_head(ring)) {
            const gateway_frame_t *frame = gateway_ring_read(ring, &place);
            char start[32];
            snprintf(start, sizeof start, "id: %lld\n", (long long)++read);
            cr_expect_eq(frame->id, read);
            cr_expect_eq(memcmp(gateway_frame_text(frame).data, start, strlen(start)), 0);
            cr_expect_eq(gateway_frame_searched(frame).size, (size_t)(read * 37 % 900) + 14);
        }
    }
    cr_expect_eq(read, 500);
}

Test(ring, a_reader_that_is_too_slow_has_lost_its_place)
{
    MC_AUTO(gateway_ring) ring = gateway_ring_new(20000, 0);
    uint64_t place = gateway_ring_head(ring);
    put_event(ring, 1, 10);
    cr_expect(gateway_ring_has(ring, place));
    for (int64_t id = 2; id <= 100; id++)
        put_event(ring, id, 500);
    cr_expect(!gateway_ring_has(ring, place));
    cr_expect(!gateway_ring_find(ring, 1, &place));
}

Test(ring, finds_the_place_behind_an_event_or_says_that_it_was_pushed_out)
{
    MC_AUTO(gateway_ring) ring = gateway_ring_new(40000, 0);
    uint64_t place;
    for (int64_t id = 10; id <= 300; id += 10) {
        put_event(ring, id, 300);
        put_flags(ring);
    }
    int64_t first = -1;
    for (int64_t id = 0; id <= 320; id++) {
        if (!gateway_ring_find(ring, id, &place))
            continue;
        if (first == -1)
            first = id;
        if (id >= 300) {
            continue;
        }
        const gateway_frame_t *frame = gateway_ring_read(ring, &place);
        cr_expect_eq(frame->traits.kind, GATEWAY_FRAME_EVENT);
        cr_expect_eq(frame->id, id / 10 * 10 + 10, "after %lld", (long long)id);
    }
    cr_expect_gt(first, 0, "some were pushed out");
    cr_expect_eq(first % 10, 0, "everything after the last one pushed out is here");
    cr_assert(gateway_ring_find(ring, 300, &place));
    cr_expect_eq(place, gateway_ring_head(ring));
}

Test(ring, an_empty_ring_knows_where_it_begins)
{
    MC_AUTO(gateway_ring) ring = gateway_ring_new(4096, 50);
    uint64_t place;
    cr_expect(gateway_ring_find(ring, 50, &place));
    cr_expect(gateway_ring_find(ring, 60, &place));
    cr_expect(!gateway_ring_find(ring, 49, &place));
}

Test(ring, a_frame_too_large_for_it_is_left_to_the_store)
{
    MC_AUTO(gateway_ring) ring = gateway_ring_new(8192, 0);
    uint64_t place = gateway_ring_head(ring);
    put_event(ring, 1, 10);
    put_event(ring, 2, 5000);
    cr_expect(!gateway_ring_has(ring, place));
    cr_expect(!gateway_ring_find(ring, 1, &place));
    cr_expect(gateway_ring_find(ring, 2, &place));
    put_event(ring, 3, 10);
    cr_assert(gateway_ring_find(ring, 2, &place));
    cr_expect_eq(gateway_ring_read(ring, &place)->id, 3);
}

Test(ring, after_a_reset_readers_at_the_head_are_behind_too)
{
    MC_AUTO(gateway_ring) ring = gateway_ring_new(8192, 0);
    put_event(ring, 1, 10);
    uint64_t head = gateway_ring_head(ring), place;
    gateway_ring_reset(ring, 1000);
    cr_expect(!gateway_ring_has(ring, head));
    cr_expect(!gateway_ring_find(ring, 999, &place));
    put_event(ring, 1001, 10);
    cr_assert(gateway_ring_find(ring, 1000, &place));
    cr_expect_eq(gateway_ring_read(ring, &place)->id, 1001);
}
