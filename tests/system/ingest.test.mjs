/*
 *  ingest.test - acknowledged means durable, and durable means once
 *
 *      node --test tests/system/ingest.test.mjs
 */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { openStack, programIsBuilt, waitFor } from "./harness.mjs";
import { newUid } from "./fixtures.mjs";
import { request } from "./request.mjs";
import { Workload, checkStored } from "./workload.mjs";

const EMPTY = "TRUNCATE aop_agent_events, aop_agent_runs, aop_roots, aop_event_quarantine, aop_tasks";

let stack, ingest, database;
before(async () => {
    stack = await openStack("ingest");
    database = stack.database;
});
after(() => stack?.close());
beforeEach(async () => {
    await database.start();
    await database.query(EMPTY);
    ingest = await stack.start("ingest");
});
afterEach(async () => {
    await ingest.kill();
    stack.clearSpools();
});

/* Sends a batch that must be taken. */
async function send(events) {
    const answer = await ingest.postEvents(events);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.rejected, []);
    return answer.json;
}

test("a resend is a duplicate, at once and after the process was killed", async () => {
    const events = new Workload().batch(200);
    assert.deepEqual(await send(events), { accepted: 200, duplicates: 0, rejected: [] });
    const { accepted, duplicates } = await send(events); /* the door may have forgotten a few; the table has not */
    assert.ok(accepted + duplicates === 200 && duplicates > 150, `${accepted} accepted, ${duplicates} duplicates`);
    await ingest.restart();
    await send(events);
    await send([...events.slice(0, 50), ...events.slice(0, 50)]);
    await ingest.drained();
    await checkStored(database, events);
});

test("a resend without a time is the same event after the process was killed", async () => {
    const events = new Workload().batch(20).map(({ createdAtUs, ...event }) => event);
    await send(events);
    await ingest.restart();
    await send(events);
    await ingest.drained();
    await checkStored(database, events);
});

test("a resend is the same event also when its task has found its tree in between", async () => {
    const events = new Workload({ runs: 1 }).batch(20).map(({ rootTaskId, tier, ...event }) => ({ ...event, taskId: "late-task" }));
    await send(events);
    await ingest.drained();
    await database.query("INSERT INTO aop_tasks (id, root_task_id, parent_id, tier, domain, objective) VALUES"
        + " ('late-root', 'late-root', NULL, 1, 'test', 'test'), ('late-task', 'late-root', 'late-root', 3, 'test', 'test')");
    await ingest.restart();
    await send(events);
    await ingest.drained();
    assert.equal(await database.number("SELECT count(*) FROM aop_agent_events"), 20);
});

test("what was acknowledged survives SIGKILL right behind the answer", async () => {
    const workload = new Workload({ seed: 2 });
    const batches = Array.from({ length: 20 }, () => workload.batch(50));
    await database.kill();
    await Promise.all(batches.map(send));
    await ingest.kill();
    await ingest.start();
    assert.equal(await ingest.metric("spooled_events"), 1000);
    await database.start();
    await ingest.drained();
    await checkStored(database, batches.flat());
});

test("while PostgreSQL is away acknowledgements go on, memory stays flat, the backlog drains by itself", async () => {
    const workload = new Workload({ seed: 3, payloadBytes: 2000 });
    const events = [];
    const round = async (count) => {
        for (let i = 0; i < count; i++) {
            const batch = workload.batch(500);
            await send(batch);
            events.push(...batch);
        }
    };
    await round(5);
    await ingest.drained();
    await database.kill();
    await round(10);
    const before = ingest.memory();
    await round(50); /* some 60 MiB */
    const grown = ingest.memory() - before;
    assert.ok(grown < 16 * 1024, `resident memory grew by ${grown} KiB while ${events.length} events waited`);
    assert.equal((await request(`${ingest.url}/readyz`)).status, 200);
    assert.ok((await ingest.metric("spooled_events")) >= 30000);

    await database.start();
    await ingest.drained();
    await checkStored(database, events);
    assert.match(ingest.log(), /event=store_back/);
});

test("a server process that is ended in a transaction costs nothing but its repetition", async () => {
    const workload = new Workload({ seed: 4 });
    const events = [];
    for (let i = 0; i < 30; i++) {
        const batch = workload.batch(300);
        await send(batch);
        events.push(...batch);
        await database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ingest'");
    }
    await ingest.drained();
    await checkStored(database, events);
});

test("a full spool refuses with Retry-After, and nothing acknowledged is lost", async () => {
    const small = await stack.start("ingest", { AOP_INSTANCE: "small", AOP_SPOOL_BYTES_MAX: "1048576" });
    const workload = new Workload({ seed: 5, payloadBytes: 5000 });
    const [taken, refused] = [[], []];
    await database.kill();
    while (refused.length < 3) {
        const batch = workload.batch(20);
        const answer = await small.postEvents(batch);
        if (answer.status === 200) {
            taken.push(...batch);
            continue;
        }
        assert.equal(answer.status, 503);
        assert.equal(answer.json.error.code, "spool_full");
        assert.match(answer.json.error.message, /the spool is full: \d+ bytes wait for the database; nothing was taken/);
        assert.ok(Number(answer.headers["retry-after"]) > 0);
        refused.push(batch);
    }
    assert.ok(taken.length > 100);
    await checkOtlpRefusal(small);
    const ready = await request(`${small.url}/readyz`);
    assert.ok(ready.status === 200 || /spool is full/.test(ready.text), ready.text);

    await small.restart();
    await database.start();
    await small.drained();
    await checkStored(database, taken);

    for (const batch of refused) {
        const { json } = await small.postEvents(batch);
        assert.equal(json.accepted, batch.length, "a refused batch is no duplicate when it comes again");
    }
    await small.drained();
    await checkStored(database, [...taken, ...refused.flat()]);
    await small.kill();
});

/* The same in the words of OTLP: 503, so that a client sends it again. */
async function checkOtlpRefusal(service) {
    const span = {
        traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", name: "chat", kind: 3,
        startTimeUnixNano: String(Date.now() * 1e6), endTimeUnixNano: String(Date.now() * 1e6),
        attributes: [{ key: "text", value: { stringValue: "x".repeat(600000) } }, { key: "more", value: { stringValue: "y".repeat(400000) } }],
    };
    const answer = await request(`${service.url}/v1/traces`, {
        method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: 20 }, (_, i) => ({ ...span, spanId: `b7ad6b71692033${10 + i}` })) }] }] }),
    });
    assert.equal(answer.status, 503, answer.text);
    assert.ok(Number(answer.headers["retry-after"]) > 0);
    assert.equal(answer.json.code, 14);
    assert.match(answer.json.message, /the spool is full/);
}

test("the terminal status of a run is not reopened by an older event that comes later", async () => {
    const nowUs = Date.now() * 1000;
    const at = (seconds, action) => ({ eventUid: newUid(), actor: "tester", runId: "late", action, createdAtUs: nowUs + seconds * 1e6 });
    const status = async () => (await database.rows("SELECT status, ended_at IS NOT NULL AS ended FROM aop_agent_runs"))[0];
    for (const [seconds, action, expected] of [
        [-60, "run_started", { status: "executing", ended: false }],
        [-10, "run_completed", { status: "completed", ended: true }],
        [-30, "working", { status: "completed", ended: true }],
        [-20, "run_failed", { status: "completed", ended: true }],
        [-10, "working", { status: "completed", ended: true }],
        [-5, "run_started", { status: "executing", ended: false }],
        [-2, "run_failed", { status: "failed", ended: true }],
    ]) {
        await send([at(seconds, action)]);
        await ingest.drained();
        assert.deepEqual(await status(), expected, `after ${action} at ${seconds} s`);
    }
});

test("from the first agent key on the doors need one, also while PostgreSQL is away", async (t) => {
    if (!programIsBuilt("gateway") || !programIsBuilt("missionctl"))
        return t.skip("the gateway and missionctl are not built");
    const gateway = await stack.start("gateway");
    assert.equal((await ingest.postEvents([])).status, 200, "open before the first key");
    const agent = await stack.missionctl("keys", "create", "--role", "agent", "--name", "tester");
    const viewer = await stack.missionctl("keys", "create", "--role", "viewer", "--name", "watcher");
    assert.match(agent, /^mck_/);

    const ask = async (key) => {
        const answer = await ingest.postEvents([], { headers: key ? { authorization: `Bearer ${key}` } : {} });
        return [answer.status, answer.json?.error?.code ?? null];
    };
    await waitFor(async () => (await ask(null))[0] === 401, { what: "the doors are closed" });
    const check = async () => {
        assert.deepEqual(await ask(null), [401, "unauthenticated"]);
        assert.deepEqual(await ask("mck_nonsense"), [401, "unauthenticated"]);
        assert.deepEqual(await ask(viewer), [403, "forbidden"]);
        assert.deepEqual(await ask(agent), [200, null]);
    };
    await check();
    for (const signal of ["logs", "metrics", "traces"])
        assert.equal((await request(`${ingest.url}/v1/${signal}`, {
            method: "POST", body: "{}", headers: { "content-type": "application/json" },
        })).status, 401);
    await database.kill();
    await ingest.restart();
    await check();
    await database.start();
    await gateway.kill("SIGTERM");
    await database.query("DELETE FROM aop_api_keys");
});
