/*
 *  run_moved.test - live clients hear where a run went when its spans come late
 *
 *      node --test tests/system/run_moved.test.mjs
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openStack } from "./harness.mjs";
import { request } from "./request.mjs";
import { openEvents } from "./stream.mjs";

const hex = (text, size) => Buffer.from(text).toString("hex").padEnd(size, "0").slice(0, size);
const TRACE = hex("trace of the test", 32);

let stack, gateway, ingest, headers;
before(async () => {
    stack = await openStack("run_moved");
    gateway = await stack.start("gateway");
    ingest = await stack.start("ingest");
    headers = { "x-mc-local": readFileSync(path.join(stack.dir, "var", "local-token"), "utf8").trim() };
});
after(() => stack?.close());

async function span(id, parent, attributes) {
    const now = BigInt(Date.now()) * 1000000n;
    const body = { resourceSpans: [{ scopeSpans: [{ spans: [{
        traceId: TRACE, spanId: hex(id, 16), ...(parent && { parentSpanId: hex(parent, 16) }), name: id,
        startTimeUnixNano: String(now - 1000000n), endTimeUnixNano: String(now),
        attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    }] }] }] };
    const answer = await request(`${ingest.url}/v1/traces`,
        { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, answer.text);
    await ingest.drained();
}

const runs = async () => stack.database.rows("SELECT root_task_id, id FROM aop_agent_runs ORDER BY id");
const step = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look" };

test("a provisional run that became part of another, and a trace that was joined to a session, are said", async () => {
    const all = await openEvents(gateway, { query: "", headers });
    const trace = await openEvents(gateway, { query: `rootTaskId=${TRACE}&tier=3&kinds=run`, headers });
    const tasks = await openEvents(gateway, { query: "kinds=task,event", headers });

    await span("leaf", "step", step);
    const [provisional] = await runs();
    assert.equal(provisional.root_task_id, TRACE);
    await span("step", "agent", step);
    await all.until(() => all.of("run_moved").length > 0, "the move");
    const [real] = await runs();
    assert.notEqual(real.id, provisional.id);
    assert.deepEqual(all.of("run_moved")[0].data,
        { rootTaskId: TRACE, runId: provisional.id, newRootTaskId: TRACE, newRunId: real.id });
    const order = all.frames.map((frame) => frame.event);
    assert.ok(order.indexOf("run_moved") < order.lastIndexOf("agent_run"), order.join(" "));
    assert.equal(all.of("agent_run").at(-1).data.id, real.id);

    await span("agent", "", { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a", "gen_ai.conversation.id": "talk" });
    await all.until(() => all.of("run_moved").length > 1, "the join");
    const joined = all.of("run_moved")[1].data;
    assert.deepEqual([joined.rootTaskId, joined.runId, joined.newRunId], [TRACE, null, null]);
    assert.deepEqual((await runs()).map((run) => run.root_task_id), [joined.newRootTaskId]);

    await trace.until(() => trace.of("run_moved").length === 2, "who looks at the old root hears it, whatever the tier");
    await tasks.until(() => tasks.of("agent_event").length >= 3, "the events");
    assert.equal(tasks.of("run_moved").length, 0);
    for (const one of [all, trace, tasks]) one.close();
});
