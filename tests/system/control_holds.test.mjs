/*
 *  control_holds.test - holds, parts, acknowledgements and receipts, on a real stack
 *
 *      node --test tests/system/control_holds.test.mjs
 *
 *  A part is a client that says hello, listens to its control stream and acknowledges, or does not.
 */
import assert from "node:assert/strict";
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
