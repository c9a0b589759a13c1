/*
 *  bench control - how long a verb takes to be true for a tree of 1,000 agents
 *
 *  Rounds of pause and resume, then one stop. Of each part the time from the command to its
 *  acknowledgement, by control's clock; and, whatever they say, when each process moved last and
 *  when the provider was last asked, or last had a stream open, by their own.
 */
import { openFleet } from "./fleet.mjs";
import { percentile, report } from "./report.mjs";

const PROCESSES = Number(process.env.BENCH_PROCESSES ?? 200);
const AGENTS = Number(process.env.BENCH_AGENTS ?? 800);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const BETWEEN_MS = 1500;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const seen = { boundary: [], agents: [], processes: [], moved: [], calls: [], done: [], resumed: [], stopped: [], ended: [] };

const ackMs = (receipt, kind) => receipt.parts.filter((part) => part.kind === kind).map((part) => (part.ackedAtUs - receipt.createdAtUs) / 1000);

/* The last call that came to the provider, and the last stream that it still had, after the command. */
async function lastAtProvider(fleet, askedUs) {
    const askedMs = askedUs / 1000;
    const calls = await fleet.calls();
    return Math.max(0, ...calls.map((call) => call.arrivedAt - askedMs), ...calls.map((call) => (call.closedAt ?? call.arrivedAt) - askedMs));
}

async function round(fleet) {
    await pause(BETWEEN_MS);
    const { askedUs, receipt } = await fleet.tree("pause", { mode: "now" });
    await pause(BETWEEN_MS);
    seen.boundary.push(...ackMs(receipt, "router"));
    seen.agents.push(...ackMs(receipt, "agent"));
    seen.processes.push(...ackMs(receipt, "run"));
    seen.moved.push(...fleet.lastTicks().map((tick) => Math.max(0, tick - askedUs) / 1000));
    seen.calls.push(await lastAtProvider(fleet, askedUs));
    seen.done.push((receipt.doneAtUs - receipt.createdAtUs) / 1000);
    const resumed = await fleet.tree("resume");
    seen.resumed.push((resumed.receipt.doneAtUs - resumed.receipt.createdAtUs) / 1000);
}

async function main() {
    const fleet = await openFleet({ processes: PROCESSES, agents: AGENTS, streams: 50, callers: 50 });
    try {
        for (let i = 0; i < ROUNDS; i++) await round(fleet);
        await pause(BETWEEN_MS);
        const { askedUs, receipt } = await fleet.tree("stop");
        await pause(BETWEEN_MS);
        seen.stopped.push(...fleet.lastTicks().map((tick) => Math.max(0, tick - askedUs) / 1000));
        seen.ended.push(await lastAtProvider(fleet, askedUs));
        seen.done.push((receipt.doneAtUs - receipt.createdAtUs) / 1000);
    } finally {
        await fleet.close();
    }
    const row = (figure, values, share, aim = null) => ({ figure, value: percentile(values, share), unit: "ms", aim, better: "lower" });
    report("control", [
        row("pause: router's acknowledgement, p50", seen.boundary, 0.5),
        row("pause: router's acknowledgement, p99", seen.boundary, 0.99, 250),
        row("pause: last call or stream at the provider, worst of the rounds", seen.calls, 1, 250),
        row(`pause: ${AGENTS} agents that listen, p50`, seen.agents, 0.5),
        row(`pause: ${AGENTS} agents that listen, p99`, seen.agents, 0.99),
        row(`pause: ${PROCESSES} processes acknowledged as frozen, p99`, seen.processes, 0.99, 500),
        row(`pause: ${PROCESSES} processes moved last, p50`, seen.moved, 0.5),
        row(`pause: ${PROCESSES} processes moved last, p99`, seen.moved, 0.99, 500),
        row("pause: shown as paused, all parts, worst of the rounds", seen.done, 1),
        row("resume: all parts, worst of the rounds", seen.resumed, 1),
        row("stop: last call or stream at the provider", seen.ended, 1, 250),
        row("stop: processes moved last, p99", seen.stopped, 0.99),
    ]);
}

await main();
