/*
 *  query_runs - questions about runs
 */
#include "query_runs.h"

#define EQUALS(name)                                                                               \
    {                                                                                              \
        MC_INDEX_run_query_##name, #name " = ?", GATEWAY_FILTER_EQUALS                             \
    }

static const gateway_filter_t filters[] = {
    EQUALS(root_task_id),
    EQUALS(task_id),
    EQUALS(actor),
    EQUALS(tier),
    EQUALS(provider),
    EQUALS(model_id),
    EQUALS(persona),
    EQUALS(skill),
    EQUALS(mcp_server),
    EQUALS(parent_run_id),
    {MC_INDEX_run_query_run_id, "id = ?", GATEWAY_FILTER_EQUALS},
    {MC_INDEX_run_query_status, "status = ANY (string_to_array(?, ','))", GATEWAY_FILTER_WORDS},
    {MC_INDEX_run_query_since, "started_at >= ?", GATEWAY_FILTER_EQUALS},
    {MC_INDEX_run_query_until, "started_at < ?", GATEWAY_FILTER_EQUALS},
};

static void
select_runs(gateway_question_t *question)
{
    gateway_question_add(question, "SELECT ");
    gateway_question_columns(question, &mc_agent_run_shape, "", NULL);
    gateway_question_add(question, " FROM aop_agent_runs WHERE true");
}

void
gateway_query_runs(gateway_question_t *question, const mc_run_query_t *query,
                   const mc_cursor_t *cursor)
{
    select_runs(question);
    gateway_question_filter(question, &mc_run_query_shape, query, filters, MC_COUNT(filters));
    if (cursor) {
        gateway_question_time(question, " AND started_at <= ? AND (started_at < ?", cursor->order);
        gateway_question_text(question, " OR id > ?)", cursor->id);
    }
    gateway_question_i64(question, " ORDER BY started_at DESC, id LIMIT ?", query->limit);
}

void
gateway_query_active_runs(gateway_question_t *question, const mc_snapshot_query_t *query)
{
    select_runs(question);
    gateway_question_add(question, " AND status IN ('pending', 'executing', 'paused')");
    if (mc_has(query, snapshot_query, root_task_id))
        gateway_question_text(question, " AND root_task_id = ?", query->root_task_id);
    gateway_question_i64(question, " ORDER BY started_at DESC, id LIMIT ?", query->limit);
}

void
gateway_query_runs_of(gateway_question_t *question, mc_list_t events)
{
    const mc_agent_event_t *event = events.items;
    mc_text_t *ids = mc_arena_alloc(question->arena, (events.count + 1) * sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < events.count; i++)
        if (event[i].run_id.size)
            ids[count++] = event[i].run_id;
    select_runs(question);
    gateway_question_texts(question, " AND id = ANY (?)", ids, count);
}

static void
on_runs(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    gateway_ask_t *ask = arg;
    mc_list_t runs;
    if (gateway_ask_read(ask, result, refusal, &mc_agent_run_shape, &runs) == -1)
        return;
    gateway_ask_records(ask, &mc_agent_run_shape, runs);
}

void
gateway_runs_list(gateway_ask_t *ask)
{
    const mc_run_query_t *query = ask->input;
    gateway_question_t question;
    mc_refusal_t refusal;
    mc_cursor_t cursor;
    bool has_cursor = mc_has(query, run_query, cursor);
    if (has_cursor && mc_cursor_read(query->cursor, ask->arena, &cursor, &refusal)) {
        gateway_ask_refuse(ask, &refusal);
        return;
    }
    gateway_question_init(&question, ask->arena);
    gateway_query_runs(&question, query, has_cursor ? &cursor : NULL);
    gateway_question_ask(&question, ask->gateway, on_runs, ask);
}
