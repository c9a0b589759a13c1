/*
 *  clients.test - programs with the real SDKs send to the real ingest
 *
 *      tests/clients/install && node --test tests/system/clients.test.mjs
 *
 *  What they send is what the fixtures recorded, so the expectations of those hold here too: the
 *  same events, and the runs that follow from them. How an SDK cuts its spans into requests is
 *  its own affair.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { CLIENTS, runClient } from "../clients/run.mjs";
import { ROOT, openStack } from "./harness.mjs";

const FOLDER = path.join(ROOT, "tests/fixtures/otlp");
const MANIFEST = JSON.parse(readFileSync(path.join(FOLDER, "manifest.json"), "utf8"));
const EMPTY = "TRUNCATE aop_agent_events, aop_agent_runs, aop_roots, aop_trace_roots, aop_event_quarantine";
const PYTHON = process.env.MC_CLIENTS_PYTHON ?? path.join(ROOT, "build/clients-python/bin/python");

let stack, ingest;
before(async () => {
    stack = await openStack("clients");
    ingest = await stack.start("ingest");
});
after(() => stack?.close());

/* Why the program cannot run here, or null. */
function missing(client) {
    if (client.language === "node" && !existsSync(path.join(ROOT, "tests/clients/node/node_modules")))
        return "its SDK is not installed: run tests/clients/install";
    if (client.language === "python" && !existsSync(PYTHON)) return "its SDK is not installed: run tests/clients/install";
    if (client.optional && !process.env.MC_CLAUDE_CODE) return "it is no pinned package: name its program in MC_CLAUDE_CODE";
    return null;
}

/* The events that the recorded requests give. Starts are left out: whether a pending span is sent
 * for a short one depends on when the SDK exports; that they come shows in the runs. */
function expectedOf(dialect) {
    return MANIFEST.filter((row) => row.dialect === dialect).flatMap((row) =>
        JSON.parse(readFileSync(path.join(FOLDER, row.file.replace(/\.\w+$/, ".expect.json")), "utf8")),
    ).filter(({ phase }) => phase !== "start");
}

const NAMES = ["action", "phase", "status", "provider", "modelId", "tokensIn", "tokensOut", "costUsd", "skill", "mcpTool"];

function tally(rows, names) {
    const counts = {};
    for (const row of rows) {
        const key = names.map((name) => `${name}=${row[name] ?? ""}`).join(" ");
        counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
}

const isMetered = (event) => !event.isRollup && (event.tokensIn || event.tokensOut || event.costUsd);

/* Usage of a run: its own events; what it only repeats counts where no call in or below it shows. */
function usageOf(run, events) {
    const own = events.filter((event) => event.runId === run);
    const below = events.filter((event) => event.parentRunId === run && event.runId !== run).map((event) => event.runId);
    const showsCalls = (id, depth = 0) => depth < 20 && (events.some((event) => event.runId === id && isMetered(event))
        || events.some((event) => event.parentRunId === id && event.runId !== id && showsCalls(event.runId, depth + 1)));
    const isHidden = own.some(isMetered) || below.some((id) => showsCalls(id));
    const counted = own.filter((event) => !event.isRollup || !isHidden);
    const sum = (name) => counted.reduce((total, event) => total + (event[name] ?? 0), 0);
    return { tokensIn: sum("tokensIn"), tokensOut: sum("tokensOut") };
}

const sorted = (rows) => rows.map((row) => JSON.stringify(row)).sort();

/* Runs that speak for themselves, as the expected events make them. */
function expectedRuns(events) {
    const ends = events.filter((event) => !event.isPart && event.phase === "end" && event.runId);
    return ends.map((end) => ({
        actor: end.actor, tier: end.tier ?? null, status: end.status, ...usageOf(end.runId, events),
    }));
}

const EVENTS = `SELECT action, phase, status, provider, model_id AS "modelId", tokens_in AS "tokensIn",
    tokens_out AS "tokensOut", cost_usd AS "costUsd", skill, mcp_tool AS "mcpTool" FROM aop_agent_events WHERE phase IS DISTINCT FROM 'start'`;
const RUNS = `SELECT actor, tier, status, tokens_in AS "tokensIn", tokens_out AS "tokensOut" FROM aop_agent_runs
    WHERE status_at IS NOT NULL`;

for (const client of CLIENTS) {
    test(`${client.dialect} (${client.sdk}): its runs, actors and tokens land`, async (t) => {
        const reason = missing(client);
        if (reason) return t.skip(reason);
        await ingest.kill("SIGTERM");
        stack.clearSpools();
        await stack.database.query(EMPTY);
        await ingest.start();

        assert.equal(await runClient(client, ingest.url), 0, "exit code of the program");
        await ingest.drained();
        const expected = expectedOf(client.dialect);
        const names = NAMES.filter((name) => expected.every((event) => name in event));
        assert.deepEqual(tally(await stack.database.rows(EVENTS), names), tally(expected, names));
        assert.deepEqual(sorted(await stack.database.rows(RUNS)), sorted(expectedRuns(expected)));
        assert.equal(await stack.database.number("SELECT count(*) FROM aop_event_quarantine"), 0);
    });
}
