/*
 *  control_runs.test - each verb and mode from the command to the processes of real runs, and back
 *
 *      node --test tests/system/control_runs.test.mjs
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";
import { RealRun } from "./real_run.mjs";
import { request } from "./request.mjs";

let stack, gateway, local;
const opened = [];

before(async () => {
    stack = await openStack("control_runs");
    gateway = await stack.start("gateway");
    await stack.start("ingest");
    await stack.start("control");
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    await waitFor(async () => (await command("list_holds", {})).status === 200, { what: "control answers" });
});
afterEach(async () => {
    for (const each of opened.splice(0)) await each.end();
});
after(() => stack?.close());

const command = (name, input) => request(`${gateway.url}/api/v1/commands/${name}`,
    { method: "POST", headers: local, body: JSON.stringify({ input }) });

async function done(name, input) {
    const answer = await command(name, input);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

let count = 0;
const newId = (name) => `${name}-${++count}`;
const scope = (rootTaskId, action, more = {}) => done("control_scope", { rootTaskId, action, scopeType: "tree", ...more });
const holdOf = async (root) => (await done("list_holds", {})).find(({ rootTaskId, kind }) => rootTaskId === root && kind !== "fence");
const receipt = async (id) => (await request(`${gateway.url}/api/v1/control/receipts/${id}`, { headers: local })).json;
const says = (id, state) => waitFor(async () => {
    const found = await receipt(id);
    if (found.state !== state) throw new Error(JSON.stringify(found));
    return found;
}, { what: `the receipt says ${state}` });

async function tree() {
    const root = newId("root");
    await done("create_task", { id: root, tier: 1, domain: "d", objective: "o", tokenBudget: 1 });
    return root;
}

function start(...args) {
    const run = new RealRun(stack, gateway, args);
    opened.push(run);
    return run;
}
const sleeper = (root, ...more) => start("--root", root, ...more, "--", "sh", "-c", "echo ready; exec sleep 1000").open();

describe("a pause", () => {
    test("now freezes the processes of all runs, with proof, and resumes them", async () => {
        const root = await tree();
        const [one, two] = [await sleeper(root), await sleeper(root, "--task", "t-2", "--tier", "3")];
        const paused = await says((await scope(root, "pause", { mode: "now", reason: "look" })).id, "paused");
        assert.deepEqual(paused.parts.map(({ runId }) => runId).sort(), [one.runId, two.runId].sort());
        for (const part of paused.parts) {
            assert.match(part.note, /frozen|stopped by signals/);
            assert.ok(part.processes >= 1 && part.ackedAtUs >= paused.createdAtUs);
        }
        assert.equal((await holdOf(root)).state, "paused");
        await says((await scope(root, "resume")).id, "running");
        assert.equal(await holdOf(root), undefined);
    });

    test("of a tier and of an agent within it compose, on real runs", async () => {
        const root = await tree();
        const one = await sleeper(root, "--task", "t-7", "--tier", "3");
        const [tier, agent] = [{ scopeType: "tier", tier: 3 }, { scopeType: "agent", agentTaskId: "t-7" }];
        await done("create_task", { id: "t-7", parentId: root, tier: 3, domain: "d", objective: "o", tokenBudget: 1 });
        await says((await scope(root, "pause", { ...tier, mode: "now" })).id, "paused");
        await says((await scope(root, "pause", agent)).id, "paused");
        await says((await scope(root, "resume", tier)).id, "running");
        assert.equal((await one.parts()).find(({ id }) => id === one.id).verdict, "pause");
        await says((await scope(root, "resume", agent)).id, "running");
        assert.equal((await one.parts()).find(({ id }) => id === one.id).verdict, "run");
    });

    test("drain lets runs go on and keeps new ones from beginning", async () => {
        const root = await tree();
        const old = await sleeper(root);
        await old.says("ready");
        const drained = await says((await scope(root, "pause", { mode: "drain" })).id, "paused");
        assert.deepEqual(drained.parts.map(({ acknowledged }) => acknowledged), ["running"]);
        assert.equal((await old.parts()).find(({ id }) => id === old.id).verdict, "run");
        const file = path.join(stack.dir, newId("made"));
        const late = await start("--root", root, "--", "sh", "-c", `: > ${file}; exec sleep 1000`).open();
        await waitFor(async () => (await holdOf(root)).state === "paused" && (await holdOf(root)).partsTotal === 1,
            { what: "the new one has said that it waits" });
        assert.equal((await late.parts()).find(({ id }) => id === late.id).acknowledged, "paused");
        assert.ok(!existsSync(file), "it has not begun");
        await scope(root, "resume");
        await waitFor(() => existsSync(file), { what: "it begins" });
    });

    test("quarantine closes the network and leaves the processes alive", {
        skip: spawnSync("unshare", ["-n", "true"]).status !== 0,
    }, async () => {
        const root = await tree();
        const one = await sleeper(root, "--egress", "gateway");
        const paused = await says((await scope(root, "pause", { mode: "quarantine" })).id, "paused");
        assert.equal(paused.parts[0].note, "its network is closed");
        assert.equal(one.child.exitCode, null);
        await says((await scope(root, "resume")).id, "running");
    });

    test("quarantine that cannot be had is unenforced, and never shown as paused", async () => {
        const root = await tree();
        const one = await sleeper(root, "--hold-by", "signals");
        const made = await scope(root, "pause", { mode: "quarantine" });
        const part = await waitFor(async () => (await receipt(made.id)).parts.find(({ state }) => state === "failed"), { what: "it has failed" });
        assert.match(part.note, /^unenforced: its network/);
        assert.equal(part.enforcement, "none");
        const hold = await holdOf(root);
        assert.deepEqual([hold.state, hold.missing[0].partId, hold.missing[0].state], ["pausing", one.id, "failed"]);
    });

    test("is warned of, and at its limit stopped or resumed as it was asked for", async () => {
        const [going, ending] = [await tree(), await tree()];
        const [goes, ends] = [await sleeper(going), await sleeper(ending)];
        await says((await scope(going, "pause", { mode: "now", expiresSeconds: 2, onExpiry: "resume" })).id, "paused");
        await waitFor(async () => (await holdOf(going))?.warnedAtUs, { what: "it is warned of" });
        await scope(ending, "pause", { mode: "now", expiresSeconds: 1, onExpiry: "stop" });
        await ends.ended;
        await waitFor(async () => (await holdOf(ending))?.kind === "stop", { what: "it is stopped" });
        await waitFor(async () => !(await holdOf(going)), { what: "it is resumed" });
        await waitFor(async () => (await goes.parts()).find(({ id }) => id === goes.id)?.acknowledged === "running", { what: "it runs" });
        assert.equal((await done("get_tasks", { id: going }))[0].status, "executing");
        assert.equal((await done("get_tasks", { id: ending }))[0].status, "failed");
    });
});

describe("a stop and a restart", () => {
    test("end every process; a restart is a new attempt linked to the old, which stays out", async () => {
        const root = await tree();
        const one = await sleeper(root);
        const old = one.runId;
        await one.says("ready");
        const again = await says((await scope(root, "restart", { reason: "again" })).id, "restarted");
        assert.equal(again.parts[0].acknowledged, "restarted");
        const next = await waitFor(async () => (await one.parts()).find(({ runId, parentRunId, state }) =>
            parentRunId === old && runId !== old && state === "here"), { what: "the new attempt says hello" });
        assert.equal(next.verdict, "run");
        await waitFor(() => one.stdout.match(/ready/g).length === 2, { what: "it is the same command" });
        const back = await request(`${gateway.url}/api/v1/control/parts`, { method: "POST", headers: local,
            body: JSON.stringify({ id: `run:${old}`, kind: "run", runId: old, rootTaskId: root }) });
        assert.equal(back.json.verdict, "restart", "the old one never passes again");
        await request(`${gateway.url}/api/v1/control/parts`, { method: "POST", headers: local,
            body: JSON.stringify({ id: `run:${old}`, kind: "run", runId: old, isLeaving: true }) });
        const stopped = await says((await scope(root, "stop", { graceSeconds: 1, reason: "enough" })).id, "stopped");
        assert.deepEqual(stopped.parts.map(({ acknowledged }) => acknowledged), ["stopped"]);
        await one.ended;
    });
});
