/*
 *  budget_race.test - hard limits while many calls of many routers race, and one of them dies
 *
 *      node --test tests/system/budget_race.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { openStack, ROOT, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

const CALLS = 1000;
let stack, gateway, local;

before(async () => {
    stack = await openStack("budget_race");
    gateway = await stack.start("gateway");
    await stack.start("control");
    await stack.start("budget");
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    await waitFor(async () => (await command("get_runtime_flags", {})).status === 200, { what: "control answers" });
    await waitFor(async () => (await command("list_budgets", {})).status === 200, { what: "budget answers" });
});
after(() => stack?.close());

const command = (name, input) => request(`${gateway.url}/api/v1/commands/${name}`,
    { method: "POST", headers: local, body: JSON.stringify({ input }) });

async function done(name, input) {
    const answer = await command(name, input);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

let instances = 0;

/* A spender and what it said. */
class Spender {
    granted = [];
    refused = [];
    isAnswered = false;

    constructor(how, { task, root = "", count, tokens = 0, usd = 0 }) {
        const args = [how, task, count, tokens, Math.round(usd * 1e9), root].map(String);
        this.child = spawn(path.join(ROOT, "build/test-spender"), args,
            { cwd: stack.dir, env: { ...stack.env(), AOP_INSTANCE: `s${++instances}` }, stdio: ["ignore", "pipe", "inherit"] });
        this.ended = new Promise((resolve) => this.child.on("close", (code, signal) => resolve(signal ?? code)));
        createInterface({ input: this.child.stdout }).on("line", (text) => {
            const line = JSON.parse(text);
            if (line.granted) this.granted.push(line.granted);
            if (line.refused) this.refused.push(line.refused);
            if (line.all) this.isAnswered = true;
        });
    }

    async kill() {
        this.child.kill("SIGKILL");
        return this.ended;
    }
}

const gone = () => waitFor(async () => await stack.database.number(
    "SELECT count(*) FROM aop_budget_holders WHERE is_gone") > 0, { what: "the dead holder is gone" });
const ledger = (budgetId) => stack.database.rows(
    `SELECT call_id, count(*) FROM aop_budget_ledger WHERE budget_id = '${budgetId}' AND used > 0 GROUP BY call_id`);

/* Three race, one is killed once it has something; what the others got is settled once each. */
async function race(what) {
    const count = Math.ceil(CALLS / 3);
    const victim = new Spender("hold", { ...what, count });
    await waitFor(() => victim.granted.length > 0, { what: "the one that will die has something" });
    const others = [1, 2].map(() => new Spender("settle", { ...what, count }));
    await victim.kill();
    for (const other of others) assert.equal(await other.ended, 0);
    for (const other of others) assert.equal(other.granted.length + other.refused.length, count);
    return { victim, settled: others.flatMap((other) => other.granted), refused: others.flatMap((other) => other.refused) };
}

describe("a hard limit", () => {
    test("is never passed in dollars, by three routers of which one is killed", async () => {
        const root = await done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget: 0 });
        const limit = await done("set_budget", { scopeType: "tree", scopeId: root.id, unit: "usd", limit: 1 });
        const { victim, settled, refused } = await race({ task: root.id, root: root.id, usd: 0.1 });
        assert.ok(victim.granted.length + settled.length <= 10, `${victim.granted.length} and ${settled.length}`);
        assert.ok(refused.every((code) => code === "over_budget"), JSON.stringify(refused.slice(0, 3)));
        await gone();
        const [now] = await done("list_budgets", { id: limit.id });
        assert.ok(now.spent + now.reserved <= 1 + 1e-9, JSON.stringify(now));
        assert.ok(Math.abs(now.spent - settled.length / 10) < 1e-9, JSON.stringify(now));
        assert.ok(now.lost >= victim.granted.length / 10 - 1e-9, JSON.stringify(now));
        assert.ok(Math.abs(now.reserved - now.lost) < 1e-9, "nothing but what the dead one had is out");
        const lines = await ledger(limit.id);
        assert.deepEqual(lines.map((line) => line.call_id).sort(), [...settled].sort());
        assert.ok(lines.every((line) => line.count === 1));
        /* What is left can be spent by others. */
        const left = Math.round(now.remaining * 10);
        const next = new Spender("settle", { task: root.id, root: root.id, usd: 0.1, count: 20 });
        await next.ended;
        assert.equal(next.granted.length, left);
        const [end] = await done("list_budgets", { id: limit.id });
        assert.ok(Math.abs(end.remaining) < 1e-9, JSON.stringify(end));
    });

    test("is never passed in the tokens of a task", async () => {
        const root = await done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget: 1000 });
        const { victim, settled } = await race({ task: root.id, root: root.id, tokens: 100 });
        assert.ok(victim.granted.length + settled.length <= 10);
        const [task] = await done("get_tasks", { id: root.id });
        assert.equal(task.tokenUsage, settled.length * 100);
        const held = await stack.database.number(`SELECT token_leased FROM aop_tasks WHERE id = '${root.id}'`);
        assert.ok(task.tokenUsage + held <= 1000);
    });

    test("of a parent holds for a child that has more", async () => {
        const root = await done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget: 1000 });
        const child = await done("create_task", { parentId: root.id, tier: 2, domain: "d", objective: "o", tokenBudget: 100000 });
        const other = await done("create_task", { parentId: root.id, tier: 2, domain: "d", objective: "o", tokenBudget: 400 });
        const spenders = [child, other].map(({ id }) => new Spender("settle", { task: id, root: root.id, tokens: 100, count: 50 }));
        await Promise.all(spenders.map((spender) => spender.ended));
        const [first, second] = spenders.map((spender) => spender.granted.length);
        assert.ok(second <= 4);
        const usage = async ({ id }) => (await done("get_tasks", { id }))[0].tokenUsage;
        assert.equal(await usage(root), (first + second) * 100);
        assert.equal(await usage(child), first * 100);
        assert.equal(await usage(other), second * 100);
        assert.ok(first + second <= 10);
    });

    test("counts a call once, whatever it has above it", async () => {
        const root = await done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget: 100000 });
        const limits = [];
        for (const [unit, limit] of [["tokens", 50000], ["usd", 5], ["requests", 30], ["concurrency", 7]])
            limits.push(await done("set_budget", { scopeType: "tree", scopeId: root.id, unit, limit }));
        const spender = new Spender("settle", { task: root.id, root: root.id, tokens: 10, usd: 0.01, count: 20 });
        await spender.ended;
        assert.equal(spender.granted.length, 7, "as many at once as may be");
        const shown = await done("get_budget", { taskId: root.id });
        assert.equal(shown.length, 5);
        const spent = Object.fromEntries(shown.map((one) => [one.scopeType + one.unit, one.spent]));
        assert.deepEqual(spent, { tasktokens: 70, treetokens: 70, treeusd: 0.07, treerequests: 7, treeconcurrency: 0 });
        assert.ok(shown.every((one) => one.reserved === 0), JSON.stringify(shown));
        for (const { id } of limits) await done("remove_budget", { id });
    });
});
