/*
 *  query_roots - questions about roots and what their runs have in common
 */
#include "query_roots.h"

/* The sums of one root, and its earliest and latest run. */
#define SUMS                                                                                       \
    " CROSS JOIN LATERAL (SELECT count(*) AS run_count,"                                           \
    " count(*) FILTER (WHERE r.status IN ('pending', 'executing', 'paused')) AS active_count,"     \
    " count(*) FILTER (WHERE r.status = 'failed') AS failed_count,"                                \
    " coalesce(sum(r.tokens_in), 0)::bigint AS tokens_in,"                                         \
    " coalesce(sum(r.tokens_out), 0)::bigint AS tokens_out, sum(r.cost_usd) AS cost_usd,"          \
    " bool_or(r.status = 'executing') AS is_executing"                                             \
    " FROM aop_agent_runs r WHERE r.root_task_id = p.root_task_id) s"                              \
    " LEFT JOIN LATERAL (SELECT r.actor FROM aop_agent_runs r"                                     \
    " WHERE r.root_task_id = p.root_task_id ORDER BY r.started_at LIMIT 1) f ON true"              \
    " LEFT JOIN LATERAL (SELECT r.status FROM aop_agent_runs r"                                    \
    " WHERE r.root_task_id = p.root_task_id ORDER BY r.started_at DESC, r.id LIMIT 1) l ON true"

#define SUMMARY                                                                                    \
    "SELECT p.root_task_id, coalesce(p.objective, f.actor) AS label,"                              \
    " CASE WHEN s.is_executing THEN 'executing' ELSE coalesce(p.status, l.status) END AS status,"  \
    " s.run_count, s.active_count, s.failed_count, s.tokens_in, s.tokens_out, s.cost_usd,"         \
    " p.first_event_at, p.last_event_at FROM (SELECT o.root_task_id, o.first_event_at,"            \
    " o.last_event_at, t.objective, t.status FROM aop_roots o LEFT JOIN aop_tasks t"               \
    " ON t.root_task_id = o.root_task_id AND t.id = o.root_task_id WHERE true"

void
gateway_query_roots(gateway_question_t *question, const gateway_roots_query_t *query)
{
    gateway_question_add(question, SUMMARY);
    if (query->search.size)
        gateway_question_text(question, " AND (o.root_task_id ILIKE ? OR t.objective ILIKE ?)",
                              gateway_like_pattern(query->search, question->arena));
    if (query->cursor) {
        gateway_question_time(question, " AND o.last_event_at <= ? AND (o.last_event_at < ?",
                              query->cursor->order);
        gateway_question_text(question, " OR o.root_task_id > ?)", query->cursor->id);
    }
    gateway_question_i64(question, " ORDER BY o.last_event_at DESC, o.root_task_id LIMIT ?) p",
                         query->limit);
    gateway_question_add(question, SUMS " ORDER BY p.last_event_at DESC, p.root_task_id");
}

void
gateway_query_facets(gateway_question_t *question, mc_text_t root_task_id)
{
    gateway_question_add(
        question, "SELECT k.name, k.value, count(*) FROM aop_agent_runs r"
                  " CROSS JOIN LATERAL (VALUES ('tier', r.tier::text), ('status', r.status),"
                  " ('provider', r.provider), ('modelId', r.model_id), ('persona', r.persona),"
                  " ('skill', r.skill), ('mcpServer', r.mcp_server), ('actor', r.actor))"
                  " AS k (name, value) WHERE k.value IS NOT NULL");
    if (root_task_id.size)
        gateway_question_text(question, " AND r.root_task_id = ?", root_task_id);
    gateway_question_add(question, " GROUP BY k.name, k.value ORDER BY k.name, count(*) DESC,"
                                   " k.value LIMIT 5000");
}
