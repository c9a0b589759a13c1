/*
 *  requests_store - what is asked of PostgreSQL for requests for more tokens
 */
#include "services/budget/requests_store.h"

#include "services/budget/budget_columns.h"

#define REQUEST_COLUMNS(r)                                                                         \
    r ".id, " r ".task_id, " r ".requested_by, " r ".reason, " r ".requested_increment, " r        \
      ".current_budget, " r ".current_usage, " r ".status, " r ".approved_increment, " r           \
      ".resolution_note, " r ".created_at, " r ".updated_at, " r ".resolved_at, " r                \
      ".root_task_id"
#define NEWER "greatest(now(), t.updated_at + interval '1 microsecond')"
#define AUDIT "INSERT INTO aop_audit_log (actor, action, target_id, details, source)"
#define DETAILS                                                                                    \
    "jsonb_strip_nulls(jsonb_build_object('requestId', id, 'status', status,"                      \
    " 'requestedIncrement', requested_increment, 'approvedIncrement', approved_increment,"         \
    " 'budget', current_budget, 'usage', current_usage))::text"

/* clang-format off */

#define RAISED(from)                                                                               \
    " raised AS (UPDATE aop_tasks t SET token_budget = t.token_budget + f.approved_increment,"     \
    " token_told = least(t.token_told, "                                                           \
    STEP("t.token_usage", "(t.token_budget + f.approved_increment)") "),"                          \
    " updated_at = " NEWER " FROM " from " f WHERE f.status = 'approved'"                          \
    " AND t.root_task_id = f.root_task_id AND t.id = f.task_id)"

/* $10 targets, which are told of a request that waits. */
static const char sql_make[] =
    "WITH task AS (SELECT root_task_id, id, token_budget, token_usage FROM aop_tasks"
    " WHERE id = $2 ORDER BY root_task_id LIMIT 1 FOR UPDATE),"
    " made AS (INSERT INTO aop_budget_requests (id, root_task_id, task_id, requested_by,"
    " reason, requested_increment, current_budget, current_usage, status, approved_increment,"
    " resolution_note, decided_by, resolved_at)"
    " SELECT $1, root_task_id, id, $3, $4, $5::bigint, token_budget, token_usage,"
    " CASE WHEN $8::boolean THEN 'approved' ELSE 'pending' END,"
    " CASE WHEN $8::boolean THEN $5::bigint END, $9,"
    " CASE WHEN $8::boolean THEN 'policy' END, CASE WHEN $8::boolean THEN now() END"
    " FROM task WHERE token_budget = $6::bigint AND NOT ($7::boolean AND EXISTS"
    " (SELECT 1 FROM aop_budget_requests r WHERE r.task_id = $2 AND r.status = 'pending'))"
    " RETURNING *)," RAISED("made") ","
    " audited AS (" AUDIT " SELECT requested_by, CASE status WHEN 'approved'"
    " THEN 'budget_auto_approved' ELSE 'budget_requested' END, task_id, " DETAILS
    ", 'platform' FROM made),"
    " asked AS (SELECT id::uuid AS event_id, jsonb_build_object('requestId', id, 'taskId', task_id,"
    " 'rootTaskId', root_task_id, 'requestedBy', requested_by, 'reason', reason,"
    " 'requestedIncrement', requested_increment, 'currentBudget', current_budget, 'currentUsage',"
    " current_usage) AS data FROM made WHERE status = 'pending'),"
    " hooks AS (" WEBHOOKS("'budget.request.pending'", "asked", "$10::text[]") ")"
    " SELECT " REQUEST_COLUMNS("m") " FROM made m";

static const char sql_resolve[] =
    "WITH old AS (SELECT * FROM aop_budget_requests WHERE id = $1 ORDER BY root_task_id"
    " LIMIT 1 FOR UPDATE),"
    " task AS (SELECT t.root_task_id, t.id, t.status, t.token_budget"
    " + coalesce($3::bigint, o.requested_increment) > 9007199254740991 AND $2::boolean"
    " AS is_too_much FROM old o JOIN aop_tasks t ON t.root_task_id = o.root_task_id"
    " AND t.id = o.task_id FOR UPDATE OF t),"
    " done AS (UPDATE aop_budget_requests r SET status = CASE WHEN $2::boolean THEN 'approved'"
    " ELSE 'rejected' END, approved_increment = CASE WHEN $2::boolean"
    " THEN coalesce($3::bigint, r.requested_increment) END, resolution_note = $4,"
    " decided_by = $5, resolved_at = now(),"
    " updated_at = greatest(now(), r.updated_at + interval '1 microsecond')"
    " FROM old o JOIN task k ON NOT k.is_too_much WHERE o.status = 'pending'"
    " AND r.root_task_id = o.root_task_id AND r.id = o.id RETURNING r.*)," RAISED("done") ","
    " audited AS (" AUDIT " SELECT $5, 'budget_' || status, task_id, " DETAILS
    ", 'platform' FROM done)"
    " SELECT o.status AS old_status, k.status AS task_status, k.is_too_much, " REQUEST_COLUMNS("d")
    " FROM (SELECT 1) one LEFT JOIN old o ON true LEFT JOIN task k ON true"
    " LEFT JOIN done d ON true";

/* clang-format on */

void
budget_store_read_task(budget_t *budget, mc_text_t task_id, mc_store_answer_fn *answer,
                       mc_ask_t *ask)
{
    static const char sql[] = "SELECT t.token_budget, t.token_usage, " REQUEST_COLUMNS(
        "r") " FROM aop_tasks t LEFT JOIN LATERAL (SELECT * FROM aop_budget_requests"
             " WHERE task_id = t.id AND status = 'pending' ORDER BY created_at DESC, id"
             " LIMIT 1) r ON true WHERE t.id = $1 ORDER BY t.root_task_id LIMIT 1";
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text(&params, task_id);
    mc_store_ask(budget->store, sql, &params, answer, ask);
}

void
budget_store_make_request(budget_t *budget, const budget_new_request_t *request,
                          mc_store_answer_fn *answer, mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text(&params, request->id);
    mc_store_param_text(&params, request->task_id);
    mc_store_param_text(&params, request->requested_by);
    mc_store_param_text(&params, request->reason);
    mc_store_param_i64(&params, request->increment);
    mc_store_param_i64(&params, request->budget);
    mc_store_param_bool(&params, request->is_alone);
    mc_store_param_bool(&params, request->is_approved);
    mc_store_param_text_or_null(&params, request->note);
    budget_param_targets(budget, &params);
    mc_store_ask(budget->store, sql_make, &params, answer, ask);
}

void
budget_store_list_requests(budget_t *budget, const mc_budget_query_t *query,
                           mc_store_answer_fn *answer, mc_ask_t *ask)
{
    static const char sql[] =
        "SELECT " REQUEST_COLUMNS("r") " FROM aop_budget_requests r"
                                       " WHERE ($1::text IS NULL OR r.task_id = $1)"
                                       " AND ($2::text IS NULL OR r.status = $2)"
                                       " ORDER BY r.created_at DESC, r.id LIMIT $3::bigint";
    static const int members[] = {MC_INDEX_budget_query_task_id, MC_INDEX_budget_query_status,
                                  MC_INDEX_budget_query_limit};
    mc_store_params_t params = {.arena = ask->arena};
    for (size_t i = 0; i < MC_COUNT(members); i++)
        mc_store_param_member(&params, &mc_budget_query_shape, (size_t)members[i], query);
    mc_store_ask(budget->store, sql, &params, answer, ask);
}

void
budget_store_resolve_request(budget_t *budget, const mc_budget_decision_t *decision,
                             bool is_approved, mc_store_answer_fn *answer, mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text(&params, decision->request_id);
    mc_store_param_bool(&params, is_approved);
    mc_store_param_member(&params, &mc_budget_decision_shape,
                          MC_INDEX_budget_decision_approved_increment, decision);
    mc_store_param_text_or_null(&params, decision->reason);
    mc_store_param_text(&params, decision->decided_by);
    mc_store_ask(budget->store, sql_resolve, &params, answer, ask);
}
