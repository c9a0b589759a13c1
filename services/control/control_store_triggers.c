/*
 *  control_store_triggers - what triggers found
 */
#include "services/control/control_store_triggers.h"

#include "services/control/control_columns.h"
#include "services/control/trigger_book.h"

#define COLUMNS                                                                                    \
    "f.name, f.mode, f.subject, f.cause, f.root_task_id, f.run_id, f.task_id, f.actor,"            \
    " f.measured, f.bound, f.message, f.fired_at, f.done_at"
#define HAS_TASK                                                                                   \
    "EXISTS (SELECT 1 FROM aop_tasks t WHERE t.root_task_id = f.root_task_id"                      \
    " AND t.id = f.task_id) AS has_task"

void
control_store_fire(control_t *control, mc_arena_t *arena, const mc_trigger_firing_t *firing,
                   mc_store_answer_fn *answer, void *arg)
{
    static const int members[] = {
        MC_INDEX_trigger_firing_name,         MC_INDEX_trigger_firing_mode,
        MC_INDEX_trigger_firing_subject,      MC_INDEX_trigger_firing_cause,
        MC_INDEX_trigger_firing_root_task_id, MC_INDEX_trigger_firing_run_id,
        MC_INDEX_trigger_firing_task_id,      MC_INDEX_trigger_firing_actor,
        MC_INDEX_trigger_firing_measured,     MC_INDEX_trigger_firing_bound,
        MC_INDEX_trigger_firing_message};
    /* A run that is silent is looked at where everybody sees it: the book may be behind. */
    static const char sql[] =
        "WITH f AS (INSERT INTO aop_control_triggers (name, mode, subject, cause, root_task_id,"
        " run_id, task_id, actor, measured, bound, message)"
        " SELECT $1::text, $2, $3, $4, $5::text, $6::text, $7, $8, $9, $10, $11"
        " WHERE $1::text <> 'heartbeat' OR EXISTS (SELECT 1 FROM aop_agent_runs r"
        " WHERE r.root_task_id = $5::text AND r.id = $6::text AND r.status = 'executing'"
        " AND r.last_action <> 'trigger.heartbeat')"
        " ON CONFLICT DO NOTHING RETURNING *),"
        " audited AS (" AUDIT " SELECT 'control', 'trigger_' || f.name, f.subject,"
        " jsonb_build_object('mode', f.mode, 'rootTaskId', f.root_task_id, 'runId', f.run_id,"
        " 'message', f.message)::text, 'platform' FROM f)"
        " SELECT f.fired_at, " HAS_TASK " FROM f";
    mc_store_params_t params = {.arena = arena};
    for (size_t i = 0; i < MC_COUNT(members); i++)
        mc_store_param_member(&params, &mc_trigger_firing_shape, (size_t)members[i], firing);
    mc_store_ask(control->store, sql, &params, answer, arg);
}

void
control_store_finish_firing(control_t *control, mc_arena_t *arena,
                            const mc_trigger_firing_t *firing, mc_store_answer_fn *answer,
                            void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_param_text(&params, firing->name);
    mc_store_param_text(&params, firing->subject);
    mc_store_param_i64(&params, firing->cause);
    mc_store_ask(control->store,
                 "UPDATE aop_control_triggers SET done_at = now()"
                 " WHERE name = $1 AND subject = $2 AND cause = $3 AND done_at IS NULL",
                 &params, answer, arg);
}

void
control_store_read_firings(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                           void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_ask(control->store,
                 "SELECT " COLUMNS ", " HAS_TASK " FROM aop_control_triggers f"
                 " WHERE f.fired_at > now() - interval '1 hour' OR f.done_at IS NULL"
                 " ORDER BY f.fired_at DESC LIMIT 5000",
                 &params, answer, arg);
}

void
control_store_list_firings(control_t *control, const mc_trigger_query_t *query,
                           mc_store_answer_fn *answer, mc_ask_t *ask)
{
    mc_store_params_t params = {.arena = ask->arena};
    mc_store_param_text_or_null(&params, query->root_task_id);
    mc_store_param_text_or_null(&params, query->run_id);
    mc_store_param_i64(&params, query->limit);
    mc_store_ask(control->store,
                 "SELECT " COLUMNS " FROM aop_control_triggers f"
                 " WHERE ($1::text IS NULL OR f.root_task_id = $1)"
                 " AND ($2::text IS NULL OR f.run_id = $2)"
                 " ORDER BY f.fired_at DESC, f.name, f.subject LIMIT $3::bigint",
                 &params, answer, ask);
}

void
control_store_read_running(control_t *control, mc_arena_t *arena, mc_store_answer_fn *answer,
                           void *arg)
{
    mc_store_params_t params = {.arena = arena};
    mc_store_param_i64(&params, CONTROL_BOOK_RUNS_MAX);
    mc_store_ask(control->store,
                 "SELECT id, root_task_id, task_id, actor, status, last_event_at, last_action,"
                 " last_event_id FROM aop_agent_runs WHERE status = 'executing'"
                 " AND last_event_at > now() - interval '1 day'"
                 " ORDER BY last_event_at DESC LIMIT $1::bigint",
                 &params, answer, arg);
}
