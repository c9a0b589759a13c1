/*
 *  budget_race.test - hard limits while many calls of many routers race, and one of them dies
 *
 *      node --test tests/system/budget_race.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openCommands } from "./commands.mjs";
import { openStack, waitFor } from "./harness.mjs";
import { forget, Spender } from "./spender.mjs";

const CALLS = 1000;
const VICTIM_CALLS = 3;
let stack, gateway, done;

before(async () => {
    stack = await openStack("budget_race");
    gateway = await stack.start("gateway");
    await stack.start("control");
    await stack.start("budget");
    ({ done } = await openCommands(stack, gateway, ["get_runtime_flags", "list_budgets"]));
});
after(() => stack?.close());

const create = (more) => done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget: 0, ...more });
const ledger = (budgetId) => stack.database.rows("SELECT call_id, used, reserved, is_lost FROM aop_budget_ledger"
    + ` WHERE budget_id = '${budgetId}' AND (used > 0 OR is_lost)`);
const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

/* Asks again and again whether anything is above its limit, until told to end. */
function watch() {
    const watching = { worst: 0, looks: 0, isEnding: false };
    watching.ended = (async () => {
        while (!watching.isEnding) {
            watching.worst += await stack.database.number("SELECT (SELECT count(*) FROM aop_budgets WHERE spent + leased > most)"
                + " + (SELECT count(*) FROM aop_tasks WHERE token_budget > 0 AND token_usage + token_leased > token_budget)");
            watching.looks++;
        }
    })();
    return watching;
}

/* One settles some of its calls and holds the rest; while two others race for what is left, it is
 * killed. Resolves with who was granted what. */
async function race(what) {
    const watching = watch();
    const victim = new Spender(stack, "half", { ...what, count: VICTIM_CALLS });
    await victim.halfSettled();
    assert.equal(victim.granted.length, VICTIM_CALLS);
    const count = Math.ceil((CALLS - VICTIM_CALLS) / 2);
    const others = [1, 2].map(() => new Spender(stack, "settle", { ...what, count }));
    await waitFor(() => others.some((other) => other.granted.length + other.refused.length > 0), { what: "the others race" });
    await victim.kill();
    for (const other of others) assert.equal(await other.ended, 0);
    for (const other of others) assert.equal(other.granted.length + other.refused.length, count);
    await forget(stack, victim);
    watching.isEnding = true;
    await watching.ended;
    assert.ok(watching.looks > 0);
    assert.equal(watching.worst, 0, "never above a limit");
    return {
        settled: [...victim.granted.slice(0, victim.settled), ...others.flatMap((other) => other.granted)].map((call) => call.id),
        refused: others.flatMap((other) => other.refused),
    };
}

/* Each call that was settled is there once, and nothing but what was lost is there besides. */
function checkLedger(lines, settled, used, worst) {
    const lost = lines.filter((line) => line.is_lost);
    const calls = lines.filter((line) => !line.is_lost);
    assert.deepEqual(calls.map((line) => line.call_id).sort(), [...settled].sort());
    assert.ok(calls.every((line) => line.used === used && line.reserved === worst), JSON.stringify(calls));
    assert.equal(lost.length, 1);
    assert.ok(lost[0].used >= worst, "what the dead one had reserved counts at its worst case");
    return sum(lines.map((line) => line.used));
}

describe("a hard limit", () => {
    test("is never passed in dollars, by three routers of which one is killed", async () => {
        const root = await create();
        const limit = await done("set_budget", { scopeType: "tree", scopeId: root.id, unit: "usd", limit: 1 });
        const what = { task: root.id, root: root.id, usd: 1e8, used: 40 };
        const { settled, refused } = await race(what);
        assert.ok(refused.length > 0 && refused.every((code) => code === "over_budget"), JSON.stringify(refused.slice(0, 3)));
        const total = checkLedger(await ledger(limit.id), settled, 4e7, 1e8);
        assert.ok(total <= 1e9, `${total} is above a dollar`);
        const [now] = await done("list_budgets", { id: limit.id });
        assert.equal(Math.round(now.spent * 1e9), total, "what is spent is the sum of the ledger");
        assert.equal(now.reserved, 0, "the lease of the dead one has ended");
        assert.ok(now.lost >= 0.1 && now.spent + now.remaining === 1, JSON.stringify(now));
        /* What is left can be spent by others, to the end. */
        const left = Math.floor(now.remaining * 10 + 1e-6);
        const next = new Spender(stack, "settle", { ...what, used: 100, count: 20 });
        assert.equal(await next.ended, 0);
        assert.equal(next.granted.length, left);
        const [end] = await done("list_budgets", { id: limit.id });
        assert.ok(end.remaining >= 0 && end.remaining < 0.1 && end.reserved === 0, JSON.stringify(end));
        assert.equal(Math.round(end.spent * 1e9), sum((await ledger(limit.id)).map((line) => line.used)));
    });

    test("is never passed in the tokens of a task", async () => {
        const root = await create({ tokenBudget: 1000 });
        const { settled } = await race({ task: root.id, root: root.id, tokens: 100, used: 50 });
        const total = checkLedger(await ledger(`task:${root.id}`), settled, 50, 100);
        assert.ok(total <= 1000, `${total} tokens`);
        const [task] = await done("get_tasks", { id: root.id });
        assert.equal(task.tokenUsage, total);
        assert.equal(await stack.database.number(`SELECT token_leased FROM aop_tasks WHERE id = '${root.id}'`), 0);
        const [shown] = await done("get_budget", { taskId: root.id });
        assert.ok(shown.lost >= 100 && shown.spent === total && shown.remaining === 1000 - total, JSON.stringify(shown));
    });

    test("of a parent holds for a child that has more", async () => {
        const root = await create({ tokenBudget: 1000 });
        const child = await create({ parentId: root.id, tier: 2, tokenBudget: 100000 });
        const other = await create({ parentId: root.id, tier: 2, tokenBudget: 400 });
        const spenders = [child, other].map(({ id }) =>
            new Spender(stack, "settle", { task: id, root: root.id, tokens: 100, count: 50 }));
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
        const root = await create({ tokenBudget: 100000 });
        const limits = [];
        for (const [unit, limit] of [["tokens", 50000], ["usd", 5], ["requests", 30], ["seconds", 100], ["concurrency", 7]])
            limits.push(await done("set_budget", { scopeType: "tree", scopeId: root.id, unit, limit }));
        const spender = new Spender(stack, "settle", { task: root.id, root: root.id, tokens: 10, usd: 1e7, ms: 2000, count: 20 });
        await spender.ended;
        assert.equal(spender.granted.length, 7, "as many at once as may be");
        const shown = await done("get_budget", { taskId: root.id });
        const spent = Object.fromEntries(shown.map((one) => [one.scopeType + one.unit, one.spent]));
        assert.deepEqual(spent, { tasktokens: 70, treetokens: 70, treeusd: 0.07, treerequests: 7, treeseconds: 14, treeconcurrency: 0 });
        assert.ok(shown.every((one) => one.reserved === 0), JSON.stringify(shown));
        for (const { id } of limits) await done("remove_budget", { id });
    });
});
