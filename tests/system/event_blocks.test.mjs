/*
 *  event_blocks.test - every filter answers what SQL answers, however few events pass it
 *
 *      node --test tests/system/event_blocks.test.mjs
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openStack } from "./harness.mjs";
import { request } from "./request.mjs";

const EVENTS = 20_000;
const BATCH = 500;
const NOW_US = Date.now() * 1000;

let stack, gateway, headers, ingests;

/* Of every 4,000 events one has the rare value of a field; fields differ in which. */
function makeEvent(n) {
    const pick = (name, shift, words) => ((n + shift) % 4000 === 0 ? `${name}-rare` : `${name}-${(n * 7 + shift) % words}`);
    return {
        rootTaskId: `root-${n % 3}`, runId: `run-${n % 40}`, taskId: pick("task", 100, 50), actor: pick("actor", 200, 20),
        action: pick("action", 300, 9), status: (n + 400) % 4000 === 0 ? "paused" : n % 90 ? "executing" : "failed",
        tier: (n + 500) % 4000 === 0 ? 1 : 3, provider: pick("provider", 600, 3), modelId: pick("model", 700, 5),
        persona: pick("persona", 800, 6), skill: pick("skill", 900, 7), mcpServer: pick("server", 1000, 4),
        mcpTool: pick("tool", 1000, 30), message: `event ${n}`, isPart: true, createdAtUs: NOW_US - (EVENTS - n) * 1000,
    };
}

before(async () => {
    stack = await openStack("event_blocks");
    gateway = await stack.start("gateway");
    ingests = [await stack.start("ingest"), await stack.start("ingest", { AOP_INSTANCE: "2" })];
    headers = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    const send = async (ingest, first) => {
        for (let at = first; at < EVENTS; at += 2 * BATCH) {
            const events = Array.from({ length: BATCH }, (_, i) => makeEvent(at + i));
            assert.equal((await ingest.postEvents(events)).status, 200);
        }
    };
    await Promise.all(ingests.map((ingest, i) => send(ingest, i * BATCH)));
    for (const ingest of ingests) await ingest.drained();
});
after(() => stack?.close());

/* All ids by pages, newest first. */
async function list(query) {
    const ids = [];
    for (let cursor = ""; ;) {
        const { status, json, text } = await request(`${gateway.url}/api/v1/events?limit=500&${query}${cursor && `&cursor=${cursor}`}`, { headers });
        assert.equal(status, 200, text);
        ids.push(...json.items.map((event) => event.id));
        if (!json.nextCursor) return ids;
        cursor = encodeURIComponent(json.nextCursor);
    }
}

async function stored(condition) {
    const text = await stack.database.query(`SELECT id FROM aop_agent_events WHERE ${condition} ORDER BY id DESC`);
    return text.split("\n").filter(Boolean).map(Number);
}

const rare = (column, name, word = `${name}-rare`) => [`${column[0]}=${word}`, `${column[1]} = '${word}'`];
const fields = [
    rare(["taskId", "task_id"], "task"), rare(["actor", "actor"], "actor"), rare(["action", "action"], "action"),
    rare(["status", "status"], "", "paused"), rare(["tier", "tier"], "", "1"), rare(["provider", "provider"], "provider"),
    rare(["modelId", "model_id"], "model"), rare(["persona", "persona"], "persona"), rare(["skill", "skill"], "skill"),
    rare(["mcpServer", "mcp_server"], "server"), rare(["mcpTool", "mcp_tool"], "tool"),
];
const until = NOW_US - 9_000_000;
const cases = [
    ...fields.map(([query, condition]) => [query, condition, 5]),
    ...fields.map(([query, condition]) => [`${query}&rootTaskId=root-1`, `${condition} AND root_task_id = 'root-1'`]),
    ["status=paused,failed", "status IN ('paused', 'failed')"],
    ["mcpServer=server-rare&mcpTool=tool-rare", "mcp_server = 'server-rare' AND mcp_tool = 'tool-rare'", 5],
    ["provider=provider-rare&skill=skill-rare", "false", 0],
    ["provider=provider-1&persona=persona-2", "provider = 'provider-1' AND persona = 'persona-2'"],
    ["skill=skill-rare&text=EVENT", "skill = 'skill-rare'", 5],
    [`until=${until}&actor=actor-rare`, `actor = 'actor-rare' AND ts < timestamptz 'epoch' + ${until} * interval '1 us'`],
    [`since=${until}&until=${until + 1_000_000}`, `ts >= timestamptz 'epoch' + ${until} * interval '1 us' AND ts < timestamptz 'epoch' + ${until + 1_000_000} * interval '1 us'`, 1000],
    ["skill=none", "false", 0],
];

for (const [query, condition, count] of cases)
    test(`events with ${query.replace(/\d{10,}/g, "a time")}`, async () => {
        const ids = await stored(condition);
        if (count !== undefined) assert.equal(ids.length, count, "the test's own sums");
        assert.deepEqual(await list(query), ids);
    });

test("a poller gets what is rare from where it is, in order", async () => {
    const ids = await stored("persona = 'persona-rare'");
    for (const sinceId of [0, ids.at(-1), ids[1], ids[0]]) {
        const { json } = await request(`${gateway.url}/api/v1/commands/list_agent_events`, {
            method: "POST", headers: { ...headers, "content-type": "application/json" },
            body: JSON.stringify({ persona: "persona-rare", sinceId }),
        });
        assert.deepEqual(json.map((event) => event.id), ids.filter((id) => id > sinceId));
    }
});

/* Ids may have holes, and a block may be taken for one that has what it has not: here by two million
 * ids, and two thousand blocks. */
test("far apart in ids, and with blocks that promise what they do not have", async () => {
    await stack.database.query(`UPDATE aop_event_cursor SET last_id = last_id + 2000000;
        INSERT INTO aop_event_blocks SELECT block, ~ repeat('0', 16384)::bit(16384), 0, ${NOW_US * 2}
        FROM generate_series(100, 2000) block`);
    const events = Array.from({ length: BATCH }, (_, i) => makeEvent(4000 - BATCH / 2 + i));
    assert.equal((await ingests[0].postEvents(events)).status, 200);
    await ingests[0].drained();
    for (const [query, condition] of [
        ["rootTaskId=root-1&text=event%2012", "root_task_id = 'root-1' AND message LIKE '%event 12%'"],
        ["rootTaskId=root-2&persona=persona-3", "root_task_id = 'root-2' AND persona = 'persona-3'"],
        ["rootTaskId=root-0&skill=skill-rare", "root_task_id = 'root-0' AND skill = 'skill-rare'"],
        ["skill=skill-rare", "skill = 'skill-rare'"],
        ["status=failed", "status = 'failed'"],
        ["skill=skill-rare&provider=provider-1", "skill = 'skill-rare' AND provider = 'provider-1'"],
    ]) assert.deepEqual(await list(query), await stored(condition), query);
});

test("a block has the times of its events", async () => {
    const wrong = await stack.database.number(`SELECT count(*) FROM aop_event_blocks b JOIN LATERAL (
        SELECT min(ts) AS first_at, max(ts) AS last_at FROM aop_agent_events WHERE id / 1024 = b.block) e
        ON e.first_at IS NOT NULL AND b.last_us < ${NOW_US * 2} AND (e.first_at <> timestamptz 'epoch' + b.first_us * interval '1 us' OR e.last_at <> timestamptz 'epoch' + b.last_us * interval '1 us')`);
    assert.equal(wrong, 0);
});
