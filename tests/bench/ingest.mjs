/*
 *  bench ingest - events/s through ingest into PostgreSQL, durable and deduplicated
 *
 *  Against raw COPY BINARY of the same rows into a table of the same shape and
 *  indexes on the same cluster, in the same run, with real fsync. The clock of
 *  ingest runs from the first byte sent until the last event is committed.
 */
import { openStack, waitFor } from "../system/harness.mjs";
import { report, tool } from "./report.mjs";

const EVENTS = Number(process.env.BENCH_EVENTS ?? 500_000);
const BATCH = 1000;
const ROUNDS = 2;

const stack = await openStack("bench-ingest", { fsync: true });
try {
    const ingest = await stack.start("ingest");
    const day = new Date().toISOString().slice(0, 10);
    const { database } = stack;
    const raw = [], through = [], cpu = [];
    let stored = 0;
    for (let round = 0; round < ROUNDS; round++) {
        await database.query(`DROP TABLE IF EXISTS bench_raw; CREATE TABLE bench_raw
            (LIKE aop_agent_events INCLUDING ALL) PARTITION BY RANGE (ts);
            CREATE TABLE bench_raw_day PARTITION OF bench_raw FOR VALUES FROM ('${day}') TO (timestamp '${day}' + interval '2 days');
            CHECKPOINT`);
        const copied = await tool("copy", database.url, "bench_raw", EVENTS, 10_000);
        raw.push(copied.rows / copied.seconds);
        await database.query("DROP TABLE bench_raw; CHECKPOINT");

        const before = await ingest.metric("process_cpu_seconds_total");
        const start = performance.now();
        const sent = await tool("load", ingest.port, 8, EVENTS, BATCH, 0);
        if (sent.refused) throw new Error(`${sent.refused} batches were refused`);
        stored += EVENTS;
        await waitFor(async () => (await ingest.metric("stored_events_total")) >= stored,
            { deadlineMs: 300_000, what: "everything is committed" });
        through.push(EVENTS / ((performance.now() - start) / 1000));
        cpu.push(((await ingest.metric("process_cpu_seconds_total")) - before) / EVENTS * 1e6);
    }
    const best = (values) => Math.max(...values);
    const count = await database.number("SELECT count(*) FROM aop_agent_events");
    if (count !== stored) throw new Error(`${count} rows, not ${stored}`);
    report("ingest", [
        { figure: "raw COPY BINARY, same rows and indexes", value: best(raw), unit: "events/s", aim: null, better: "higher" },
        { figure: "through ingest, durable and deduplicated", value: best(through), unit: "events/s", aim: 40_000, better: "higher" },
        { figure: "through ingest against raw COPY", value: best(through) / best(raw), unit: "ratio", aim: 0.6, better: "higher" },
        { figure: "CPU of ingest for an event", value: Math.min(...cpu), unit: "us", aim: null, better: "lower" },
        { figure: "memory of ingest afterwards", value: ingest.memory() / 1024, unit: "MiB", aim: null, better: "lower" },
    ]);
} finally {
    await stack.close();
}
