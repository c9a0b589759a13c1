/*
 *  gateway_stream.test - the live stream: order, resume, slow clients, lost publications
 *
 *      node --test tests/system/gateway_stream.test.mjs
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";
import { openEvents } from "./stream.mjs";

const CLIENTS_MAX = 6;
const RING_BYTES = 1 << 20;

let stack, gateway, ingests, headers;

before(async () => {
    stack = await openStack("gateway_stream", { settings: {
        AOP_STREAM_RING_BYTES: String(RING_BYTES), AOP_STREAM_CLIENTS_MAX: String(CLIENTS_MAX),
    } });
    gateway = await stack.start("gateway");
    ingests = [await stack.start("ingest")];
    for (const instance of ["2", "3"]) ingests.push(await stack.start("ingest", { AOP_INSTANCE: instance }));
    headers = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
});
after(() => stack?.close());

const open = (query = "", more = {}) => openEvents(gateway, { query, headers: { ...headers, ...more } });
const lastId = () => stack.database.number("SELECT last_id FROM aop_event_cursor");

/* Sends count events through all ingest processes at the same time. */
async function send(root, count, extra = {}) {
    const batches = [];
    for (let at = 0; at < count; at += 50) {
        const events = Array.from({ length: Math.min(50, count - at) }, (_, i) => ({
            actor: `actor-${(at + i) % 4}`, action: (at + i) % 2 ? "llm.call" : "tool.call", rootTaskId: root,
            message: `${root} ${at + i}`, ...extra,
        }));
        batches.push(ingests[batches.length % ingests.length].postEvents(events).then((answer) => {
            assert.equal(answer.status, 200, answer.text);
        }));
    }
    await Promise.all(batches);
}

/* Ids between two bounds as the store has them, by a condition. */
async function stored(after, condition = "true") {
    const text = await stack.database.query(`SELECT id FROM aop_agent_events WHERE id > ${after} AND ${condition} ORDER BY id`);
    return text.split("\n").filter(Boolean).map(Number);
}

test("events come in the order of their ids, each once, from three ingest processes", async () => {
    const before = await lastId();
    const stream = await open();
    assert.equal(stream.frames[0].event, "ready");
    assert.equal(stream.frames[0].retry, "1000");
    assert.deepEqual(stream.frames[0].data, { lastEventId: before });
    await send("order", 600);
    await stream.until(() => stream.ids.length >= 600, "600 events");
    assert.deepEqual(stream.ids, await stored(before));
    const [frame] = stream.of("agent_event");
    const one = await request(`${gateway.url}/api/v1/events/${frame.id}`, { headers });
    assert.deepEqual(frame.data, one.json, "a frame is the record that the API answers");
    await stream.until(() => stream.of("agent_run").some((run) => run.data.eventCount === 150), "the last state of a run");
    assert.equal(stream.of("agent_run")[0].id, undefined, "only events have an id");
    stream.close();
});

test("filters hold, in the ring and from the store", async () => {
    const before = await lastId();
    const rows = [
        ["rootTaskId=sieve-b", "root_task_id = 'sieve-b'"],
        ["rootTaskId=sieve-a&actor=actor-1", "root_task_id = 'sieve-a' AND actor = 'actor-1'"],
        ["action=tool.call&text=SIEVE-A%201", "action = 'tool.call' AND message LIKE 'sieve-a 1%'"],
        ["status=failed,paused", "status IN ('failed', 'paused')"],
    ];
    const live = [];
    for (const [query] of rows) live.push(await open(`${query}&kinds=event`));
    await send("sieve-a", 120);
    await send("sieve-b", 60, { status: "failed" });
    await waitFor(async () => (await lastId()) >= before + 180, { what: "180 events are stored" });
    for (const [i, [query, condition]] of rows.entries()) {
        const wanted = await stored(before, condition);
        await live[i].until(() => live[i].ids.length >= wanted.length, query);
        assert.deepEqual(live[i].ids, wanted, query);
        live[i].close();
        const late = await open(`${query}&kinds=event&lastEventId=${before}`);
        await late.until(() => late.of("live").length > 0, `${query}: caught up`);
        assert.deepEqual(late.ids, wanted, `${query}: from the store`);
        late.close();
    }
});

test("a stream that is cut and resumed again and again has no gap and no repeat", async () => {
    const before = await lastId();
    const ids = [];
    let isDone = false, last = before, cuts = 0;
    const reader = (async () => {
        while (!isDone) {
            const stream = await open("kinds=event", { "Last-Event-ID": String(last) });
            const piece = Math.min(40 + 30 * (cuts % 5), 3000 - ids.length);
            await stream.until(() => stream.ids.length >= piece, "a piece");
            stream.close();
            ids.push(...stream.ids);
            last = ids.at(-1) ?? last;
            cuts++;
            isDone = ids.length >= 3000;
        }
    })();
    for (let i = 0; i < 10; i++) await send("resume", 300, { payload: { filler: "x".repeat(500) } });
    await reader;
    assert.ok(cuts > 5);
    assert.deepEqual(ids, (await stored(before)).slice(0, ids.length));
});

test("a slow client gets everything, from the store, and costs the others nothing", async () => {
    const before = await lastId();
    const behindBefore = await gateway.metric("stream_behind_total");
    const [slow, quick] = [await open("kinds=event"), await open("kinds=event")];
    slow.pause();
    for (let i = 0; i < 20; i++) await send("slow", 500, { payload: { filler: "y".repeat(1500) } });
    await quick.until(() => quick.ids.length >= 10000, "the quick client has all", 60_000);
    slow.resume();
    await slow.until(() => slow.ids.length >= 10000, "the slow client has all", 60_000);
    const wanted = await stored(before);
    assert.deepEqual(quick.ids, wanted);
    assert.deepEqual(slow.ids, wanted);
    assert.ok((await gateway.metric("stream_behind_total")) > behindBefore, "the ring was too small for it");
    slow.close();
    quick.close();
});

test("what was committed without a word is found in the store", async () => {
    const stream = await open();
    const id = await stack.database.number(`WITH next AS (UPDATE aop_event_cursor SET last_id = last_id + 1 RETURNING last_id)
        INSERT INTO aop_agent_events (id, event_uid, run_id, root_task_id, actor, action, ts)
        SELECT last_id, gen_random_uuid(), 'actor-0::global', 'order', 'silent', 'write', now() FROM next RETURNING id`);
    await stream.until(() => stream.ids.includes(id), "the silent event");
    await send("after", 10);
    await stream.until(() => stream.ids.length >= 11, "and those after it");
    assert.deepEqual(stream.ids, await stored(id - 1));
    assert.ok((await gateway.metric("feed_repairs_total")) >= 1);
    stream.close();
});

test("an event larger than the ring's half arrives all the same", async () => {
    const stream = await open("kinds=event");
    await send("large", 1, { payload: { text: Array.from({ length: 16 }, () => "z".repeat(60_000)) } });
    await send("large", 1);
    await stream.until(() => stream.ids.length >= 2, "both events");
    assert.ok(stream.of("agent_event")[0].raw.length > RING_BYTES / 2);
    stream.close();
});

test("a stream ends with the login or key that opened it", async () => {
    const made = await request(`${gateway.url}/api/v1/keys`,
        { method: "POST", headers, body: JSON.stringify({ name: "short", role: "viewer" }) });
    const stream = await openEvents(gateway, { headers: { authorization: `Bearer ${made.json.key}` } });
    await request(`${gateway.url}/api/v1/keys/${made.json.record.id}`, { method: "DELETE", headers });
    await stream.until(() => stream.isEnded, "the end of the stream");
});

test("what is no stream is refused", async () => {
    for (const [query, message] of [["kinds=runs", /not runs/], ["tier=x", /tier must be an integer/], ["bogus=1", /bogus/]]) {
        const answer = await request(`${gateway.url}/api/v1/stream?${query}`, { headers });
        assert.equal(answer.status, 400);
        assert.match(answer.json.error.message, message);
    }
});

test("streams are counted, and one too many is told to wait", async () => {
    await waitFor(async () => (await gateway.metric("stream_clients")) === 0, { what: "the streams before are gone" });
    const streams = [];
    for (let i = 0; i < CLIENTS_MAX; i++) streams.push(await open());
    const refused = await open();
    assert.equal(refused.status, 503);
    assert.equal(refused.json.error.code, "too_busy");
    assert.equal(refused.headers["retry-after"], "5");
    streams.pop().close();
    await waitFor(async () => (await open()).status === 200, { what: "a free place" });
});
