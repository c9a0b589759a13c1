/*
 *  bench router - what the router costs, against nginx, Portkey's gateway and nothing at all
 *
 *  Rounds are interleaved: each contender in turn, again and again, so that what
 *  else the machine does falls on all of them. Of CPU and times the best round
 *  counts, of rates the best too. BENCH_CONTENDERS names those that take part.
 */
import { openContenders } from "./contenders.mjs";
import { callIt, memoryOf } from "./pinned.mjs";
import { report, tool } from "./report.mjs";

const NAMES = (process.env.BENCH_CONTENDERS ?? "direct,nginx,portkey,bare,full").split(",");
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 4);
const LEVELS = [1, 2, 4, 8, 16, 32, 64];
const P99_US = 1000;
const RATE = 2000; /* calls a second that ingest and PostgreSQL store all of */
const FRAMES = { stream: true, max_tokens: 100, seed: 10_000 };
const PACED = { stream: true, max_tokens: 150, seed: 20_000, connections: 512, seconds: 4, rate: 512 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const rows = [];
const row = (figure, value, unit, aim = null, better = "lower") => {
    if (Number.isFinite(value)) rows.push({ figure, value, unit, aim, better });
};

/* Asks every contender in turn, in every round; { name: [what was seen] }. */
async function inRounds(contenders, names, options, rounds = ROUNDS) {
    const seen = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++)
        for (const name of names) seen[name].push(await callIt(contenders[name], options));
    return seen;
}

const least = (list, value) => Math.min(...(list ?? []).map(value));
const most = (list, value) => Math.max(...(list ?? []).map(value));
const cpuOfCall = (seen) => seen.cpu_us / seen.calls;
const rateOf = (seen) => seen.calls / seen.seconds;

async function measureCalls(contenders, names) {
    const seen = await inRounds(contenders, names, { connections: 8, seconds: 1.5 });
    const cpu = (name) => least(seen[name], cpuOfCall);
    const rate = (name) => most(seen[name], rateOf);
    for (const name of names) row(`${name}: calls/s at 8 connections`, rate(name), "calls/s", null, "higher");
    for (const name of names.filter((other) => other !== "direct")) row(`${name}: CPU of a call at 8 connections`, cpu(name), "us");
    row("CPU of a call against nginx", cpu("bare") / cpu("nginx"), "times", 2);
    row("CPU of a call, Portkey's against ours", cpu("portkey") / cpu("bare"), "times", 40, "higher");
    row("calls/s against Portkey's", rate("bare") / rate("portkey"), "times", 35, "higher");
}

/* The most calls/s whose p99 is under a millisecond. */
async function measureUnder(contenders, names) {
    const best = Object.fromEntries(names.map((name) => [name, 0]));
    for (let round = 0; round < 2; round++)
        for (const connections of LEVELS)
            for (const name of names) {
                const seen = await callIt(contenders[name], { connections, seconds: 0.7 });
                if (seen.p99_us < P99_US) best[name] = Math.max(best[name], rateOf(seen));
            }
    for (const name of names) row(`${name}: calls/s with p99 under 1 ms`, best[name], "calls/s", null, "higher");
}

async function measureAlone(contenders, names) {
    const seen = await inRounds(contenders, names, { connections: 1, seconds: 1 });
    const at = (name, share) => least(seen[name], (one) => one[share]);
    for (const share of ["p50_us", "p99_us"]) {
        const added = (name) => at(name, share) - at("direct", share);
        const word = share.slice(0, 3);
        row(`direct: ${word} of a call, one connection`, at("direct", share), "us");
        for (const name of names.filter((other) => other !== "direct")) row(`${name}: added ${word}, one connection`, added(name), "us");
        row(`added ${word} against nginx`, added("bare") / added("nginx"), "times", 1.25);
    }
}

/* Everything on against nothing on, at a rate that all of the telemetry is stored of. */
async function measureFull(contenders) {
    const { bare, full } = contenders;
    if (!bare || !full) return;
    const before = await full.stack.database.number("SELECT count(*) FROM aop_agent_events");
    const seen = await inRounds(contenders, ["bare", "full"], { connections: 8, seconds: 2, rate: RATE });
    const calls = seen.full.reduce((sum, one) => sum + one.calls, 0);
    await pause(3000);
    const events = (await full.stack.database.number("SELECT count(*) FROM aop_agent_events")) - before;
    const cpu = (name) => least(seen[name], cpuOfCall);
    row(`bare: CPU of a call at ${RATE} calls/s`, cpu("bare"), "us");
    row(`full: CPU of a call at ${RATE} calls/s`, cpu("full"), "us");
    row("everything on against bare", cpu("full") / cpu("bare"), "times", 1.4);
    row("events stored of a call", events / calls, "events", null, "higher");
}

async function measureStreams(contenders, names) {
    const alone = await inRounds(contenders, names, { ...FRAMES, max_tokens: 2, seed: 500, connections: 1, seconds: 0.7 });
    const first = (name) => least(alone[name], (one) => one.first_p50_us);
    for (const name of names.filter((other) => other !== "direct"))
        row(`${name}: added time to the first frame, p50`, first(name) - first("direct"), "us");
    const many = await inRounds(contenders, names, { ...FRAMES, connections: 64, seconds: 2.5, rate: 64 }, 2);
    for (const name of names.filter((other) => other !== "direct"))
        row(`${name}: CPU of a frame, 64 streams of 100 frames/s`, least(many[name], (one) => one.cpu_us / one.frames), "us");
    for (const name of names) {
        const seen = await callIt(contenders[name], PACED);
        row(`${name}: 512 streams of 50 frames/s, frames/s`, seen.frames / seen.seconds, "frames/s", null, "higher");
        row(`${name}: the same, p99 of a frame's way`, seen.frame_p99_us, "us");
        if (seen.cpu_us) row(`${name}: the same, of the core`, seen.cpu_us / seen.seconds / 1e4, "%");
    }
}

async function main() {
    const { all, close } = await openContenders(NAMES);
    const names = Object.keys(all);
    try {
        await pause(2000);
        for (const name of names.filter((other) => all[other].pid)) row(`${name}: memory, idle`, memoryOf(all[name].pid), "MiB");
        for (const name of names) await callIt(all[name], { connections: 8, seconds: 1 });
        await measureCalls(all, names);
        await measureUnder(all, names.filter((name) => name !== "portkey"));
        await measureAlone(all, names);
        await measureFull(all);
        await measureStreams(all, names);
        for (const name of names.filter((other) => all[other].pid)) row(`${name}: memory after all this`, memoryOf(all[name].pid), "MiB");
        const choice = await tool("decide");
        row("choice among 8 models, p50", choice.p50_ns / 1000, "us", 5);
        row("choice among 8 models, p99", choice.p99_ns / 1000, "us");
        row("record of a choice, for its event", choice.record_ns / 1000, "us");
        report("router", rows);
    } finally {
        await close();
    }
}

await main();
