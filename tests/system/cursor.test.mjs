/*
 *  cursor.test - a polling client with sinceId misses nothing while three ingest processes commit
 *
 *      node --test tests/system/cursor.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openStack, programIsBuilt } from "./harness.mjs";
import { Poller, readFromTable } from "./poller.mjs";
import { request } from "./request.mjs";
import { Workload, checkStored } from "./workload.mjs";

const BATCHES = 60; /* for each process */

let stack, doors;
before(async () => {
    stack = await openStack("cursor", { settings: { AOP_STORE_BATCH_EVENTS: "500" } });
    doors = [];
    for (const instance of ["1", "2", "3"]) doors.push(await stack.start("ingest", { AOP_INSTANCE: instance }));
});
after(() => stack?.close());

/* Three senders, each to its own process, small and large batches in turn. */
async function sendAtOnce(seed) {
    const events = [];
    await Promise.all(doors.map(async (door, i) => {
        const workload = new Workload({ seed: seed + i });
        for (let n = 0; n < BATCHES; n++) {
            const batch = workload.batch(n % 3 ? 20 : 400);
            const answer = await door.postEvents(batch);
            assert.equal(answer.status, 200, answer.text);
            events.push(...batch);
        }
    }));
    for (const door of doors) await door.drained();
    return events;
}

const idsInTable = async () =>
    (await stack.database.query("SELECT id FROM aop_agent_events ORDER BY id")).split("\n").filter(Boolean).map(Number);

test("ids become visible in their order: `id > sinceId` in PostgreSQL misses nothing", async () => {
    const pollers = Array.from({ length: 3 }, () => new Poller(readFromTable(stack.database)).start());
    const events = await sendAtOnce(10);
    await checkStored(stack.database, events);
    const there = await idsInTable();
    for (const poller of pollers) {
        assert.deepEqual(await poller.end(), there);
        assert.ok(poller.polls > 5, `only ${poller.polls} polls`);
    }
});

test("list_agent_events with sinceId misses nothing", async (t) => {
    if (!programIsBuilt("gateway") || !programIsBuilt("missionctl"))
        return t.skip("the gateway and missionctl are not built");
    const gateway = await stack.start("gateway");
    const key = await stack.missionctl("keys", "create", "--role", "viewer", "--name", "poller");
    const [latest = 0] = (await idsInTable()).slice(-1);
    const poller = new Poller(async (sinceId) => {
        const answer = await request(`${gateway.url}/api/v1/commands/list_agent_events`, {
            method: "POST", body: JSON.stringify({ input: { sinceId, limit: 700 } }),
            headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        });
        if (answer.status !== 200) throw new Error(answer.text);
        return answer.json.map((event) => event.id).reverse(); /* newest first, as the contract says */
    });
    poller.sinceId = latest;
    poller.start();
    await sendAtOnce(20);
    const seen = await poller.end();
    assert.deepEqual(seen, (await idsInTable()).filter((id) => id > latest));
    assert.equal(poller.failures, 0, poller.lastError?.message);
});
