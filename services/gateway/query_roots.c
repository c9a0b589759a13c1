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

/* Facets of all roots are those of so many runs, the newest; and so many values each. */
#define FACET_RUNS "50000"
#define FACET_VALUES "500"

#define FACETS "tier, status, provider, model_id, persona, skill, mcp_server, actor"
#define FACET_VALUE                                                                                \
    "coalesce(tier::text, status, provider, model_id, persona, skill, mcp_server, actor)"

/* Each value of each facet with its count, by one pass over the runs. */
#define COUNT_FACETS                                                                               \
    "SELECT name, value, count FROM (SELECT CASE WHEN grouping(tier) = 0 THEN 'tier'"              \
    " WHEN grouping(status) = 0 THEN 'status' WHEN grouping(provider) = 0 THEN 'provider'"         \
    " WHEN grouping(model_id) = 0 THEN 'modelId' WHEN grouping(persona) = 0 THEN 'persona'"        \
    " WHEN grouping(skill) = 0 THEN 'skill' WHEN grouping(mcp_server) = 0 THEN 'mcpServer'"        \
    " ELSE 'actor' END AS name, " FACET_VALUE " AS value, count(*), row_number() OVER"             \
    " (PARTITION BY grouping(" FACETS ") ORDER BY count(*) DESC, " FACET_VALUE ") AS nth"          \
    " FROM (SELECT " FACETS " FROM aop_agent_runs"

void
gateway_query_facets(gateway_question_t *question, mc_text_t root_task_id)
{
    gateway_question_add(question, COUNT_FACETS);
    if (root_task_id.size)
        gateway_question_text(question, " WHERE root_task_id = ?", root_task_id);
    gateway_question_add(question,
                         " ORDER BY started_at DESC LIMIT " FACET_RUNS
                         ") r GROUP BY GROUPING SETS (" FACETS ")) k"
                         " WHERE value IS NOT NULL AND nth <= " FACET_VALUES " ORDER BY name, nth");
}
