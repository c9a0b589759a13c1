/*
 *  test_run_changes - events folded into their runs, whatever their order
 */
#include <criterion/criterion.h>

#include "services/ingest/run_changes.h"

static mc_agent_event_t
make_event(const char *run, int64_t ts, const char *status)
{
    static int64_t id;
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, id, ++id);
    event.event_uid.bytes[0] = (uint8_t)id;
    mc_record_mark(&event, MC_INDEX_agent_event_event_uid);
    mc_set(&event, agent_event, root_task_id, MC_TEXT("root"));
    mc_set(&event, agent_event, run_id, mc_text(run));
    mc_set(&event, agent_event, actor, MC_TEXT("actor"));
    mc_set(&event, agent_event, action, MC_TEXT("act"));
    mc_set(&event, agent_event, status, mc_text(status));
    mc_set(&event, agent_event, ts, ts);
    return event;
}

static const mc_run_change_t *
fold(const mc_agent_event_t *events, size_t count, mc_arena_t *arena, size_t expected)
{
    mc_list_t changes = ingest_run_changes(events, count, arena);
    cr_assert_eq(changes.count, expected);
    return changes.items;
}

Test(run_changes, add_up_what_events_used)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[3] = {make_event("r", 10, "executing"),
                                  make_event("r", 20, "executing"),
                                  make_event("other", 30, "executing")};
    for (int i = 0; i < 3; i++) {
        mc_set(&events[i], agent_event, tokens_in, 10 + i);
        mc_set(&events[i], agent_event, cost_usd, 1000 + i);
    }
    const mc_run_change_t *changes = fold(events, 3, arena, 2);
    cr_assert(mc_text_is(changes[1].id, "r"));
    cr_assert_eq(changes[1].own_tokens_in, 21);
    cr_assert_eq(changes[1].own_cost_usd, 2001);
    cr_assert_eq(changes[1].metered_events, 2);
    cr_assert_eq(changes[1].event_count, 2);
    mc_arena_destroy(&arena);
}

Test(run_changes, make_no_agent_of_the_platform_s_own_word)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[2] = {make_event("r", 10, "executing"),
                                  make_event("budget::global", 20, "executing")};
    mc_set(&events[1], agent_event, adapter_kind, MC_TEXT(MC_ADAPTER_PLATFORM));
    fold(events, 2, arena, 2);
    mc_set(&events[1], agent_event, is_part, true);
    cr_assert(mc_text_is(fold(events, 2, arena, 1)[0].id, "r"));
    mc_arena_destroy(&arena);
}

Test(run_changes, leave_out_events_that_were_stored_before)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[2] = {make_event("r", 10, "executing"),
                                  make_event("r", 20, "executing")};
    events[0].id = 0;
    const mc_run_change_t *changes = fold(events, 2, arena, 1);
    cr_assert_eq(changes[0].event_count, 1);
    mc_arena_destroy(&arena);
}

Test(run_changes, go_by_event_time_not_by_arrival)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[3] = {make_event("r", 30, "completed"),
                                  make_event("r", 10, "executing"), make_event("r", 20, "paused")};
    mc_set(&events[0], agent_event, model_id, MC_TEXT("new"));
    mc_set(&events[1], agent_event, model_id, MC_TEXT("old"));
    mc_set(&events[2], agent_event, persona, MC_TEXT("lead"));
    const mc_run_change_t *changes = fold(events, 3, arena, 1);
    cr_assert(mc_text_is(changes[0].status, "completed"));
    cr_assert_eq(changes[0].ended_at, 30);
    cr_assert_eq(changes[0].started_at, 10);
    cr_assert(mc_text_is(changes[0].model_id, "new"));
    cr_assert(mc_text_is(changes[0].persona, "lead"));
    mc_arena_destroy(&arena);
}

Test(run_changes, take_the_terminal_status_of_two_at_the_same_time)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[2] = {make_event("r", 10, "failed"), make_event("r", 10, "executing")};
    cr_assert(mc_text_is(fold(events, 2, arena, 1)->status, "failed"));
    mc_arena_destroy(&arena);
}

Test(run_changes, let_steps_speak_neither_for_status_nor_for_actor)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[2] = {make_event("r", 10, "executing"), make_event("r", 20, "failed")};
    mc_set(&events[1], agent_event, is_part, true);
    mc_set(&events[1], agent_event, actor, MC_TEXT("service"));
    const mc_run_change_t *changes = fold(events, 2, arena, 1);
    cr_assert(mc_text_is(changes[0].status, "executing"));
    cr_assert(mc_text_is(changes[0].actor, "actor"));
    cr_assert_eq(changes[0].error_count, 1);
    cr_assert(!mc_has(&changes[0], run_change, ended_at));
    mc_arena_destroy(&arena);
}

Test(run_changes, keep_reported_sums_apart)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[2] = {make_event("r", 10, "executing"),
                                  make_event("r", 20, "completed")};
    mc_set(&events[0], agent_event, tokens_in, 7);
    mc_set(&events[1], agent_event, tokens_in, 7);
    mc_set(&events[1], agent_event, is_rollup, true);
    const mc_run_change_t *changes = fold(events, 2, arena, 1);
    cr_assert_eq(changes[0].own_tokens_in, 7);
    cr_assert_eq(changes[0].rollup_tokens_in, 7);
    cr_assert_eq(changes[0].metered_events, 1);
    mc_arena_destroy(&arena);
}

Test(run_changes, cut_a_long_message_between_characters)
{
    mc_arena_t *arena = mc_arena_new();
    char message[INGEST_LAST_MESSAGE_MAX + 2];
    memset(message, 'a', sizeof message);
    memcpy(message + INGEST_LAST_MESSAGE_MAX - 1, "\xc3\xa9", 2);
    mc_agent_event_t event = make_event("r", 10, "executing");
    mc_set(&event, agent_event, message, ((mc_text_t){message, sizeof message}));
    cr_assert_eq(fold(&event, 1, arena, 1)->last_message.size, INGEST_LAST_MESSAGE_MAX - 1);
    mc_arena_destroy(&arena);
}

Test(run_changes, keep_a_persona_that_was_told_over_one_read_from_the_name)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t events[2] = {make_event("r", 10, "executing"),
                                  make_event("r", 20, "executing")};
    for (int i = 0; i < 2; i++)
        mc_set(&events[i], agent_event, actor, MC_TEXT("tier1_lead"));
    mc_set(&events[0], agent_event, persona, MC_TEXT("planner"));
    mc_set(&events[1], agent_event, persona, MC_TEXT("lead"));
    cr_assert(mc_text_is(fold(events, 2, arena, 1)->persona, "planner"));
    mc_arena_destroy(&arena);
}

Test(run_changes, take_an_actor_as_long_as_the_prefix_of_a_tier)
{
    mc_arena_t *arena = mc_arena_new();
    mc_agent_event_t event = make_event("r", 10, "executing");
    mc_set(&event, agent_event, actor, MC_TEXT("tester"));
    cr_assert(!mc_has(fold(&event, 1, arena, 1), run_change, persona));
    mc_arena_destroy(&arena);
}
