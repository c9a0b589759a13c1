/*
 *  control_store_verbs - one statement for each verb: tasks, holds, receipt, audit
 *
 *  Tasks are locked in the order of their keys before they are changed, so that
 *  two commands on trees that overlap wait for one another and do not deadlock.
 *  The row of the chain is locked last, and only by a verb that changes
 *  something: the epoch counts those and no others.
 *
 *      $1..$4  the row of the audit log          $10 reason
 *      $5      id of the task or of the root     $11 tier of a tier scope
 *      $6 $7   statuses to start from, the next  $12 task of an agent scope
 *      $8      error message (NULL keeps it)     $13 the hold and the receipt, as JSON
 *      $9      retries more                      $14 kinds of holds that end
 *      $15     kind of the hold that begins      $16 runs that parts have
 *      $17     does it without tasks too         $18 does it also below the task
 */
#include "proto/codec.h"
#include "services/control/control_columns.h"
#include "services/control/control_store.h"

#define BELOW_TASK                                                                                 \
    "tree AS (SELECT root_task_id, id, tier, 0 AS depth FROM aop_tasks WHERE id = $5"              \
    " UNION ALL SELECT t.root_task_id, t.id, t.tier, tree.depth + 1 FROM tree"                     \
    " JOIN aop_tasks t ON t.parent_id = tree.id AND t.root_task_id = tree.root_task_id"            \
    " WHERE $18::boolean AND tree.depth < 48),"                                                    \
    " chosen AS (SELECT DISTINCT root_task_id, id FROM tree"                                       \
    " WHERE $11::bigint IS NULL AND $12::text IS NULL)"
#define IN_TREE                                                                                    \
    "tree AS (SELECT root_task_id, id, tier FROM aop_tasks WHERE root_task_id = $5"                \
    " AND $18::boolean),"                                                                          \
    " chosen AS (SELECT root_task_id, id FROM tree"                                                \
    " WHERE ($11::bigint IS NULL OR tier = $11) AND ($12::text IS NULL OR id = $12))"

/* What is asked (the agent of the root task is the tree), what is in force on the very scope, and
 * whose pause or stop below it stays. */
#define IN_FORCE                                                                                   \
    ", said AS (SELECT q.*, coalesce(q.root_task_id, (SELECT root_task_id FROM tree LIMIT 1))"     \
    " AS root FROM jsonb_to_record($13::jsonb) AS q (id uuid, hold_id uuid, scope_key text,"       \
    " root_task_id text, scope_type text, tier bigint, agent_task_id text, provider text,"         \
    " model_id text, persona text, skill text, mcp_server text, spend_usd_per_minute numeric,"     \
    " verb text, mode text, reason text, requested_by text, grace_seconds bigint,"                 \
    " expires_seconds bigint, on_expiry text, run_id text)),"                                      \
    " asked AS (SELECT id, hold_id, CASE WHEN w THEN 'tree:' || root ELSE scope_key END"           \
    " AS scope_key, root AS root_task_id, CASE WHEN w THEN 'tree' ELSE scope_type END"             \
    " AS scope_type, tier, CASE WHEN NOT w THEN agent_task_id END AS agent_task_id, provider,"     \
    " model_id, persona, skill, mcp_server, spend_usd_per_minute, verb, mode, reason,"             \
    " requested_by, grace_seconds, expires_seconds, on_expiry, run_id FROM (SELECT s.*,"           \
    " scope_type = 'agent' AND agent_task_id = root AS w FROM said s) s),"                         \
    " own AS (SELECT h.id, h.kind FROM aop_control_holds h JOIN asked a USING (scope_key)"         \
    " WHERE h.lifted_at IS NULL AND h.kind <> 'fence' FOR UPDATE OF h),"                           \
    " stopped AS (SELECT EXISTS (SELECT 1 FROM own WHERE kind = 'stop') AND"                       \
    " (SELECT verb FROM asked) IN ('pause', 'resume') AS is_stopped),"                             \
    " inner_holds AS (SELECT h.id AS hold_id, h.kind, h.root_task_id, h.scope_type, h.tier, "      \
    "h.agent_task_id"                                                                              \
    " FROM aop_control_holds h, asked a WHERE h.lifted_at IS NULL AND h.kind <> 'fence'"           \
    " AND a.verb IN ('resume', 'restart', 'stop') AND h.scope_key <> a.scope_key"                  \
    " AND (h.scope_type = 'tier' AND a.scope_type = 'tree' AND h.root_task_id = a.root_task_id"    \
    " OR h.agent_task_id IN (SELECT id FROM chosen)"                                               \
    " AND h.agent_task_id IS DISTINCT FROM a.agent_task_id)),"                                     \
    " kept AS (SELECT t.root_task_id, t.id, h.scope_type, 0 AS depth FROM inner_holds h"           \
    " JOIN aop_tasks t ON t.root_task_id = h.root_task_id AND (t.id = h.agent_task_id"             \
    " OR h.scope_type = 'tier' AND t.tier = h.tier) WHERE (SELECT verb FROM asked) <> 'stop'"      \
    " UNION SELECT t.root_task_id, t.id, k.scope_type, k.depth + 1 FROM kept k"                    \
    " JOIN aop_tasks t ON t.parent_id = k.id AND t.root_task_id = k.root_task_id"                  \
    " WHERE k.scope_type = 'agent' AND k.depth < 48)"

/* How the chosen tasks change. The ids in the audit row are the first hundred. */
#define CHANGE_TASKS                                                                               \
    ", locked AS (SELECT t.root_task_id, t.id FROM aop_tasks t"                                    \
    " JOIN chosen USING (root_task_id, id), stopped s WHERE t.status = ANY($6) AND NOT "           \
    "s.is_stopped"                                                                                 \
    " AND NOT EXISTS (SELECT 1 FROM kept k WHERE k.root_task_id = t.root_task_id AND k.id = t.id)" \
    " ORDER BY t.root_task_id, t.id FOR UPDATE OF t),"                                             \
    " changed AS (UPDATE aop_tasks t SET status = $7, updated_at = " NEWER ","                     \
    " error_message = CASE WHEN $8::text IS NULL THEN t.error_message ELSE nullif($8, '') END,"    \
    " retry_count = t.retry_count + $9::bigint FROM locked l"                                      \
    " WHERE t.root_task_id = l.root_task_id AND t.id = l.id AND t.status = ANY($6)"                \
    " RETURNING " TASK_COLUMNS(                                                                    \
        "t") "),"                                                                                  \
             " seen AS (SELECT (SELECT count(*) FROM tree) AS tree_count,"                         \
             " (SELECT count(*) FROM chosen) AS scope_count, (SELECT count(*) FROM changed) AS "   \
             "changed,"                                                                            \
             " (SELECT count(*) FROM own WHERE kind = ANY($14)) AS ending,"                        \
             " $17::boolean AND $15::text IS NOT NULL AND ((SELECT root_task_id FROM asked) IS "   \
             "NULL OR"                                                                             \
             " EXISTS (SELECT 1 FROM chosen) OR (SELECT scope_type FROM asked) = 'filter' AND"     \
             " EXISTS (SELECT 1 FROM tree) OR (SELECT count(*) FROM tree) = 0 AND"                 \
             " EXISTS (SELECT 1 FROM aop_agent_runs r JOIN asked a USING (root_task_id))) AS "     \
             "is_forced),"                                                                         \
             " going AS (SELECT s.changed FROM seen s, stopped t WHERE NOT t.is_stopped AND"       \
             " (s.changed > 0 OR s.ending > 0 OR s.is_forced)),"                                   \
             " audited AS (" AUDIT                                                                 \
             " SELECT $1, $2, $3, (coalesce($4::jsonb, '{}') || jsonb_strip_nulls("                \
             "jsonb_build_object('reason', nullif($10, ''), 'changed', g.changed, 'taskIds',"      \
             " (SELECT (array_agg(id ORDER BY created_at, id))[1:100] FROM changed))))::text, "    \
             "'platform'"                                                                          \
             " FROM going g)"

/* The receipt, its entry in the chain, and the holds that end and begin. */
#define CHANGE_HOLDS                                                                               \
    ", head AS (SELECT c.epoch + 1 AS epoch, c.last_seq + 1 AS seq, c.last_hash, g.changed"        \
    " FROM aop_control_chain c, going g FOR UPDATE OF c),"                                         \
    " written AS (INSERT INTO aop_control_receipts AS r (id, epoch, scope_key, root_task_id,"      \
    " scope_type, tier, agent_task_id, provider, model_id, persona, skill, mcp_server,"            \
    " spend_usd_per_minute, verb, mode, reason, requested_by, created_at, tasks_changed, hold_id," \
    " chain_seq, run_id) SELECT a.id, h.epoch, a.scope_key, a.root_task_id, a.scope_type, a.tier," \
    " a.agent_task_id, a.provider, a.model_id, a.persona, a.skill, a.mcp_server,"                  \
    " a.spend_usd_per_minute, a.verb, a.mode, a.reason, a.requested_by, now(), h.changed,"         \
    " a.hold_id, h.seq, a.run_id FROM head h, asked a RETURNING r.chain_seq AS "                   \
    "seq, " RECEIPT_RECORD " AS record),"                                                          \
    " entered AS (INSERT INTO aop_control_entries AS e (seq, record, hash) SELECT w.seq, "         \
    "w.record,"                                                                                    \
    " sha256(h.last_hash || convert_to(w.record, 'UTF8')) FROM written w, head h"                  \
    " RETURNING e.seq, e.hash),"                                                                   \
    " moved AS (UPDATE aop_control_chain SET epoch = h.epoch, last_seq = e.seq, last_hash = "      \
    "e.hash"                                                                                       \
    " FROM head h, entered e),"                                                                    \
    " superseded AS (UPDATE aop_control_receipts r SET is_superseded = true FROM asked a, head h"  \
    " WHERE r.scope_key = a.scope_key AND r.done_at IS NULL AND NOT r.is_superseded"               \
    " AND r.epoch < h.epoch),"                                                                     \
    " ended AS (UPDATE aop_control_holds o SET lifted_at = now(), lifted_epoch = h.epoch"          \
    " FROM head h, (SELECT id FROM own WHERE kind = ANY($14) UNION SELECT i.hold_id"               \
    " FROM inner_holds i, asked a WHERE a.verb = 'stop' AND i.kind = 'pause') e"                   \
    " WHERE o.id = e.id),"                                                                         \
    " made AS (INSERT INTO aop_control_holds AS o (id, scope_key, epoch, root_task_id, "           \
    "scope_type,"                                                                                  \
    " tier, agent_task_id, provider, model_id, persona, skill, mcp_server, spend_usd_per_minute,"  \
    " kind, mode, reason, requested_by, expires_at, on_expiry, grace_seconds, receipt_id, run_id)" \
    " SELECT a.hold_id, a.scope_key, h.epoch, a.root_task_id, a.scope_type, a.tier,"               \
    " a.agent_task_id, a.provider, a.model_id, a.persona, a.skill, a.mcp_server,"                  \
    " a.spend_usd_per_minute, $15, a.mode, a.reason, a.requested_by,"                              \
    " now() + a.expires_seconds * interval '1 second', a.on_expiry, a.grace_seconds, a.id, "       \
    "a.run_id"                                                                                     \
    " FROM head h, asked a WHERE $15::text IS NOT NULL"                                            \
    " ON CONFLICT (scope_key, kind) WHERE lifted_at IS NULL AND kind <> 'fence'"                   \
    " DO UPDATE SET epoch = excluded.epoch, mode = excluded.mode, reason = excluded.reason,"       \
    " requested_by = excluded.requested_by, expires_at = excluded.expires_at, warned_at = NULL,"   \
    " on_expiry = excluded.on_expiry, grace_seconds = excluded.grace_seconds,"                     \
    " receipt_id = excluded.receipt_id RETURNING o.id, o.kind, o.mode)"

/* Runs that a drain lets go on, or that a restart keeps out. */
#define NAME_RUNS                                                                                  \
    ", below AS (SELECT a.agent_task_id AS id, 0 AS depth FROM asked a"                            \
    " WHERE a.agent_task_id IS NOT NULL UNION SELECT t.id, b.depth + 1 FROM below b"               \
    " JOIN aop_tasks t ON t.parent_id = b.id, asked a WHERE t.root_task_id = a.root_task_id"       \
    " AND a.scope_type = 'agent' AND b.depth < 48),"                                               \
    " runs AS (SELECT r.id FROM aop_agent_runs r JOIN asked a USING (root_task_id)"                \
    " WHERE a.scope_type = 'tree' OR a.scope_type = 'tier' AND r.tier = a.tier"                    \
    " OR a.scope_type IN ('agent', 'task') AND r.task_id IN (SELECT id FROM below)"                \
    " OR a.scope_type = 'filter' AND (a.persona IS NULL OR r.persona = a.persona)"                 \
    " AND (a.skill IS NULL OR r.skill = a.skill)"                                                  \
    " AND (a.provider IS NULL OR r.provider = a.provider)"                                         \
    " AND (a.model_id IS NULL OR r.model_id = a.model_id)"                                         \
    " AND (a.mcp_server IS NULL OR r.mcp_server = a.mcp_server)"                                   \
    " AND (a.run_id IS NULL OR r.id = a.run_id)"                                                   \
    " ORDER BY r.started_at DESC LIMIT 10000),"                                                    \
    " named AS (INSERT INTO aop_control_hold_runs (hold_id, run_id, is_old)"                       \
    " SELECT m.id, n.id, true FROM made m, (SELECT id FROM runs UNION SELECT unnest($16::text[]))" \
    " n (id) WHERE m.kind = 'fence' OR m.mode = 'drain' AND m.kind = 'pause'"                      \
    " ON CONFLICT DO NOTHING)"

#define SHOW                                                                                       \
    " SELECT s.tree_count, s.scope_count, t.is_stopped, h.epoch AS new_epoch, " TASK_COLUMNS(      \
        "c") " FROM seen s CROSS JOIN stopped t LEFT JOIN head h ON true LEFT JOIN changed c ON "  \
             "true"                                                                                \
             " ORDER BY c.created_at, c.id"

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

/* Tiers begin at 1: in a filter, which is of calls and not of tasks, no task is. */
static void
add_scope(mc_store_params_t *params, const control_scope_t *scope)
{
    if (scope->kind == CONTROL_OF_TIER || scope->kind == CONTROL_OF_FILTER)
        mc_store_param_i64(params, scope->kind == CONTROL_OF_TIER ? scope->tier : 0);
    else
        mc_store_param_null(params);
    mc_store_param_text_or_null(params, scope->agent);
}

/* What ends and what begins with a verb. */
static void
add_kinds(mc_store_params_t *params, control_verb_t verb)
{
    static const mc_text_t ending[] = {{"pause", 5}, {"stop", 4}};
    static const size_t counts[] = {
        [CONTROL_VERB_PAUSE] = 0,
        [CONTROL_VERB_RESUME] = 1,
        [CONTROL_VERB_STOP] = 1,
        [CONTROL_VERB_RESTART] = 2,
    };
    static const char *const beginning[] = {
        [CONTROL_VERB_PAUSE] = "pause",
        [CONTROL_VERB_RESUME] = NULL,
        [CONTROL_VERB_STOP] = "stop",
        [CONTROL_VERB_RESTART] = "fence",
    };
    mc_store_param_texts(params, ending, counts[verb]);
    mc_store_param_text_or_null(params, mc_text(beginning[verb]));
}

void
control_store_do_verb(control_t *control, const control_deed_plan_t *plan,
                      mc_store_answer_fn *answer, void *arg)
{
    static const char of_task[] =
        "WITH RECURSIVE " BELOW_TASK IN_FORCE CHANGE_TASKS CHANGE_HOLDS NAME_RUNS SHOW;
    static const char of_tree[] =
        "WITH RECURSIVE " IN_TREE IN_FORCE CHANGE_TASKS CHANGE_HOLDS NAME_RUNS SHOW;
    const control_scope_t *scope = &plan->scope;
    bool is_of_task = scope->kind == CONTROL_OF_TASK || scope->kind == CONTROL_OF_SUBTREE;
    mc_store_params_t params = {.arena = plan->arena};
    control_store_add_deed(&params, &plan->deed);
    mc_store_param_text(&params, scope->id);
    add_verb(&params, plan->verb, plan->reason);
    add_scope(&params, scope);
    mc_store_param_text(&params, plan->order);
    add_kinds(&params, plan->verb);
    mc_store_param_texts(&params, plan->runs, plan->run_count);
    mc_store_param_bool(&params, plan->is_forced);
    mc_store_param_bool(&params, scope->kind != CONTROL_OF_TASK);
    mc_store_ask(control->store, is_of_task ? of_task : of_tree, &params, answer, arg);
}
