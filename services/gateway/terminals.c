/*
 *  terminals - what actors wrote, by actor and task
 */
#include "terminals.h"

#include "query_terminals.h"

static void
on_sessions(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t sessions;
    if (gateway_ask_read(ask, result, refusal, &mc_terminal_session_shape, &sessions) == -1)
        return;
    gateway_ask_records(ask, &mc_terminal_session_shape, sessions);
}

void
gateway_terminals_list(gateway_ask_t *ask)
{
    gateway_question_t question;
    gateway_question_init(&question, ask->arena);
    gateway_query_terminals(&question, ask->input, ask->has_cursor ? &ask->cursor : NULL);
    gateway_question_ask(&question, ask->gateway, on_sessions, ask);
}

/* The text under "data" of a terminal's payload. */
static bool
find_output(mc_json_parser_t *json, const mc_agent_event_t *event, mc_arena_t *arena,
            mc_text_t *ret_output)
{
    mc_json_t root, data;
    mc_refusal_t ignored;
    if (!mc_text_is(event->action, "terminal.output") ||
        !mc_has(event, agent_event, payload_json) ||
        mc_json_parse(json, event->payload_json, &root, &ignored))
        return false;
    if (mc_json_kind(root) != MC_JSON_OBJECT || !mc_json_find(root, "data", &data) ||
        mc_json_kind(data) != MC_JSON_STRING)
        return false;
    *ret_output = mc_arena_text(arena, mc_json_text(data));
    return true;
}

mc_list_t
gateway_terminal_lines(mc_json_parser_t *json, mc_list_t events, mc_arena_t *arena)
{
    const mc_agent_event_t *event = events.items;
    mc_terminal_event_t *lines = mc_arena_alloc(arena, (events.count + 1) * sizeof *lines);
    for (size_t i = 0; i < events.count; i++, event++) {
        mc_terminal_event_t *line = &lines[i];
        mc_text_t output;
        mc_set(line, terminal_event, id, event->id);
        mc_set(line, terminal_event, timestamp, event->ts);
        mc_set(line, terminal_event, actor, event->actor);
        mc_set(line, terminal_event, action, event->action);
        mc_set(line, terminal_event, task_id, event->task_id);
        if (find_output(json, event, arena, &output))
            mc_set(line, terminal_event, details, output);
        else if (mc_has(event, agent_event, message))
            mc_set(line, terminal_event, details, event->message);
    }
    return (mc_list_t){lines, events.count};
}

static void
turn_round(mc_list_t list)
{
    mc_terminal_event_t *lines = (mc_terminal_event_t *)list.items;
    for (size_t i = 0; i < list.count / 2; i++) {
        mc_terminal_event_t kept = lines[i];
        lines[i] = lines[list.count - 1 - i];
        lines[list.count - 1 - i] = kept;
    }
}

static void
on_events(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    const mc_terminal_event_query_t *query = ask->input;
    mc_list_t events;
    if (gateway_ask_read(ask, result, refusal, &mc_agent_event_shape, &events) == -1)
        return;
    mc_list_t lines = gateway_terminal_lines(ask->gateway->json, events, ask->arena);
    if (mc_has(query, terminal_event_query, since_id))
        turn_round(lines);
    gateway_ask_records(ask, &mc_terminal_event_shape, lines);
}

void
gateway_terminal_events_list(gateway_ask_t *ask)
{
    gateway_question_t question;
    gateway_question_init(&question, ask->arena);
    gateway_query_terminal_events(&question, ask->input,
                                  ask->has_cursor ? ask->cursor.order : INT64_MAX);
    gateway_question_ask(&question, ask->gateway, on_events, ask);
}
