/*
 *  control_holds.test - holds, parts, acknowledgements and receipts, on a real stack
 *
 *      node --test tests/system/control_holds.test.mjs
 *
 *  A part is a client that says hello, listens to its control stream and acknowledges, or does not.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";
import { openEvents } from "./stream.mjs";

let stack, gateway, control, local;

before(async () => {
    stack = await openStack("control_holds");
    gateway = await stack.start("gateway");
    control = await stack.start("control");
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    await heard();
});
after(() => stack?.close());

const get = (where) => request(gateway.url + where, { headers: local });
const post = (where, body) => request(gateway.url + where,
    { method: "POST", headers: local, body: JSON.stringify(body) });
const command = (name, input) => post(`/api/v1/commands/${name}`, { input });
const heard = () => waitFor(async () => (await command("list_holds", {})).status === 200,
    { what: "control answers through the gateway" });

async function done(name, input) {
    const answer = await command(name, input);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

async function refused(name, input, status, message) {
    const answer = await command(name, input);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.json.error.message, message);
}

let count = 0;
const newId = (name) => `${name}-${++count}`;
const create = (more) => done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget: 10, ...more });

/* root, a and b below it, c below a: tiers 1, 2, 2, 3. */
async function tree() {
    const [root, a, b, c] = ["root", "a", "b", "c"].map(newId);
    await create({ id: root });
    await create({ id: a, parentId: root, tier: 2 });
    await create({ id: b, parentId: root, tier: 2 });
    await create({ id: c, parentId: a, tier: 3 });
    return { root, a, b, c };
}

/* A supervisor or an agent, as the gateway sees one. */
class Part {
    constructor(more) {
        this.runId = newId("run");
        this.hello = { id: `run:${this.runId}`, kind: "run", runId: this.runId, enforcement: "strong", ...more };
        this.holds = [];
        this.isObedient = true;
        this.delivered = Promise.resolve();
    }

    async open() {
        const answer = await post("/api/v1/control/parts", this.hello);
        assert.equal(answer.status, 200, answer.text);
        this.first = answer.json;
        await this.listen();
        return this;
    }

    listen() {
        return new Promise((resolve, reject) => {
            this.request = http.get(`${gateway.url}/api/v1/control/stream?run=${this.runId}`, { headers: local },
                (response) => {
                    let rest = "";
                    response.setEncoding("utf8");
                    response.on("data", (text) => {
                        const blocks = (rest + text).split("\n\n");
                        rest = blocks.pop();
                        for (const block of blocks) {
                            if (!block.startsWith("event: hold")) continue;
                            this.take(JSON.parse(block.slice(block.indexOf("data: ") + 6)));
                            resolve(this);
                        }
                    });
                    response.on("error", () => {});
                });
            this.request.on("error", reject);
        });
    }

    take(hold) {
        this.holds.push(hold);
        if (this.isObedient) this.delivered = this.acknowledge(hold);
    }

    acknowledge(hold = this.last, more = {}) {
        const state = { run: "running", pause: "paused", stop: "stopped", restart: "restarted" }[hold.verdict];
        return post("/api/v1/control/ack", { partId: this.hello.id, runId: this.runId, epoch: hold.epoch,
            receiptId: hold.receiptId ?? undefined, state, enforcement: "strong", processes: 3, ...more });
    }

    get last() {
        return this.holds.at(-1);
    }

    until(verdict) {
        return waitFor(() => this.last?.verdict === verdict && this.last, { what: `${this.runId} hears ${verdict}` });
    }

    close() {
        this.request?.destroy();
    }
}

const part = (more) => new Part(more).open();
const scope = (rootTaskId, action, more = {}) =>
    done("control_scope", { rootTaskId, action, scopeType: "tree", ...more });
const holdsOf = (rootTaskId) => done("list_holds", { rootTaskId });
const receipt = async (id) => (await get(`/api/v1/control/receipts/${id}`)).json;
const stateOf = (id, state) => waitFor(async () => {
    const found = await receipt(id);
    if (found.state !== state) throw new Error(`${found.state} ${JSON.stringify(found.parts)}`);
    return found;
}, { what: `the receipt says ${state}` });

describe("a verb", () => {
    test("reaches its parts, and is paused only once all have acknowledged", async () => {
        const { root, a } = await tree();
        const one = await part({ rootTaskId: root, taskId: root });
        const two = await part({ rootTaskId: root, taskId: a });
        const other = await part({ rootTaskId: "elsewhere" });
        assert.equal(one.first.verdict, "run");
        two.isObedient = false;
        const made = await scope(root, "pause", { reason: "look", mode: "now" });
        assert.equal(made.state, "pausing");
        assert.equal(made.expected, 2);
        const hold = await two.until("pause");
        assert.equal(hold.mode, "now");
        assert.equal(hold.receiptId, made.id);
        assert.ok(hold.untilUs > 0);
        await one.until("pause");
        await waitFor(async () => (await receipt(made.id)).acknowledged === 1, { what: "one has acknowledged" });
        const [half] = await holdsOf(root);
        assert.equal(half.state, "pausing");
        assert.deepEqual([half.partsSettled, half.partsTotal], [1, 2]);
        assert.deepEqual(half.missing.map(({ partId, state }) => [partId, state]), [[two.hello.id, "waiting"]]);
        await two.acknowledge();
        const whole = await stateOf(made.id, "paused");
        assert.ok(whole.doneAtUs >= whole.createdAtUs);
        assert.equal(whole.parts.length, 2);
        assert.equal(whole.parts[0].processes, 3);
        assert.equal((await holdsOf(root))[0].state, "paused");
        assert.equal(other.holds.length, 1, "who is elsewhere is told nothing");
        two.isObedient = true;
        const resumed = await scope(root, "resume");
        await two.until("run");
        await stateOf(resumed.id, "running");
        assert.deepEqual(await holdsOf(root), []);
        for (const each of [one, two, other]) each.close();
    });
});

describe("nested holds", () => {
    test("compose: a resume lifts only its own", async () => {
        const { root, a } = await tree();
        const one = await part({ rootTaskId: root, taskId: a });
        await scope(root, "pause", { scopeType: "agent", agentTaskId: a });
        await one.until("pause");
        await scope(root, "pause");
        const resumed = await scope(root, "resume");
        await stateOf(resumed.id, "running"); /* the part has said that it is paused still */
        assert.equal(one.last.verdict, "pause");
        assert.deepEqual((await holdsOf(root)).map(({ scopeType }) => scopeType), ["agent"]);
        assert.equal((await done("get_tasks", { id: a }))[0].status, "paused");
        assert.equal((await done("get_tasks", { id: root }))[0].status, "executing");
        await scope(root, "resume", { scopeType: "agent", agentTaskId: a });
        await one.until("run");
        assert.deepEqual(await holdsOf(root), []);
        one.close();
    });

    test("are inherited by what is born later", async () => {
        const { root, a, c } = await tree();
        await scope(root, "pause", { scopeType: "agent", agentTaskId: a });
        const child = newId("child");
        await create({ id: child, parentId: c, tier: 3 });
        await waitFor(async () => {
            const late = await part({ rootTaskId: root, taskId: child });
            late.close();
            return late.first.verdict === "pause";
        }, { what: "a task below the agent is paused from its birth" });
        const beside = await part({ rootTaskId: root, taskId: root });
        assert.equal(beside.first.verdict, "run");
        beside.close();
    });
});

describe("a stop", () => {
    test("takes a restart, which keeps out the runs of before", async () => {
        const { root } = await tree();
        const one = await part({ rootTaskId: root, taskId: root });
        const made = await scope(root, "stop", { reason: "enough", graceSeconds: 2 });
        const hold = await one.until("stop");
        assert.deepEqual([hold.reason, hold.graceSeconds], ["enough", 2]);
        await stateOf(made.id, "stopped");
        await refused("control_scope", { rootTaskId: root, action: "resume", scopeType: "tree" }, 409, /restart it/);
        await refused("control_scope", { rootTaskId: root, action: "pause", scopeType: "tree" }, 409, /restart it/);
        const again = await scope(root, "restart");
        await one.until("restart");
        await stateOf(again.id, "restarted");
        const next = await part({ rootTaskId: root, taskId: root });
        assert.equal(next.first.verdict, "run", "a new attempt passes");
        const old = (await post("/api/v1/control/parts", one.hello)).json;
        assert.equal(old.verdict, "restart", "the old one never does");
        for (const each of [one, next]) each.close();
    });
});

describe("a part", () => {
    test("that is gone is named, and keeps the state from paused", async () => {
        const { root } = await tree();
        const one = await part({ rootTaskId: root });
        const two = await part({ rootTaskId: root });
        two.close();
        await waitFor(async () => (await get(`/api/v1/control/parts?rootTaskId=${root}`)).json.items
            .some(({ id, state }) => id === two.hello.id && state === "gone"), { what: "it is missed" });
        const made = await scope(root, "pause");
        await one.until("pause");
        const [hold] = await holdsOf(root);
        assert.equal(hold.state, "pausing");
        assert.ok(hold.missing.some(({ partId, state }) => partId === two.hello.id && state === "gone"));
        assert.ok((await receipt(made.id)).parts.some(({ partId, state }) => partId === two.hello.id && state === "gone"));
        await refused("forget_control_part", { id: one.hello.id }, 409, /is here/);
        await done("forget_control_part", { id: two.hello.id });
        await waitFor(async () => (await holdsOf(root))[0].state === "paused", { what: "nobody is missed" });
        one.close();
    });

    test("may fail, and then it is not paused", async () => {
        const { root } = await tree();
        const one = await part({ rootTaskId: root });
        one.isObedient = false;
        const made = await scope(root, "pause");
        await one.until("pause");
        await one.acknowledge(one.last, { state: "running" });
        assert.equal((await receipt(made.id)).acknowledged, 0, "what was not asked for does not count");
        await one.acknowledge(one.last, { state: "failed", note: "no cgroup" });
        await waitFor(async () => (await receipt(made.id)).parts[0].state === "failed", { what: "it says failed" });
        assert.equal((await holdsOf(root))[0].state, "pausing");
        one.close();
    });

    test("is refused when it says what cannot be", async () => {
        const rows = [
            ["/api/v1/control/parts", { id: "x", kind: "toaster" }, 400, /kind is "toaster"/],
            ["/api/v1/control/parts", { kind: "run" }, 400, /id/],
            ["/api/v1/control/parts", { id: "x", kind: "run", enforcement: "iron" }, 400, /enforcement is "iron"/],
            ["/api/v1/control/ack", { partId: "ghost", epoch: 1, state: "paused" }, 404, /has not said hello/],
            ["/api/v1/control/ack", { partId: "ghost", epoch: 1, state: "asleep" }, 400, /state is "asleep"/],
            ["/api/v1/control/ack", { partId: "ghost", epoch: -1, state: "paused" }, 400, /epoch/],
        ];
        for (const [where, body, status, message] of rows) {
            const answer = await post(where, body);
            assert.equal(answer.status, status, answer.text);
            assert.match(answer.json.error.message, message);
        }
        assert.equal((await get("/api/v1/control/stream")).status, 400);
    });
});

/* All that a verb could change. */
const everything = () => stack.database.query(`SELECT (SELECT string_agg(id || status || updated_at || retry_count, ',' ORDER BY id) FROM aop_tasks),
    (SELECT string_agg(c::text, ',') FROM aop_control_chain c), (SELECT count(*) FROM aop_control_entries),
    (SELECT string_agg(h::text, ',' ORDER BY id) FROM aop_control_holds h), (SELECT count(*) FROM aop_control_receipts),
    (SELECT count(*) FROM aop_control_hold_runs), (SELECT count(*) FROM aop_audit_log)`);

describe("bad input", () => {
    test("is refused with a message of its own, and changes nothing", async () => {
        const { root, a, b, c } = await tree();
        const stopped = (await tree()).root;
        const other = await tree();
        await scope(stopped, "stop");
        const whole = { rootTaskId: root, action: "pause", scopeType: "tree" };
        const agent = { ...whole, scopeType: "agent" };
        const filter = { action: "pause", scopeType: "filter" };
        const long = "x".repeat(2049);
        const rows = [
            [{ ...whole, rootTaskId: undefined }, 400, /rootTaskId is missing/],
            [{ ...whole, rootTaskId: "" }, 400, /rootTaskId is missing/],
            [{ ...whole, rootTaskId: 7 }, 400, /rootTaskId/],
            [{ ...whole, rootTaskId: "x".repeat(201) }, 400, /rootTaskId/],
            [{ ...whole, rootTaskId: "ghost" }, 404, /rootTaskId is "ghost", and its tree has no tasks/],
            [{ ...whole, action: undefined }, 400, /action is missing: pause, resume, stop or restart/],
            [{ ...whole, action: "halt" }, 400, /action is "halt"/],
            [{ ...whole, action: "Pause" }, 400, /action is "Pause"/],
            [{ ...whole, scopeType: undefined }, 400, /scopeType is missing/],
            [{ ...whole, scopeType: "forest" }, 400, /scopeType is "forest"/],
            [{ ...whole, scopeType: "task" }, 400, /scopeType is "task"/],
            [{ ...whole, scopeType: "tier" }, 400, /tier is missing/],
            [{ ...whole, scopeType: "tier", tier: 4 }, 400, /tier/],
            [{ ...whole, scopeType: "tier", tier: 0 }, 400, /tier/],
            [{ ...whole, scopeType: "tier", tier: "two" }, 400, /tier/],
            [agent, 400, /agentTaskId is missing/],
            [{ ...agent, agentTaskId: "ghost" }, 404, /agentTaskId is "ghost", which is not in the tree/],
            [{ ...agent, agentTaskId: other.a }, 404, /which is not in the tree/],
            [{ ...whole, mode: "gently" }, 400, /mode is "gently"/],
            [{ ...whole, action: "stop", mode: "now" }, 400, /mode is of a pause/],
            [{ ...whole, onExpiry: "explode" }, 400, /onExpiry is "explode"/],
            [{ ...whole, expiresSeconds: 0 }, 400, /expiresSeconds/],
            [{ ...whole, expiresSeconds: -1 }, 400, /expiresSeconds/],
            [{ ...whole, expiresSeconds: 1e12 }, 400, /expiresSeconds/],
            [{ ...whole, action: "stop", graceSeconds: 3601 }, 400, /graceSeconds/],
            [{ ...whole, reason: long }, 400, /reason/],
            [filter, 400, /needs at least one of/],
            [{ ...filter, persona: "" }, 400, /needs at least one of/],
            [{ ...filter, spendUsdPerMinute: 0 }, 400, /must be above 0/],
            [{ ...filter, spendUsdPerMinute: -1 }, 400, /spendUsdPerMinute/],
            [{ ...filter, runId: "x".repeat(401) }, 400, /runId/],
            [{ ...whole, action: "resume" }, 409, /nothing to resume/],
            [{ ...whole, rootTaskId: stopped, action: "resume" }, 409, /is stopped; restart it/],
            [{ ...whole, rootTaskId: stopped }, 409, /is stopped; restart it/],
            [{ ...filter, action: "resume", persona: "nobody" }, 409, /nothing to resume: there is no hold on that very filter/],
            [{ ...filter, rootTaskId: "ghost", persona: "nobody" }, 404, /rootTaskId is "ghost", and its tree has no tasks/],
        ];
        const tasks = [
            [{ taskId: undefined, action: "pause" }, 400, /taskId/],
            [{ taskId: "", action: "pause" }, 400, /taskId/],
            [{ taskId: "ghost", action: "pause" }, 404, /taskId is "ghost", and there is no such task/],
            [{ taskId: a }, 400, /action/],
            [{ taskId: a, action: "kill" }, 400, /action is "kill"/],
            [{ taskId: a, action: "resume" }, 409, /nothing to resume at/],
            [{ taskId: a, action: "restart" }, 409, /nothing to restart at/],
            [{ taskId: a, action: "pause", reason: long }, 400, /reason/],
            [{ taskId: a, action: "pause", includeDescendants: "no" }, 400, /includeDescendants/],
            [{ taskId: stopped, action: "resume" }, 409, /is stopped; restart it/],
        ];
        const before = await everything();
        for (const [input, status, message] of rows) await refused("control_scope", input, status, message);
        for (const [input, status, message] of rows) await refused("control_execution_scope", input, status, message);
        for (const [input, status, message] of tasks) await refused("control_task", input, status, message);
        assert.equal(await everything(), before);
        assert.deepEqual(await holdsOf(root), []);
        assert.equal((await get("/api/v1/control/receipts/nothing")).status, 404);
        assert.ok([b, c]);
    });

    test("a word that no filter has fits nothing, and is not taken for another", async () => {
        const answer = await command("control_scope", { action: "pause", scopeType: "filter", colour: "red" });
        assert.equal(answer.status, 400, answer.text);
    });

    test("a cycle of parents ends, whichever verb and scope", async () => {
        const { root, a, c } = await tree();
        await stack.database.query(`UPDATE aop_tasks SET parent_id = '${c}' WHERE id = '${a}'`); /* a above c above a */
        const agent = { scopeType: "agent", agentTaskId: a };
        const one = await part({ rootTaskId: root, taskId: c });
        await scope(root, "pause", agent);
        await one.until("pause");
        await scope(root, "resume", agent);
        await one.until("run");
        await done("control_task", { taskId: c, action: "pause" });
        await one.until("pause");
        await done("control_task", { taskId: c, action: "stop" });
        await one.until("stop");
        await stack.database.query(`UPDATE aop_tasks SET parent_id = id WHERE id = '${root}'`);
        await scope(root, "pause");
        await scope(root, "stop");
        await scope(root, "restart");
        one.close();
    });
});

describe("receipts", () => {
    test("form a chain that shows what was changed", async () => {
        const whole = (await get("/api/v1/control/receipts?verify=true")).json;
        assert.equal(whole.isWhole, true, JSON.stringify(whole));
        assert.ok(whole.entries > whole.receipts && whole.receipts > 3);
        const [first] = (await get("/api/v1/control/receipts?limit=1")).json.items;
        await stack.database.query(`UPDATE aop_control_receipts SET reason = 'another' WHERE id = '${first.id}'`);
        const changed = (await get("/api/v1/control/receipts?verify=true")).json;
        assert.deepEqual([changed.isWhole, changed.brokenReceipt], [false, first.id]);
        await stack.database.query(`UPDATE aop_control_receipts SET reason = NULL WHERE id = '${first.id}'`);
        assert.equal((await get("/api/v1/control/receipts?verify=true")).json.isWhole, true);
        await stack.database.query("UPDATE aop_control_entries SET record = record || ' ' WHERE seq = 2");
        const broken = (await get("/api/v1/control/receipts?verify=true")).json;
        assert.deepEqual([broken.isWhole, broken.brokenSeq], [false, 2]);
        await stack.database.query("UPDATE aop_control_entries SET record = rtrim(record) WHERE seq = 2");
        assert.match(await stack.missionctl("control", "verify", "--json", "--url", gateway.url), /"isWhole":true/);
    });

    test("and holds go live as frames", async () => {
        const { root } = await tree();
        const live = await openEvents(gateway, { query: `rootTaskId=${root}&kinds=receipt,holds`, headers: local });
        const made = await scope(root, "pause");
        await live.until(() => live.of("receipt").some(({ data }) => data.id === made.id), "the receipt");
        await live.until(() => live.of("holds").some(({ data }) =>
            data.holds.some(({ rootTaskId }) => rootTaskId === root)), "the holds");
        live.close();
        await scope(root, "resume");
    });
});

describe("a pause", () => {
    test("ends at its limit, by resume or by stop", async () => {
        for (const [onExpiry, verdict, status] of [["resume", "run", "executing"], ["stop", "stop", "failed"]]) {
            const { root } = await tree();
            const one = await part({ rootTaskId: root });
            await scope(root, "pause", { expiresSeconds: 1, onExpiry });
            await one.until("pause");
            await one.until(verdict);
            assert.equal((await done("get_tasks", { id: root }))[0].status, status);
            const [last] = (await get(`/api/v1/control/receipts?rootTaskId=${root}`)).json.items;
            assert.deepEqual([last.requestedBy, last.verb], ["control", onExpiry]);
            one.close();
        }
    });

    test("of many at once is made once", async () => {
        const { root } = await tree();
        const answers = await Promise.all(Array.from({ length: 16 }, () =>
            command("control_execution_scope", { rootTaskId: root, action: "pause", scopeType: "tree" })));
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
        assert.equal((await holdsOf(root)).length, 1);
        assert.equal((await get(`/api/v1/control/receipts?rootTaskId=${root}`)).json.items.length, 1);
    });
});

describe("control, told to stop", () => {
    test("ends cleanly with questions under way that look at the store when they are refused", async () => {
        const psql = spawn("psql", ["-XqAt", "-d", stack.database.url], { stdio: ["pipe", "pipe", "inherit"] });
        psql.stdin.write("BEGIN; LOCK TABLE aop_audit_log IN ACCESS EXCLUSIVE MODE;\n");
        await waitFor(() => stack.database.number(`SELECT count(*) FROM pg_stat_activity
            WHERE application_name = 'control' AND wait_event_type = 'Lock'`), { what: "control waits for the audit log" });
        const end = await control.kill("SIGTERM");
        psql.stdin.end();
        await once(psql, "close");
        assert.equal(end, 0, control.lastLog());
        await control.start();
        await heard();
    });
});

describe("control, killed", () => {
    test("comes back with what was in force, and shows nothing falsely", async () => {
        const { root } = await tree();
        const one = await part({ rootTaskId: root });
        const two = await part({ rootTaskId: root });
        two.isObedient = false;
        const made = await scope(root, "pause");
        await two.until("pause");
        await waitFor(async () => (await receipt(made.id)).acknowledged === 1, { what: "one has acknowledged" });
        await control.restart();
        await heard();
        const [hold] = await holdsOf(root);
        assert.equal(hold.state, "pausing");
        await waitFor(async () => (await two.acknowledge()).status === 200, { what: "control hears" });
        await one.acknowledge();
        await stateOf(made.id, "paused");
        await waitFor(async () => (await holdsOf(root))[0].state === "paused", { what: "all have said so" });
        const resumed = await scope(root, "resume");
        await waitFor(() => one.last.verdict === "run", { what: "the stream is alive" });
        two.isObedient = true;
        await two.acknowledge(await two.until("run"));
        await stateOf(resumed.id, "running");
        for (const each of [one, two]) each.close();
    });

    test("in the middle of verbs loses none that was answered and keeps the chain whole", async () => {
        const roots = [];
        for (let i = 0; i < 12; i++) roots.push((await tree()).root);
        const asked = roots.map((root) => command("control_scope", { rootTaskId: root, action: "pause", scopeType: "tree" }));
        await Promise.race(asked);
        await control.restart();
        await heard();
        const answers = await Promise.all(asked);
        for (const [i, root] of roots.entries()) {
            const holds = await holdsOf(root);
            const [task] = await done("get_tasks", { id: root });
            const { items } = (await get(`/api/v1/control/receipts?rootTaskId=${root}`)).json;
            const isPaused = task.status === "paused";
            assert.ok(isPaused || answers[i].status !== 200, "what was answered is there");
            assert.equal(holds.length, isPaused ? 1 : 0, "hold and task are one");
            assert.equal(items.length, isPaused ? 1 : 0, "and so is the receipt");
            assert.ok(!isPaused || holds[0].state === "unenforced");
        }
        assert.equal((await get("/api/v1/control/receipts?verify=true")).json.isWhole, true);
    });
});
