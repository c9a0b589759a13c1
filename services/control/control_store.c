/*
 *  control_store - every question that control asks of PostgreSQL
 *
 *  Tasks are locked in the order of their keys before they are changed, so that
 *  two commands on trees that overlap wait for one another and do not deadlock.
 *  updated_at grows with every change of a task, also where clocks do not.
 */
#include "services/control/control_store.h"

#include <stdio.h>

#define TASK_COLUMNS(t)                                                                            \
    t ".id, " t ".parent_id, " t ".tier, " t ".domain, " t ".objective, " t ".status, " t          \
      ".token_budget, " t ".token_usage, " t ".context_efficiency_ratio, " t ".risk_factor, " t    \
      ".compliance_score, " t ".checksum_before, " t ".checksum_after, " t ".error_message, " t    \
      ".retry_count, " t ".created_at, " t ".updated_at, " t ".root_task_id"

#define NEWER "greatest(now(), t.updated_at + interval '1 microsecond')"
#define AUDIT "INSERT INTO aop_audit_log (actor, action, target_id, details, source)"

static void
add_deed(mc_store_params_t *params, const control_deed_t *deed)
{
    mc_store_param_text(params, deed->actor);
    mc_store_param_text(params, deed->action);
    mc_store_param_text_or_null(params, deed->target);
    mc_store_param_text_or_null(params, deed->details);
}

void
control_store_create_task(control_t *control, const mc_task_order_t *order,
                          const control_deed_t *deed, mc_store_answer_fn *answer,
                          control_ask_t *ask)
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
    add_deed(&params, deed);
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
                         mc_store_answer_fn *answer, control_ask_t *ask)
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
                         const control_deed_t *deed, mc_store_answer_fn *answer, control_ask_t *ask)
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
    add_deed(&params, deed);
    mc_store_param_text(&params, change->status);
    mc_store_param_member(&params, &mc_task_status_change_shape,
                          MC_INDEX_task_status_change_error_message, change);
    mc_store_ask(control->store, sql, &params, answer, ask);
}

/* Tasks of a scope; $5 is its id. tree is what must be there, chosen what the verb is done to. */
#define BELOW_TASK                                                                                 \
    "tree AS (SELECT root_task_id, id, 0 AS depth FROM aop_tasks WHERE id = $5"                    \
    " UNION ALL SELECT t.root_task_id, t.id, tree.depth + 1 FROM tree"                             \
    " JOIN aop_tasks t ON t.parent_id = tree.id AND t.root_task_id = tree.root_task_id"            \
    " WHERE $11::boolean AND tree.depth < 48),"                                                    \
    " chosen AS (SELECT DISTINCT root_task_id, id FROM tree)"
#define IN_TREE                                                                                    \
    "tree AS (SELECT root_task_id, id, tier FROM aop_tasks WHERE root_task_id = $5),"              \
    " chosen AS (SELECT root_task_id, id FROM tree"                                                \
    " WHERE ($11::bigint IS NULL OR tier = $11) AND ($12::text IS NULL OR id = $12))"

/* How the chosen ones change. $6 the statuses to start from, $7 the next one, $8 the error message
 * (NULL keeps it, empty takes it away), $9 retries more, $10 the reason. The ids in the audit row
 * are the first hundred. */
#define DO_VERB                                                                                    \
    ", locked AS (SELECT t.root_task_id, t.id FROM aop_tasks t"                                    \
    " JOIN chosen USING (root_task_id, id) WHERE t.status = ANY($6)"                               \
    " ORDER BY t.root_task_id, t.id FOR UPDATE OF t),"                                             \
    " changed AS (UPDATE aop_tasks t SET status = $7, updated_at = " NEWER ","                     \
    " error_message = CASE WHEN $8::text IS NULL THEN t.error_message ELSE nullif($8, '') END,"    \
    " retry_count = t.retry_count + $9::bigint FROM locked l"                                      \
    " WHERE t.root_task_id = l.root_task_id AND t.id = l.id AND t.status = ANY($6)"                \
    " RETURNING " TASK_COLUMNS(                                                                    \
        "t") "),"                                                                                  \
             " audited AS (" AUDIT                                                                 \
             " SELECT $1, $2, $3, (coalesce($4::jsonb, '{}') || jsonb_strip_nulls("                \
             "jsonb_build_object('reason', nullif($10, ''), 'changed', count(*), 'taskIds',"       \
             " (array_agg(id ORDER BY created_at, id))[1:100])))::text, 'platform'"                \
             " FROM changed HAVING count(*) > 0),"                                                 \
             " seen AS (SELECT (SELECT count(*) FROM tree) AS tree_count,"                         \
             " (SELECT count(*) FROM chosen) AS scope_count)"                                      \
             " SELECT s.tree_count, s.scope_count, " TASK_COLUMNS(                                 \
                 "c") " FROM seen s LEFT JOIN changed c ON true ORDER BY c.created_at, c.id"

static void
add_verb(mc_store_params_t *params, control_verb_t verb, mc_text_t reason)
{
    mc_text_t sources[MC_STATUS_UNKNOWN];
    mc_store_param_texts(params, sources, control_verb_sources(verb, sources));
    mc_store_param_text(params, mc_text(mc_status_word(control_verb_next(verb))));
    if (verb == CONTROL_VERB_STOP)
        mc_store_param_text(
            params, reason.size ? mc_arena_printf(params->arena, "stopped: %.*s", MC_FMT(reason))
                                : MC_TEXT("stopped"));
    else if (verb == CONTROL_VERB_RESTART)
        mc_store_param_text(params, MC_TEXT(""));
    else
        mc_store_param_null(params);
    mc_store_param_i64(params, verb == CONTROL_VERB_RESTART);
    mc_store_param_text(params, reason);
}

static void
add_scope(mc_store_params_t *params, const control_scope_t *scope)
{
    if (scope->kind == CONTROL_OF_TASK || scope->kind == CONTROL_OF_SUBTREE) {
        mc_store_param_bool(params, scope->kind == CONTROL_OF_SUBTREE);
        return;
    }
    if (scope->kind == CONTROL_OF_TIER)
        mc_store_param_i64(params, scope->tier);
    else
        mc_store_param_null(params);
    mc_store_param_text_or_null(params, scope->agent);
}

void
control_store_do_verb(control_t *control, const control_scope_t *scope, control_verb_t verb,
                      mc_text_t reason, const control_deed_t *deed, mc_store_answer_fn *answer,
                      control_ask_t *ask)
{
    static const char of_task[] = "WITH RECURSIVE " BELOW_TASK DO_VERB;
    static const char of_tree[] = "WITH " IN_TREE DO_VERB;
    bool is_of_task = scope->kind == CONTROL_OF_TASK || scope->kind == CONTROL_OF_SUBTREE;
    mc_store_params_t params = {.arena = ask->arena};
    add_deed(&params, deed);
    mc_store_param_text(&params, scope->id);
    add_verb(&params, verb, reason);
    add_scope(&params, scope);
    mc_store_ask(control->store, is_of_task ? of_task : of_tree, &params, answer, ask);
}

/* What an emitter wrote may be more than an entry holds: infinite times and long texts are cut. */
#define AUDIT_COLUMNS                                                                              \
    "a.id, least(greatest(a.timestamp, 'epoch'), '9999-12-31 00:00:00+00') AS timestamp,"          \
    " a.actor, a.action, a.target_id, left(a.details, 65536) AS details"

void
control_store_list_audit(control_t *control, const mc_audit_query_t *query,
                         mc_store_answer_fn *answer, control_ask_t *ask)
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
                            mc_store_answer_fn *answer, control_ask_t *ask)
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
