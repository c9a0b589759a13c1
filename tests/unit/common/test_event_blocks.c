/*
 *  test_event_blocks - a value is always found in the block that it was added to
 */
#include "common/event_blocks.h"

#include <criterion/criterion.h>
#include <stdio.h>

static bool
may_have(const mc_event_block_t *block, size_t field, mc_text_t value)
{
    uint32_t places[MC_EVENT_BLOCK_PLACES];
    mc_event_block_places(field, value, places);
    for (size_t i = 0; i < MC_EVENT_BLOCK_PLACES; i++)
        if (!(block->bytes[places[i] / 8] & 0x80 >> places[i] % 8))
            return false;
    return true;
}

static size_t
count_bits(const mc_event_block_t *block)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof block->bytes; i++)
        count += (size_t)__builtin_popcount(block->bytes[i]);
    return count;
}

Test(event_blocks, places_are_stored_and_may_never_change)
{
    static const struct {
        size_t field;
        const char *value;
        uint32_t places[MC_EVENT_BLOCK_PLACES];
    } rows[] = {
        {0, "task-1", {15921, 1014, 2491, 3968}},
        {3, "failed", {13188, 529, 4254, 7979}},
        {4, "3", {5734, 6825, 7916, 9007}},
        {10, "read_file", {1572, 5599, 9626, 13653}},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        uint32_t places[MC_EVENT_BLOCK_PLACES];
        mc_event_block_places(rows[i].field, mc_text(rows[i].value), places);
        for (size_t j = 0; j < MC_EVENT_BLOCK_PLACES; j++)
            cr_expect_eq(places[j], rows[i].places[j], "%s, place %zu: %u", rows[i].value, j,
                         places[j]);
    }
}

Test(event_blocks, every_field_that_is_searched_by_value_has_its_places)
{
    for (size_t i = 0; i < MC_EVENT_BLOCK_FIELDS; i++) {
        const mc_event_block_field_t *field = &mc_event_block_fields[i];
        cr_expect_str_eq(mc_agent_event_shape.fields[field->event].name,
                         mc_event_query_shape.fields[field->query].name);
    }
}

Test(event_blocks, what_was_added_is_found_by_each_field)
{
    mc_event_block_t block = {0};
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, actor, MC_TEXT("tester"));
    mc_set(&event, agent_event, tier, 3);
    mc_set(&event, agent_event, skill, MC_TEXT("reading"));
    mc_event_block_add(&block, &event);
    cr_expect_eq(count_bits(&block), 3 * MC_EVENT_BLOCK_PLACES);
    for (size_t i = 0; i < MC_EVENT_BLOCK_FIELDS; i++) {
        size_t index = mc_event_block_fields[i].event;
        cr_expect_eq(may_have(&block, i, MC_TEXT("tester")), index == MC_INDEX_agent_event_actor);
        cr_expect_eq(may_have(&block, i, MC_TEXT("3")), index == MC_INDEX_agent_event_tier);
        cr_expect_eq(may_have(&block, i, MC_TEXT("reading")), index == MC_INDEX_agent_event_skill);
    }
}

Test(event_blocks, a_busy_block_is_seldom_taken_for_one_that_has_what_it_has_not)
{
    mc_event_block_t block = {0};
    char text[32];
    for (int i = 0; i < 700; i++) {
        mc_agent_event_t event = {0};
        snprintf(text, sizeof text, "task-%06d", i);
        mc_set(&event, agent_event, task_id, mc_text(text));
        mc_event_block_add(&block, &event);
        cr_expect(may_have(&block, 0, mc_text(text)));
    }
    int wrong = 0;
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "other-%06d", i);
        wrong += may_have(&block, 0, mc_text(text));
    }
    cr_expect_lt(wrong, 200, "%d of 100000", wrong);
}

Test(event_blocks, a_block_holds_ids_that_follow_one_another)
{
    cr_expect_eq(mc_event_block_of(1), 0);
    cr_expect_eq(mc_event_block_of(MC_EVENT_BLOCK_IDS - 1), 0);
    cr_expect_eq(mc_event_block_of(MC_EVENT_BLOCK_IDS), 1);
}
