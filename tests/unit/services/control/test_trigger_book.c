/*
 *  test_trigger_book - what fires, when, and how often
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "services/control/trigger_book.h"

#define SECOND INT64_C(1000000)
#define NOW (INT64_C(1800000000) * SECOND)
#define HASH "{\"promptHash\":\"00000000000000ff\"}"

static control_book_t *book;
static int64_t now_us, last_id;
static int fired[CONTROL_TRIGGER_COUNT];
static control_firing_t last;
static char last_subject[64];
static bool is_vouched_for;

static void
on_fire(void *arg, const control_firing_t *firing)
{
    (void)arg;
    fired[firing->trigger]++;
    last = *firing;
    snprintf(last_subject, sizeof last_subject, "%.*s", MC_FMT(firing->subject));
}

static bool
on_vouch(void *arg, const control_who_t *who)
{
    (void)arg, (void)who;
    return is_vouched_for;
}

static void
open_with(size_t runs_max)
{
    control_bounds_t bounds = {.silent_us = 10 * SECOND,
                               .loop_repeats = 3,
                               .loop_us = 100 * SECOND,
                               .spend_nanousd = {MC_NANOUSD, 3 * MC_NANOUSD},
                               .failures = 5,
                               .runs_max = runs_max,
                               .roots_max = 10};
    for (size_t i = 0; i < CONTROL_TRIGGER_COUNT; i++)
        bounds.modes[i] = CONTROL_TRIGGER_OBSERVE;
    book = control_book_new(&bounds, on_fire, on_vouch, NULL);
    now_us = NOW;
}

static void
open_book(void)
{
    open_with(100);
}

static void
close_book(void)
{
    control_book_destroy(&book);
}

TestSuite(trigger_book, .init = open_book, .fini = close_book);

static mc_agent_event_t
event_of(const char *run, const char *action)
{
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, id, ++last_id);
    mc_set(&event, agent_event, run_id, mc_text(run));
    mc_set(&event, agent_event, root_task_id, MC_TEXT("root"));
    mc_set(&event, agent_event, actor, MC_TEXT("actor"));
    mc_set(&event, agent_event, action, mc_text(action));
    mc_set(&event, agent_event, ts, now_us);
    return event;
}

static void
step(const char *run)
{
    mc_agent_event_t event = event_of(run, "work");
    control_book_event(book, &event, now_us);
}

static void
spend(const char *run, int64_t nanousd)
{
    mc_agent_event_t event = event_of(run, "llm.call");
    mc_set(&event, agent_event, cost_usd, nanousd);
    control_book_event(book, &event, now_us);
}

static void
prompt(const char *run)
{
    mc_agent_event_t event = event_of(run, "llm.call");
    mc_set(&event, agent_event, phase, MC_TEXT("start"));
    mc_set(&event, agent_event, payload_json, MC_TEXT(HASH));
    control_book_event(book, &event, now_us);
}

static void
fail(const char *run)
{
    mc_agent_event_t event = event_of(run, "tool.call");
    mc_set(&event, agent_event, status, MC_TEXT("failed"));
    control_book_event(book, &event, now_us);
}

static void
set_status(const char *run, const char *status)
{
    mc_agent_run_t row = {0};
    mc_set(&row, agent_run, id, mc_text(run));
    mc_set(&row, agent_run, root_task_id, MC_TEXT("root"));
    mc_set(&row, agent_run, actor, MC_TEXT("actor"));
    mc_set(&row, agent_run, status, mc_text(status));
    mc_set(&row, agent_run, last_event_at, now_us);
    mc_set(&row, agent_run, last_event_id, last_id);
    mc_set(&row, agent_run, last_action, MC_TEXT("work"));
    control_book_run(book, &row, now_us);
}

static void
pass(int64_t seconds)
{
    now_us += seconds * SECOND;
    control_book_look(book, now_us);
}

Test(trigger_book, misses_a_running_run_once)
{
    step("a");
    set_status("a", "executing");
    pass(10);
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 0);
    pass(1);
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 1);
    cr_expect_eq(last.measured, 11);
    cr_expect_eq(last.cause, last_id);
    cr_expect_str_eq(last_subject, "a");
    pass(100);
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 1);
    step("a");
    pass(11);
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 2, "that was another silence");
}

Test(trigger_book, does_not_miss_who_is_over_paused_vouched_for_or_long_gone)
{
    static const char *const statuses[] = {"completed", "failed", "paused", "pending"};
    for (size_t i = 0; i < MC_COUNT(statuses); i++) {
        step("a");
        set_status("a", "executing");
        set_status("a", statuses[i]);
        pass(60);
    }
    set_status("b", "executing");
    is_vouched_for = true;
    pass(60);
    is_vouched_for = false;
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 0);
    pass(2 * 86400);
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 0);
}

Test(trigger_book, takes_its_own_events_for_no_sign_of_life)
{
    step("a");
    set_status("a", "executing");
    pass(11);
    mc_agent_event_t event = event_of("a", "trigger.heartbeat");
    control_book_event(book, &event, now_us);
    pass(60);
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 1);
}

Test(trigger_book, sees_a_loop_once)
{
    for (int i = 0; i < 20; i++) {
        prompt("a");
        prompt(i % 2 ? "b" : "c");
        pass(1);
        cr_expect_eq(fired[CONTROL_TRIGGER_LOOP], i < 2 ? 0 : i < 4 ? 1 : i < 5 ? 2 : 3);
    }
}

Test(trigger_book, counts_only_the_starts_of_model_calls)
{
    for (int i = 0; i < 5; i++) {
        mc_agent_event_t event = event_of("a", "llm.call");
        mc_set(&event, agent_event, phase, MC_TEXT("end"));
        mc_set(&event, agent_event, payload_json, MC_TEXT(HASH));
        control_book_event(book, &event, now_us);
        event = event_of("a", "model_selected");
        mc_set(&event, agent_event, payload_json, MC_TEXT(HASH));
        control_book_event(book, &event, now_us);
    }
    cr_expect_eq(fired[CONTROL_TRIGGER_LOOP], 0);
}

Test(trigger_book, weighs_what_a_run_and_its_root_spend)
{
    spend("a", MC_NANOUSD);
    cr_expect_eq(fired[CONTROL_TRIGGER_SPEND], 0, "the bound itself is not above it");
    spend("a", 1);
    cr_expect_eq(fired[CONTROL_TRIGGER_SPEND], 1);
    cr_expect_eq(last.measured, MC_NANOUSD + 1);
    spend("a", 1);
    pass(61);
    cr_expect_eq(fired[CONTROL_TRIGGER_SPEND], 1);
    spend("a", MC_NANOUSD);
    spend("a", 1);
    cr_expect_eq(fired[CONTROL_TRIGGER_SPEND], 2, "it was over, and came again");
    spend("b", MC_NANOUSD);
    spend("c", MC_NANOUSD);
    cr_expect_eq(fired[CONTROL_TRIGGER_ROOT_SPEND], 1);
    cr_expect_str_eq(last_subject, "root");
}

Test(trigger_book, leaves_out_sums_that_repeat)
{
    mc_agent_event_t event = event_of("a", "agent.run");
    mc_set(&event, agent_event, cost_usd, 9 * MC_NANOUSD);
    mc_set(&event, agent_event, is_rollup, true);
    control_book_event(book, &event, now_us);
    cr_expect_eq(fired[CONTROL_TRIGGER_SPEND] + fired[CONTROL_TRIGGER_ROOT_SPEND], 0);
}

Test(trigger_book, sees_a_storm_of_failures)
{
    for (int i = 0; i < 5; i++)
        fail("a");
    cr_expect_eq(fired[CONTROL_TRIGGER_RETRIES], 0);
    mc_agent_event_t event = event_of("a", "llm.call");
    mc_set(&event, agent_event, retry_count, 2);
    control_book_event(book, &event, now_us);
    cr_expect_eq(fired[CONTROL_TRIGGER_RETRIES], 1);
    cr_expect_eq(last.measured, 7);
}

Test(trigger_book, does_not_say_again_what_was_said_before_a_start)
{
    const control_who_t who = {MC_TEXT("a"), MC_TEXT("root"), {0}, MC_TEXT("actor")};
    for (int i = 0; i < CONTROL_TRIGGER_COUNT; i++)
        control_book_mark(book, (control_trigger_t)i, &who, now_us);
    for (int i = 0; i < 50; i++) {
        prompt("a");
        spend("a", MC_NANOUSD);
        fail("a");
        pass(1);
    }
    for (int i = 0; i < CONTROL_TRIGGER_COUNT; i++)
        cr_expect_eq(fired[i], 0, "%s", control_trigger_name((control_trigger_t)i));
    pass(200);
    for (int i = 0; i < 6; i++)
        fail("a");
    cr_expect_eq(fired[CONTROL_TRIGGER_RETRIES], 1, "that is a new storm");
}

Test(trigger_book, begins_anew_for_who_goes_on)
{
    for (int i = 0; i < 5; i++)
        prompt("a");
    spend("a", 2 * MC_NANOUSD);
    control_book_rearm(book, MC_TEXT("a"));
    control_book_rearm(book, MC_TEXT("nobody"));
    prompt("a");
    prompt("a");
    spend("a", MC_NANOUSD);
    cr_expect_eq(fired[CONTROL_TRIGGER_LOOP], 1);
    cr_expect_eq(fired[CONTROL_TRIGGER_SPEND], 1);
    prompt("a");
    spend("a", 1);
    cr_expect_eq(fired[CONTROL_TRIGGER_LOOP], 2);
    cr_expect_eq(fired[CONTROL_TRIGGER_SPEND], 2);
}

Test(trigger_book, forgets_who_was_heard_of_least_recently)
{
    close_book();
    open_with(2);
    set_status("a", "executing");
    set_status("b", "executing");
    step("a");
    set_status("c", "executing");
    cr_expect_eq(control_book_runs(book), 2);
    pass(11);
    cr_expect_eq(fired[CONTROL_TRIGGER_HEARTBEAT], 2);
    step("b");
    cr_expect_eq(control_book_runs(book), 2);
}
