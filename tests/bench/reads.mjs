/*
 *  reads - what the console, pollers and scripts ask, each measured over one kept connection
 *
 *  A case is a row: what it is, the aim of its p95, and the path of its nth request. Values come
 *  from the database that fill made: common ones, and rare ones that one event in 100,000 has.
 */
import http from "node:http";
import { percentile } from "./report.mjs";

const REQUESTS = 200;
const WARM_UP = 10;
const ROWS = 80;
const SECONDS_MAX = 30; /* of one case: what is far off its aim need not be asked 200 times */
const OF_ROOT_MS = 20;
const ANY_MS = 100;

const FACETS = {
    provider: ["provider-1", "provider-rare"], modelId: ["model-1", "model-rare"],
    persona: ["persona-1", "persona-rare"], skill: ["skill-1", "skill-rare"],
    mcpServer: ["server-1", "server-rare"], mcpTool: ["tool-1", "tool-rare"],
    actor: ["tier3_worker-1", "tier3_worker-rare"], action: ["tool.call-1", "tool.call-rare"],
    status: ["failed", "paused"], tier: ["1", null],
};

/* Common subjects of the database: large and middling roots, their runs and tasks. */
async function findSubjects(database) {
    const list = async (sql) => (await database.query(sql)).split("\n");
    const roots = await list("SELECT root_task_id FROM aop_agent_runs GROUP BY 1 ORDER BY count(*) DESC LIMIT 50");
    const runs = await list("SELECT id FROM aop_agent_runs ORDER BY md5(id) LIMIT 50");
    const tasks = await list("SELECT task_id FROM aop_agent_runs WHERE task_id IS NOT NULL ORDER BY md5(id) LIMIT 50");
    const lastId = await database.number("SELECT last_id FROM aop_event_cursor");
    const past = await database.number("SELECT extract(epoch FROM max(ts))::bigint - 4 * 86400 FROM aop_agent_events");
    return { roots, runs, tasks, lastId, past };
}

export async function findCases(database) {
    const { roots, runs, tasks, lastId, past } = await findSubjects(database);
    const turn = (values, path) => (n) => path + encodeURIComponent(values[n % values.length]);
    const of = (path) => () => path;
    const filters = Object.entries(FACETS).flatMap(([name, values]) => ["common", "rare"].flatMap((kind, i) =>
        (values[i] ? [[`events, any root, ${kind} ${name}`, ANY_MS, of(`events?${name}=${values[i]}`)]] : [])));
    return [
        ["snapshot of a root", OF_ROOT_MS, turn(roots, "snapshot?rootTaskId=")],
        ["runs of a root", OF_ROOT_MS, turn(roots, "runs?rootTaskId=")],
        ["runs of a root, failed", OF_ROOT_MS, turn(roots, "runs?status=failed&rootTaskId=")],
        ["events of a root", OF_ROOT_MS, turn(roots, "events?rootTaskId=")],
        ["events of a root, common persona", ANY_MS, turn(roots, "events?persona=persona-1&rootTaskId=")],
        ["events of a root, rare skill", ANY_MS, turn(roots, "events?skill=skill-rare&rootTaskId=")],
        ["events of a root, a page of text that is rare", ANY_MS, turn(roots, "events?text=needle&rootTaskId="), 1],
        ["events of a root, all of text that is rare", null, turn(roots, "events?text=needle&rootTaskId=")],
        ["terminals of a root", OF_ROOT_MS, turn(roots, "terminals?rootTaskId=")],
        ["facets of a root", OF_ROOT_MS, turn(roots, "facets?rootTaskId=")],
        ["events of a run", OF_ROOT_MS, turn(runs, "events?runId=")],
        ["one run", OF_ROOT_MS, turn(runs, "runs/")],
        ["one event", OF_ROOT_MS, (n) => `events/${1 + Math.floor((lastId - 1) * ((n * 0.618) % 1))}`],
        ["roots", OF_ROOT_MS, of("roots?limit=80")],
        ["roots, searched", ANY_MS, of("roots?limit=80&search=root-01")],
        ["snapshot, any root", ANY_MS, of("snapshot")],
        ["runs, any root", ANY_MS, of("runs")],
        ["runs, any root, failed", ANY_MS, of("runs?status=failed")],
        ["runs, any root, common persona", ANY_MS, of("runs?persona=persona-1")],
        ["runs, any root, no such skill", ANY_MS, of("runs?skill=none")],
        ["facets, any root", ANY_MS, of("facets")],
        ["events, any root", ANY_MS, of("events")],
        ["events, any root, after an id near the end", ANY_MS, (n) => `events?sinceId=${lastId - 1 - (n % 50)}`],
        ["events, any root, four days ago", ANY_MS, (n) => `events?since=${past}&until=${past + 60 + n}`],
        ["events of a task, any root", ANY_MS, turn(tasks, "events?taskId=")],
        ...filters,
        ["events, any root, two that never meet", null, of("events?provider=provider-rare&skill=skill-rare")],
        ["events, any root, common text", ANY_MS, of("events?text=part_1")],
        ["events, any root, a page of text that is rare", ANY_MS, of("events?text=needle"), 1],
    ].map(([figure, aim, path, pages = Infinity]) => ({ figure, aim, path, pages }));
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/* One exchange: its time until the last byte, and what it brought. */
function ask(url, key) {
    return new Promise((resolve, reject) => {
        const start = performance.now();
        const call = http.get(url, { agent, headers: { authorization: `Bearer ${key}` } }, (answer) => {
            const pieces = [];
            answer.on("data", (piece) => pieces.push(piece));
            answer.on("error", reject);
            answer.on("end", () => resolve({ ms: performance.now() - start, status: answer.statusCode, body: Buffer.concat(pieces) }));
        });
        call.on("error", reject);
    });
}

/* An answer is whole once it has all rows, or as many as a list shows at first; times of pages add up. */
async function askWhole(gateway, key, path, most) {
    let ms = 0, rows = 0, pages = 0;
    for (let cursor = ""; ;) {
        const mark = path.includes("?") ? "&" : "?";
        const answer = await ask(`${gateway.url}/api/v1/${path}${cursor && `${mark}cursor=${encodeURIComponent(cursor)}`}`, key);
        if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
        const body = JSON.parse(answer.body);
        ms += answer.ms;
        rows += body.items?.length ?? 1;
        pages++;
        if (!body.nextCursor || rows >= ROWS || pages >= most) return { ms, rows, pages };
        cursor = body.nextCursor;
    }
}

/* Measures a case: { figure, aim, p50, p95, rows, pages } of the last answer. */
export async function measure(gateway, key, { figure, aim, path, pages }) {
    const times = [];
    const start = performance.now();
    let last;
    for (let n = 0; n < WARM_UP + REQUESTS && performance.now() - start < SECONDS_MAX * 1000; n++) {
        last = await askWhole(gateway, key, path(n), pages);
        if (n >= WARM_UP || last.ms > 1000) times.push(last.ms);
    }
    return { figure, aim, p50: percentile(times, 0.5), p95: percentile(times, 0.95), rows: last.rows, pages: last.pages };
}
