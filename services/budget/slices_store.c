/*
 *  slices_store - what is asked of PostgreSQL for slices: giving, settling, forgetting
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
                       " (SELECT 1 FROM given WHERE given > 0) ON CONFLICT DO NOTHING),"
                       " tasks_given AS (UPDATE aop_tasks t SET token_leased = t.token_leased"
                       " + g.given FROM tasks k JOIN given g ON g.id = " TASK_BUDGET_ID(
                           "k.id") " WHERE g.given > 0 AND t.root_task_id = k.root_task_id"
                                   " AND t.id = k.id),"
                                   " limits_given AS (UPDATE aop_budgets b SET leased = b.leased"
                                   " + g.given, spent = g.spent,"
                                   " told = CASE WHEN " IS_OVER(
                                       "b") " THEN 0 ELSE b.told END,"
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

/* $1 holders, $2 calls, $3 budgets, $4 reserved, $5 used. What leaves a slice is no more than what
 * is in it. */
static const char sql_settle[] =
    "WITH new AS (INSERT INTO aop_budget_ledger (holder, call_id, budget_id, reserved, used)"
    " SELECT DISTINCT ON (c.call_id, c.budget_id) c.* FROM unnest($1::text[], $2::text[],"
    " $3::text[], $4::bigint[], $5::bigint[]) AS c (holder, call_id, budget_id, reserved, used)"
    " ORDER BY c.call_id, c.budget_id ON CONFLICT DO NOTHING RETURNING *),"
    " lines AS (SELECT budget_id, sum(used)::bigint AS used FROM new GROUP BY budget_id),"
    " tasks AS (SELECT t.* FROM aop_tasks t WHERE t.id IN (SELECT substr(budget_id, 6) FROM lines"
    " WHERE budget_id LIKE 'task:%') ORDER BY t.id FOR UPDATE),"
    " limits AS (SELECT b.* FROM aop_budgets b WHERE b.id IN (SELECT budget_id FROM lines)"
    " ORDER BY b.id FOR UPDATE),"
    " held AS (SELECT l.holder, l.budget_id, l.amount FROM aop_budget_leases l"
    " WHERE (l.holder, l.budget_id) IN (SELECT holder, budget_id FROM new) FOR UPDATE),"
    " taken AS (SELECT h.holder, h.budget_id, least(h.amount, sum(n.reserved))::bigint AS amount"
    " FROM held h JOIN new n USING (holder, budget_id) GROUP BY h.holder, h.budget_id, h.amount),"
    " given_back AS (UPDATE aop_budget_leases l SET amount = l.amount - t.amount FROM taken t"
    " WHERE l.holder = t.holder AND l.budget_id = t.budget_id),"
    " sums AS (SELECT l.budget_id, l.used, coalesce((SELECT sum(t.amount) FROM taken t"
    " WHERE t.budget_id = l.budget_id), 0)::bigint AS taken FROM lines l),"
    " after AS (SELECT k.root_task_id, " TASK_BUDGET_ID(
        "k.id") " AS id, 'task' AS scope_type, k.id AS scope_id, 'tokens' AS unit,"
                " CASE WHEN k.token_budget > 0 THEN k.token_budget END AS most,"
                " least(k.token_usage + s.used, 9007199254740991) AS spent,"
                " k.token_leased - s.taken AS leased, k.token_told AS told_before,"
                " NULL::timestamptz AS period_start"
                " FROM tasks k JOIN sums s ON s.budget_id = " TASK_BUDGET_ID(
                    "k.id") " UNION ALL SELECT NULL, b.id, b.scope_type, b.scope_id, b.unit,"
                            " b.most, " SPENT(
                                "b") " + s.used, b.leased - s.taken,"
                                     " CASE WHEN " IS_OVER(
                                         "b") " THEN 0 ELSE b.told"
                                              " END, " PERIOD_START(
                                                  "b") " FROM limits b JOIN sums s ON s.budget_id "
                                                       "= b.id),"
                                                       " stepped AS (SELECT a.*, "
                                                       "greatest(a.told_before, " STEP(
                                                           "a.spent",
                                                           "a.most") ") AS told_now FROM after a),"
                                                                     " tasks_settled AS (UPDATE "
                                                                     "aop_tasks t SET token_usage "
                                                                     "= a.spent, token_leased = "
                                                                     "a.leased,"
                                                                     " token_told = a.told_now, "
                                                                     "updated_at = greatest(now(), "
                                                                     "t.updated_at"
                                                                     " + interval '1 microsecond') "
                                                                     "FROM stepped a WHERE "
                                                                     "a.root_task_id IS NOT NULL"
                                                                     " AND t.root_task_id = "
                                                                     "a.root_task_id AND t.id = "
                                                                     "a.scope_id),"
                                                                     " limits_settled AS (UPDATE "
                                                                     "aop_budgets b SET spent = "
                                                                     "a.spent, leased = a.leased,"
                                                                     " told = a.told_now, "
                                                                     "period_start = "
                                                                     "a.period_start FROM stepped a"
                                                                     " WHERE a.root_task_id IS "
                                                                     "NULL AND b.id = a.id)"
                                                                     " SELECT told_before::bigint, "
                                                                     "told_now::bigint, id, "
                                                                     "scope_type, scope_id, unit, "
                                                                     "most, spent,"
                                                                     " leased FROM stepped ORDER "
                                                                     "BY id";

void
budget_store_settle(budget_t *budget, mc_list_t charges, mc_store_answer_fn *answer, mc_ask_t *ask)
{
    const mc_budget_charge_t *charge = charges.items;
    mc_store_params_t params = {.arena = ask->arena};
    size_t bytes = (charges.count + 1) * sizeof(mc_text_t);
    mc_text_t *holders = mc_arena_alloc(ask->arena, bytes);
    mc_text_t *calls = mc_arena_alloc(ask->arena, bytes);
    mc_text_t *budgets = mc_arena_alloc(ask->arena, bytes);
    int64_t *reserved = mc_arena_alloc(ask->arena, bytes);
    int64_t *used = mc_arena_alloc(ask->arena, bytes);
    for (size_t i = 0; i < charges.count; i++) {
        holders[i] = charge[i].holder;
        calls[i] = charge[i].call_id;
        budgets[i] = charge[i].budget_id;
        reserved[i] = charge[i].reserved;
        used[i] = charge[i].used;
    }
    mc_store_param_texts(&params, holders, charges.count);
    mc_store_param_texts(&params, calls, charges.count);
    mc_store_param_texts(&params, budgets, charges.count);
    mc_store_param_i64s(&params, reserved, charges.count);
    mc_store_param_i64s(&params, used, charges.count);
    mc_store_ask(budget->store, sql_settle, &params, answer, ask);
}

/* $1 holder, $2 seq, $3 is_quiet, $4 is_leaving, $5 and $6 what it has. It never gets more by
 * saying so. */
static const char sql_beat[] =
    "WITH seen AS (INSERT INTO aop_budget_holders AS h (id, beat_at, last_seq, is_gone)"
    " VALUES ($1, now(), CASE WHEN $3::boolean THEN $2::bigint ELSE 0 END, $4::boolean)"
    " ON CONFLICT (id) DO UPDATE SET beat_at = now(), is_gone = excluded.is_gone,"
    " last_seq = greatest(h.last_seq, excluded.last_seq)),"
    " held AS (SELECT l.budget_id, l.amount, coalesce((SELECT max(s.amount)"
    " FROM unnest($5::text[], $6::bigint[]) AS s (budget_id, amount)"
    " WHERE s.budget_id = l.budget_id), 0) AS next FROM aop_budget_leases l"
    " WHERE l.holder = $1 AND $3::boolean FOR UPDATE),"
    " freed AS (SELECT budget_id, next, amount - next AS amount FROM held WHERE amount > next),"
    " leases_freed AS (UPDATE aop_budget_leases l SET amount = f.next FROM freed f"
    " WHERE l.holder = $1 AND l.budget_id = f.budget_id),"
    " tasks_freed AS (UPDATE aop_tasks t SET token_leased = greatest(t.token_leased - f.amount, 0)"
    " FROM freed f WHERE f.budget_id LIKE 'task:%' AND t.id = substr(f.budget_id, 6))"
    " UPDATE aop_budgets b SET leased = greatest(b.leased - f.amount, 0) FROM freed f"
    " WHERE b.id = f.budget_id";

void
budget_store_beat(budget_t *budget, const mc_budget_beat_t *beat, mc_store_answer_fn *answer,
                  mc_ask_t *ask)
{
    const mc_budget_slice_t *slice = beat->slices.items;
    size_t count = beat->slices.count;
    mc_store_params_t params = {.arena = ask->arena};
    mc_text_t *ids = mc_arena_alloc(ask->arena, (count + 1) * sizeof *ids);
    int64_t *amounts = mc_arena_alloc(ask->arena, (count + 1) * sizeof *amounts);
    for (size_t i = 0; i < count; i++) {
        ids[i] = slice[i].budget_id;
        amounts[i] = slice[i].amount;
    }
    mc_store_param_text(&params, beat->holder);
    mc_store_param_i64(&params, beat->seq);
    mc_store_param_bool(&params, beat->is_quiet);
    mc_store_param_bool(&params, beat->is_leaving);
    mc_store_param_texts(&params, ids, count);
    mc_store_param_i64s(&params, amounts, count);
    mc_store_ask(budget->store, sql_beat, &params, answer, ask);
}

void
budget_store_forget_holders(budget_t *budget, int64_t silent_ms, mc_store_answer_fn *answer,
                            void *arg)
{
    static const char sql[] =
        "WITH gone AS (UPDATE aop_budget_holders SET is_gone = true WHERE NOT is_gone"
        " AND beat_at < now() - $1::bigint * interval '1 millisecond' RETURNING id),"
        " ended AS (SELECT l.holder, l.budget_id, l.amount FROM aop_budget_leases l"
        " JOIN gone g ON g.id = l.holder JOIN aop_budgets b ON b.id = l.budget_id"
        " WHERE b.unit = 'concurrency' FOR UPDATE OF l),"
        " deleted AS (DELETE FROM aop_budget_leases l USING ended e WHERE l.holder = e.holder"
        " AND l.budget_id = e.budget_id),"
        " freed AS (UPDATE aop_budgets b SET leased = greatest(b.leased - s.amount, 0)"
        " FROM (SELECT budget_id, sum(amount)::bigint AS amount FROM ended GROUP BY budget_id) s"
        " WHERE b.id = s.budget_id)"
        " SELECT g.id, (SELECT count(*) FROM aop_budget_leases l WHERE l.holder = g.id"
        " AND l.amount > 0) FROM gone g";
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_i64(&params, silent_ms);
    mc_store_ask(budget->store, sql, &params, answer, arg);
}

void
budget_store_clean(budget_t *budget, mc_store_answer_fn *answer, void *arg)
{
    /* A call is not settled again a month later. */
    static const char sql[] =
        "WITH old AS (DELETE FROM aop_budget_ledger WHERE settled_at < now()"
        " - interval '40 days'),"
        " empty AS (DELETE FROM aop_budget_leases WHERE amount = 0)"
        " DELETE FROM aop_budget_holders h WHERE is_gone AND beat_at < now() - interval '1 day'"
        " AND NOT EXISTS (SELECT 1 FROM aop_budget_leases l WHERE l.holder = h.id"
        " AND l.amount > 0)";
    mc_store_ask(budget->store, sql, NULL, answer, arg);
}
