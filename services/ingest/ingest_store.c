/*
 *  ingest_store - every question that ingest asks of PostgreSQL
 *
 *  A run takes a field from the change when the change's latest event is not
 *  older than the run's; otherwise the change only fills what is empty. Its
 *  status follows the event that is latest among those that speak for the run,
 *  so a terminal status is not reopened by an older event that arrives late.
 */
#include "services/ingest/ingest_store.h"

#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "services/ingest/event_rules.h"

#define EVENT_COLUMNS                                                                              \
    "id, event_uid, run_id, root_task_id, task_id, tier, actor, action, status, phase, "           \
    "message, provider, model_id, persona, skill, mcp_server, mcp_tool, latency_ms, "              \
    "retry_count, tokens_in, tokens_out, token_delta, cost_usd, payload_json, ts, "                \
    "parent_run_id, adapter_kind, is_part, is_rollup, tier_derived, span_id, parent_span_id, "     \
    "received_at, source"

#define CHANGE_COLUMNS                                                                             \
    "root_task_id, id, task_id, tier, tier_derived, actor, persona, skill, provider, "             \
    "model_id, adapter_kind, status, status_at, started_at, ended_at, parent_run_id, "             \
    "last_event_at, last_action, last_message, mcp_server, mcp_tool, event_count, "                \
    "error_count, last_event_id, own_tokens_in, own_tokens_out, own_cost_usd, "                    \
    "rollup_tokens_in, rollup_tokens_out, rollup_cost_usd, metered_events, token_delta"

/* What a change does to a run that is there already; r is the run. */
#define IS_NEWER "EXCLUDED.last_event_at >= r.last_event_at"
#define SPEAKS                                                                                     \
    "EXCLUDED.status_at IS NOT NULL AND (r.status_at IS NULL"                                      \
    " OR EXCLUDED.status_at > r.status_at OR EXCLUDED.status_at = r.status_at"                     \
    " AND EXCLUDED.status IN ('completed', 'failed'))"
#define LATEST(column)                                                                             \
    " " #column " = CASE WHEN " IS_NEWER " THEN coalesce(EXCLUDED." #column ", r." #column ")"     \
    " ELSE coalesce(r." #column ", EXCLUDED." #column ") END,"
/* Who runs is said by the run's own events; steps only fill in what is not known. */
#define OWN(column)                                                                                \
    " " #column " = CASE WHEN EXCLUDED.status_at IS NULL THEN coalesce(r." #column                 \
    ", EXCLUDED." #column ") WHEN r.status_at IS NULL OR " IS_NEWER                                \
    " THEN coalesce(EXCLUDED." #column ", r." #column ")"                                          \
    " ELSE coalesce(r." #column ", EXCLUDED." #column ") END,"
/* A persona that only repeats the actor's name (tier3_<persona>) fills in, and never replaces. */
#define OWN_PERSONA                                                                                \
    " persona = CASE WHEN EXCLUDED.persona = substr(EXCLUDED.actor, 7)"                            \
    " OR EXCLUDED.status_at IS NULL THEN coalesce(r.persona, EXCLUDED.persona)"                    \
    " WHEN r.status_at IS NULL OR " IS_NEWER " THEN coalesce(EXCLUDED.persona, r.persona)"         \
    " ELSE coalesce(r.persona, EXCLUDED.persona) END,"
#define WITH_STATUS(column)                                                                        \
    " " #column " = CASE WHEN " SPEAKS " THEN EXCLUDED." #column " ELSE r." #column " END,"
#define ADDED(column) " " #column " = r." #column " + EXCLUDED." #column ","
#define ADDED_OR_NULL(column)                                                                      \
    " " #column " = CASE WHEN EXCLUDED." #column " IS NULL THEN r." #column                        \
    " ELSE coalesce(r." #column ", 0) + EXCLUDED." #column " END,"

/* clang-format off */
#define MERGE_RUN                                                                                  \
    " ON CONFLICT (root_task_id, id) DO UPDATE SET"                                                \
    LATEST(task_id) OWN(actor) OWN_PERSONA LATEST(skill)                                           \
    LATEST(provider) LATEST(model_id) LATEST(adapter_kind)                                         \
    LATEST(parent_run_id) LATEST(last_action) LATEST(last_message)                                 \
    LATEST(mcp_server) LATEST(mcp_tool)                                                            \
    WITH_STATUS(status) WITH_STATUS(status_at) WITH_STATUS(ended_at)                               \
    ADDED(event_count) ADDED(error_count) ADDED(metered_events) ADDED(token_delta)                 \
    ADDED(own_tokens_in) ADDED(own_tokens_out) ADDED_OR_NULL(own_cost_usd)                         \
    ADDED(rollup_tokens_in) ADDED(rollup_tokens_out) ADDED_OR_NULL(rollup_cost_usd)                \
    " tier = CASE WHEN r.tier IS NULL OR r.tier_derived AND NOT EXCLUDED.tier_derived"             \
    " AND EXCLUDED.tier IS NOT NULL THEN EXCLUDED.tier"                                            \
    " WHEN " IS_NEWER " AND r.tier_derived = EXCLUDED.tier_derived"                                \
    " THEN coalesce(EXCLUDED.tier, r.tier) ELSE r.tier END,"                                       \
    " tier_derived = CASE WHEN EXCLUDED.tier IS NULL THEN r.tier_derived"                          \
    " WHEN r.tier IS NULL THEN EXCLUDED.tier_derived"                                              \
    " ELSE r.tier_derived AND EXCLUDED.tier_derived END,"                                          \
    " started_at = least(r.started_at, EXCLUDED.started_at),"                                      \
    " last_event_id = greatest(r.last_event_id, EXCLUDED.last_event_id),"                          \
    " last_event_at = greatest(r.last_event_at, EXCLUDED.last_event_at)"
/* clang-format on */

#define RUN_COLUMNS                                                                                \
    "r.id, r.root_task_id, r.task_id, r.tier, r.actor, r.persona, r.skill, r.provider, "           \
    "r.model_id, r.adapter_kind, r.status, r.started_at, r.ended_at, r.tokens_in, "                \
    "r.tokens_out, r.token_delta, r.cost_usd, r.metadata_json, r.parent_run_id, "                  \
    "r.last_event_at, r.last_action, r.last_message, r.mcp_server, r.mcp_tool, r.event_count,"     \
    " r.error_count, r.tier_derived, r.last_event_id"

const char *const ingest_sql_prepare_session[] = {
    "CREATE TEMP TABLE IF NOT EXISTS mc_staged (LIKE aop_agent_events) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS mc_changes ("
    "root_task_id text, id text, task_id text, tier bigint, tier_derived boolean, actor text,"
    " persona text, skill text, provider text, model_id text, adapter_kind text, status text,"
    " status_at timestamptz, started_at timestamptz, ended_at timestamptz,"
    " parent_run_id text, last_event_at timestamptz, last_action text, last_message text,"
    " mcp_server text, mcp_tool text, event_count bigint, error_count bigint, last_event_id bigint,"
    " own_tokens_in bigint, own_tokens_out bigint, own_cost_usd numeric(20, 9), "
    "rollup_tokens_in bigint, rollup_tokens_out bigint, rollup_cost_usd numeric(20, 9), "
    "metered_events bigint, token_delta bigint"
    ") ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS mc_quarantined (event_uid uuid, received_at timestamptz,"
    " source text, code text, reason text, body_json text) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS mc_touched (root_task_id text, id text) ON COMMIT DELETE ROWS",
    NULL,
};

/* Walks from each task to its top, at most 48 parents; one more means a circle or a tree too deep.
 * And says which events were stored before their task was known: the root is part of the key. */
const char ingest_sql_find_roots[] =
    "WITH RECURSIVE up AS ("
    " SELECT id AS asked, id, parent_id, tier, 0 AS depth FROM aop_tasks WHERE id = ANY($1)"
    " UNION ALL"
    " SELECT up.asked, t.id, t.parent_id, up.tier, up.depth + 1"
    " FROM up JOIN aop_tasks t ON t.id = up.parent_id WHERE up.depth < 49)"
    " SELECT asked, min(tier) AS tier, (array_agg(id ORDER BY depth DESC))[1] AS top,"
    " max(depth) >= 49 AS is_cycle, NULL::uuid AS stored FROM up GROUP BY asked"
    " UNION ALL"
    " SELECT NULL, NULL, NULL, NULL, e.event_uid FROM unnest($2::uuid[], $3::bigint[])"
    " AS s (uid, us) JOIN aop_agent_events e ON e.root_task_id = '" INGEST_ROOT_UNKNOWN "'"
    " AND e.event_uid = s.uid AND e.ts = timestamptz 'epoch' + s.us * interval '1 microsecond'";

const char ingest_sql_begin[] = "BEGIN";
const char ingest_sql_commit[] = "COMMIT";
const char ingest_sql_rollback[] = "ROLLBACK";

const char ingest_sql_take_ids[] =
    "UPDATE aop_event_cursor SET last_id = last_id + $1 RETURNING last_id";

const char ingest_sql_copy_events[] =
    "COPY aop_agent_events (" EVENT_COLUMNS ") FROM STDIN (FORMAT binary)";
const char ingest_sql_copy_staged[] =
    "COPY mc_staged (" EVENT_COLUMNS ") FROM STDIN (FORMAT binary)";

/* Staged rows are numbered from 1. */
const char ingest_sql_store_staged[] =
    "INSERT INTO aop_agent_events (" EVENT_COLUMNS ")"
    " SELECT $1 + s.id, "
    "s.event_uid, s.run_id, s.root_task_id, s.task_id, s.tier, s.actor, s.action, s.status, "
    "s.phase, s.message, s.provider, s.model_id, s.persona, s.skill, s.mcp_server, "
    "s.mcp_tool, s.latency_ms, s.retry_count, s.tokens_in, s.tokens_out, s.token_delta, "
    "s.cost_usd, s.payload_json, s.ts, s.parent_run_id, s.adapter_kind, s.is_part, "
    "s.is_rollup, s.tier_derived, s.span_id, s.parent_span_id, s.received_at, s.source"
    " FROM mc_staged s ORDER BY s.id ON CONFLICT DO NOTHING RETURNING id";

#define STORE_BLOCKS                                                                               \
    "INSERT INTO aop_event_blocks AS b (block, signature, first_us, last_us)"                      \
    " SELECT s.block, s.signature::bit(16384), s.first_us, s.last_us"                              \
    " FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])"                           \
    " AS s (block, signature, first_us, last_us)"                                                  \
    " ON CONFLICT (block) DO UPDATE SET signature = b.signature | EXCLUDED.signature,"             \
    " first_us = least(b.first_us, EXCLUDED.first_us),"                                            \
    " last_us = greatest(b.last_us, EXCLUDED.last_us)"

const char ingest_sql_copy_changes[] =
    "COPY mc_changes (" CHANGE_COLUMNS ") FROM STDIN (FORMAT binary)";

#define STORE_ROOTS                                                                                \
    "INSERT INTO aop_roots AS o (root_task_id, first_event_at, last_event_at)"                     \
    " SELECT root_task_id, min(started_at), max(last_event_at) FROM mc_changes"                    \
    " GROUP BY root_task_id ON CONFLICT (root_task_id) DO UPDATE SET"                              \
    " first_event_at = least(o.first_event_at, EXCLUDED.first_event_at),"                          \
    " last_event_at = greatest(o.last_event_at, EXCLUDED.last_event_at)"

const char ingest_sql_store_changes[] =
    "WITH blocks AS (" STORE_BLOCKS "), roots AS (" STORE_ROOTS ")"
    " INSERT INTO aop_agent_runs AS r (" CHANGE_COLUMNS ") SELECT " CHANGE_COLUMNS
    " FROM mc_changes " MERGE_RUN " RETURNING " RUN_COLUMNS;

const char ingest_sql_copy_quarantined[] =
    "COPY mc_quarantined (event_uid, received_at, source, code, reason, body_json)"
    " FROM STDIN (FORMAT binary)";
const char ingest_sql_store_quarantined[] =
    "INSERT INTO aop_event_quarantine (event_uid, received_at, source, code, reason, body_json)"
    " SELECT event_uid, received_at, source, code, reason, body_json FROM mc_quarantined"
    " ON CONFLICT (event_uid) DO NOTHING";

const char ingest_sql_find_traces[] =
    "SELECT trace_id, root_task_id FROM aop_trace_roots WHERE trace_id = ANY($1)";

const char ingest_sql_note_touched[] =
    "WITH e AS MATERIALIZED (SELECT root_task_id, run_id, span_id FROM aop_agent_events"
    " WHERE id > $1 AND id <= $2)"
    " INSERT INTO mc_touched SELECT root_task_id, run_id FROM e"
    " UNION SELECT root_task_id, span_id FROM e WHERE span_id IS NOT NULL";

/* The runs among what was touched. */
#define TOUCHED_RUNS                                                                               \
    "(SELECT DISTINCT root_task_id, id FROM mc_touched) m"                                         \
    " JOIN aop_agent_runs r ON r.root_task_id = m.root_task_id AND r.id = m.id"

/* The root of a trace that told none is its id, which its events have in their payload too. */
const char ingest_sql_find_joins[] =
    "WITH t AS MATERIALIZED (SELECT r.root_task_id, r.id, r.parent_run_id,"
    " r.status_at IS NULL AS is_steps FROM " TOUCHED_RUNS " WHERE r.adapter_kind LIKE 'otlp%')"
    " SELECT trace, min(root) AS root FROM ("
    " SELECT t.root_task_id AS trace, o.root_task_id AS root FROM t JOIN aop_agent_runs o"
    " ON o.id = CASE WHEN t.is_steps THEN t.id ELSE t.parent_run_id END"
    " WHERE o.status_at IS NOT NULL AND o.adapter_kind LIKE 'otlp%'"
    " UNION"
    " SELECT p.root_task_id, t.root_task_id FROM t JOIN aop_agent_runs p ON p.id = t.id"
    " WHERE NOT t.is_steps AND p.status_at IS NULL AND p.adapter_kind LIKE 'otlp%'"
    " UNION"
    " SELECT p.root_task_id, t.root_task_id FROM t JOIN aop_agent_runs p ON p.parent_run_id = t.id"
    " WHERE NOT t.is_steps AND p.status_at IS NOT NULL AND p.adapter_kind LIKE 'otlp%'"
    " UNION"
    " SELECT trace_id, root_task_id FROM aop_trace_roots"
    " WHERE trace_id IN (SELECT t.root_task_id FROM t)"
    ") AS found WHERE trace <> root AND trace ~ '^[0-9a-f]{32}$'"
    " AND (SELECT e.payload_json LIKE '%\"traceId\":\"' || trace || '\"%' FROM aop_agent_events e"
    " WHERE e.root_task_id = trace AND e.payload_json IS NOT NULL ORDER BY e.id LIMIT 1)"
    " GROUP BY trace";

const char ingest_sql_join_events[] =
    "WITH e AS (UPDATE aop_agent_events SET root_task_id = $2 WHERE root_task_id = $1"
    " RETURNING root_task_id, span_id)"
    " INSERT INTO mc_touched SELECT DISTINCT root_task_id, span_id FROM e"
    " WHERE span_id IS NOT NULL";

/* The columns of a change behind root and id, as a run o has them. */
#define SAME_COLUMNS                                                                               \
    "o.task_id, o.tier, o.tier_derived, o.actor, o.persona, o.skill, o.provider, o.model_id, "     \
    "o.adapter_kind, o.status, o.status_at, o.started_at, o.ended_at, o.parent_run_id, "           \
    "o.last_event_at, o.last_action, o.last_message, o.mcp_server, o.mcp_tool, o.event_count, "    \
    "o.error_count, o.last_event_id, o.own_tokens_in, o.own_tokens_out, o.own_cost_usd, "          \
    "o.rollup_tokens_in, o.rollup_tokens_out, o.rollup_cost_usd, o.metered_events, o.token_delta"

/* Ends a query called changed that returns runs. */
#define TOUCH ") INSERT INTO mc_touched SELECT root_task_id, id FROM changed"

const char ingest_sql_join_runs[] =
    "WITH o AS (DELETE FROM aop_agent_runs WHERE root_task_id = $1 RETURNING *),"
    " changed AS (INSERT INTO aop_agent_runs AS r (" CHANGE_COLUMNS ")"
    " SELECT $2::text, o.id, " SAME_COLUMNS " FROM o" MERGE_RUN
    " RETURNING r.root_task_id, r.id" TOUCH;

const char ingest_sql_join_root[] =
    "WITH gone AS (DELETE FROM aop_roots WHERE root_task_id = $1 RETURNING *)"
    " INSERT INTO aop_roots AS o (root_task_id, first_event_at, last_event_at)"
    " SELECT $2::text, first_event_at, last_event_at FROM gone"
    " ON CONFLICT (root_task_id) DO UPDATE SET"
    " first_event_at = least(o.first_event_at, EXCLUDED.first_event_at),"
    " last_event_at = greatest(o.last_event_at, EXCLUDED.last_event_at)";

const char ingest_sql_keep_join[] =
    "INSERT INTO aop_trace_roots (trace_id, root_task_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const char ingest_sql_find_moves[] =
    "SELECT * FROM (SELECT r.root_task_id, r.id AS old_run, (SELECT min(e.run_id || '')"
    " FROM aop_agent_events e WHERE e.root_task_id = r.root_task_id AND e.span_id = r.id"
    " AND e.run_id <> r.id) AS new_run FROM " TOUCHED_RUNS " WHERE r.status_at IS NULL) moves"
    " WHERE new_run IS NOT NULL";

const char ingest_sql_move_events[] =
    "UPDATE aop_agent_events SET run_id = $3 WHERE root_task_id = $1 AND run_id = $2";

const char ingest_sql_move_run[] =
    "WITH o AS (DELETE FROM aop_agent_runs WHERE root_task_id = $1 AND id = $2 RETURNING *),"
    " changed AS (INSERT INTO aop_agent_runs AS r (" CHANGE_COLUMNS ")"
    " SELECT o.root_task_id, $3::text, " SAME_COLUMNS " FROM o" MERGE_RUN
    " RETURNING r.root_task_id, r.id" TOUCH;

const char ingest_sql_find_parents[] =
    "WITH r AS MATERIALIZED (SELECT r.root_task_id, r.id, r.parent_run_id FROM " TOUCHED_RUNS
    " WHERE r.parent_run_id IS NOT NULL"
    " UNION SELECT c.root_task_id, c.id, c.parent_run_id FROM mc_touched m JOIN aop_agent_runs c"
    " ON c.root_task_id = m.root_task_id AND c.parent_run_id = m.id),"
    " found AS MATERIALIZED (SELECT r.root_task_id, r.id, (SELECT min(e.run_id || '')"
    " FROM aop_agent_events e WHERE e.root_task_id = r.root_task_id"
    " AND e.span_id = r.parent_run_id AND e.run_id <> r.parent_run_id AND e.run_id <> r.id)"
    " AS parent FROM r),"
    " changed AS (UPDATE aop_agent_runs r SET parent_run_id = found.parent FROM found"
    " WHERE found.parent IS NOT NULL AND r.root_task_id = found.root_task_id AND r.id = found.id"
    " RETURNING r.root_task_id, r.id" TOUCH;

#define RIGHT_TIER(agents)                                                                         \
    " coalesce(r.adapter_kind = 'otlp' AND r.tier_derived AND r.tier = least(" agents              \
    ", 3), false) AS is_right"

/* From what was touched up to the top, then down from it as long as a tier does not show that all
 * below it is right. The depth is that below the top. */
const char ingest_sql_derive_tiers[] =
    "WITH RECURSIVE up AS ("
    " SELECT r.root_task_id, r.id, r.parent_run_id, r.adapter_kind,"
    " (r.adapter_kind = 'otlp')::int AS agents, 1 AS depth FROM " TOUCHED_RUNS
    " WHERE r.adapter_kind LIKE 'otlp%'"
    " UNION ALL"
    " SELECT up.root_task_id, up.id, p.parent_run_id, p.adapter_kind,"
    " up.agents + (p.adapter_kind = 'otlp')::int, up.depth + 1"
    " FROM up JOIN aop_agent_runs p"
    " ON p.root_task_id = up.root_task_id AND p.id = up.parent_run_id WHERE up.depth < 49),"
    " top AS (SELECT DISTINCT ON (root_task_id, id) * FROM up ORDER BY root_task_id, id, depth "
    "DESC),"
    " down AS ("
    " SELECT r.root_task_id, r.id, top.agents, top.depth, false AS is_right"
    " FROM top JOIN aop_agent_runs r ON r.root_task_id = top.root_task_id AND "
    "r.id = top.id"
    " WHERE top.adapter_kind LIKE 'otlp%' AND top.depth <= 48"
    " UNION"
    " SELECT r.root_task_id, r.id, down.agents + (r.adapter_kind = 'otlp')::int, "
    "down.depth + 1," RIGHT_TIER(
        "down.agents + (r.adapter_kind = 'otlp')::int") " FROM down JOIN "
                                                        "aop_agent_runs r"
                                                        " ON r.root_task_id = "
                                                        "down.root_task_id AND "
                                                        "r.parent_run_id = "
                                                        "down.id"
                                                        " WHERE down.depth < 48 "
                                                        "AND NOT down.is_right),"
                                                        " changed AS (UPDATE "
                                                        "aop_agent_runs r SET "
                                                        "tier = "
                                                        "least(down.agents, 3), "
                                                        "tier_derived = true"
                                                        " FROM down WHERE "
                                                        "r.root_task_id = "
                                                        "down.root_task_id AND "
                                                        "r.id = down.id"
                                                        " AND r.adapter_kind = "
                                                        "'otlp' AND down.agents "
                                                        "> 0 AND (r.tier IS NULL "
                                                        "OR r.tier_derived)"
                                                        " AND r.tier IS DISTINCT "
                                                        "FROM least(down.agents, "
                                                        "3) RETURNING "
                                                        "r.root_task_id, "
                                                        "r.id" TOUCH;

/* Runs that were moved have forgotten what is below them. */
const char ingest_sql_derive_usage[] =
    "WITH RECURSIVE up AS ("
    " SELECT r.root_task_id, r.parent_run_id AS id FROM " TOUCHED_RUNS
    " WHERE r.parent_run_id IS NOT NULL AND (r.metered_events > 0 OR r.metered_below)"
    " UNION"
    " SELECT r.root_task_id, r.id FROM " TOUCHED_RUNS " WHERE NOT r.metered_below"
    " AND EXISTS (SELECT 1 FROM aop_agent_runs c WHERE c.root_task_id = r.root_task_id"
    " AND c.parent_run_id = r.id AND (c.metered_events > 0 OR c.metered_below))"
    " UNION"
    " SELECT p.root_task_id, p.parent_run_id FROM up JOIN aop_agent_runs p"
    " ON p.root_task_id = up.root_task_id AND p.id = up.id WHERE p.parent_run_id IS NOT NULL),"
    " changed AS (UPDATE aop_agent_runs r SET metered_below = true FROM up"
    " WHERE r.root_task_id = up.root_task_id AND r.id = up.id AND NOT r.metered_below"
    " RETURNING r.root_task_id, r.id" TOUCH;

const char ingest_sql_read_runs[] =
    "SELECT " RUN_COLUMNS " FROM " TOUCHED_RUNS " WHERE r.xmin = pg_current_xact_id()::xid";

const char ingest_sql_list_partitions[] =
    "SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'aop_agent_events'::regclass";

char *
ingest_sql_make_partition(int64_t day)
{
    struct tm from, to;
    time_t from_s = (time_t)(day * 86400), to_s = from_s + 86400;
    char *sql = NULL;
    gmtime_r(&from_s, &from);
    gmtime_r(&to_s, &to);
    int size =
        asprintf(&sql,
                 "CREATE TABLE IF NOT EXISTS aop_agent_events_p%04d%02d%02d"
                 " PARTITION OF aop_agent_events FOR VALUES"
                 " FROM ('%04d-%02d-%02d 00:00:00+00') TO ('%04d-%02d-%02d 00:00:00+00')",
                 from.tm_year + 1900, from.tm_mon + 1, from.tm_mday, from.tm_year + 1900,
                 from.tm_mon + 1, from.tm_mday, to.tm_year + 1900, to.tm_mon + 1, to.tm_mday);
    assert(size > 0);
    return sql;
}
