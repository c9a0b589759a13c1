/*
 *  bench ack - how long a batch of 100 events waits for its acknowledgement
 *
 *  At a steady 10,000 events/s over 8 connections, with everything behind it
 *  running and real fsync; then with as many as it takes.
 */
import { openStack } from "../system/harness.mjs";
import { report, tool } from "./report.mjs";

const stack = await openStack("bench-ack", { fsync: true });
try {
    const ingest = await stack.start("ingest");
    await tool("load", ingest.port, 8, 20_000, 100, 0);
    await ingest.drained();
    const steady = await tool("load", ingest.port, 8, Number(process.env.BENCH_EVENTS ?? 200_000), 100, 10_000);
    const full = await tool("load", ingest.port, 8, 200_000, 100, 0);
    report("ack", [
        { figure: "acknowledgement of 100 events at 10,000 events/s, p50", value: steady.p50_ms, unit: "ms", aim: null, better: "lower" },
        { figure: "acknowledgement of 100 events at 10,000 events/s, p99", value: steady.p99_ms, unit: "ms", aim: 10, better: "lower" },
        { figure: "the same at full speed, p99", value: full.p99_ms, unit: "ms", aim: null, better: "lower" },
        { figure: "acknowledged at full speed", value: full.events / full.seconds, unit: "events/s", aim: null, better: "higher" },
    ]);
} finally {
    await stack.close();
}
