/*
 *  test_event_rules - CONTRACT section 4, rule by rule
 */
#include <criterion/criterion.h>

#include "bench.h"
#include "common/clock.h"
#include "services/ingest/details.h"

static bench_t bench;

static void
open_bench(void)
{
    bench_open(&bench);
    bench.ingest.flags.telemetry_retention_days = 7;
}

static void
close_bench(void)
{
    bench_close(&bench);
}

TestSuite(event_rules, .init = open_bench, .fini = close_bench);

/* An event read from JSON, with the rules applied. */
static int
apply(const char *json, mc_agent_event_t *event, mc_refusal_t *refusal)
{
    mc_json_t root;
    *event = (mc_agent_event_t){0};
    ingest_rules_t rules = ingest_rules(&bench.ingest, "native", bench.arena);
    if (mc_json_parse(bench.ingest.parser, mc_text(json), &root, refusal) != 0 ||
        mc_json_read(&mc_agent_event_shape, root, bench.arena, true, event, refusal) != 0)
        return MC_REFUSED;
    return ingest_rules_apply(&rules, event, refusal);
}

static void
must_apply(const char *json, mc_agent_event_t *event)
{
    mc_refusal_t refusal;
    cr_assert_eq(apply(json, event, &refusal), 0, "%s: %s", json, refusal.message);
}

#define cr_is(text, expected)                                                                      \
    cr_assert(mc_text_is((text), (expected)), "\"%.*s\" is not \"%s\"", MC_FMT(text), expected)

Test(event_rules, name_the_run_after_actor_and_task)
{
    mc_agent_event_t event;
    must_apply("{\"actor\":\" a \",\"action\":\"b\"}", &event);
    cr_is(event.run_id, "a::global");
    cr_is(event.root_task_id, "global");
    must_apply("{\"actor\":\"a\",\"action\":\"b\",\"taskId\":\"t\"}", &event);
    cr_is(event.run_id, "a::t");
    cr_assert(!mc_has(&event, agent_event, root_task_id), "the tree of tasks gives the root");
}

typedef struct {
    const char *action;
    const char *status;
} status_row_t;

static const status_row_t statuses[] = {
    {"task_started", "executing"},  {"stage_executing", "executing"},
    {"task_paused", "paused"},      {"pause_requested", "paused"},
    {"run_failed", "failed"},       {"compile_error", "failed"},
    {"agent_stopped", "failed"},    {"task_completed", "completed"},
    {"patch_applied", "completed"}, {"FINISHED", "completed"},
    {"anything_else", "executing"}, {"started_then_failed", "executing"},
};

Test(event_rules, read_the_status_from_the_action)
{
    for (size_t i = 0; i < MC_COUNT(statuses); i++) {
        mc_agent_event_t event;
        mc_text_t json =
            mc_arena_printf(bench.arena, "{\"actor\":\"a\",\"action\":\"%s\"}", statuses[i].action);
        must_apply(json.data, &event);
        cr_is(event.status, statuses[i].status);
    }
}

Test(event_rules, take_a_given_status_over_the_action)
{
    mc_agent_event_t event;
    mc_refusal_t refusal;
    must_apply("{\"actor\":\"a\",\"action\":\"x_failed\",\"status\":\"completed\"}", &event);
    cr_is(event.status, "completed");
    must_apply("{\"actor\":\"a\",\"action\":\"x\",\"status\":\"Running\"}", &event);
    cr_is(event.status, "executing");
    cr_assert_eq(apply("{\"actor\":\"a\",\"action\":\"x\",\"status\":\"odd\"}", &event, &refusal),
                 MC_REFUSED);
    cr_assert_str_eq(refusal.message,
                     "status is \"odd\", not pending, executing, completed, failed "
                     "or paused");
}

Test(event_rules, read_legacy_pairs_in_any_case)
{
    mc_agent_event_t event;
    must_apply(
        "{\"actor\":\"a\",\"action\":\"x\",\"details\":\"STATUS=paused; model=openai/gpt-5-nano,"
        " Persona=lead skill=plan MCP=files tool=read latency=120ms retries=2 tokensIn=10"
        " tokens_out=4 tokens_used=14 cost=$0.25 message=hello\"}",
        &event);
    cr_is(event.status, "paused");
    cr_is(event.provider, "openai");
    cr_is(event.model_id, "gpt-5-nano");
    cr_is(event.persona, "lead");
    cr_is(event.skill, "plan");
    cr_is(event.mcp_server, "files");
    cr_is(event.mcp_tool, "read");
    cr_is(event.message, "hello");
    cr_assert_eq(event.latency_ms, 120);
    cr_assert_eq(event.retry_count, 2);
    cr_assert_eq(event.tokens_in, 10);
    cr_assert_eq(event.tokens_out, 4);
    cr_assert_eq(event.token_delta, 14);
    cr_assert_eq(event.cost_usd, MC_NANOUSD / 4);
}

Test(event_rules, read_legacy_objects)
{
    mc_agent_event_t event;
    must_apply("{\"actor\":\"a\",\"action\":\"x\",\"details\":\"{\\\"status\\\":\\\"failed\\\","
               "\\\"message\\\":\\\"two words\\\",\\\"model_id\\\":\\\"m\\\"}\"}",
               &event);
    cr_is(event.status, "failed");
    cr_is(event.message, "two words");
    cr_is(event.model_id, "m");
}

Test(event_rules, make_a_message_of_details_that_say_nothing_else)
{
    mc_agent_event_t event;
    must_apply("{\"actor\":\"a\",\"action\":\"x\",\"details\":\"just words about task:t-9.\"}",
               &event);
    cr_is(event.message, "just words about task:t-9.");
    cr_is(event.task_id, "t-9.");
}

Test(event_rules, find_task_persona_and_tier_in_the_names)
{
    mc_agent_event_t event;
    must_apply("{\"actor\":\"tier3_security_analyst\",\"action\":\"x\"}", &event);
    cr_is(event.persona, "security_analyst");
    cr_assert_eq(event.tier, 3);
    must_apply("{\"actor\":\"tier9_x\",\"action\":\"x\",\"message\":\"done (task:abc) now\"}",
               &event);
    cr_assert(!mc_has(&event, agent_event, persona));
    cr_is(event.task_id, "abc");
}

Test(event_rules, refuse_what_cannot_be_placed_in_time)
{
    mc_agent_event_t event;
    mc_refusal_t refusal;
    cr_assert_eq(apply("{\"actor\":\"a\",\"action\":\"x\",\"createdAt\":1}", &event, &refusal),
                 MC_REFUSED);
    cr_assert_eq(refusal.code, MC_TIME_OUT_OF_WINDOW_ERROR);
    long long ahead = (long long)(mc_clock_us() / 1000000) + 365 * 86400;
    mc_text_t json = mc_arena_printf(
        bench.arena, "{\"actor\":\"a\",\"action\":\"x\",\"createdAt\":%lld}", ahead);
    cr_assert_eq(apply(json.data, &event, &refusal), MC_REFUSED);
    cr_assert_eq(refusal.code, MC_TIME_OUT_OF_WINDOW_ERROR);
}

typedef struct {
    const char *json;
    const char *message;
} refusal_row_t;

static const refusal_row_t refusals[] = {
    {"{\"action\":\"x\"}", "actor is missing"},
    {"{\"actor\":\"a\"}", "action is missing"},
    {"{\"actor\":\"   \",\"action\":\"x\"}", "actor is missing"},
    {"{\"actor\":\"a\",\"action\":\"x\",\"tier\":7}", "tier is 7, at most 3"},
};

Test(event_rules, name_what_is_wrong)
{
    for (size_t i = 0; i < MC_COUNT(refusals); i++) {
        mc_agent_event_t event;
        mc_refusal_t refusal;
        cr_assert_eq(apply(refusals[i].json, &event, &refusal), MC_REFUSED, "%s", refusals[i].json);
        cr_assert_str_eq(refusal.message, refusals[i].message);
    }
}

Test(event_rules, take_a_resend_for_a_duplicate)
{
    static const char uid[16] = "0123456789abcdef";
    ingest_batch_t *batch = ingest_batch_new(bench.ingest.intake, "native");
    for (int i = 0; i < 2; i++) {
        mc_agent_event_t event = {0};
        mc_set(&event, agent_event, actor, MC_TEXT("a"));
        mc_set(&event, agent_event, action, MC_TEXT("x"));
        memcpy(event.event_uid.bytes, uid, sizeof uid);
        mc_record_mark(&event, MC_INDEX_agent_event_event_uid);
        ingest_batch_add(batch, &event);
    }
    cr_assert_eq(bench_events(&bench, batch).count, 1);
    cr_assert_eq(ingest_batch_size(batch), 2);
    ingest_batch_destroy(&batch);
}

Test(event_rules, keep_secrets_out_of_what_is_stored)
{
    ingest_batch_t *batch = ingest_batch_new(bench.ingest.intake, "native");
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, actor, MC_TEXT("a"));
    mc_set(&event, agent_event, action, MC_TEXT("x"));
    mc_set(&event, agent_event, message,
           MC_TEXT("Authorization: Bearer abcdefghijklmnop0123456789"));
    mc_set(&event, agent_event, payload_json, MC_TEXT("{\"password\":\"hunter2hunter2\"}"));
    ingest_batch_add(batch, &event);
    mc_text_t packed = ingest_batch_stored(batch);
    cr_assert_null(memmem(packed.data, packed.size, "hunter2", 7));
    cr_assert_null(memmem(packed.data, packed.size, "abcdefghijklmnop", 16));
    ingest_batch_destroy(&batch);
}
