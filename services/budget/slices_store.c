/*
 *  slices_store - what is asked of PostgreSQL to give slices
 */
#include "services/budget/slices_store.h"

#include "services/budget/budget_columns.h"

/* What a holder gets ahead of its calls: room for a few more of them, and nothing near the end of a
 * budget, because what a router has that is gone counts as spent. */
#define AHEAD                                                                                      \
    "j.need * least(8, (j.room - j.need * least($12::bigint, j.room / j.need)) / 16 / j.need)"

/* $1 holder, $2 seq, $3..$6 whose, $7..$11 needs, $12 calls, $13 is_grace, $14 is_unpriced, $15
 * grace where a budget does not say. */
static const char sql_give[] =
    "WITH RECURSIVE up AS (SELECT id, parent_id, root_task_id FROM aop_tasks WHERE id = $3"
    " UNION SELECT t.id, t.parent_id, t.root_task_id FROM up JOIN aop_tasks t"
    " ON t.id = up.parent_id AND t.root_task_id = up.root_task_id),"
    " tasks AS (SELECT t.id, t.root_task_id, t.token_budget, t.token_usage, t.token_leased"
    " FROM aop_tasks t WHERE (t.root_task_id, t.id) IN (SELECT root_task_id, id FROM up)"
    " ORDER BY t.id FOR UPDATE),"
    " limits AS (SELECT b.* FROM aop_budgets b WHERE b.scope_type = 'install'"
    " OR b.scope_type = 'task' AND b.scope_id IN (SELECT id FROM up UNION SELECT $3)"
    " OR b.scope_type = 'tree' AND b.scope_id IN (SELECT root_task_id FROM up UNION SELECT $4)"
    " OR b.scope_type = 'agent' AND b.scope_id = $5 OR b.scope_type = 'key' AND b.scope_id = $6"
    " ORDER BY b.id FOR UPDATE),"
    " lines AS (SELECT " TASK_BUDGET_ID(
        "id") " AS id, 'task' AS scope_type, id AS scope_id, 'tokens' AS unit,"
              " CASE WHEN token_budget > 0 THEN token_budget END AS most, token_usage AS spent,"
              " token_leased AS leased, $15::bigint AS grace, $7::bigint AS need,"
              " $10::bigint AS least FROM tasks"
              " UNION ALL SELECT b.id, b.scope_type, b.scope_id, b.unit, b.most, " SPENT(
                  "b") ", b.leased, coalesce(b.grace_tokens, $15::bigint),"
                       " CASE b.unit WHEN 'tokens' THEN $7::bigint WHEN 'usd' THEN $8::bigint"
                       " WHEN 'seconds' THEN $9::bigint ELSE 1 END,"
                       " CASE b.unit WHEN 'tokens' THEN $10::bigint WHEN 'usd' THEN $11::bigint"
                       " WHEN 'seconds' THEN $9::bigint ELSE 1 END FROM limits b),"
                       " judged AS (SELECT l.*, l.most + CASE WHEN $13::boolean"
                       " AND l.unit = 'tokens' THEN l.grace ELSE 0 END - l.spent - l.leased AS room"
                       " FROM lines l),"
                       " late AS (SELECT coalesce((SELECT last_seq >= $2::bigint"
                       " FROM aop_budget_holders WHERE id = $1), false) AS is_late),"
                       " verdict AS (SELECT is_late, NOT is_late"
                       " AND coalesce(bool_and(most IS NULL OR room >= least), true)"
                       " AND NOT ($14::boolean AND coalesce(bool_or(unit = 'usd'), false)) AS is_ok"
                       " FROM late LEFT JOIN judged ON true GROUP BY is_late),"
                       " given AS (SELECT j.*, CASE WHEN j.most IS NULL OR NOT v.is_ok"
                       " OR j.need = 0 THEN 0 WHEN j.room < j.need THEN j.room"
                       " ELSE j.need * least($12::bigint, j.room / j.need)"
                       " + CASE WHEN j.unit = 'concurrency' THEN 0 ELSE " AHEAD
                       " END END AS given, v.is_ok FROM judged j, verdict v),"
                       " known AS (INSERT INTO aop_budget_holders (id, beat_at)"
                       " SELECT $1, now() FROM verdict WHERE is_ok AND EXISTS"
                       " (SELECT 1 FROM given WHERE given > 0) ON CONFLICT (id)"
                       " DO UPDATE SET beat_at = now(), is_gone = false),"
                       " tasks_given AS (UPDATE aop_tasks t SET token_leased = t.token_leased"
                       " + g.given FROM tasks k JOIN given g ON g.id = " TASK_BUDGET_ID(
                           "k.id") " WHERE g.given > 0 AND t.root_task_id = k.root_task_id"
                                   " AND t.id = k.id),"
                                   " limits_given AS (UPDATE aop_budgets b SET leased = b.leased"
                                   " + g.given, spent = g.spent,"
                                   " told = " TOLD(
                                       "b") ","
                                            " period_start = " PERIOD_START(
                                                "b") " FROM given g WHERE g.given > 0"
                                                     " AND b.id = g.id),"
                                                     " leased AS (INSERT INTO aop_budget_leases"
                                                     " AS l (holder, budget_id, amount)"
                                                     " SELECT $1, id, given FROM given"
                                                     " WHERE given > 0"
                                                     " ON CONFLICT (holder, budget_id)"
                                                     " DO UPDATE SET amount = l.amount"
                                                     " + excluded.amount)"
                                                     " SELECT v.is_ok, v.is_late, g.id,"
                                                     " g.scope_type, g.scope_id, g.unit, g.most,"
                                                     " g.spent, g.leased + g.given AS leased,"
                                                     " g.least, g.given FROM verdict v"
                                                     " LEFT JOIN given g ON true ORDER BY g.id";

void
budget_store_give(budget_t *budget, const mc_budget_ask_t *question, mc_store_answer_fn *answer,
                  mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text(&params, question->holder);
    mc_store_param_i64(&params, question->seq);
    mc_store_param_text_or_null(&params, question->task_id);
    mc_store_param_text_or_null(&params, question->root_task_id);
    mc_store_param_text_or_null(&params, question->actor);
    mc_store_param_text_or_null(&params, question->key_id);
    mc_store_param_i64(&params, question->tokens);
    mc_store_param_i64(&params, question->usd);
    mc_store_param_i64(&params, question->duration_ms);
    mc_store_param_i64(&params, question->tokens_least);
    mc_store_param_i64(&params, question->usd_least);
    mc_store_param_i64(&params, question->calls);
    mc_store_param_bool(&params, question->is_grace);
    mc_store_param_bool(&params, question->is_unpriced);
    mc_store_param_i64(&params, mc_service_settings(budget->service)->budget_grace_tokens);
    mc_store_ask(budget->store, sql_give, &params, answer, ask);
}
