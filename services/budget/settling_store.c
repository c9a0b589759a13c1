/*
 *  settling_store - what is asked of PostgreSQL to settle calls, and for holders that are gone
 *
 *  What a holder had that is gone becomes a line of the ledger: lost, and spent.
 *  What it settles late is taken from there first.
 */
#include "services/budget/budget_columns.h"
#include "services/budget/slices_store.h"

#define LOST_ID(holder) "'lost ' || " holder

/* clang-format off */

/* $1 holders, $2 calls, $3 budgets, $4 reserved, $5 used, $6 targets. What leaves a slice is no
 * more than what is in it; what is not there was lost in this period, or in one that is over. */
static const char sql_settle[] =
    "WITH new AS (INSERT INTO aop_budget_ledger (holder, call_id, budget_id, reserved, used)"
    " SELECT DISTINCT ON (c.call_id, c.budget_id) c.* FROM unnest($1::text[], $2::text[],"
    " $3::text[], $4::bigint[], $5::bigint[]) AS c (holder, call_id, budget_id, reserved, used)"
    " ORDER BY c.call_id, c.budget_id ON CONFLICT DO NOTHING RETURNING *),"
    " ended AS (SELECT holder, budget_id, sum(reserved) AS reserved FROM new"
    " GROUP BY holder, budget_id),"
    " held AS (SELECT l.holder, l.budget_id, l.amount FROM aop_budget_leases l"
    " WHERE (l.holder, l.budget_id) IN (SELECT holder, budget_id FROM ended) FOR UPDATE),"
    " lost AS (SELECT g.holder, g.budget_id, g.used FROM aop_budget_ledger g"
    " LEFT JOIN aop_budgets b ON b.id = g.budget_id WHERE g.is_lost"
    " AND (g.holder, g.budget_id) IN (SELECT holder, budget_id FROM ended)"
    " AND (b.id IS NULL OR g.settled_at >= " PERIOD_START("b") ") FOR UPDATE OF g),"
    " parts AS (SELECT e.holder, e.budget_id, least(coalesce(h.amount, 0), e.reserved)::bigint"
    " AS taken, least(coalesce(o.used, 0), greatest(e.reserved - coalesce(h.amount, 0), 0))::bigint"
    " AS found FROM ended e LEFT JOIN held h USING (holder, budget_id)"
    " LEFT JOIN lost o USING (holder, budget_id)),"
    " given_back AS (UPDATE aop_budget_leases l SET amount = l.amount - p.taken FROM parts p"
    " WHERE l.holder = p.holder AND l.budget_id = p.budget_id),"
    " corrected AS (UPDATE aop_budget_ledger g SET used = g.used - p.found FROM parts p"
    " WHERE g.is_lost AND g.holder = p.holder AND g.budget_id = p.budget_id AND p.found > 0),"
    " uses AS (SELECT budget_id, " BOUNDED("sum(used)") " AS used FROM new GROUP BY budget_id),"
    " sums AS (SELECT u.budget_id, u.used - p.found AS used, p.taken FROM uses u"
    " JOIN (SELECT budget_id, sum(found)::bigint AS found, sum(taken)::bigint AS taken FROM parts"
    " GROUP BY budget_id) p USING (budget_id)),"
    CHANGE_BY_SUMS "," TELL_STEPS("$6::text[]")
    " SELECT told_before::bigint, told_now::bigint, id, scope_type, scope_id, unit, most, spent,"
    " leased FROM stepped ORDER BY id";

/* $1 holder, $2 seq, $3 is_quiet, $4 is_leaving, $5 and $6 what it has. It never gets more by
 * saying so; what was lost and is not, is its own again. */
static const char sql_beat[] =
    "WITH seen AS (INSERT INTO aop_budget_holders AS h (id, beat_at, last_seq, is_gone)"
    " VALUES ($1, now(), CASE WHEN $3::boolean THEN $2::bigint ELSE 0 END,"
    " $4::boolean AND $3::boolean AND cardinality($5::text[]) = 0)"
    " ON CONFLICT (id) DO UPDATE SET beat_at = now(), is_gone = excluded.is_gone,"
    " last_seq = greatest(h.last_seq, excluded.last_seq)),"
    " said AS (SELECT budget_id, max(amount) AS amount FROM unnest($5::text[], $6::bigint[])"
    " AS s (budget_id, amount) GROUP BY budget_id),"
    " held AS (SELECT l.budget_id, l.amount FROM aop_budget_leases l"
    " WHERE l.holder = $1 AND $3::boolean FOR UPDATE),"
    " lost AS (SELECT g.budget_id, g.used FROM aop_budget_ledger g"
    " LEFT JOIN aop_budgets b ON b.id = g.budget_id WHERE g.is_lost AND g.holder = $1"
    " AND $3::boolean AND (b.id IS NULL OR g.settled_at >= " PERIOD_START("b") ") FOR UPDATE OF g),"
    " parts AS (SELECT budget_id, coalesce(h.amount, 0) AS held, coalesce(o.used, 0) AS lost,"
    " least(coalesce(s.amount, 0), coalesce(h.amount, 0) + coalesce(o.used, 0)) AS next"
    " FROM held h FULL JOIN lost o USING (budget_id) LEFT JOIN said s USING (budget_id)),"
    " leased AS (INSERT INTO aop_budget_leases (holder, budget_id, amount)"
    " SELECT $1, budget_id, next FROM parts WHERE next <> held"
    " ON CONFLICT (holder, budget_id) DO UPDATE SET amount = excluded.amount),"
    " found AS (UPDATE aop_budget_ledger g SET used = 0 FROM parts p WHERE g.is_lost"
    " AND g.holder = $1 AND g.budget_id = p.budget_id AND p.lost > 0),"
    " sums AS (SELECT budget_id, -lost AS used, held - next AS taken FROM parts"
    " WHERE lost > 0 OR held <> next),"
    CHANGE_BY_SUMS " SELECT count(*) FROM stepped";

/* $1 milliseconds of silence, $2 targets. Calls under way with them are over. */
static const char sql_forget[] =
    "WITH gone AS (UPDATE aop_budget_holders SET is_gone = true WHERE NOT is_gone"
    " AND beat_at < now() - $1::bigint * interval '1 millisecond' RETURNING id),"
    " held AS (DELETE FROM aop_budget_leases l USING gone g WHERE l.holder = g.id"
    " RETURNING l.holder, l.budget_id, l.amount),"
    " parts AS (SELECT h.*, CASE WHEN b.unit = 'concurrency' THEN 0 ELSE h.amount END AS lost"
    " FROM held h LEFT JOIN aop_budgets b ON b.id = h.budget_id WHERE h.amount > 0),"
    " written AS (INSERT INTO aop_budget_ledger AS g (call_id, budget_id, holder, reserved, used,"
    " is_lost) SELECT " LOST_ID("holder") ", budget_id, holder, lost, lost, true FROM parts"
    " WHERE lost > 0 ON CONFLICT (call_id, budget_id) DO UPDATE SET settled_at = now(),"
    " reserved = excluded.reserved, used = excluded.used + CASE WHEN g.settled_at < coalesce("
    "(SELECT " PERIOD_START("b") " FROM aop_budgets b WHERE b.id = g.budget_id), '-infinity')"
    " THEN 0 ELSE g.used END),"
    " sums AS (SELECT budget_id, sum(lost)::bigint AS used, sum(amount)::bigint AS taken FROM parts"
    " GROUP BY budget_id),"
    CHANGE_BY_SUMS "," TELL_STEPS("$2::text[]")
    " SELECT g.id, (SELECT count(*) FROM parts p WHERE p.holder = g.id)"
    " FROM gone g";

/* clang-format on */

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
    budget_param_targets(budget, &params);
    mc_store_ask(budget->store, sql_settle, &params, answer, ask);
}

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
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_store_params_t params = {.arena = arena};
    mc_store_param_i64(&params, silent_ms);
    budget_param_targets(budget, &params);
    mc_store_ask(budget->store, sql_forget, &params, answer, arg);
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
