/*
 *  test_sieve - which frames a client gets
 */
#include "services/gateway/sieve.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const gateway_hash_key_t key = {{4, 5, 6}};

static mc_agent_event_t
usual_event(void)
{
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, root_task_id, MC_TEXT("root"));
    mc_set(&event, agent_event, task_id, MC_TEXT("task"));
    mc_set(&event, agent_event, actor, MC_TEXT("actor"));
    mc_set(&event, agent_event, action, MC_TEXT("llm.call"));
    mc_set(&event, agent_event, run_id, MC_TEXT("run"));
    mc_set(&event, agent_event, tier, 2);
    mc_set(&event, agent_event, status, MC_TEXT("failed"));
    mc_set(&event, agent_event, provider, MC_TEXT("openai"));
    mc_set(&event, agent_event, message, MC_TEXT("Größe 100% Done"));
    mc_set(&event, agent_event, ts, 5000000);
    return event;
}

static const char searched[] = "Gr\xc3\xb6\xc3\x9f"
                               "e 100% Done\0actor\0llm.call";

/* Whether the usual event passes a sieve with one field set to the text. */
static bool
passes(const char *field_name, const char *value)
{
    mc_event_query_t query = {0};
    gateway_sieve_t sieve = {0};
    gateway_traits_t traits;
    mc_refusal_t refusal;
    mc_agent_event_t event = usual_event();
    MC_AUTO(mc_arena) arena = mc_arena_new();
    const mc_field_t *field = mc_shape_find_name(&mc_event_query_shape, mc_text(field_name));
    cr_assert(field);
    if (field->kind == MC_TEXT_KIND)
        cr_assert_eq(
            mc_field_set_text(&mc_event_query_shape, field, &query, mc_text(value), &refusal), 0);
    else
        cr_assert_eq(mc_field_set_i64(&mc_event_query_shape, field, &query, atoll(value), &refusal),
                     0);
    cr_assert_eq(gateway_sieve_kinds((mc_text_t){0}, &sieve, &refusal), 0);
    gateway_sieve_make(&sieve, &key, &query, arena);
    gateway_traits_of_event(&key, &event, &traits);
    return gateway_sieve_passes(&sieve, &traits, (mc_text_t){searched, sizeof searched});
}

Test(sieve, compares_each_field_that_was_asked_for)
{
    static const struct {
        const char *field;
        const char *yes;
        const char *no;
    } rows[] = {
        {"root_task_id", "root", "roo"},
        {"task_id", "task", "Task"},
        {"actor", "actor", "action"},
        {"action", "llm.call", "llm"},
        {"run_id", "run", "other"},
        {"tier", "2", "3"},
        {"status", "failed", "completed"},
        {"status", "executing, failed", "executing,paused"},
        {"provider", "openai", "anthropic"},
        {"since", "5000000", "5000001"},
        {"until", "5000001", "5000000"},
        {"text", "done", "undone"},
        {"text", "GR\xc3\x96\xc3\x9f", "gross"},
        {"text", "100% d", "100_"},
        {"text", "LLM.", "callx"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        cr_expect(passes(rows[i].field, rows[i].yes), "%s %s", rows[i].field, rows[i].yes);
        cr_expect(!passes(rows[i].field, rows[i].no), "%s %s", rows[i].field, rows[i].no);
    }
}

Test(sieve, a_field_that_the_event_lacks_does_not_fit)
{
    cr_expect(!passes("model_id", "gpt"));
    cr_expect(!passes("mcp_tool", "read"));
    cr_expect(!passes("persona", "p"));
}

Test(sieve, a_run_is_held_back_by_what_it_is_not_by_what_it_does)
{
    static const struct {
        mc_event_query_t query;
        bool is_passed;
    } rows[] = {
        {{.present = 0}, true},
        {{.root_task_id = {"root", 4}}, true},
        {{.root_task_id = {"other", 5}}, false},
        {{.run_id = {"run", 3}}, true},
        {{.run_id = {"ran", 3}}, false},
        {{.status = {"executing", 9}, .present = 1 << MC_INDEX_event_query_status}, true},
        {{.action = {"tool.call", 9}}, true},
        {{.mcp_tool = {"read", 4}}, true},
        {{.tier = 3, .present = 1 << MC_INDEX_event_query_tier}, false},
    };
    mc_agent_run_t run = {0};
    mc_set(&run, agent_run, id, MC_TEXT("run"));
    mc_set(&run, agent_run, root_task_id, MC_TEXT("root"));
    mc_set(&run, agent_run, tier, 2);
    mc_set(&run, agent_run, status, MC_TEXT("completed"));
    MC_AUTO(mc_arena) arena = mc_arena_new();
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        gateway_sieve_t sieve = {0};
        gateway_traits_t traits;
        mc_refusal_t refusal;
        cr_assert_eq(gateway_sieve_kinds(MC_TEXT("run"), &sieve, &refusal), 0);
        gateway_sieve_make(&sieve, &key, &rows[i].query, arena);
        gateway_traits_of_run(&key, &run, &traits);
        cr_expect_eq(gateway_sieve_passes(&sieve, &traits, (mc_text_t){0}), rows[i].is_passed,
                     "row %zu", i);
    }
}

Test(sieve, kinds_are_a_list_of_known_words)
{
    static const struct {
        const char *text;
        bool kinds[GATEWAY_FRAME_KINDS];
    } rows[] = {
        {"", {true, true, true, true, true, true, true, true}},
        {"budget_request", {[GATEWAY_FRAME_BUDGET_REQUEST] = true}},
        {"event", {true, false, false, false}},
        {"flags, run", {false, true, false, true}},
        {"task,task", {false, false, true, false}},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        gateway_sieve_t sieve = {0};
        mc_refusal_t refusal;
        cr_assert_eq(gateway_sieve_kinds(mc_text(rows[i].text), &sieve, &refusal), 0);
        cr_expect_arr_eq(sieve.kinds, rows[i].kinds, sizeof sieve.kinds, "%s", rows[i].text);
    }
    gateway_sieve_t sieve = {0};
    mc_refusal_t refusal;
    cr_expect_eq(gateway_sieve_kinds(MC_TEXT("event,runs"), &sieve, &refusal), MC_REFUSED);
    cr_expect_str_eq(refusal.message,
                     "kinds are event, run, task, flags, receipt, holds, budget and budget_request,"
                     " not runs");
}

Test(sieve, budgets_and_requests_pass_where_they_are)
{
    static const struct {
        mc_event_query_t query;
        bool task_passes;
        bool install_passes;
        bool request_passes;
    } rows[] = {
        {{0}, true, true, true},
        {{.root_task_id = MC_TEXT("root")}, true, false, true},
        {{.root_task_id = MC_TEXT("other")}, false, false, false},
        {{.task_id = MC_TEXT("task")}, true, false, true},
        {{.task_id = MC_TEXT("root")}, false, false, false},
        {{.tier = 3, .actor = MC_TEXT("ann")}, true, true, true},
    };
    mc_budget_t task = {.scope_type = MC_TEXT("task"),
                        .scope_id = MC_TEXT("task"),
                        .root_task_id = MC_TEXT("root")};
    mc_budget_t install = {.scope_type = MC_TEXT("install")};
    mc_budget_request_t request = {.task_id = MC_TEXT("task"), .root_task_id = MC_TEXT("root")};
    MC_AUTO(mc_arena) arena = mc_arena_new();
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        gateway_sieve_t sieve = {0};
        gateway_traits_t traits;
        mc_refusal_t refusal;
        cr_assert_eq(gateway_sieve_kinds((mc_text_t){0}, &sieve, &refusal), 0);
        gateway_sieve_make(&sieve, &key, &rows[i].query, arena);
        gateway_traits_of_budget(&key, &task, &traits);
        cr_expect_eq(gateway_sieve_passes(&sieve, &traits, (mc_text_t){0}), rows[i].task_passes,
                     "task, row %zu", i);
        gateway_traits_of_budget(&key, &install, &traits);
        cr_expect_eq(gateway_sieve_passes(&sieve, &traits, (mc_text_t){0}), rows[i].install_passes,
                     "install, row %zu", i);
        gateway_traits_of_budget_request(&key, &request, &traits);
        cr_expect_eq(gateway_sieve_passes(&sieve, &traits, (mc_text_t){0}), rows[i].request_passes,
                     "request, row %zu", i);
    }
}

Test(sieve, lower_case_is_taken_letter_by_letter)
{
    static const struct {
        const char *from;
        const char *to;
    } rows[] = {
        {"ABC xyz 123", "abc xyz 123"},
        {"\xc3\x80\xc3\x9e\xc3\x97", "\xc3\xa0\xc3\xbe\xc3\x97"},
        {"\xce\x91\xce\xa9", "\xce\xb1\xcf\x89"},
        {"\xd0\x90\xd0\xaf\xd0\x81", "\xd0\xb0\xd1\x8f\xd1\x91"},
        {"\xe6\x97\xa5\xf0\x9f\x9a\x80", "\xe6\x97\xa5\xf0\x9f\x9a\x80"},
    };
    MC_AUTO(mc_arena) arena = mc_arena_new();
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        cr_expect(mc_text_is(gateway_fold(mc_text(rows[i].from), arena), rows[i].to), "%s",
                  rows[i].from);
}
