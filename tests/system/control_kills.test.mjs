/*
 *  control_kills.test - who is killed in the middle of a pause, and what the screen says of it
 *
 *      node --test tests/system/control_kills.test.mjs
 *
 *  Real services, real supervisors with real processes. A pause stays in the middle because one
 *  part is stopped with SIGSTOP, or says nothing. What is shown of the hold is kept all the time:
 *  paused may not be among it before everybody has said so.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { openStack, ROOT, waitFor } from "./harness.mjs";
import { missionctl, RealRun } from "./real_run.mjs";
import { request } from "./request.mjs";

let stack, gateway, control, router, local;
const opened = []; /* ended after each test, whatever it found */

before(async () => {
    stack = await openStack("control_kills", { settings: { AOP_MODEL_CONFIG_PATH: path.join(ROOT, "aop_models.json") } });
    gateway = await stack.start("gateway");
    await stack.start("ingest");
    control = await stack.start("control");
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    router = await stack.start("router", { AOP_INSTANCE: "1" });
    await here("router");
});
afterEach(async () => {
    for (const each of opened.splice(0)) await each.end();
});
after(() => stack?.close());

const get = (where) => request(gateway.url + where, { headers: local });
const post = (where, body) => request(gateway.url + where, { method: "POST", headers: local, body: JSON.stringify(body) });
const command = (name, input) => post(`/api/v1/commands/${name}`, { input });

async function done(name, input) {
    const answer = await command(name, input);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

let count = 0;
const newId = (name) => `${name}-${++count}`;
const partOf = async (word) => (await done("list_control_parts", {})).find((part) =>
    (part.runId === word || part.kind === word));
const here = (word) => waitFor(async () => (await partOf(word))?.state === "here", { what: `${word} is here` });
const gone = (word) => waitFor(async () => (await partOf(word))?.state === "gone", { what: `${word} is missed` });
const holdOf = async (root) => (await done("list_holds", { rootTaskId: root })).find(({ rootTaskId }) => rootTaskId === root);
const shows = (root, state) => waitFor(async () => (await holdOf(root))?.state === state, { what: `${root} shows ${state}` });
const missing = async (root) => (await holdOf(root)).missing.map(({ partId, state }) => `${partId} ${state}`);
const scope = (rootTaskId, action, more = {}) => done("control_scope", { rootTaskId, action, scopeType: "tree", ...more });

async function tree() {
    const root = newId("root");
    await done("create_task", { id: root, tier: 1, domain: "d", objective: "o", tokenBudget: 1 });
    return root;
}

async function run(root) {
    const one = await new RealRun(stack, gateway, ["--root", root, "--", "sleep", "1000"]).open();
    opened.push(one);
    return one;
}

/* An agent that listens, and says what it is told to say. */
class Late {
    constructor(root) {
        this.runId = newId("late");
        this.id = `agent:${this.runId}`;
        this.hello = () => post("/api/v1/control/parts", { id: this.id, kind: "agent", runId: this.runId, rootTaskId: root });
        this.beat = setInterval(() => this.hello().catch(() => {}), 1000);
        opened.push(this);
    }

    async open() {
        assert.equal((await this.hello()).status, 200);
        return this;
    }

    /* What it is asked for now, done. */
    async acknowledge() {
        const { json } = await this.hello();
        const state = json.verdict === "pause" ? "paused" : "running";
        const answer = await post("/api/v1/control/ack", { partId: this.id, runId: this.runId, epoch: json.epoch,
            receiptId: json.receiptId ?? undefined, state });
        assert.equal(answer.status, 200, answer.text);
    }

    async end() {
        clearInterval(this.beat);
        await post("/api/v1/control/parts", { id: this.id, kind: "agent", runId: this.runId, isLeaving: true });
    }
}
const late = (root) => new Late(root).open();

/* Every state that is shown of the hold of a root until it is stopped. */
class Watch {
    constructor(root) {
        this.states = new Set();
        this.isOn = true;
        this.ended = this.look(root);
        opened.push(this);
    }

    async look(root) {
        while (this.isOn) {
            try {
                const hold = await holdOf(root);
                if (hold) this.states.add(hold.state);
            } catch { /* somebody was killed */ }
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
    }

    async end() {
        this.isOn = false;
        await this.ended;
    }
}

async function neverPaused(watch) {
    await watch.end();
    assert.deepEqual([...watch.states], ["pausing"]);
}

describe("killed in the middle of a pause,", () => {
    test("a supervisor is missed by name, until a person forgets it", async () => {
        const root = await tree();
        const [one, two] = [await run(root), await run(root)];
        two.child.kill("SIGSTOP");
        await scope(root, "pause", { mode: "now" });
        const watch = new Watch(root);
        await waitFor(async () => (await missing(root)).join() === `${two.id} waiting`, { what: "one is waited for" });
        two.child.kill("SIGKILL");
        await gone(two.runId);
        assert.deepEqual(await missing(root), [`${two.id} gone`]);
        await neverPaused(watch);
        await done("forget_control_part", { id: two.id });
        await shows(root, "paused");
        await scope(root, "resume");
        await here(one.runId);
    });

    test("a router is missed, and has its calls held again when it is back", async () => {
        const root = await tree();
        await run(root);
        router.child.kill("SIGSTOP");
        const { id } = await partOf("router");
        const made = await scope(root, "pause");
        const watch = new Watch(root);
        await waitFor(async () => (await missing(root)).join() === `${id} waiting`, { what: "the router is waited for" });
        await router.kill("SIGKILL");
        await gone("router");
        assert.deepEqual(await missing(root), [`${id} gone`]);
        await neverPaused(watch);
        await router.start();
        await shows(root, "paused");
        const receipt = (await get(`/api/v1/control/receipts/${made.id}`)).json;
        assert.equal(receipt.state, "paused");
        await scope(root, "resume");
    });

    test("control comes back to pausing, and to paused when all have said so again", async () => {
        const root = await tree();
        await run(root);
        const slow = await late(root);
        const made = await scope(root, "pause", { mode: "now" });
        const watch = new Watch(root);
        await waitFor(async () => (await missing(root)).join() === `${slow.id} waiting`, { what: "one is waited for" });
        await control.restart();
        await waitFor(async () => { const m = (await missing(root)).join(); if (m !== `${slow.id} waiting`) throw new Error(m); return true; }, { what: "and still is" });
        await neverPaused(watch);
        await slow.acknowledge();
        await shows(root, "paused");
        await waitFor(async () => (await get(`/api/v1/control/receipts/${made.id}`)).json.state === "paused",
            { what: "the receipt is complete" });
        assert.equal((await get("/api/v1/control/receipts?verify=true")).json.isWhole, true);
        await scope(root, "resume");
    });

    test("the gateway leaves it at pausing; supervisors find the next one", async () => {
        const root = await tree();
        const one = await run(root);
        const slow = await late(root);
        await scope(root, "pause");
        const watch = new Watch(root);
        await waitFor(async () => (await missing(root)).join() === `${slow.id} waiting`, { what: "one is waited for" });
        await gateway.restart();
        await here(one.runId);
        await waitFor(async () => { const m = (await missing(root)).join(); if (m !== `${slow.id} waiting`) throw new Error(m); return true; }, { what: "and still is" });
        await neverPaused(watch);
        await slow.acknowledge();
        await shows(root, "paused");
        const resumed = await scope(root, "resume");
        await slow.acknowledge();
        await waitFor(async () => (await get(`/api/v1/control/receipts/${resumed.id}`)).json.state === "running",
            { what: "all go on" });
    });
});

describe("missionctl control", () => {
    /* What it wrote so far, and how it ended. */
    function cli(...args) {
        const child = spawn(missionctl, ["control", ...args], { env: { ...stack.env(), MC_URL: gateway.url }, cwd: stack.dir });
        const at = { stdout: "", stderr: "" };
        for (const name of ["stdout", "stderr"]) child[name].on("data", (chunk) => (at[name] += chunk));
        at.code = once(child, "close").then(([code]) => code);
        at.says = (pattern) => waitFor(() => pattern.test(at.stderr), { what: `it says ${pattern}` });
        at.end = async () => { child.kill("SIGKILL"); await at.code; };
        opened.push(at);
        return at;
    }

    async function says(...args) {
        const at = cli(...args);
        assert.equal(await at.code, 0, at.stderr);
        return at.stdout;
    }

    test("--wait names who is missing until all have acknowledged", async () => {
        const root = await tree();
        const slow = await late(root);
        const pausing = cli("pause", "--root", root, "--reason", "look", "--mode", "now", "--expires", "10m", "--wait");
        await pausing.says(new RegExp(`pausing \\(1/2\\): ${slow.id} is waiting`));
        await slow.acknowledge();
        assert.equal(await pausing.code, 0);
        await pausing.says(/paused \(2\/2\)/);
        assert.match(pausing.stdout, /look/);
        const hold = await holdOf(root);
        assert.ok(Math.abs(hold.expiresAtUs - hold.createdAtUs - 600e6) < 5e6);
        assert.equal(hold.mode, "now");
        assert.match(await says("holds", "--root", root), new RegExp(`${root} .*now .*paused`));

        const [receipt] = JSON.parse(await says("receipts", "--root", root, "--json")).items;
        assert.equal(receipt.verb, "pause");
        assert.match(await says("receipts", receipt.id), new RegExp(`${slow.id} .*acknowledged .*paused`));
        assert.match(await says("receipts", "--verify"), /whole|Whole/);
        const resuming = cli("resume", "--root", root, "--timeout", "1");
        assert.equal(await resuming.code, 1);
        assert.match(resuming.stderr, new RegExp(`after 1 s it is still resuming \\(1/2\\): ${slow.id} is waiting`));
        await slow.acknowledge();
    });

    test("takes filters: a run, a rate of spending, several words", async () => {
        const made = JSON.parse(await says("pause", "--filter", "persona=reviewer,skill=c", "--json"));
        assert.deepEqual([made.scopeType, made.persona, made.skill], ["filter", "reviewer", "c"]);
        await says("resume", "--filter", "persona=reviewer,skill=c");
        const spend = JSON.parse(await says("pause", "--filter", "spend=2.5", "--mode", "drain", "--json"));
        assert.deepEqual([spend.spendUsdPerMinute, spend.mode], [2.5, "drain"]);
        await says("resume", "--filter", "spend=2.50");
        const one = JSON.parse(await says("stop", "--filter", "run=run-77", "--json"));
        assert.equal(one.runId, "run-77");
        await says("restart", "--filter", "run=run-77");
        assert.match(await says("triggers"), /TRIGGER/);
        assert.match(await says("pause", "--help"), /\n {2}missionctl control pause --root/);
    });

    test("refuses what cannot be meant", async () => {
        const rows = [
            [["pause", "--filter", "colour=red"], 2, /--filter has "colour"/],
            [["pause", "--filter", "persona="], 2, /--filter has "persona"/],
            [["pause", "--filter", "spend=much"], 2, /--filter spend is "much"/],
            [["pause", "--filter", "run=a", "--tier", "1"], 2, /three scopes: give one/],
            [["pause", "--root", "r", "--expires", "soon"], 2, /reading --expires: "soon" is no time/],
            [["pause", "--root", "r", "--timeout", "0"], 2, /timeout/],
            [["pause", "--root", "ghost"], 1, /its tree has no tasks/],
            [["pause", "--root", "ghost", "--mode", "gently"], 1, /mode is "gently"/],
            [["receipts", "nothing"], 1, /no receipt|not found|there is no/i],
        ];
        for (const [args, code, message] of rows) {
            const at = cli(...args);
            assert.equal(await at.code, code, args.join(" "));
            assert.match(at.stderr, message);
        }
    });
});
