/*
 *  budget_columns - pieces of SQL that several questions share
 */
#ifndef BUDGET_COLUMNS_H
#define BUDGET_COLUMNS_H

/* clang-format off */

/* When the period of a budget b that is in force now began, by UTC. */
#define PERIOD_START(b)                                                                            \
    "CASE " b ".period WHEN 'total' THEN " b ".period_start ELSE"                                  \
    " date_trunc(" b ".period, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' END"
#define IS_OVER(b) "(" PERIOD_START(b) " > " b ".period_start)"
#define SPENT(b) "CASE WHEN " IS_OVER(b) " THEN 0 ELSE " b ".spent END"
#define TOLD(b) "CASE WHEN " IS_OVER(b) " THEN 0 ELSE " b ".told END"

/* The highest of 50, 80 and 100 percent of most that spent has reached. */
#define STEP(spent, most)                                                                          \
    "CASE WHEN " most " IS NULL OR " spent " = 0 THEN 0 WHEN " spent " >= " most " THEN 100"       \
    " WHEN " spent "::numeric * 100 >= " most "::numeric * 80 THEN 80"                             \
    " WHEN " spent "::numeric * 100 >= " most "::numeric * 50 THEN 50 ELSE 0 END"

/* In the unit that people use: dollars and seconds. */
#define SHOWN(amount, unit)                                                                        \
    "(" amount ")::double precision / CASE " unit                                                  \
    " WHEN 'usd' THEN 1e9 WHEN 'seconds' THEN 1e3 ELSE 1 END"

/* The id of a task's own token budget. */
#define TASK_BUDGET_ID(id) "'task:' || " id

/* The root of the tree that a budget b is in; NULL where it is in none. */
#define ROOT_OF(b)                                                                                 \
    "CASE " b ".scope_type WHEN 'tree' THEN " b ".scope_id WHEN 'task' THEN (SELECT k.root_task_id"\
    " FROM aop_tasks k WHERE k.id = " b ".scope_id ORDER BY k.root_task_id LIMIT 1) END"

/* No sum is ever above this. */
#define BOUNDED(amount) "least(" amount ", 1000000000000000000)::bigint"

/* Changes budgets by the rows of sums (budget_id, used, taken): what was used more, and what leaves
 * slices. Gives the rows of stepped: each budget as it is then, with told_before and told_now, the
 * highest share that was told and that is passed. */
#define CHANGE_BY_SUMS                                                                             \
    " tasks AS (SELECT t.* FROM aop_tasks t WHERE t.id IN (SELECT substr(budget_id, 6) FROM sums"  \
    " WHERE budget_id LIKE 'task:%') ORDER BY t.id FOR UPDATE),"                                   \
    " limits AS (SELECT b.* FROM aop_budgets b WHERE b.id IN (SELECT budget_id FROM sums)"         \
    " ORDER BY b.id FOR UPDATE),"                                                                  \
    " after AS (SELECT true AS is_task, k.root_task_id, " TASK_BUDGET_ID("k.id") " AS id,"         \
    " 'task' AS scope_type, k.id AS scope_id, 'tokens' AS unit, 'total' AS period,"                \
    " NULL::timestamptz AS period_start,"                                                          \
    " CASE WHEN k.token_budget > 0 THEN k.token_budget END AS most,"                               \
    " greatest(least(k.token_usage + s.used, 9007199254740991), 0) AS spent,"                      \
    " greatest(k.token_leased - s.taken, 0) AS leased, k.token_told AS told_before"                \
    " FROM tasks k JOIN sums s ON s.budget_id = " TASK_BUDGET_ID("k.id")                           \
    " UNION ALL SELECT false, " ROOT_OF("b") ", b.id, b.scope_type, b.scope_id, b.unit, b.period, "\
    PERIOD_START("b") ", b.most, " BOUNDED("greatest(" SPENT("b") " + s.used, 0)") ","             \
    " greatest(b.leased - s.taken, 0), " TOLD("b")                                                 \
    " FROM limits b JOIN sums s ON s.budget_id = b.id),"                                           \
    " stepped AS (SELECT a.*, greatest(a.told_before, " STEP("a.spent", "a.most") ") AS told_now"  \
    " FROM after a),"                                                                              \
    " tasks_changed AS (UPDATE aop_tasks t SET token_usage = a.spent, token_leased = a.leased,"    \
    " token_told = a.told_now, updated_at = greatest(now(), t.updated_at"                          \
    " + interval '1 microsecond') FROM stepped a WHERE a.is_task"                                  \
    " AND t.root_task_id = a.root_task_id AND t.id = a.scope_id),"                                 \
    " limits_changed AS (UPDATE aop_budgets b SET spent = a.spent, leased = a.leased,"             \
    " told = a.told_now, period_start = a.period_start FROM stepped a WHERE NOT a.is_task"         \
    " AND b.id = a.id)"

/* Puts what rows (event_id, data) say into the queue of every target. */
#define WEBHOOKS(type, rows, targets)                                                              \
    "INSERT INTO aop_webhook_deliveries (event_id, target, source, type, body)"                    \
    " SELECT r.event_id, u.target, 'budget', " type ", jsonb_build_object('type', " type ","       \
    " 'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'data',"\
    " r.data)::text FROM " rows " r, unnest(" targets ") AS u (target)"

/* Tells of each share that a row of stepped has passed, in the transaction that passed it: to
 * ingest, and to the targets of webhooks, a text[]. */
#define TELL_STEPS(targets)                                                                        \
    " passed AS MATERIALIZED (SELECT gen_random_uuid() AS event_id, p.percent, s.* FROM stepped s,"\
    " (VALUES (50), (80), (100)) AS p (percent)"                                                   \
    " WHERE p.percent > s.told_before AND p.percent <= s.told_now),"                               \
    " shown AS (SELECT event_id, root_task_id, CASE scope_type WHEN 'task' THEN scope_id END"      \
    " AS task_id, percent || ' percent of the ' || unit || ' of the ' || scope_type"               \
    " || CASE scope_type WHEN 'install' THEN 'ation' ELSE ' ' || scope_id END AS message,"         \
    " jsonb_build_object('budgetId', id, 'scopeType', scope_type, 'scopeId', nullif(scope_id, ''),"\
    " 'rootTaskId', root_task_id, 'unit', unit, 'period', period, 'periodStart',"                  \
    " floor(extract(epoch FROM period_start)), 'limit', " SHOWN("most", "unit") ","                \
    " 'spent', " SHOWN("spent", "unit") ", 'percent', percent) AS data FROM passed),"              \
    " news AS (INSERT INTO aop_budget_news (id, root_task_id, task_id, message, data)"             \
    " SELECT event_id, root_task_id, task_id, message, data::text FROM shown),"                    \
    " hooks AS (" WEBHOOKS("'budget.threshold'", "shown", targets) ")"

/* clang-format on */

#endif
