/*
 *  triggers.test - silence, loops, spending and storms of failures: seen, told, paused
 *
 *      node --test tests/system/triggers.test.mjs
 *
 *  One control enforces, and is started again as one that observes. Bounds are small and times
 *  short; what must not happen is shown by something later that has.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";
import { openEvents } from "./stream.mjs";

const BOUNDS = {
    AOP_TRIGGER_HEARTBEAT_SECONDS: "1", AOP_TRIGGER_LOOP_REPEATS: "3", AOP_TRIGGER_SPEND_RUN_MICROUSD: "1000000",
    AOP_TRIGGER_SPEND_ROOT_MICROUSD: "3000000", AOP_TRIGGER_RETRIES_PER_MINUTE: "4",
};
const MODES = ["HEARTBEAT", "LOOP", "SPEND", "RETRIES"];
const all = (mode) => Object.fromEntries(MODES.map((name) => [`AOP_TRIGGER_${name}`, mode]));

let stack, gateway, control, ingest, local;

before(async () => {
    stack = await openStack("triggers", { settings: BOUNDS });
    gateway = await stack.start("gateway");
    ingest = await stack.start("ingest");
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    control = await stack.start("control", { ...all("observe"), AOP_TRIGGER_HEARTBEAT: "off" });
    await heard();
});
after(() => stack?.close());

const get = (where) => request(gateway.url + where, { headers: local });
const command = (name, input) => request(`${gateway.url}/api/v1/commands/${name}`,
    { method: "POST", headers: local, body: JSON.stringify({ input }) });
/* The newest events reach the book: control has asked ingest, so it hears it. */
const heard = async () => {
    await waitFor(async () => (await command("list_holds", {})).status === 200, { what: "control answers" });
    const root = newId("warm");
    await waitFor(async () => {
        await post([{ runId: newId("warm"), rootTaskId: root, actor: "w", action: "work", costUsd: 2 }]);
        return (await firings({ rootTaskId: root })).length > 0;
    }, { what: "control hears what is committed" });
};

async function done(name, input) {
    const answer = await command(name, input);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

async function post(events) {
    const answer = await ingest.postEvents(events);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.rejected.length, 0, answer.text);
}

/* Another control in the place of the first; the rest goes on. */
async function become(settings) {
    await control.kill("SIGTERM");
    control.settings = { ...control.settings, ...settings };
    await control.start();
    await heard();
}

let count = 0;
const newId = (name) => `${name}-${++count}`;
const firings = (query) => done("list_triggers", query);
/* Without those on runs of any root. */
const holdsOf = async (root) => (await done("list_holds", { rootTaskId: root })).filter(({ rootTaskId }) => rootTaskId === root);
const holdOn = async (run) => (await done("list_holds", {})).find(({ runId }) => runId === run);
const fired = (query, name) => waitFor(async () => (await firings(query)).find((each) => each.name === name && each.doneAt),
    { what: `${name} fires` });
const eventsOf = async (runId) => (await get(`/api/v1/events?runId=${runId}`)).json.items;
const prompt = (run, root, hash = "00000000000000ff") => ({ runId: run, rootTaskId: root, actor: "agent", action: "llm.call",
    phase: "start", isPart: true, payloadJson: JSON.stringify({ promptHash: hash }) });

describe("observe", () => {
    test("a loop is an event on the run, live, and a row of the audit log, and nothing is paused", async () => {
        const [root, run] = [newId("root"), newId("run")];
        const live = await openEvents(gateway, { query: `rootTaskId=${root}`, headers: local });
        await post([prompt(run, root), prompt(run, root)]);
        await post([prompt(run, root, "0000000000000001")]);
        await post([prompt(run, root), prompt(run, root)]);
        const firing = await fired({ runId: run }, "loop");
        assert.deepEqual([firing.mode, firing.measured, firing.bound, firing.rootTaskId], ["observe", 3, 3, root]);
        await live.until(() => live.of("agent_event").some(({ data }) => data.action === "trigger.loop"), "it is live");
        live.close();
        const event = (await eventsOf(run)).find(({ action }) => action === "trigger.loop");
        assert.equal(event.message, "the same prompt 3 times");
        assert.equal(event.runId, run);
        assert.equal(JSON.parse(event.payloadJson).mode, "observe");
        const [row] = await done("list_audit_log", { targetId: run });
        assert.deepEqual([row.actor, row.action], ["control", "trigger_loop"]);
        const shown = (await get(`/api/v1/runs/${run}`)).json;
        assert.deepEqual([shown.status, shown.actor], ["executing", "agent"], "the run itself goes on");
        assert.deepEqual(await holdsOf(root), []);
        assert.equal((await firings({ runId: run })).length, 1, "once");
    });

    test("spending is seen of a run and of a root, once each", async () => {
        const root = newId("root");
        const [a, b] = [newId("run"), newId("run")];
        const spend = (runId, costUsd) => post([{ runId, rootTaskId: root, actor: "a", action: "llm.call", costUsd, isPart: true }]);
        await spend(a, 0.9);
        await spend(b, 1.5);
        assert.match((await fired({ runId: b }, "spend")).message, /it spent 1\.5000 USD in a minute, more than 1\.0000/);
        await spend(b, 0.5);
        await spend(b, 0.5);
        const firing = await fired({ rootTaskId: root }, "root_spend");
        assert.equal(firing.subject, root);
        assert.match(firing.message, /its root spent/);
        assert.equal((await firings({ rootTaskId: root })).length, 2);
        assert.deepEqual(await firings({ runId: a }), []);
    });

    test("a storm of failures is seen", async () => {
        const [root, run] = [newId("root"), newId("run")];
        await post(Array.from({ length: 5 }, () => ({ runId: run, rootTaskId: root, actor: "a", action: "tool.call",
            status: "failed", isPart: true })));
        assert.equal((await fired({ runId: run }, "retries")).measured, 5);
    });
});

describe("a filter on spending", () => {
    test("holds the runs above it from then on, and no others", async () => {
        const root = newId("root");
        const [dear, cheap] = [newId("dear"), newId("cheap")];
        const spend = (runId, costUsd) => post([{ runId, rootTaskId: root, actor: "a", action: "work", costUsd, isPart: true }]);
        const verdictOf = async (runId) => (await request(`${gateway.url}/api/v1/control/parts`, { method: "POST", headers: local,
            body: JSON.stringify({ id: `run:${runId}`, kind: "run", runId, rootTaskId: root }) })).json.verdict;
        const filter = { rootTaskId: root, scopeType: "filter", spendUsdPerMinute: 0.5 };
        await spend(cheap, 0.2);
        await waitFor(async () => (await get(`/api/v1/runs/${cheap}`)).status === 200, { what: "the root is known" });
        await done("control_scope", { ...filter, action: "pause" });
        assert.equal(await verdictOf(dear), "run");
        await spend(dear, 0.3);
        await spend(dear, 0.3);
        await waitFor(async () => await verdictOf(dear) === "pause", { what: "the dear one is held" });
        assert.equal(await verdictOf(cheap), "run");
        await done("control_scope", { ...filter, action: "resume" });
        assert.equal(await verdictOf(dear), "run");
    });
});

describe("after a start", () => {
    test("what had fired does not fire again, and what was not done is done", async () => {
        const [root, run, late] = [newId("root"), newId("run"), newId("late")];
        await post([prompt(run, root), prompt(run, root), prompt(run, root)]);
        await fired({ runId: run }, "loop");
        await stack.database.query(`INSERT INTO aop_control_triggers (name, mode, subject, cause, root_task_id, run_id, actor,
            measured, bound, message) VALUES ('loop', 'observe', '${late}', 1, '${root}', '${late}', 'a', 3, 3, 'the same')`);
        await become({});
        for (let i = 0; i < 4; i++) await post([prompt(run, root)]);
        await fired({ runId: late }, "loop");
        assert.ok((await eventsOf(late)).some(({ action }) => action === "trigger.loop"), "its event is sent");
        const [other] = [newId("run")];
        await post([prompt(other, root), prompt(other, root), prompt(other, root)]);
        await fired({ runId: other }, "loop"); /* so what came before it was looked at */
        assert.equal((await firings({ runId: run })).length, 1);
        assert.equal((await eventsOf(run)).filter(({ action }) => action === "trigger.loop").length, 1);
    });
});

describe("heartbeat", () => {
    test("is missed of a run that runs, not of one that ended, beats or is paused", async () => {
        await become({ AOP_TRIGGER_HEARTBEAT: "observe" });
        const root = newId("root");
        const [silent, ended, beating, held] = ["silent", "ended", "beating", "held"].map(newId);
        const start = (runId) => ({ runId, rootTaskId: root, actor: "a", action: "agent.run", phase: "start", status: "executing" });
        const hello = await request(`${gateway.url}/api/v1/control/parts`, { method: "POST", headers: local,
            body: JSON.stringify({ id: `run:${beating}`, kind: "run", runId: beating, rootTaskId: root }) });
        assert.equal(hello.status, 200, hello.text);
        const stream = await fetch(`${gateway.url}/api/v1/control/stream?run=${beating}`, { headers: local });
        await post([ended, beating, held].map(start));
        await done("control_scope", { scopeType: "filter", action: "pause", runId: held });
        await post([{ ...start(ended), phase: "end", status: "completed" }, start(silent)]);
        const firing = await fired({ runId: silent }, "heartbeat");
        assert.match(firing.message, /no event and no beat for \d+ seconds/);
        for (const run of [ended, beating, held]) assert.deepEqual(await firings({ runId: run }), []);
        await stream.body.cancel();
        await post([{ ...start(silent), phase: "progress" }]);
        await waitFor(async () => (await firings({ runId: silent })).length === 2, { what: "another silence" });
        await done("control_scope", { scopeType: "filter", action: "resume", runId: held });
    });
});

describe("enforce", () => {
    before(() => become({ ...all("enforce"), AOP_TRIGGER_HEARTBEAT: "off" }));

    test("a loop pauses the agent of its task, with a receipt by control; a resume begins anew", async () => {
        const [root, task, run] = [newId("root"), newId("task"), newId("run")];
        for (const id of [root, task])
            await done("create_task", { id, parentId: id === task ? root : undefined, tier: 1, domain: "d", objective: "o", tokenBudget: 1 });
        const again = () => ({ ...prompt(run, root), taskId: task });
        await post([again(), again(), again()]);
        await fired({ runId: run }, "loop");
        const [hold] = await waitFor(async () => { const found = await holdsOf(root); return found.length && found; }, { what: "it is held" });
        assert.deepEqual([hold.scopeType, hold.agentTaskId, hold.requestedBy, hold.mode], ["agent", task, "control", "boundary"]);
        assert.equal(hold.reason, "trigger loop: the same prompt 3 times");
        assert.equal((await done("get_tasks", { id: task }))[0].status, "paused");
        assert.equal((await done("get_tasks", { id: root }))[0].status, "pending");
        const { items } = (await get(`/api/v1/control/receipts?rootTaskId=${root}`)).json;
        assert.deepEqual(items.map(({ verb, requestedBy }) => [verb, requestedBy]), [["pause", "control"]]);
        await post([again(), again(), again(), again()]); /* who is paused is not paused again */
        await done("control_scope", { rootTaskId: root, action: "resume", scopeType: "agent", agentTaskId: task });
        await waitFor(async () => {
            await post([again(), again(), again()]);
            return (await firings({ runId: run })).length === 2;
        }, { what: "it loops again after the resume" });
        await waitFor(async () => (await holdsOf(root)).length === 1, { what: "and is paused again" });
    });

    test("a run without a task of the tree is paused by its name", async () => {
        const [root, run] = [newId("root"), newId("run")];
        await post([prompt(run, root), prompt(run, root), prompt(run, root)]);
        await fired({ runId: run }, "loop");
        const hold = await waitFor(async () => holdOn(run), { what: "it is held" });
        assert.deepEqual([hold.scopeType, hold.runId], ["filter", run]);
        const part = (id) => request(`${gateway.url}/api/v1/control/parts`, { method: "POST", headers: local,
            body: JSON.stringify({ id: `run:${id}`, kind: "run", runId: id, rootTaskId: root }) });
        assert.equal((await part(run)).json.verdict, "pause");
        assert.equal((await part(run)).json.onExpiry, "resume");
        assert.equal((await part(newId("run"))).json.verdict, "run");
        await done("control_scope", { scopeType: "filter", action: "resume", runId: run });
        assert.equal(await holdOn(run), undefined);
    });

    test("a root that spends too fast is paused as a tree", async () => {
        const root = newId("root");
        await post(Array.from({ length: 4 }, () => ({ runId: newId("run"), rootTaskId: root, actor: "a", action: "llm.call",
            costUsd: 0.9, isPart: true })));
        await fired({ rootTaskId: root }, "root_spend");
        const hold = await waitFor(async () => (await holdsOf(root)).find(({ rootTaskId }) => rootTaskId === root), { what: "it is held" });
        assert.equal(hold.scopeType, "tree");
    });

    test("control killed at once still pauses, once", async () => {
        const [root, run] = [newId("root"), newId("run")];
        await post([prompt(run, root), prompt(run, root), prompt(run, root)]);
        await waitFor(() => stack.database.number(`SELECT count(*) FROM aop_control_triggers WHERE run_id = '${run}'`),
            { what: "the row is there" });
        await control.restart();
        await heard();
        await fired({ runId: run }, "loop");
        await waitFor(async () => holdOn(run), { what: "it is held" });
        assert.equal(await stack.database.number(`SELECT count(*) FROM aop_control_receipts WHERE run_id = '${run}'`), 1);
        assert.equal((await eventsOf(run)).filter(({ action }) => action === "trigger.loop").length, 1);
        assert.equal((await get("/api/v1/control/receipts?verify=true")).json.isWhole, true);
    });
});

describe("a setting that is no word", () => {
    test("keeps control from starting, naming it", async () => {
        await control.kill("SIGTERM");
        control.settings = { ...control.settings, AOP_TRIGGER_LOOP: "shoot" };
        await assert.rejects(control.start(), /AOP_TRIGGER_LOOP.*shoot.*is not off, observe or enforce/);
    });
});
