/*
 *  bench memory - resident memory of each service idle, and of the whole stack with PostgreSQL
 *
 *  The stack as missionctl up starts it, in a folder of its own, fifteen seconds after it is ready.
 *  A process's own pages and its share of common ones (PSS) add up to what the stack takes.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { freePort, ROOT } from "../system/harness.mjs";
import { report } from "./report.mjs";

const IDLE_MS = 15_000;
const dir = path.join(ROOT, "build/test/bench-memory");
const env = {
    ...process.env, AOP_VAR_DIR: path.join(dir, "var"), AOP_ENV_FILE: path.join(dir, ".env"),
    AOP_GATEWAY_PORT: await freePort(), AOP_INGEST_PORT: await freePort(), AOP_CONTROL_PORT: await freePort(),
};
const missionctl = (...args) => execFileSync(path.join(ROOT, "build/missionctl"), args, { cwd: ROOT, env, encoding: "utf8" });

/* Resident and proportional memory of a process, in MiB. */
function memory(pid) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const read = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)[1]) / 1024;
    return { rss: read("Rss"), pss: read("Pss") };
}

/* The processes of the stack: those whose environment or parent names its folder. */
function processes() {
    const rows = [];
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
            const isOurs = readFileSync(`/proc/${pid}/environ`, "latin1").includes(dir) || readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(dir);
            const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
            rows.push({ pid: Number(pid), parent, name, isOurs });
        } catch { /* it has ended */ }
    }
    const ours = new Set(rows.filter((row) => row.isOurs && row.pid !== process.pid).map((row) => row.pid));
    for (let size = -1; size !== ours.size;) {
        size = ours.size;
        rows.filter((row) => ours.has(row.parent)).forEach((row) => ours.add(row.pid));
    }
    return rows.filter((row) => ours.has(row.pid));
}

rmSync(dir, { recursive: true, force: true });
mkdirSync(dir, { recursive: true });
cpSync(path.join(ROOT, ".env.example"), env.AOP_ENV_FILE);
missionctl("up");
try {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const rows = processes().map((row) => ({ ...row, ...memory(row.pid) }));
    const services = ["ingest", "control", "gateway", "missionctl"].map((name) => rows.find((row) => row.name === name)).filter(Boolean);
    const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
    report("memory", [
        ...services.map(({ name, rss }) => ({ figure: `${name === "missionctl" ? "supervisor" : name}, resident, idle`, value: rss, unit: "MiB", aim: 10, better: "lower" })),
        { figure: `the whole stack with PostgreSQL (${rows.length} processes), proportional`, value: sum("pss"), unit: "MiB", aim: 200, better: "lower" },
        { figure: "the same, resident, common pages counted each time", value: sum("rss"), unit: "MiB", aim: null, better: "lower" },
    ]);
} finally {
    missionctl("down");
}
