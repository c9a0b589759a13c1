/*
 *  bench stream - from an event's time to its arrival at each of 50 live streams
 *
 *  At 10,000 events/s through ingest and PostgreSQL with real fsync. 48 clients
 *  follow a root each, one follows everything, and one follows everything so
 *  slowly that it is fed from the store; it must lose nothing and delay nobody.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { ROOT, openStack } from "../system/harness.mjs";
import { makeKey, tune } from "./ready.mjs";
import { report, tool } from "./report.mjs";

const CLIENTS = 48;
const RATE = 10_000;
const BATCH = 100;
const EVENTS = Number(process.env.BENCH_EVENTS ?? 200_000);

/* Starts the listeners; resolves once all are connected, with a promise of what they saw. */
async function listen(gateway, key, clients, events) {
    const child = spawn(path.join(ROOT, "build/bench/listen"), [gateway.port, key, clients, events].map(String),
        { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8");
    const seen = new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => (code === 0 ? resolve(JSON.parse(text.slice(6))) : reject(new Error(`listen: ${code}`))));
    });
    await Promise.race([seen, new Promise((resolve) => child.stdout.on("data", (piece) => {
        text += piece;
        if (text.startsWith("ready\n")) resolve();
    }))]);
    return { seen };
}

async function run() {
    const stack = await openStack("bench-stream", { fsync: true });
    try {
        await tune(stack.database);
        const ingest = await stack.start("ingest");
        const gateway = await stack.start("gateway");
        const key = await makeKey(stack, gateway);
        await tool("load", ingest.port, 8, 20_000, BATCH, 0);
        await ingest.drained();
        const listeners = await listen(gateway, key, CLIENTS, EVENTS);
        const cpu = await gateway.metric("process_cpu_seconds_total");
        const sent = await tool("load", ingest.port, 8, EVENTS, BATCH, RATE);
        const used = (await gateway.metric("process_cpu_seconds_total")) - cpu;
        const memory = gateway.memory();
        const seen = await listeners.seen;
        for (const name of ["disordered", "missing", "slow_missing"])
            if (seen[name]) throw new Error(`${name}: ${seen[name]} events`);
        report("stream", [
            { figure: "events/s sent", value: sent.events / sent.seconds, unit: "events/s", aim: RATE, better: "higher" },
            { figure: "event to client, p50", value: seen.p50_ms, unit: "ms", aim: 40, better: "lower" },
            { figure: "event to client, p99", value: seen.p99_ms, unit: "ms", aim: 200, better: "lower" },
            { figure: "event to client, slowest", value: seen.max_ms, unit: "ms", aim: null, better: "lower" },
            { figure: "events given out", value: seen.events / sent.seconds, unit: "events/s", aim: null, better: "higher" },
            { figure: "bytes given out", value: seen.bytes / sent.seconds / 1e6, unit: "MB/s", aim: null, better: "higher" },
            { figure: "CPU of the gateway", value: (used / sent.seconds) * 100, unit: "%", aim: null, better: "lower" },
            { figure: "memory of the gateway under load", value: memory / 1024, unit: "MiB", aim: null, better: "lower" },
            { figure: "events the slow client was behind", value: seen.slow_behind, unit: "events", aim: null, better: "higher" },
            { figure: "until it had them all, from the store", value: seen.slow_seconds, unit: "s", aim: null, better: "lower" },
        ]);
    } finally {
        await stack.close();
    }
}

await run();
