/*
 *  bench memory - what the whole stack keeps resident, as missionctl up starts it
 *
 *  Idle 15 s after the start, and 20 s after a burst of events with streams open
 *  and reads. For a service shared pages count in full (RSS); for the stack each
 *  page counts once (PSS), as PostgreSQL's processes share their buffers.
 */
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT, freePort, waitFor } from "../system/harness.mjs";
import { openEvents } from "../system/stream.mjs";
import { request } from "../system/request.mjs";
import { makeKey } from "./ready.mjs";
import { report, tool } from "./report.mjs";

const run = promisify(execFile);
const IDLE_MS = 15_000;
const REST_MS = 20_000;
const BURST = Number(process.env.BENCH_EVENTS ?? 100_000);
const SERVICES = ["ingest", "control", "gateway"];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* Of a process, in MiB. */
function memoryOf(pid) {
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const read = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)[1]) / 1024;
    return { pss: read("Pss"), rss: read("Rss") };
}

/* The processes under some, by their parents. */
function familyOf(pids) {
    const parents = new Map();
    for (const name of fs.readdirSync("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        try {
            const stat = fs.readFileSync(`/proc/${name}/stat`, "utf8");
            parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
        } catch { /* it has ended */ }
    }
    const family = new Set(pids);
    for (let size = 0; size !== family.size;) {
        size = family.size;
        for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
    }
    return [...family];
}

function sum(pids, name) {
    let total = 0;
    for (const pid of pids) {
        try {
            total += memoryOf(pid)[name];
        } catch { /* it has ended */ }
    }
    return total;
}

async function look(status, when) {
    const { supervisorPid, parts } = await status();
    const pidOf = (name) => parts.find((part) => part.name === name).pid;
    const rows = SERVICES.flatMap((name) => [
        { figure: `${name}, ${when}, resident`, value: memoryOf(pidOf(name)).rss, unit: "MiB", aim: when === "idle" ? 10 : null, better: "lower" },
        { figure: `${name}, ${when}, its share of all`, value: memoryOf(pidOf(name)).pss, unit: "MiB", aim: null, better: "lower" },
    ]);
    rows.push({ figure: `supervisor, ${when}, resident`, value: memoryOf(supervisorPid).rss, unit: "MiB", aim: when === "idle" ? 10 : null, better: "lower" });
    const postgres = familyOf([pidOf("postgres")]);
    const all = familyOf([supervisorPid, pidOf("postgres")]);
    return [...rows,
        { figure: `PostgreSQL, ${when}, its share`, value: sum(postgres, "pss"), unit: "MiB", aim: null, better: "lower" },
        { figure: `the whole stack, ${when}`, value: sum(all, "pss"), unit: "MiB", aim: 200, better: "lower" },
        { figure: `the whole stack, ${when}, shared pages counted for each`, value: sum(all, "rss"), unit: "MiB", aim: null, better: "lower" },
    ];
}

/* What a working day brings, in short: events, people who watch, and what they look at. */
async function work(dir, ports) {
    const gateway = { url: `http://127.0.0.1:${ports.AOP_GATEWAY_PORT}`, port: ports.AOP_GATEWAY_PORT };
    const ingest = `http://127.0.0.1:${ports.AOP_INGEST_PORT}`;
    const key = await makeKey({ dir }, gateway);
    const headers = { authorization: `Bearer ${key}` };
    const streams = await Promise.all(Array.from({ length: 10 }, () => openEvents(gateway, { query: "rootTaskId=root-01", headers })));
    await tool("load", ports.AOP_INGEST_PORT, 8, BURST, 100, 0);
    await waitFor(async () => /spooled_events 0$/m.test((await request(`${ingest}/metrics`)).text), { deadlineMs: 120_000, what: "the spool is empty" });
    for (const name of ["snapshot", "events?limit=2000", "runs?limit=500", "roots", "facets"]) await request(`${gateway.url}/api/v1/${name}`, { headers });
    for (const stream of streams) stream.close();
}

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "mc-memory-"));
fs.chmodSync(dir, 0o755); /* PostgreSQL may run as another user */
fs.writeFileSync(path.join(dir, "env"), "");
const ports = {};
for (const name of ["GATEWAY", "INGEST", "CONTROL", "VAULT", "ROUTER", "MCP"]) ports[`AOP_${name}_PORT`] = await freePort();
const env = { ...process.env, AOP_ENV_FILE: path.join(dir, "env"), AOP_VAR_DIR: path.join(dir, "var"), ...ports };
delete env.AOP_DATABASE_URL;
const missionctl = async (...args) => (await run(path.join(ROOT, "build/missionctl"), args, { env })).stdout;
const status = async () => JSON.parse(await missionctl("status", "--json"));
try {
    await missionctl("up");
    await pause(IDLE_MS);
    const idle = await look(status, "idle");
    await work(dir, ports);
    const busy = await look(status, "after a burst");
    await pause(REST_MS);
    report("memory", [...idle, ...busy, ...(await look(status, "20 s later"))]);
} finally {
    await missionctl("down");
    fs.rmSync(dir, { recursive: true, force: true });
}
