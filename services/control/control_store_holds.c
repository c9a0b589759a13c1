/*
 *  control_store_holds - the holds in force, who is in them, and the parts that enforce
 */
#include "services/control/control_store_holds.h"

#include "services/control/control_columns.h"

void
control_store_read_holds(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                         void *arg)
{
    static const char sql[] = "SELECT c.epoch AS set_epoch, " HOLD_COLUMNS(
        "h") ", h.kind, h.expires_at, h.on_expiry,"
             " h.warned_at, h.grace_seconds, h.receipt_id FROM aop_control_chain c"
             " LEFT JOIN aop_control_holds h ON h.lifted_at IS NULL AND (h.kind <> 'fence'"
             " OR EXISTS (SELECT 1 FROM aop_control_hold_runs n WHERE n.hold_id = h.id))"
             " ORDER BY h.epoch, h.id";
    mc_store_params_t params = {.arena = arena};
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_read_members(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                           void *arg)
{
    /* A receipt that has no parts yet is asked for like a hold: it may have lifted one. */
    static const char sql[] =
        "WITH RECURSIVE owners AS (SELECT id, root_task_id, scope_type, agent_task_id"
        " FROM aop_control_holds WHERE lifted_at IS NULL AND kind <> 'fence'"
        " UNION ALL SELECT id, root_task_id, scope_type, agent_task_id FROM aop_control_receipts"
        " WHERE done_at IS NULL AND NOT is_superseded AND parts_seq IS NULL),"
        " tasks AS (SELECT o.id AS owner, o.root_task_id, o.agent_task_id AS id, 0 AS depth"
        " FROM owners o WHERE o.scope_type = 'agent'"
        " UNION SELECT b.owner, b.root_task_id, t.id, b.depth + 1 FROM tasks b"
        " JOIN aop_tasks t ON t.parent_id = b.id AND t.root_task_id = b.root_task_id"
        " WHERE b.depth < 48),"
        " runs AS (SELECT b.owner, b.root_task_id, r.id, 0 AS depth FROM tasks b"
        " JOIN aop_agent_runs r ON r.root_task_id = b.root_task_id AND r.task_id = b.id"
        " UNION SELECT p.owner, p.root_task_id, r.id, p.depth + 1 FROM runs p"
        " JOIN aop_agent_runs r ON r.root_task_id = p.root_task_id AND r.parent_run_id = p.id"
        " WHERE p.depth < 48)"
        " SELECT DISTINCT owner, 1::bigint AS what, id FROM tasks"
        " UNION ALL SELECT DISTINCT owner, 2::bigint, id FROM runs"
        " UNION ALL SELECT n.hold_id, CASE WHEN n.is_old THEN 3 ELSE 2 END::bigint, n.run_id"
        " FROM aop_control_hold_runs n JOIN aop_control_holds h ON h.id = n.hold_id"
        " WHERE h.lifted_at IS NULL"
        " UNION ALL SELECT r.id, 2::bigint, n.run_id FROM aop_control_receipts r"
        " JOIN aop_control_holds h ON h.scope_key = r.scope_key AND h.lifted_epoch = r.epoch"
        " JOIN aop_control_hold_runs n ON n.hold_id = h.id AND NOT n.is_old"
        " WHERE r.done_at IS NULL AND r.parts_seq IS NULL"
        " ORDER BY 1, 2, 3";
    mc_store_params_t params = {.arena = arena};
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_find_spenders(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                            void *arg)
{
    static const char sql[] = "INSERT INTO aop_control_hold_runs (hold_id, run_id, is_old)"
                              " SELECT h.id, e.run_id, false FROM aop_control_holds h"
                              " JOIN aop_agent_events e ON e.ts > now() - interval '1 minute'"
                              " AND (h.root_task_id IS NULL OR e.root_task_id = h.root_task_id)"
                              " WHERE h.lifted_at IS NULL AND h.spend_usd_per_minute IS NOT NULL"
                              " AND e.run_id IS NOT NULL AND e.cost_usd IS NOT NULL"
                              " AND e.is_rollup IS NOT TRUE"
                              " GROUP BY h.id, h.spend_usd_per_minute, e.run_id"
                              " HAVING sum(e.cost_usd) > h.spend_usd_per_minute"
                              " ON CONFLICT DO NOTHING RETURNING hold_id";
    mc_store_params_t params = {.arena = arena};
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_mark_warned(control_t *control, mc_arena_t *arena, mc_uuid_t hold,
                          mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_param_uuid(&params, hold);
    mc_store_ask(control->store,
                 "UPDATE aop_control_holds SET warned_at = now()"
                 " WHERE id = $1 AND lifted_at IS NULL AND warned_at IS NULL RETURNING id",
                 &params, answer, arg);
}

void
control_store_read_parts(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                         void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_ask(control->store, "SELECT " PART_COLUMNS ", seen_at FROM aop_control_parts", &params,
                 answer, arg);
}

void
control_store_save_part(control_t *control, mc_arena_t *arena, const mc_control_part_t *part,
                        mc_store_answer_fn *answer, void *arg)
{
    static const int members[] = {
        MC_INDEX_control_part_id,           MC_INDEX_control_part_kind,
        MC_INDEX_control_part_instance,     MC_INDEX_control_part_root_task_id,
        MC_INDEX_control_part_run_id,       MC_INDEX_control_part_task_id,
        MC_INDEX_control_part_enforcement,  MC_INDEX_control_part_started_at,
        MC_INDEX_control_part_tier,         MC_INDEX_control_part_actor,
        MC_INDEX_control_part_persona,      MC_INDEX_control_part_skill,
        MC_INDEX_control_part_parent_run_id};
    /* What the part does not say is looked up: its task and its run may be known. */
    static const char sql[] =
        "WITH task AS (SELECT root_task_id, tier FROM aop_tasks WHERE id = $6 LIMIT 1),"
        " run AS (SELECT root_task_id, task_id, tier, actor, persona, skill, parent_run_id"
        " FROM aop_agent_runs WHERE id = $5 ORDER BY started_at DESC LIMIT 1)"
        " INSERT INTO aop_control_parts AS p (" PART_COLUMNS ") VALUES ($1, $2, $3,"
        " coalesce($4, (SELECT root_task_id FROM task), (SELECT root_task_id FROM run)), $5,"
        " coalesce($6, (SELECT task_id FROM run)), $7, $8,"
        " coalesce($9::bigint, (SELECT tier FROM task), (SELECT tier FROM run)),"
        " coalesce($10, (SELECT actor FROM run)), coalesce($11, (SELECT persona FROM run)),"
        " coalesce($12, (SELECT skill FROM run)), coalesce($13, (SELECT parent_run_id FROM run)))"
        " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, instance = excluded.instance,"
        " root_task_id = excluded.root_task_id, run_id = excluded.run_id,"
        " task_id = excluded.task_id, enforcement = excluded.enforcement,"
        " started_at = excluded.started_at, tier = excluded.tier, actor = excluded.actor,"
        " persona = excluded.persona, skill = excluded.skill,"
        " parent_run_id = excluded.parent_run_id, seen_at = now() RETURNING " PART_COLUMNS;
    mc_store_params_t params = {.arena = arena};
    for (size_t i = 0; i < MC_COUNT(members); i++)
        mc_store_param_member(&params, &mc_control_part_shape, (size_t)members[i], part);
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_remove_part(control_t *control, mc_arena_t *arena, mc_text_t id,
                          mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_param_text(&params, id);
    mc_store_ask(control->store, "DELETE FROM aop_control_parts WHERE id = $1 RETURNING id",
                 &params, answer, arg);
}

void
control_store_forget_part(control_t *control, const control_deed_t *deed,
                          mc_store_answer_fn *answer, mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    control_store_add_deed(&params, deed);
    mc_store_ask(control->store,
                 "WITH gone AS (DELETE FROM aop_control_parts WHERE id = $3"
                 " RETURNING " PART_COLUMNS "), audited AS (" AUDIT
                 " SELECT $1, $2, $3, $4, 'platform' FROM gone) SELECT " PART_COLUMNS " FROM gone",
                 &params, answer, ask);
}

void
control_store_find_ended(control_t *control, mc_arena_t *arena, const mc_text_t *runs, size_t count,
                         mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_param_texts(&params, runs, count);
    mc_store_ask(control->store,
                 "SELECT DISTINCT id FROM aop_agent_runs WHERE id = ANY($1)"
                 " AND status IN ('completed', 'failed')",
                 &params, answer, arg);
}
