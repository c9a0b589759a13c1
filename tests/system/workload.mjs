/*
 *  workload - events whose sums are known, and the comparison of what was sent with the tables
 *
 *  Amounts are whole billionths of a dollar, so that sums can be compared to the last digit.
 */
import assert from "node:assert/strict";
import { newUid } from "./fixtures.mjs";

/* A generator of numbers from 0 to 1 that gives the same for the same seed (mulberry32). */
export function randomOf(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

const NANO = 1e9;

export class Workload {
    constructor({ seed = 1, runs = 40, roots = 4, payloadBytes = 0 } = {}) {
        Object.assign(this, { random: randomOf(seed), runs, roots, payload: "x".repeat(payloadBytes) });
    }

    whole(below) {
        return Math.floor(this.random() * below);
    }

    event(more = {}) {
        const run = this.whole(this.runs);
        return {
            eventUid: newUid(), runId: `run-${run}`, rootTaskId: `root-${run % this.roots}`,
            actor: `tier${1 + (run % 3)}_agent`, action: "llm.call", status: "executing", tier: 1 + (run % 3),
            tokensIn: this.whole(100000), tokensOut: this.whole(5000), tokenDelta: this.whole(1000),
            costUsd: this.whole(2e9) / NANO, createdAtUs: Date.now() * 1000 + this.whole(1000),
            ...(this.payload ? { payload: { text: this.payload } } : {}), ...more,
        };
    }

    batch(count, more) {
        return Array.from({ length: count }, () => this.event(more));
    }
}

/* What the runs must hold after these events, by run: tokens as numbers, cost in billionths. */
export function sumsOf(events) {
    const sums = new Map();
    for (const event of events) {
        const sum = sums.get(event.runId) ?? { events: 0, tokensIn: 0, tokensOut: 0, tokenDelta: 0, cost: 0n };
        sum.events += 1;
        sum.tokensIn += event.tokensIn;
        sum.tokensOut += event.tokensOut;
        sum.tokenDelta += event.tokenDelta;
        sum.cost += BigInt(Math.round(event.costUsd * NANO));
        sums.set(event.runId, sum);
    }
    return sums;
}

const nanoOf = (numeric) => {
    const [whole, part = ""] = (numeric || "0").split(".");
    return BigInt(whole) * 1000000000n + BigInt(part.padEnd(9, "0"));
};

const readSums = (text) => new Map(text.split("\n").filter(Boolean).map((line) => {
    const [run, events, tokensIn, tokensOut, tokenDelta, cost] = line.split("|");
    return [run, {
        events: Number(events), tokensIn: Number(tokensIn), tokensOut: Number(tokensOut),
        tokenDelta: Number(tokenDelta), cost: nanoOf(cost),
    }];
}));

const RUNS = "SELECT id, event_count, tokens_in, tokens_out, token_delta, cost_usd FROM aop_agent_runs ORDER BY 1";
const EVENTS = "SELECT run_id, count(*), sum(tokens_in), sum(tokens_out), sum(token_delta), sum(cost_usd)"
    + " FROM aop_agent_events GROUP BY 1 ORDER BY 1";

/* Every event is in the table once, nothing else is, and each run holds the sums of its events. */
export async function checkStored(database, events, allowed = events) {
    const uids = (await database.query("SELECT event_uid FROM aop_agent_events")).split("\n").filter(Boolean);
    const stored = new Set(uids);
    assert.equal(uids.length, stored.size, `${uids.length - stored.size} events are there twice`);
    const lost = events.filter((event) => !stored.has(event.eventUid));
    assert.equal(lost.length, 0, `${lost.length} of ${events.length} events were acknowledged and are not there`);
    const known = new Map(allowed.map((event) => [event.eventUid, event]));
    const strange = uids.filter((uid) => !known.has(uid));
    assert.equal(strange.length, 0, `${strange.length} events are there that were never sent`);

    const wanted = sumsOf(uids.map((uid) => known.get(uid)));
    const runs = readSums(await database.query(RUNS));
    assert.deepEqual(readSums(await database.query(EVENTS)), new Map([...wanted].sort(byName)), "sums over the events");
    assert.deepEqual(runs, new Map([...wanted].sort(byName)), "totals of the runs");
    return { events: uids.length, runs: runs.size };
}

/* As PostgreSQL sorts in the C locale. */
const byName = ([one], [other]) => (one < other ? -1 : 1);
