/*
 *  control_store - every question that control asks of PostgreSQL
 *
 *  updated_at grows with every change of a task, also where clocks do not. What
 *  is done to scopes is in control_store_verbs.c, holds and receipts beside it.
 */
#include "services/control/control_store.h"

#include "services/control/control_columns.h"

void
control_store_add_deed(mc_store_params_t *params, const control_deed_t *deed)
{
    mc_store_param_text(params, deed->actor);
    mc_store_param_text(params, deed->action);
    mc_store_param_text_or_null(params, deed->target);
    mc_store_param_text_or_null(params, deed->details);
}

void
control_store_create_task(control_t *control, const mc_task_order_t *order,
                          const control_deed_t *deed, mc_store_answer_fn *answer, mc_ask_t *ask)
{
    static const char sql[] =
        "WITH RECURSIVE up AS ("
        " SELECT id, root_task_id, parent_id, tier, 1 AS depth FROM aop_tasks WHERE id = $6"
        " UNION ALL"
        " SELECT t.id, t.root_task_id, t.parent_id, t.tier, up.depth + 1"
        " FROM up JOIN aop_tasks t ON t.id = up.parent_id WHERE up.depth < 49),"
        " seen AS (SELECT (SELECT tier FROM up WHERE depth = 1 LIMIT 1) AS parent_tier,"
        " (SELECT coalesce(max(depth), 0) FROM up) AS parents_count,"
        " EXISTS (SELECT 1 FROM aop_tasks WHERE id = $5) AS is_taken),"
        " made AS (INSERT INTO aop_tasks AS t (id, root_task_id, parent_id, tier, domain,"
        " objective, token_budget, risk_factor)"
        " SELECT $5, coalesce((SELECT root_task_id FROM up WHERE depth = 1 LIMIT 1), $5), $6,"
        " $7::bigint, $8, $9, $10::bigint, coalesce($11::double precision, 0) FROM seen"
        " WHERE NOT is_taken AND ($6::text IS NULL OR parent_tier <= $7::bigint)"
        " AND parents_count <= 48 ON CONFLICT DO NOTHING RETURNING " TASK_COLUMNS(
            "t") "),"
                 " audited AS (" AUDIT " SELECT $1, $2, $3, $4, 'platform' FROM made)"
                 " SELECT s.parent_tier, s.parents_count, s.is_taken, " TASK_COLUMNS(
                     "m") " FROM seen s LEFT JOIN made m ON true";
    static const int members[] = {MC_INDEX_task_order_id,         MC_INDEX_task_order_parent_id,
                                  MC_INDEX_task_order_tier,       MC_INDEX_task_order_domain,
                                  MC_INDEX_task_order_objective,  MC_INDEX_task_order_token_budget,
                                  MC_INDEX_task_order_risk_factor};
    mc_store_params_t params = {.arena = ask->arena};
    control_store_add_deed(&params, deed);
    for (size_t i = 0; i < MC_COUNT(members); i++)
        mc_store_param_member(&params, &mc_task_order_shape, (size_t)members[i], order);
    mc_store_ask(control->store, sql, &params, answer, ask);
}

/* " AND column = $n" where the query has the field. */
static void
add_filter(mc_buffer_t *sql, mc_store_params_t *params, const mc_task_query_t *query, size_t index)
{
    if (!mc_record_has(query, index))
        return;
    mc_store_param_member(params, &mc_task_query_shape, index, query);
    mc_buffer_printf(sql, " AND t.%s = $%zu", mc_task_query_shape.fields[index].name,
                     params->count);
}

void
control_store_list_tasks(control_t *control, const control_task_list_t *list,
                         mc_store_answer_fn *answer, mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_buffer_t sql = {0};
    mc_buffer_string(&sql, "SELECT " TASK_COLUMNS("t") " FROM aop_tasks t WHERE true");
    add_filter(&sql, &params, list->query, MC_INDEX_task_query_id);
    add_filter(&sql, &params, list->query, MC_INDEX_task_query_root_task_id);
    add_filter(&sql, &params, list->query, MC_INDEX_task_query_parent_id);
    add_filter(&sql, &params, list->query, MC_INDEX_task_query_tier);
    if (list->status_count) {
        mc_store_param_texts(&params, list->statuses, list->status_count);
        mc_buffer_printf(&sql, " AND t.status = ANY($%zu)", params.count);
    }
    if (list->cursor) {
        mc_store_param_time(&params, list->cursor->order);
        mc_store_param_text(&params, list->cursor->id);
        mc_buffer_printf(&sql, " AND t.created_at <= $%zu AND (t.created_at < $%zu OR t.id > $%zu)",
                         params.count - 1, params.count - 1, params.count);
    }
    mc_store_param_i64(&params, list->query->limit);
    mc_buffer_printf(&sql, " ORDER BY t.created_at DESC, t.id LIMIT $%zu::bigint", params.count);
    mc_buffer_byte(&sql, '\0');
    mc_store_ask_once(control->store, sql.data, &params, answer, ask);
    mc_buffer_clear(&sql);
}

void
control_store_set_status(control_t *control, const mc_task_status_change_t *change,
                         const control_deed_t *deed, mc_store_answer_fn *answer, mc_ask_t *ask)
{
    /* A message that is given replaces the old one, which stays only with a task that failed. */
    static const char sql[] =
        "WITH old AS (SELECT root_task_id, id, status FROM aop_tasks WHERE id = $3"
        " ORDER BY root_task_id LIMIT 1 FOR UPDATE),"
        " changed AS (UPDATE aop_tasks t SET status = $5, updated_at = " NEWER ","
        " error_message = CASE WHEN $6::text IS NOT NULL THEN nullif($6, '')"
        " WHEN $5 = 'failed' THEN t.error_message END"
        " FROM old WHERE t.root_task_id = old.root_task_id AND t.id = old.id"
        " RETURNING " TASK_COLUMNS("t") ", old.status AS old_status),"
                                        " audited AS (" AUDIT
                                        " SELECT $1, $2, $3, coalesce($4, jsonb_strip_nulls("
                                        "jsonb_build_object('from', old_status, 'to', status, "
                                        "'errorMessage', nullif($6, '')))::text),"
                                        " 'platform' FROM changed)"
                                        " SELECT " TASK_COLUMNS("c") " FROM changed c";
    mc_store_params_t params = {.arena = ask->arena};
    control_store_add_deed(&params, deed);
    mc_store_param_text(&params, change->status);
    mc_store_param_member(&params, &mc_task_status_change_shape,
                          MC_INDEX_task_status_change_error_message, change);
    mc_store_ask(control->store, sql, &params, answer, ask);
}

/* What an emitter wrote may be more than an entry holds: infinite times and long texts are cut. */
#define AUDIT_COLUMNS                                                                              \
    "a.id, least(greatest(a.timestamp, 'epoch'), '9999-12-31 00:00:00+00') AS timestamp,"          \
    " a.actor, a.action, a.target_id, left(a.details, 65536) AS details"

void
control_store_list_audit(control_t *control, const mc_audit_query_t *query,
                         mc_store_answer_fn *answer, mc_ask_t *ask)
{
    static const char all[] = "SELECT " AUDIT_COLUMNS " FROM aop_audit_log a"
                              " WHERE a.id < coalesce($2, 9223372036854775807)"
                              " ORDER BY a.id DESC LIMIT $1::bigint";
    static const char of_target[] = "SELECT " AUDIT_COLUMNS " FROM aop_audit_log a"
                                    " WHERE a.id < coalesce($2, 9223372036854775807)"
                                    " AND a.target_id = $3 ORDER BY a.id DESC LIMIT $1::bigint";
    bool has_target = mc_has(query, audit_query, target_id);
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_i64(&params, query->limit);
    mc_store_param_member(&params, &mc_audit_query_shape, MC_INDEX_audit_query_before_id, query);
    if (has_target)
        mc_store_param_text(&params, query->target_id);
    mc_store_ask(control->store, has_target ? of_target : all, &params, answer, ask);
}

void
control_store_list_activity(control_t *control, const mc_activity_query_t *query,
                            mc_store_answer_fn *answer, mc_ask_t *ask)
{
    static const char sql[] =
        "WITH RECURSIVE tree AS (SELECT $1::text AS id, 0 AS depth"
        " UNION ALL SELECT t.id, tree.depth + 1 FROM tree JOIN aop_tasks t ON t.parent_id = tree.id"
        " WHERE $2::boolean AND tree.depth < 48)"
        " SELECT " AUDIT_COLUMNS " FROM aop_audit_log a"
        " WHERE a.target_id IN (SELECT id FROM tree) AND a.id > $3::bigint"
        " ORDER BY a.id DESC LIMIT $4::bigint";
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text(&params, query->task_id);
    mc_store_param_bool(&params, mc_has(query, activity_query, include_descendants) &&
                                     query->include_descendants);
    mc_store_param_i64(&params, mc_has(query, activity_query, since_id) ? query->since_id : 0);
    mc_store_param_i64(&params, query->limit);
    mc_store_ask(control->store, sql, &params, answer, ask);
}

void
control_store_read_emitted(control_t *control, const control_emitted_t *wanted,
                           mc_store_answer_fn *answer, void *arg)
{
    static const char sql[] =
        "SELECT s.oldest_xid, s.next_xid, s.highest_id, a.is_task, a.id, a.timestamp, a.actor, "
        "a.action,"
        " a.target_id, a.details"
        " FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_xid,"
        " pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_xid,"
        " (SELECT max(id) FROM aop_audit_log) AS highest_id) s"
        " LEFT JOIN (SELECT " AUDIT_COLUMNS ","
        " EXISTS (SELECT 1 FROM aop_tasks t WHERE t.id = a.target_id) AS is_task"
        " FROM aop_audit_log a WHERE a.source = 'emitter' AND a.id > $1 AND a.id <> ALL($2)"
        " ORDER BY a.id LIMIT $3::bigint) a ON true ORDER BY a.id";
    mc_store_params_t params = {.arena = wanted->arena};
    mc_store_param_i64(&params, wanted->above_id);
    mc_store_param_i64s(&params, wanted->done_ids, wanted->done_count);
    mc_store_param_i64(&params, wanted->limit);
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_read_cursor(control_t *control, mc_store_answer_fn *answer, void *arg)
{
    mc_store_ask(control->store, "SELECT last_id FROM aop_audit_cursor", NULL, answer, arg);
}

void
control_store_move_cursor(control_t *control, int64_t last_id, mc_arena_t *arena,
                          mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_param_i64(&params, last_id);
    mc_store_ask(control->store,
                 "UPDATE aop_audit_cursor SET last_id = $1 WHERE last_id < $1 RETURNING last_id",
                 &params, answer, arg);
}
