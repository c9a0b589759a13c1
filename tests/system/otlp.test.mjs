/*
 *  otlp.test - OTLP over the wire: every dialect lands, in any order of its spans, and once
 *
 *      node --test tests/system/otlp.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { KEEP_ALL, earliestOtlp, rewriteOtlp } from "../clients/otlp.mjs";
import { ROOT, openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";
import { randomOf } from "./workload.mjs";

const FOLDER = path.join(ROOT, "tests/fixtures/otlp");
const MANIFEST = JSON.parse(readFileSync(path.join(FOLDER, "manifest.json"), "utf8"));
const EMPTY = "TRUNCATE aop_agent_events, aop_agent_runs, aop_roots, aop_trace_roots, aop_event_quarantine, aop_tasks";
const JSON_TYPE = { "content-type": "application/json" };

let stack, database, doors;
before(async () => {
    stack = await openStack("otlp");
    database = stack.database;
    doors = [await stack.start("ingest"), await stack.start("ingest", { AOP_INSTANCE: "2" })];
});
after(() => stack?.close());

/* Tables and the spans that the processes remember. */
async function beginAnew() {
    await Promise.all(doors.map((door) => door.kill("SIGTERM")));
    stack.clearSpools();
    await database.query(EMPTY);
    await Promise.all(doors.map((door) => door.start()));
}
beforeEach(beginAnew);

const drained = () => Promise.all(doors.map((door) => door.drained()));

/* --- every dialect --- */

/* A dialect is one conversation; constructed files have nothing to do with one another. */
const conversationOf = (row) => (row.recorded ? row.dialect : row.file);

/* The requests of a conversation, moved in time together so that they begin a minute ago. */
function requestsOf(conversation) {
    const rows = MANIFEST.filter((row) => conversationOf(row) === conversation).map((row) => ({
        ...row, form: row.encoding === "json" ? "json" : "pb", body: readFileSync(path.join(FOLDER, row.file)),
        expected: JSON.parse(readFileSync(path.join(FOLDER, row.file.replace(/\.\w+$/, ".expect.json")), "utf8")),
    }));
    const starts = rows.map((row) => earliestOtlp(row.body, row.signal, row.form)).filter((time) => time > 0n);
    const shift = BigInt(Date.now() - 60000) * 1000000n - starts.reduce((one, other) => (one < other ? one : other));
    return rows.map((row) => ({
        ...row, body: rewriteOtlp(row.body, row.signal, row.form, { ...KEEP_ALL, time: (time) => time && time + shift }),
    }));
}

function send(door, row, isGzipped = row.contentEncoding === "gzip") {
    return request(`${door.url}/v1/${row.signal}`, {
        method: "POST", body: isGzipped ? gzipSync(row.body) : row.body,
        headers: { "content-type": row.contentType, ...(isGzipped ? { "content-encoding": "gzip" } : {}) },
    });
}

/* How often each combination of what stands in both comes. */
function tally(rows, names) {
    const counts = {};
    for (const row of rows) {
        const key = names.map((name) => row[name] ?? null).join(" ");
        counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
}

const EVENTS = `SELECT action, status, phase, provider, model_id AS "modelId", tokens_in AS "tokensIn",
    tokens_out AS "tokensOut", cost_usd AS "costUsd" FROM aop_agent_events`;

/* The start that a pending span told of is told again by the span itself. */
function withoutRepeats(expected) {
    const seen = new Set();
    return expected.filter(({ spanId, phase }) => {
        const key = `${spanId} ${phase}`;
        const isRepeat = spanId && phase === "start" && seen.has(key);
        seen.add(key);
        return !isRepeat;
    });
}

for (const conversation of new Set(MANIFEST.map(conversationOf))) {
    test(`${conversation}: every span and record lands once, however often it is sent`, async () => {
        const rows = requestsOf(conversation);
        for (const row of rows) {
            const answer = await send(doors[0], row);
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.headers["content-type"], row.contentType);
            assert.equal(row.form === "json" ? answer.text : answer.body.length, row.form === "json" ? "{}" : 0, "no partial success");
        }
        await drained();
        const expected = withoutRepeats(rows.flatMap((row) => row.expected));
        const names = ["action", "status", "phase", "provider", "modelId", "tokensIn", "tokensOut", "costUsd"]
            .filter((name) => expected.every((row) => name in row));
        assert.deepEqual(tally(await database.rows(EVENTS), names), tally(expected, names));

        const runs = () => database.query("SELECT root_task_id, id, tokens_in, tokens_out, cost_usd, event_count FROM aop_agent_runs ORDER BY 1, 2");
        const before = await runs();
        for (const row of rows.toReversed()) assert.equal((await send(doors[1], row, true)).status, 200);
        await doors[0].restart();
        for (const row of rows) assert.equal((await send(doors[0], row)).status, 200);
        await drained();
        assert.equal(await database.number("SELECT count(*) FROM aop_agent_events"), expected.length, "events after resends");
        assert.equal(await runs(), before, "runs after resends");
    });
}

/* --- any order of spans --- */

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const startMs = Date.now() - 30000;
const spanId = (number) => number.toString(16).padStart(16, "0");
const attribute = ([key, value]) =>
    ({ key, value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) } });

function makeSpan(number, parent, name, attributes) {
    return {
        traceId: TRACE, spanId: spanId(number), parentSpanId: parent ? spanId(parent) : "", name, kind: 3,
        startTimeUnixNano: `${startMs + number * 100}000000`, endTimeUnixNano: `${startMs + number * 100 + 50}000000`,
        attributes: Object.entries(attributes).map(attribute), status: {},
    };
}

const agent = (number, parent, name, usage) => makeSpan(number, parent, `invoke_agent ${name}`, {
    "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name,
    ...(usage ? { "gen_ai.usage.input_tokens": usage[0], "gen_ai.usage.output_tokens": usage[1] } : {}),
});
const chat = (number, parent, [input, output]) => makeSpan(number, parent, "chat gpt-5-nano", {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5-nano",
    "gen_ai.usage.input_tokens": input, "gen_ai.usage.output_tokens": output,
});
const tool = (number, parent, name) => makeSpan(number, parent, `execute_tool ${name}`, {
    "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name,
});

/* Three tiers; lead repeats the sum of its calls, quiet reports a sum and shows no call. */
const TREE = [
    agent(1, 0, "boss", [1110, 111]), chat(2, 1, [10, 1]),
    agent(3, 1, "lead", [1100, 110]), chat(4, 3, [100, 10]), tool(5, 3, "delegate"), agent(6, 5, "worker"),
    chat(7, 6, [500, 50]), tool(8, 6, "search"), chat(9, 8, [500, 50]),
    agent(10, 1, "quiet", [70, 7]), tool(11, 10, "look"),
];
const TREE_RUNS = {
    boss: { parent: null, tier: 1, tokensIn: 10, tokensOut: 1 },
    lead: { parent: "boss", tier: 2, tokensIn: 100, tokensOut: 10 },
    worker: { parent: "lead", tier: 3, tokensIn: 1000, tokensOut: 100 },
    quiet: { parent: "boss", tier: 2, tokensIn: 70, tokensOut: 7 },
};

const postSpans = async (door, spans) => {
    const answer = await request(`${door.url}/v1/traces`, {
        method: "POST", headers: JSON_TYPE, body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    });
    assert.deepEqual([answer.status, answer.text], [200, "{}"]);
};

async function checkTree(what) {
    await drained();
    const rows = await database.rows(`SELECT r.actor, r.id, r.tier, r.tier_derived, r.status, r.tokens_in, r.tokens_out,
        p.actor AS parent FROM aop_agent_runs r LEFT JOIN aop_agent_runs p ON p.id = r.parent_run_id`);
    const got = Object.fromEntries(rows.map((row) => [row.actor,
        { parent: row.parent, tier: row.tier, tokensIn: row.tokens_in, tokensOut: row.tokens_out }]));
    assert.deepEqual(got, TREE_RUNS, what);
    assert.equal(rows.length, 4, `${what}: runs`);
    for (const row of rows) assert.deepEqual([row.status, row.tier_derived], ["completed", true], `${what}: ${row.actor}`);
    const strays = await database.number("SELECT count(*) FROM aop_agent_events e WHERE NOT EXISTS"
        + " (SELECT 1 FROM aop_agent_runs r WHERE r.id = e.run_id AND r.root_task_id = e.root_task_id)");
    assert.equal(strays, 0, `${what}: events without a run`);
}

test("nested agents give tiers, and a sum repeated above its calls counts once", async () => {
    await postSpans(doors[0], TREE);
    await checkTree("in one request");
});

test("children that come in an earlier request than their agent end up in its run", async () => {
    await postSpans(doors[0], TREE.slice(6));
    await drained();
    await postSpans(doors[0], TREE.slice(2, 6));
    await drained();
    await postSpans(doors[0], TREE.slice(0, 2));
    await checkTree("deepest first");
});

for (const seed of [1, 2, 3]) {
    test(`the runs are the same when each span comes alone, to either process (order ${seed})`, async () => {
        const random = randomOf(seed);
        const spans = TREE.map((span) => [random(), span]).sort(([one], [other]) => one - other).map(([, span]) => span);
        for (const span of spans) {
            await postSpans(doors[random() < 0.5 ? 0 : 1], [span]);
            if (random() < 0.5) await drained();
        }
        await checkTree(spans.map((span) => Number.parseInt(span.spanId, 16)).join(" "));
    });
}

/* Only the named spans tell the session; all others show their trace and nothing more. */
const inSession = (spans, tellers) => spans.map((span) => (tellers.includes(Number.parseInt(span.spanId, 16))
    ? { ...span, attributes: [...span.attributes, attribute(["gen_ai.conversation.id", "conv-1"])] } : span));

for (const [seed, tellers] of [[11, [1]], [13, [1, 3, 6, 10]], [15, [1, 9]]]) {
    test(`a session that only some spans tell is the root of the whole trace (order ${seed})`, async () => {
        const random = randomOf(seed);
        const spans = inSession(TREE, tellers).map((span) => [random(), span]).sort(([one], [other]) => one - other).map(([, span]) => span);
        const send = async (list) => {
            for (const span of list) {
                await postSpans(doors[random() < 0.5 ? 0 : 1], [span]);
                if (random() < 0.5) await drained();
            }
            await drained();
        };
        const roots = () => database.query("SELECT DISTINCT root_task_id FROM aop_agent_events UNION SELECT root_task_id FROM aop_agent_runs"
            + " UNION SELECT root_task_id FROM aop_roots");
        await send(spans);
        await checkTree("sent once");
        assert.equal(await roots(), "conv-1");
        const count = await database.number("SELECT count(*) FROM aop_agent_events");

        await Promise.all(doors.map((door) => door.restart("SIGTERM")));
        await send(spans.toReversed());
        await checkTree("sent again, to processes that remember nothing");
        assert.equal(await roots(), "conv-1");
        assert.equal(await database.number("SELECT count(*) FROM aop_agent_events"), count);
        assert.equal(await database.number("SELECT count(*) FROM aop_event_quarantine"), 0);
    });
}

/* Two transactions wait for the cursor: the first joins the trace, the second has a span of it that was stored before. */
test("a span that is sent again while its trace is being joined to a session is stored once", async () => {
    const [step, ...others] = inSession([chat(2, 1, [10, 1]), agent(1, 0, "boss")], [1]);
    await postSpans(doors[0], [step]);
    await drained();
    const holder = spawn("psql", ["-XqAt", "-d", database.url], { stdio: ["pipe", "pipe", "inherit"] });
    holder.stdin.write("BEGIN; SELECT 'held' FROM aop_event_cursor FOR UPDATE;\n");
    await once(holder.stdout, "data");
    const waiting = (count) => waitFor(async () => await database.number(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ingest' AND wait_event_type = 'Lock'") === count,
    { what: `${count} transactions wait` });
    await postSpans(doors[0], others);
    await waiting(1);
    await postSpans(doors[1], [step]);
    await waiting(2);
    holder.stdin.end("COMMIT;\n");
    await once(holder, "exit");
    await drained();
    assert.equal(await database.query("SELECT root_task_id, count(*) FROM aop_agent_events GROUP BY 1"), "conv-1|3");
    assert.equal(await database.query("SELECT actor, tokens_in FROM aop_agent_runs"), "boss|10");
    assert.equal(await database.number("SELECT count(*) FROM aop_event_quarantine"), 0);
});

/* --- the protocol --- */

test("an empty request is taken, in both forms", async () => {
    for (const [type, body, expected] of [["application/json", "{}", "{}"], ["application/x-protobuf", "", ""]]) {
        for (const signal of ["traces", "logs", "metrics"]) {
            const answer = await request(`${doors[0].url}/v1/${signal}`, { method: "POST", body, headers: { "content-type": type } });
            assert.deepEqual([answer.status, answer.text, answer.headers["content-type"]], [200, expected, type]);
        }
    }
});

test("a span outside the time window is told in partial success, the others are taken", async () => {
    const old = { ...chat(20, 0, [1, 1]), startTimeUnixNano: "1000000000000000000", endTimeUnixNano: "1000000001000000000" };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [chat(21, 0, [1, 1]), old] }] }] });
    const answer = await request(`${doors[0].url}/v1/traces`, { method: "POST", headers: JSON_TYPE, body });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.partialSuccess.rejectedSpans, "1");
    assert.match(answer.json.partialSuccess.errorMessage, /createdAt is \d+ s ago, at most \d+ are kept/);
    await drained();
    assert.equal(await database.number("SELECT count(*) FROM aop_agent_events"), 1);
    assert.equal(await database.query("SELECT source, code FROM aop_event_quarantine"), "otlp-traces|time_out_of_window");
});

test("unknown fields are passed over, ids are hex in any case, numbers may be texts", async () => {
    const span = { ...chat(30, 0, [5, 1]), traceId: TRACE.toUpperCase(), nobodyKnowsThis: [{}], startTimeUnixNano: startMs * 1e6 };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span], extra: 1 }], more: null }] });
    assert.equal((await request(`${doors[0].url}/v1/traces`, { method: "POST", headers: JSON_TYPE, body })).text, "{}");
    await drained();
    assert.deepEqual(await database.rows("SELECT root_task_id, tokens_in FROM aop_agent_events"), [{ root_task_id: TRACE, tokens_in: 5 }]);
});
