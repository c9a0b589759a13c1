/*
 *  test_run_recorder - what happens in a run as events
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/json.h"
#include "services/missionctl/run_recorder.h"

static char *command[] = {"agent", "--fast", NULL};
static const missionctl_run_identity_t identity = {
    .run_id = "run", .root_task_id = "root", .tier = 2, .actor = "agent"};

static missionctl_queue_t queue;
static missionctl_recorder_t recorder;
static mc_arena_t *arena;
static mc_json_parser_t *parser;
static mc_buffer_t lines;

static void
set_up(void)
{
    cr_assert_eq(missionctl_queue_init(&queue, "", "run"), 0, "%s", mc_error());
    missionctl_recorder_init(&recorder, &identity, &queue, command);
    arena = mc_arena_new();
    parser = mc_json_parser_new();
}

static void
tear_down(void)
{
    missionctl_recorder_clear(&recorder);
    missionctl_queue_clear(&queue);
    mc_arena_destroy(&arena);
    mc_json_parser_destroy(&parser);
    mc_buffer_clear(&lines);
}

TestSuite(run_recorder, .init = set_up, .fini = tear_down);

/* The next event of the queue. */
static mc_agent_event_t
next_event(void)
{
    mc_agent_event_t event = {0};
    mc_refusal_t refusal = {0};
    mc_json_t root;
    mc_buffer_reset(&lines);
    cr_assert_eq(missionctl_queue_peek(&queue, 1, 1, &lines), 0, "%s", mc_error());
    missionctl_queue_advance(&queue, lines.size);
    cr_assert_eq(mc_json_parse(parser, mc_buffer_content(&lines), &root, &refusal), 0, "%s",
                 refusal.message);
    cr_assert_eq(mc_json_read(&mc_agent_event_shape, root, arena, false, &event, &refusal), 0, "%s",
                 refusal.message);
    cr_assert(mc_text_is(event.run_id, "run"));
    cr_assert_eq(event.tier, 2);
    cr_assert(mc_has(&event, agent_event, event_uid));
    return event;
}

static void
expect_text(mc_text_t text, const char *wanted)
{
    cr_assert(mc_text_is(text, wanted), "%.*s", MC_FMT(text));
}

Test(run_recorder, says_what_is_started)
{
    const missionctl_supervision_t supervision = {
        .has_pty = true, .held_by = "signals", .enforcement = "weak", .egress = "open"};
    missionctl_recorder_start(&recorder, &supervision);
    mc_agent_event_t event = next_event();
    expect_text(event.action, "agent.run");
    expect_text(event.phase, "start");
    expect_text(event.status, "executing");
    expect_text(event.message, "agent --fast");
    expect_text(event.payload_json,
                "{\"pty\":true,\"command\":[\"agent\",\"--fast\"],\"heldBy\":\"signals\","
                "\"enforcement\":\"weak\",\"egress\":\"open\"}");
}

Test(run_recorder, says_why_the_way_out_is_not_enforced_and_which_attempt_it_is)
{
    missionctl_run_identity_t second = identity;
    const missionctl_supervision_t supervision = {.held_by = "cgroup2",
                                                  .enforcement = "strong",
                                                  .egress = "unenforced",
                                                  .egress_reason = "no network to be had"};
    second.attempt = 2;
    snprintf(second.previous_id, sizeof second.previous_id, "first");
    recorder.identity = &second;
    missionctl_recorder_start(&recorder, &supervision);
    expect_text(next_event().payload_json,
                "{\"pty\":false,\"command\":[\"agent\",\"--fast\"],\"heldBy\":\"cgroup2\","
                "\"enforcement\":\"strong\",\"egress\":\"unenforced\","
                "\"egressReason\":\"no network to be had\",\"attempt\":2,"
                "\"attemptOf\":\"first\"}");
}

Test(run_recorder, tells_what_was_done_to_the_run)
{
    const missionctl_control_note_t note = {.phase = "pause",
                                            .status = "paused",
                                            .mode = "now",
                                            .reason = "too dear\n",
                                            .epoch = 7,
                                            .enforcement = "strong"};
    missionctl_recorder_control(&recorder, &note);
    mc_agent_event_t event = next_event();
    expect_text(event.action, "agent.control");
    expect_text(event.phase, "pause");
    expect_text(event.status, "paused");
    expect_text(event.message, "pause: too dear");
    expect_text(event.payload_json, "{\"epoch\":7,\"mode\":\"now\",\"reason\":\"too dear\\n\","
                                    "\"enforcement\":\"strong\"}");
}

Test(run_recorder, gathers_output_until_it_is_flushed)
{
    missionctl_recorder_output(&recorder, MISSIONCTL_STDOUT, MC_TEXT("one "));
    missionctl_recorder_output(&recorder, MISSIONCTL_STDOUT, MC_TEXT("\033[1mtwo\033[0m\n"));
    cr_assert(missionctl_queue_is_empty(&queue));
    cr_assert(missionctl_recorder_timeout(&recorder, 60000) <= MISSIONCTL_PIECE_MS);
    missionctl_recorder_flush(&recorder, true);
    mc_agent_event_t event = next_event();
    expect_text(event.action, "terminal.output");
    expect_text(event.phase, "progress");
    expect_text(event.message, "one two");
    expect_text(event.payload_json,
                "{\"stream\":\"stdout\",\"data\":\"one \\u001b[1mtwo\\u001b[0m\\n\"}");
    cr_assert(event.is_part);
    cr_assert(missionctl_queue_is_empty(&queue));
    cr_assert_eq(missionctl_recorder_timeout(&recorder, 60000), 60000);
}

Test(run_recorder, keeps_the_streams_apart)
{
    missionctl_recorder_output(&recorder, MISSIONCTL_STDERR, MC_TEXT("bad"));
    missionctl_recorder_output(&recorder, MISSIONCTL_STDOUT, MC_TEXT("good"));
    missionctl_recorder_flush(&recorder, true);
    expect_text(next_event().payload_json, "{\"stream\":\"stdout\",\"data\":\"good\"}");
    expect_text(next_event().payload_json, "{\"stream\":\"stderr\",\"data\":\"bad\"}");
}

Test(run_recorder, cuts_long_output_between_characters)
{
    mc_buffer_t bytes = {0};
    mc_buffer_byte(&bytes, 'x');
    for (int i = 0; i < 4000; i++)
        mc_buffer_string(&bytes, "\xe2\x82\xac");
    missionctl_recorder_output(&recorder, MISSIONCTL_PTY, mc_buffer_content(&bytes));
    missionctl_recorder_flush(&recorder, true);
    size_t characters = 0;
    while (!missionctl_queue_is_empty(&queue)) {
        mc_agent_event_t event = next_event();
        cr_assert_null(memmem(event.payload_json.data, event.payload_json.size, "\xef\xbf\xbd", 3));
        for (size_t i = 0; i < event.payload_json.size; i++)
            characters += event.payload_json.data[i] == '\xe2';
    }
    cr_assert_eq(characters, 4000);
    mc_buffer_clear(&bytes);
}

Test(run_recorder, counts_output_that_the_queue_did_not_take)
{
    queue.tail = queue.head = MISSIONCTL_QUEUE_BYTES_MAX - 10;
    queue.head--;
    missionctl_recorder_output(&recorder, MISSIONCTL_STDOUT, MC_TEXT("lost"));
    missionctl_recorder_flush(&recorder, true);
    queue.tail = queue.head = 0;
    missionctl_recorder_output(&recorder, MISSIONCTL_STDOUT, MC_TEXT("kept"));
    missionctl_recorder_flush(&recorder, true);
    expect_text(next_event().payload_json,
                "{\"stream\":\"stdout\",\"data\":\"kept\",\"leftOutBytes\":4}");
}

Test(run_recorder, says_how_it_ended)
{
    static const struct {
        int wait_status;
        const char *failure;
        const char *status;
        const char *message;
        const char *payload; /* behind the duration */
    } rows[] = {
        {0, NULL, "completed", "ended with exit code 0", ",\"exitCode\":0}"},
        {3 << 8, NULL, "failed", "ended with exit code 3", ",\"exitCode\":3}"},
        {SIGKILL, NULL, "failed", "ended by signal 9 (Killed)",
         ",\"exitCode\":137,\"signal\":\"SIGKILL\",\"signalNumber\":9}"},
        {127 << 8, "x: No such file", "failed", "could not be started: x: No such file",
         ",\"exitCode\":127,\"failure\":\"x: No such file\"}"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_recorder_end(&recorder, rows[i].wait_status, rows[i].failure);
        mc_agent_event_t event = next_event();
        expect_text(event.phase, "end");
        expect_text(event.status, rows[i].status);
        expect_text(event.message, rows[i].message);
        const char *comma = memchr(event.payload_json.data, ',', event.payload_json.size);
        cr_assert(comma);
        size_t skipped = (size_t)(comma - event.payload_json.data);
        expect_text((mc_text_t){comma, event.payload_json.size - skipped}, rows[i].payload);
    }
}
