/*
 *  test_terminals - events as lines of a terminal
 */
#include "services/gateway/terminals.h"

#include <criterion/criterion.h>

typedef struct {
    const char *action;
    const char *message; /* NULL: none */
    const char *payload; /* NULL: none */
    const char *details; /* NULL: none */
} row_t;

static mc_agent_event_t
event_of(const row_t *row, int64_t id)
{
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, id, id);
    mc_set(&event, agent_event, ts, 1000 + id);
    mc_set(&event, agent_event, actor, MC_TEXT("shell"));
    mc_set(&event, agent_event, task_id, MC_TEXT("task"));
    mc_set(&event, agent_event, action, mc_text(row->action));
    if (row->message)
        mc_set(&event, agent_event, message, mc_text(row->message));
    if (row->payload)
        mc_set(&event, agent_event, payload_json, mc_text(row->payload));
    return event;
}

Test(terminals, details_are_the_output_or_else_the_message)
{
    static const row_t rows[] = {
        {"terminal.output", "red", "{\"stream\":\"pty\",\"data\":\"\\u001b[31mred\"}",
         "\x1b[31mred"},
        {"terminal.output", "head", "{\"stream\":\"pty\"}", "head"},
        {"terminal.output", "head", "{\"data\":7}", "head"},
        {"terminal.output", "head", "[\"data\"]", "head"},
        {"terminal.output", "head", "not JSON", "head"},
        {"terminal.output", "head", NULL, "head"},
        {"terminal.output", NULL, "{}", NULL},
        {"llm.call", "said", "{\"data\":\"not of a terminal\"}", "said"},
    };
    mc_agent_event_t events[MC_COUNT(rows)];
    MC_AUTO(mc_arena) arena = mc_arena_new();
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        events[i] = event_of(&rows[i], (int64_t)i + 1);

    mc_list_t lines = gateway_terminal_lines(parser, (mc_list_t){events, MC_COUNT(rows)}, arena);
    const mc_terminal_event_t *line = lines.items;
    cr_assert_eq(lines.count, MC_COUNT(rows));
    for (size_t i = 0; i < lines.count; i++, line++) {
        cr_expect_eq(line->id, (int64_t)i + 1);
        cr_expect_eq(line->timestamp, 1001 + (int64_t)i);
        cr_expect(mc_text_is(line->task_id, "task"));
        cr_expect_eq(mc_has(line, terminal_event, details), rows[i].details != NULL);
        if (rows[i].details)
            cr_expect(mc_text_is(line->details, rows[i].details), "row %zu", i);
    }
}
