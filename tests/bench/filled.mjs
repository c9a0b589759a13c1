/*
 *  filled - a database that has been in use for a week
 *
 *  Events go straight into tables that then become the partitions of the last seven days, which
 *  builds their indexes by sorting; runs, roots and tasks follow from the events.
 */
import { tool } from "./report.mjs";
import { tune } from "./ready.mjs";

const DAYS = 7;
const DAY_MS = 86_400_000;
const ACTIVE_IDS = 80_000; /* a run whose last event is among the newest is still under way */

function makeDays(events) {
    const now = Date.now(), today = now - (now % DAY_MS);
    return Array.from({ length: DAYS }, (_, i) => {
        const start = today - (DAYS - 1 - i) * DAY_MS;
        const first = Math.floor((events * i) / DAYS);
        return {
            table: `aop_agent_events_p${new Date(start).toISOString().slice(0, 10).replaceAll("-", "")}`,
            first, count: Math.floor((events * (i + 1)) / DAYS) - first,
            start, span: Math.min(DAY_MS, now - start),
        };
    });
}

async function fillDay(database, day) {
    await database.query(`CREATE TABLE ${day.table} (LIKE aop_agent_events INCLUDING ALL EXCLUDING INDEXES)`);
    await tool("fill", database.url, day.table, day.first, day.count, day.start * 1000, day.span * 1000);
    const iso = (time) => `'${new Date(time).toISOString()}'`;
    await database.query(`SET maintenance_work_mem = '256MB';
        ALTER TABLE aop_agent_events ATTACH PARTITION ${day.table}
        FOR VALUES FROM (${iso(day.start)}) TO (${iso(day.start + DAY_MS)})`);
}

/* One row for each run, as the events have it; the newest runs have not ended. */
const MAKE_RUNS = `
    INSERT INTO aop_agent_runs (id, root_task_id, task_id, tier, actor, persona, skill, provider, model_id,
        mcp_server, mcp_tool, last_action, last_message, started_at, last_event_at, ended_at, status_at, status,
        event_count, last_event_id, own_tokens_in, own_tokens_out, own_cost_usd, metered_events)
    SELECT s.run_id, s.root_task_id, l.task_id, l.tier, l.actor, l.persona, l.skill, l.provider, l.model_id,
        l.mcp_server, l.mcp_tool, l.action, l.message, s.started_at, l.ts,
        CASE WHEN s.last_id <= c.last_id - ${ACTIVE_IDS} THEN l.ts END, l.ts,
        CASE WHEN s.last_id > c.last_id - ${ACTIVE_IDS} THEN 'executing' WHEN s.last_id % 50 = 0 THEN 'failed' ELSE 'completed' END,
        s.event_count, s.last_id, s.tokens_in, s.tokens_out, s.cost_usd, s.event_count
    FROM (SELECT run_id, root_task_id, min(ts) AS started_at, max(id) AS last_id, count(*) AS event_count,
            sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out, sum(cost_usd) AS cost_usd
        FROM aop_agent_events GROUP BY run_id, root_task_id) s
    CROSS JOIN aop_event_cursor c
    JOIN LATERAL (SELECT * FROM aop_agent_events e WHERE e.run_id = s.run_id AND e.id = s.last_id) l ON true`;

const MAKE_ROOTS = `
    INSERT INTO aop_roots SELECT root_task_id, min(started_at), max(last_event_at) FROM aop_agent_runs GROUP BY 1;
    INSERT INTO aop_tasks (id, root_task_id, tier, domain, objective, status)
        SELECT root_task_id, root_task_id, 1, 'bench', 'what ' || root_task_id || ' is for', 'executing' FROM aop_roots;
    INSERT INTO aop_tasks (id, root_task_id, parent_id, tier, domain, objective, status)
        SELECT DISTINCT task_id, root_task_id, root_task_id, 3, 'bench', 'a part of it', 'executing' FROM aop_agent_runs;
    INSERT INTO aop_model_health (provider, model_id)
        SELECT DISTINCT provider, model_id FROM aop_agent_runs WHERE provider IS NOT NULL LIMIT 100`;

export async function fill(database, events) {
    await tune(database);
    const days = makeDays(events);
    const work = async () => {
        for (let day; (day = days.shift());) await fillDay(database, day);
    };
    await Promise.all([work(), work()]);
    await database.query(`UPDATE aop_event_cursor SET last_id = ${events}`);
    await database.query(`SET work_mem = '256MB'; ${MAKE_RUNS}`);
    await database.query(MAKE_ROOTS);
    await database.query("ANALYZE");
    await database.query("CHECKPOINT");
}
