/*
 *  query_terminals - questions about terminals
 */
#include "query_terminals.h"

/* The last word of a session is that of the run that spoke last. */
#define SESSION_COLUMNS                                                                            \
    "SELECT r.actor, r.task_id, sum(r.event_count)::bigint AS event_count,"                        \
    " max(r.last_event_id) AS last_event_id, max(r.last_event_at) AS last_timestamp,"              \
    " t.status AS task_status, t.tier AS task_tier, t.domain AS task_domain,"                      \
    " coalesce((array_agg(r.last_action ORDER BY r.last_event_id DESC))[1], '') AS last_action,"   \
    " (array_agg(r.last_message ORDER BY r.last_event_id DESC))[1] AS last_details"                \
    " FROM aop_agent_runs r LEFT JOIN aop_tasks t"                                                 \
    " ON t.root_task_id = r.root_task_id AND t.id = r.task_id"                                     \
    " WHERE r.task_id IS NOT NULL"

/* A task that is not known is as active as its runs. */
#define IS_ACTIVE                                                                                  \
    "coalesce(t.status, min(CASE WHEN r.status IN ('completed', 'failed') THEN 1 ELSE 0 END)"      \
    "::text) NOT IN ('completed', 'failed', '1')"

void
gateway_query_terminals(gateway_question_t *question, const mc_terminal_query_t *query,
                        const mc_cursor_t *cursor)
{
    bool has_root = mc_has(query, terminal_query, root_task_id);
    bool is_root_only =
        mc_has(query, terminal_query, include_descendants) && !query->include_descendants;
    bool is_all = mc_has(query, terminal_query, include_inactive) && query->include_inactive;

    gateway_question_add(question, SESSION_COLUMNS);
    if (has_root)
        gateway_question_text(question, " AND r.root_task_id = ?", query->root_task_id);
    if (has_root && is_root_only)
        gateway_question_add(question, " AND r.task_id = r.root_task_id");
    gateway_question_add(question, " GROUP BY r.actor, r.root_task_id, r.task_id, t.status, t.tier,"
                                   " t.domain HAVING true");
    if (!is_all)
        gateway_question_add(question, " AND " IS_ACTIVE);
    if (cursor)
        gateway_question_i64(question, " AND max(r.last_event_id) < ?", cursor->order);
    gateway_question_i64(question, " ORDER BY last_event_id DESC LIMIT ?", query->limit);
}

/* Runs an actor can have had on one task; more than that are not looked into. */
#define RUNS_MAX "200"

void
gateway_query_terminal_events(gateway_question_t *question, const mc_terminal_event_query_t *query,
                              int64_t before_id)
{
    bool has_since = mc_has(query, terminal_event_query, since_id);
    const char *order = has_since ? " ASC" : " DESC";

    gateway_question_add(question, "SELECT ");
    gateway_question_columns(question, &mc_agent_event_shape, "e.", NULL);
    gateway_question_text(question, " FROM (SELECT id FROM aop_agent_runs WHERE task_id = ?",
                          query->task_id);
    gateway_question_add(question, " ORDER BY last_event_id DESC LIMIT " RUNS_MAX ") r"
                                   " CROSS JOIN LATERAL (SELECT ");
    gateway_question_columns(question, &mc_agent_event_shape, "i.", NULL);
    gateway_question_text(question,
                          " FROM aop_agent_events i WHERE i.run_id = r.id AND i.task_id = ?",
                          query->task_id);
    gateway_question_text(question, " AND i.actor = ?", query->actor);
    gateway_question_i64(question, " AND i.id > ?", has_since ? query->since_id : 0);
    gateway_question_i64(question, " AND i.id < ?", before_id);
    gateway_question_add(question, " ORDER BY i.id");
    gateway_question_add(question, order);
    gateway_question_i64(question, " LIMIT ?) e ORDER BY e.id", query->limit);
    gateway_question_add(question, order);
    gateway_question_i64(question, " LIMIT ?", query->limit);
}
