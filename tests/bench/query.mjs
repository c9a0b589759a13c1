/*
 *  bench query - reads at 10 million events
 *
 *  A week of events in 7 partitions, 2,000 roots and 50,000 runs; then 50,000 more
 *  events through ingest, so that the newest rows lie as they do in use. Every read
 *  goes over HTTP with an API key. Takes some 10 GB of disk while it runs.
 */
import { openStack } from "../system/harness.mjs";
import { fill } from "./filled.mjs";
import { findCases, measure } from "./reads.mjs";
import { makeKey } from "./ready.mjs";
import { report, tool } from "./report.mjs";

const EVENTS = Number(process.env.BENCH_EVENTS ?? 10_000_000);
const NEW_EVENTS = 50_000;

const stack = await openStack("bench-query");
try {
    await fill(stack.database, EVENTS);
    const ingest = await stack.start("ingest");
    const gateway = await stack.start("gateway");
    const key = await makeKey(stack, gateway);
    await tool("load", ingest.port, 8, NEW_EVENTS, 100, 0);
    await ingest.drained();
    const results = [];
    for (const one of await findCases(stack.database)) {
        const { figure, aim, p50, p95 } = await measure(gateway, key, one);
        results.push({ figure: `${figure}, p50`, value: p50, unit: "ms", aim: null, better: "lower" },
            { figure: `${figure}, p95`, value: p95, unit: "ms", aim, better: "lower" });
    }
    results.push({ figure: "memory of the gateway afterwards", value: gateway.memory() / 1024, unit: "MiB", aim: null, better: "lower" });
    report("query", results);
} finally {
    await stack.close();
}
