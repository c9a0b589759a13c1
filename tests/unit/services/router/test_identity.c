/*
 *  test_identity - whose call it is, by its headers and the trace it is part of
 */
#include <criterion/criterion.h>

#include "services/router/identity.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

Test(identity, a_call_without_a_run_is_a_step_of_the_span_that_calls)
{
    static const struct {
        const char *traceparent;
        const char *run;     /* x-mc-run; "" for none */
        const char *root;    /* x-mc-root */
        const char *run_id;  /* wanted */
        const char *root_id; /* wanted */
        const char *above;   /* the span, wanted */
    } rows[] = {
        {"00-" TRACE "-" SPAN "-01", "", "", SPAN, TRACE, SPAN},
        {"00-" TRACE "-" SPAN "-01", "", "task", SPAN, "task", SPAN},
        {"00-" TRACE "-" SPAN "-01", "mine", "", "mine", "", SPAN},
        {"00-" TRACE "-0000000000000000-01", "", "", "", "", ""},
        {"00-" TRACE "-" SPAN, "", "", "", "", ""},
        {"nonsense", "", "", "", "", ""},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_arena_t *arena = mc_arena_new();
        router_identity_t self = {0};
        mc_refusal_t refusal;
        const char *headers[][2] = {{"Traceparent", rows[i].traceparent},
                                    {"x-mc-run", rows[i].run},
                                    {"x-mc-root", rows[i].root}};
        for (size_t j = 0; j < MC_COUNT(headers); j++)
            cr_assert_eq(router_identity_take(&self, arena, mc_text(headers[j][0]),
                                              mc_text(headers[j][1]), &refusal),
                         0);
        router_identity_follow_trace(&self);
        cr_expect(mc_text_is(self.run_id, rows[i].run_id), "%s", rows[i].traceparent);
        cr_expect(mc_text_is(self.root_task_id, rows[i].root_id), "%s", rows[i].traceparent);
        cr_expect(mc_text_is(self.span_id, rows[i].above), "%s", rows[i].traceparent);
        mc_agent_event_t event = {0};
        router_identity_mark(&self, &event);
        cr_expect_eq(mc_has(&event, agent_event, parent_span_id), rows[i].above[0] != '\0');
        mc_arena_destroy(&arena);
    }
}

Test(identity, a_provider_is_told_of_a_child_of_the_span_that_calls)
{
    mc_arena_t *arena = mc_arena_new();
    router_identity_t self = {0};
    mc_refusal_t refusal;
    mc_agent_event_t event = {0};
    cr_expect_eq(router_identity_trace(&self, arena).size, 0);
    cr_expect_str_empty(self.own_span);
    cr_assert_eq(router_identity_take(&self, arena, MC_TEXT("traceparent"),
                                      MC_TEXT("00-" TRACE "-" SPAN "-01"), &refusal),
                 0);

    mc_text_t line = router_identity_trace(&self, arena);
    cr_assert_eq(line.size, strlen("traceparent: 00-" TRACE "-" SPAN "-01"));
    cr_expect_eq(memcmp(line.data, "traceparent: 00-" TRACE "-", 49), 0);
    cr_expect_eq(memcmp(line.data + 49, self.own_span, 16), 0);
    cr_expect_eq(strspn(self.own_span, "0123456789abcdef"), 16);
    cr_expect_str_eq(line.data + 65, "-01");
    cr_expect_str_neq(self.own_span, SPAN);

    mc_text_t again = router_identity_trace(&self, arena); /* of the next attempt */
    cr_expect(mc_text_equals(line, again));
    router_identity_mark(&self, &event);
    cr_expect(mc_text_is(event.span_id, self.own_span));
    cr_expect(mc_text_is(event.parent_span_id, SPAN));
    mc_arena_destroy(&arena);
}

Test(identity, a_key_of_a_run_is_not_left_by_a_header)
{
    const router_identity_t key = {.run_id = MC_TEXT("run"), .root_task_id = MC_TEXT("root")};
    router_identity_t child = {.run_id = MC_TEXT("child"),
                               .parent_run_id = MC_TEXT("somebody"),
                               .root_task_id = MC_TEXT("elsewhere")};
    router_identity_t same = {.run_id = MC_TEXT("run"), .parent_run_id = MC_TEXT("above")};
    router_identity_bind(&child, &key);
    router_identity_bind(&same, &key);
    cr_expect(mc_text_is(child.root_task_id, "root"));
    cr_expect(mc_text_is(child.parent_run_id, "run"));
    cr_expect(mc_text_is(child.run_id, "child"));
    cr_expect(mc_text_is(same.root_task_id, "root"));
    cr_expect(mc_text_is(same.parent_run_id, "above"));
}
