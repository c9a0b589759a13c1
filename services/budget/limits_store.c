/*
 *  limits_store - what is asked of PostgreSQL for the limits themselves
 *
 *  Amounts are shown in the unit that people use: dollars and seconds.
 */
#include "services/budget/limits_store.h"

#include "services/budget/budget_columns.h"

/* Of the period that began then; NULL: of all time. */
/* clang-format off */

/* Of the period that began then; NULL: of all time. */
#define LOST(id, start)                                                                            \
    "coalesce((SELECT sum(line.used) FROM aop_budget_ledger line WHERE line.budget_id = " id       \
    " AND line.is_lost AND line.settled_at >= coalesce(" start ", '-infinity')), 0)"
#define PERCENT(spent, most)                                                                       \
    "CASE WHEN " most " > 0 THEN least(floor(" spent "::numeric * 100 / " most                     \
    "), 9007199254740991)::bigint END"
#define LIMIT_COLUMNS(b)                                                                           \
    b ".id, " b ".scope_type, nullif(" b ".scope_id, '') AS scope_id, " b ".unit, "                \
    SHOWN(b ".most", b ".unit") " AS \"limit\", " b ".period, " b ".grace_tokens, "                \
    SHOWN(SPENT(b), b ".unit") " AS spent, " SHOWN(b ".leased", b ".unit") " AS reserved, "        \
    SHOWN(LOST(b ".id", PERIOD_START(b)), b ".unit") " AS lost, "                                  \
    SHOWN(b ".most - (" SPENT(b) ") - " b ".leased", b ".unit") " AS remaining, "                  \
    PERCENT("(" SPENT(b) ")", b ".most") " AS percent, "                                           \
    PERIOD_START(b) " AS period_start, " b ".created_at, " b ".updated_at, "                       \
    ROOT_OF(b) " AS root_task_id"

/* The token budget of a task t as a budget. */
#define TASK_LIMIT                                                                                 \
    TASK_BUDGET_ID("t.id") ", 'task', t.id, 'tokens', t.token_budget::double precision, 'total',"  \
    " NULL::bigint, t.token_usage::double precision, t.token_leased::double precision, "           \
    LOST(TASK_BUDGET_ID("t.id"), "NULL::timestamptz") "::double precision,"                        \
    " (t.token_budget - t.token_usage - t.token_leased)::double precision, "                       \
    PERCENT("t.token_usage", "t.token_budget") ", NULL::timestamptz, t.created_at, t.updated_at,"  \
    " t.root_task_id"

#define AUDIT "INSERT INTO aop_audit_log (actor, action, target_id, details, source)"
#define DETAILS                                                                                    \
    "jsonb_strip_nulls(jsonb_build_object('scopeType', scope_type, 'scopeId',"                     \
    " nullif(scope_id, ''), 'unit', unit, 'most', most, 'period', period, 'graceTokens',"          \
    " grace_tokens))::text"

/* $9 targets. A limit that is raised may pass its shares again, one that is lowered may pass some
 * at once. */
static const char sql_set[] =
    "WITH old AS (SELECT * FROM aop_budgets WHERE scope_type = $2 AND scope_id = $3 AND unit = $4"
    " AND period = $6 FOR UPDATE),"
    " made AS (INSERT INTO aop_budgets AS b (id, scope_type, scope_id, unit, most, period,"
    " grace_tokens, period_start) VALUES ($1, $2, $3, $4, $5::bigint, $6, $7::bigint,"
    " CASE $6 WHEN 'total' THEN now() ELSE date_trunc($6, now() AT TIME ZONE 'UTC')"
    " AT TIME ZONE 'UTC' END) ON CONFLICT (scope_type, scope_id, unit, period)"
    " DO UPDATE SET most = excluded.most, grace_tokens = excluded.grace_tokens,"
    " spent = " SPENT("b") ", period_start = " PERIOD_START("b") ","
    " told = " STEP("(" SPENT("b") ")", "excluded.most") ","
    " updated_at = greatest(now(), b.updated_at + interval '1 microsecond') RETURNING *),"
    " stepped AS (SELECT m.*, " ROOT_OF("m") " AS root_task_id, m.told AS told_now,"
    " coalesce((SELECT " TOLD("o") " FROM old o), 0) AS told_before FROM made m),"
    TELL_STEPS("$9::text[]") ","
    " audited AS (" AUDIT " SELECT $8, 'budget_set', id, " DETAILS ", 'platform' FROM made)"
    " SELECT " LIMIT_COLUMNS("m") " FROM made m";

static const char sql_list[] =
    "SELECT " LIMIT_COLUMNS("b") " FROM aop_budgets b WHERE ($1::text IS NULL OR b.scope_type = $1)"
    " AND ($2::text IS NULL OR b.scope_id = $2) AND ($3::text IS NULL OR b.id = $3)"
    " ORDER BY b.created_at DESC, b.id LIMIT $4::bigint";

static const char sql_read[] =
    "SELECT " LIMIT_COLUMNS("b") " FROM aop_budgets b WHERE b.id = any($1::text[])"
    " UNION ALL SELECT " TASK_LIMIT " FROM aop_tasks t WHERE t.token_budget > 0 AND t.id IN"
    " (SELECT substr(u.id, 6) FROM unnest($1::text[]) AS u (id) WHERE u.id LIKE 'task:%')";

static const char sql_above[] =
    "WITH RECURSIVE run AS (SELECT root_task_id, task_id, actor FROM aop_agent_runs"
    " WHERE id = $1 ORDER BY started_at DESC LIMIT 1),"
    " who AS (SELECT coalesce($2, (SELECT task_id FROM run)) AS task_id,"
    " coalesce($3, (SELECT root_task_id FROM run)) AS root_task_id,"
    " coalesce($4, (SELECT actor FROM run)) AS actor),"
    " up AS (SELECT id, parent_id, root_task_id FROM aop_tasks"
    " WHERE id = coalesce((SELECT task_id FROM who), (SELECT root_task_id FROM who))"
    " UNION SELECT t.id, t.parent_id, t.root_task_id FROM up JOIN aop_tasks t"
    " ON t.id = up.parent_id AND t.root_task_id = up.root_task_id)"
    " SELECT " LIMIT_COLUMNS("b") " FROM aop_budgets b, who w WHERE b.scope_type = 'install'"
    " OR b.scope_type = 'task' AND b.scope_id IN (SELECT id FROM up UNION SELECT w.task_id)"
    " OR b.scope_type = 'tree' AND b.scope_id IN (SELECT root_task_id FROM up"
    " UNION SELECT w.root_task_id) OR b.scope_type = 'agent' AND b.scope_id = w.actor"
    " OR b.scope_type = 'key' AND b.scope_id = $5"
    " UNION ALL SELECT " TASK_LIMIT " FROM aop_tasks t WHERE t.token_budget > 0"
    " AND (t.root_task_id, t.id) IN (SELECT root_task_id, id FROM up) ORDER BY 1";

/* clang-format on */

void
budget_store_set_limit(budget_t *budget, const budget_limit_t *limit, mc_store_answer_fn *answer,
                       mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text(&params, limit->id);
    mc_store_param_text(&params, limit->scope_type);
    mc_store_param_text(&params, limit->scope_id);
    mc_store_param_text(&params, limit->unit);
    mc_store_param_i64(&params, limit->most);
    mc_store_param_text(&params, limit->period);
    if (limit->grace_tokens)
        mc_store_param_i64(&params, *limit->grace_tokens);
    else
        mc_store_param_null(&params);
    mc_store_param_text(&params, limit->actor);
    budget_param_targets(budget, &params);
    mc_store_ask(budget->store, sql_set, &params, answer, ask);
}

void
budget_store_remove_limit(budget_t *budget, const mc_budget_id_t *input, mc_store_answer_fn *answer,
                          mc_ask_t *ask)
{
    static const char sql[] =
        "WITH gone AS (DELETE FROM aop_budgets WHERE id = $1 RETURNING *),"
        " leases AS (DELETE FROM aop_budget_leases WHERE budget_id IN (SELECT id FROM gone)),"
        " audited AS (" AUDIT " SELECT $2, 'budget_removed', id, " DETAILS
        ", 'platform' FROM gone) SELECT true AS is_removed, " LIMIT_COLUMNS("g") " FROM gone g";
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text(&params, input->id);
    mc_store_param_text(&params, mc_ask_actor(ask, &mc_budget_id_shape));
    mc_store_ask(budget->store, sql, &params, answer, ask);
}

void
budget_store_list_limits(budget_t *budget, const mc_budget_list_query_t *query,
                         mc_store_answer_fn *answer, mc_ask_t *ask)
{
    static const int members[] = {MC_INDEX_budget_list_query_scope_type,
                                  MC_INDEX_budget_list_query_scope_id,
                                  MC_INDEX_budget_list_query_id, MC_INDEX_budget_list_query_limit};
    mc_store_params_t params = {.arena = ask->arena};
    for (size_t i = 0; i < MC_COUNT(members); i++)
        mc_store_param_member(&params, &mc_budget_list_query_shape, (size_t)members[i], query);
    mc_store_ask(budget->store, sql_list, &params, answer, ask);
}

void
budget_store_read_limits(budget_t *budget, const mc_text_t *ids, size_t count,
                         mc_store_answer_fn *answer, void *arg)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_texts(&params, ids, count);
    mc_store_ask(budget->store, sql_read, &params, answer, arg);
}

void
budget_store_list_above(budget_t *budget, const mc_budget_scope_query_t *query,
                        mc_store_answer_fn *answer, mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text_or_null(&params, query->run_id);
    mc_store_param_text_or_null(&params, query->task_id);
    mc_store_param_text_or_null(&params, query->root_task_id);
    mc_store_param_text_or_null(&params, query->actor);
    mc_store_param_text_or_null(&params, query->key_id);
    mc_store_ask(budget->store, sql_above, &params, answer, ask);
}
