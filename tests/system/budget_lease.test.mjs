/*
 *  budget_lease.test - slices of budgets: units, scopes, periods, clamping, grace, and holders that die
 *
 *      node --test tests/system/budget_lease.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openCommands } from "./commands.mjs";
import { openStack, waitFor } from "./harness.mjs";
import { forget, Spender } from "./spender.mjs";
import { openEvents } from "./stream.mjs";

let stack, gateway, budget, local, command, done;

before(async () => {
    stack = await openStack("budget_lease");
    gateway = await stack.start("gateway");
    await stack.start("ingest");
    await stack.start("control");
    budget = await stack.start("budget");
    ({ headers: local, command, done } = await openCommands(stack, gateway, ["get_runtime_flags", "list_budgets"]));
});
after(() => stack?.close());

const create = (more) => done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget: 0, ...more });
const limitOf = async (id) => (await done("list_budgets", { id }))[0];
const query = (sql) => stack.database.query(sql);

async function settle(what) {
    const spender = new Spender(stack, "settle", what);
    assert.equal(await spender.ended, 0);
    return spender;
}

/* A limit that is there for one test. */
async function withLimit(order, work) {
    const limit = await done("set_budget", order);
    try {
        return await work(limit);
    } finally {
        await done("remove_budget", { id: limit.id });
    }
}

describe("units", () => {
    const rows = [
        /* unit, limit, what a call needs, how many fit, what they spend */
        ["tokens", 500, { tokens: 100 }, 5, 500],
        ["usd", 0.5, { usd: 1e8 }, 5, 0.5],
        ["requests", 4, {}, 4, 4],
        ["seconds", 7.5, { ms: 2500 }, 3, 7.5],
        ["concurrency", 3, {}, 3, 0],
    ];
    for (const [unit, limit, need, fit, spent] of rows)
        test(`${unit} are counted and kept`, async () => {
            const { id } = await create();
            await withLimit({ scopeType: "tree", scopeId: id, unit, limit }, async (made) => {
                const spender = await settle({ task: id, root: id, count: 20, ...need });
                assert.equal(spender.granted.length, fit);
                assert.ok(spender.refused.every((code) => code === "over_budget"));
                const now = await limitOf(made.id);
                assert.ok(Math.abs(now.spent - spent) < 1e-9, JSON.stringify(now));
                assert.equal(now.reserved, 0, "a clean end gives everything back");
            });
        });
});

describe("scopes", () => {
    const rows = [
        ["task", (id) => ({ task: id }), (id) => id], ["tree", (id) => ({ root: id }), (id) => id],
        ["agent", () => ({ actor: "ann" }), () => "ann"], ["key", () => ({ key: "k1" }), () => "k1"],
        ["install", () => ({}), () => undefined],
    ];
    for (const [scopeType, who, scopeId] of rows)
        test(`${scopeType}: holds for its own, and for nobody else`, async () => {
            const { id } = await create();
            await withLimit({ scopeType, scopeId: scopeId(id), unit: "tokens", limit: 100 }, async () => {
                assert.equal((await settle({ ...who(id), tokens: 100, count: 2 })).granted.length, 1);
                const other = await settle({ task: "another", root: "another", actor: "bob", key: "k2", tokens: 100, count: 2 });
                assert.equal(other.granted.length, scopeType === "install" ? 0 : 2);
            });
        });

    test("a child draws on every ancestor", async () => {
        const chain = [await create()];
        for (let tier = 2; tier <= 3; tier++)
            chain.push(await create({ parentId: chain.at(-1).id, tier }));
        const limits = [];
        for (const { id } of chain)
            limits.push(await done("set_budget", { scopeType: "task", scopeId: id, unit: "tokens", limit: 1000 }));
        await settle({ task: chain[2].id, root: chain[0].id, tokens: 100, count: 1 });
        for (const { id } of limits) assert.equal((await limitOf(id)).spent, 100);
        await settle({ task: chain[1].id, root: chain[0].id, tokens: 100, count: 1 });
        assert.deepEqual(await Promise.all(limits.map(async ({ id }) => (await limitOf(id)).spent)), [200, 200, 100]);
        for (const { id } of limits) await done("remove_budget", { id });
    });
});

describe("periods", () => {
    for (const period of ["day", "month"])
        test(`a ${period} that is over leaves nothing to the next, by UTC`, async () => {
            const { id } = await create();
            await withLimit({ scopeType: "tree", scopeId: id, unit: "tokens", limit: 100, period }, async (limit) => {
                const what = { task: id, root: id, tokens: 100, count: 1 };
                assert.equal((await settle(what)).granted.length, 1);
                assert.equal((await settle(what)).granted.length, 0);
                const start = await query(`SELECT period_start = date_trunc('${period}', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`
                    + ` FROM aop_budgets WHERE id = '${limit.id}'`);
                assert.equal(start, "t");
                await query(`UPDATE aop_budgets SET period_start = period_start - interval '1 ${period}' WHERE id = '${limit.id}'`);
                assert.equal((await limitOf(limit.id)).spent, 0);
                assert.equal((await settle(what)).granted.length, 1);
                assert.equal((await settle(what)).granted.length, 0);
                assert.equal((await limitOf(limit.id)).spent, 100);
            });
        });

    test("total never begins again", async () => {
        const { id } = await create();
        await withLimit({ scopeType: "tree", scopeId: id, unit: "tokens", limit: 100 }, async (limit) => {
            const what = { task: id, root: id, tokens: 100, count: 1 };
            await settle(what);
            await query(`UPDATE aop_budgets SET period_start = period_start - interval '100 days' WHERE id = '${limit.id}'`);
            assert.equal((await settle(what)).granted.length, 0);
        });
    });

    test("what was lost yesterday does not count today", async () => {
        const { id } = await create();
        await withLimit({ scopeType: "tree", scopeId: id, unit: "tokens", limit: 100, period: "day" }, async (limit) => {
            const victim = new Spender(stack, "hold", { task: id, root: id, tokens: 100, count: 1 });
            await victim.answered();
            await victim.kill();
            await forget(stack, victim);
            assert.equal((await limitOf(limit.id)).lost, 100);
            await query(`UPDATE aop_budgets SET period_start = period_start - interval '1 day' WHERE id = '${limit.id}'`);
            await query(`UPDATE aop_budget_ledger SET settled_at = settled_at - interval '1 day' WHERE budget_id = '${limit.id}'`);
            const now = await limitOf(limit.id);
            assert.deepEqual([now.spent, now.lost, now.remaining], [0, 0, 100]);
        });
    });
});

describe("what is left", () => {
    test("clamps a call that can do with less, and no further", async () => {
        const { id } = await create({ tokenBudget: 1000 });
        const first = await settle({ task: id, root: id, tokens: 700, count: 1 });
        assert.equal(first.granted[0].tokens, 700);
        const least = await settle({ task: id, root: id, tokens: 700, tokens_least: 301, count: 1 });
        assert.deepEqual(least.refused, ["over_budget"]);
        const clamped = await settle({ task: id, root: id, tokens: 700, tokens_least: 300, count: 1 });
        assert.equal(clamped.granted[0].tokens, 300);
        const [task] = await done("get_tasks", { id });
        assert.equal(task.tokenUsage, 1000);
    });

    test("has grace for a summary only, and only so much", async () => {
        const { id } = await create();
        await withLimit({ scopeType: "tree", scopeId: id, unit: "tokens", limit: 100, graceTokens: 50 }, async (limit) => {
            assert.equal((await settle({ root: id, tokens: 100, count: 1 })).granted.length, 1);
            assert.deepEqual((await settle({ root: id, tokens: 50, count: 1 })).refused, ["over_budget"]);
            assert.deepEqual((await settle({ root: id, tokens: 51, grace: 1, count: 1 })).refused, ["over_budget"]);
            assert.equal((await settle({ root: id, tokens: 50, grace: 1, count: 1 })).granted.length, 1);
            assert.deepEqual((await settle({ root: id, tokens: 1, grace: 1, count: 1 })).refused, ["over_budget"]);
            assert.equal((await limitOf(limit.id)).spent, 150);
        });
    });

    test("is there again when a call used less", async () => {
        const { id } = await create({ tokenBudget: 1000 });
        await settle({ task: id, root: id, tokens: 1000, used: 10, count: 1 });
        assert.equal((await done("get_tasks", { id }))[0].tokenUsage, 100);
        assert.equal((await settle({ task: id, root: id, tokens: 900, count: 1 })).granted.length, 1);
    });
});

describe("a holder", () => {
    test("that is dead has spent what it held, at its worst case", async () => {
        const { id } = await create({ tokenBudget: 1000 });
        const victim = new Spender(stack, "hold", { task: id, root: id, tokens: 400, count: 2 });
        await victim.answered();
        await victim.kill();
        const [held] = await done("get_budget", { taskId: id });
        assert.deepEqual([held.spent, held.reserved, held.lost], [0, 800, 0]);
        await forget(stack, victim);
        const [lost] = await done("get_budget", { taskId: id });
        assert.deepEqual([lost.spent, lost.reserved, lost.lost, lost.remaining], [800, 0, 800, 200]);
        assert.equal(await stack.database.number("SELECT count(*) FROM aop_budget_leases WHERE amount > 0"), 0);
        assert.equal((await settle({ task: id, root: id, tokens: 200, count: 2 })).granted.length, 1);
    });

    test("that was given up and settles late is corrected", async () => {
        const { id } = await create({ tokenBudget: 1000 });
        const late = new Spender(stack, "hold", { task: id, root: id, tokens: 400, used: 25, count: 2 });
        await late.answered();
        await late.kill("SIGSTOP");
        await forget(stack, late);
        assert.equal((await done("get_budget", { taskId: id }))[0].spent, 800);
        late.settle();
        await late.kill("SIGCONT");
        assert.equal(await late.ended, 0);
        const [now] = await done("get_budget", { taskId: id });
        assert.deepEqual([now.spent, now.reserved, now.lost, now.remaining], [200, 0, 0, 800]);
        const total = await stack.database.number(`SELECT sum(used) FROM aop_budget_ledger WHERE budget_id = 'task:${id}'`);
        assert.equal(total, 200, "the ledger says the same");
    });

    test("that was given up and is back has its slices again", async () => {
        const { id } = await create({ tokenBudget: 1000 });
        const back = new Spender(stack, "hold", { task: id, root: id, tokens: 400, count: 2 });
        await back.answered();
        await back.kill("SIGSTOP");
        await forget(stack, back);
        await back.kill("SIGCONT");
        const shown = async () => (await done("get_budget", { taskId: id }))[0];
        await waitFor(async () => (await shown()).reserved === 800, { what: "it is reserved again" });
        assert.deepEqual([(await shown()).spent, (await shown()).lost], [0, 0]);
        back.settle();
        assert.equal(await back.ended, 0);
        assert.deepEqual([(await shown()).spent, (await shown()).reserved], [800, 0]);
    });

    test("that is dead no longer counts among the calls at once", async () => {
        const { id } = await create();
        await withLimit({ scopeType: "tree", scopeId: id, unit: "concurrency", limit: 2 }, async () => {
            const victim = new Spender(stack, "hold", { root: id, count: 2 });
            await victim.answered();
            assert.equal((await settle({ root: id, count: 1 })).granted.length, 0);
            await victim.kill();
            await forget(stack, victim);
            assert.equal((await settle({ root: id, count: 2 })).granted.length, 2);
        });
    });
});

describe("shares of a limit", () => {
    const told = (id) => done("list_agent_events", { action: "budget.threshold", rootTaskId: id });
    const news = () => stack.database.number("SELECT count(*) FROM aop_budget_news");
    const percents = async (id) => {
        await waitFor(async () => await news() === 0, { what: "ingest has every event" });
        return (await told(id)).map((event) => Number(/^\d+/.exec(event.message)[0])).sort((one, other) => one - other);
    };
    const start = async (more) => {
        const { id } = await create();
        return { id, limit: await done("set_budget", { scopeType: "tree", scopeId: id, unit: "tokens", limit: 100, ...more }) };
    };
    const use = (id, tokens) => settle({ root: id, task: id, tokens, count: 1 });

    test("are told once each, also when one call passes them all", async () => {
        const { id } = await start();
        for (const tokens of [55, 5]) await use(id, tokens);
        await waitFor(async () => (await percents(id)).length > 0, { what: "one is told" });
        await use(id, 5);
        assert.deepEqual(await percents(id), [50]);
        await use(id, 35);
        await waitFor(async () => (await percents(id)).length > 1, { what: "the others are told" });
        assert.deepEqual(await percents(id), [50, 80, 100]);
    });

    test("are told again in the next period", async () => {
        const { id, limit } = await start({ period: "day" });
        await use(id, 60);
        await query(`UPDATE aop_budgets SET period_start = period_start - interval '1 day' WHERE id = '${limit.id}'`);
        await use(id, 50);
        await waitFor(async () => (await percents(id)).length === 2, { what: "two are told" });
        assert.deepEqual(await percents(id), [50, 50]);
    });

    test("are told again of a raised limit, and at once of a lowered one", async () => {
        const { id } = await start();
        await use(id, 60);
        await done("set_budget", { scopeType: "tree", scopeId: id, unit: "tokens", limit: 1000 });
        await use(id, 1);
        await done("set_budget", { scopeType: "tree", scopeId: id, unit: "tokens", limit: 70 });
        await waitFor(async () => (await percents(id)).length === 3, { what: "three are told" });
        assert.deepEqual(await percents(id), [50, 50, 80]);
    });

    test("that a dead holder passes are told too", async () => {
        const { id } = await start();
        const victim = new Spender(stack, "hold", { root: id, task: id, tokens: 90, count: 1 });
        await victim.answered();
        await victim.kill();
        await forget(stack, victim);
        await waitFor(async () => (await percents(id)).length === 2, { what: "two are told" });
        assert.deepEqual(await percents(id), [50, 80]);
    });
});

describe("the live stream", () => {
    test("has budgets and requests of its root, and no other's", async () => {
        const [mine, other] = [await create({ tokenBudget: 1000 }), await create({ tokenBudget: 1000 })];
        const stream = await openEvents(gateway, { query: `rootTaskId=${mine.id}`, headers: local });
        const all = await openEvents(gateway, { query: "kinds=budget", headers: local });
        await stream.until(() => stream.of("ready").length > 0, "the stream is ready");
        await all.until(() => all.of("ready").length > 0, "the other stream is ready");
        for (const { id } of [other, mine])
            await done("request_task_budget_increase", { taskId: id, requestedBy: "t", reason: "r", requestedIncrement: 900 });
        const limits = [];
        for (const order of [{ scopeType: "install" }, { scopeType: "tree", scopeId: other.id }, { scopeType: "tree", scopeId: mine.id }])
            limits.push(await done("set_budget", { unit: "usd", limit: 5, ...order }));
        for (const { id } of [other, mine]) await settle({ task: id, root: id, tokens: 800, count: 1 });
        await stream.until(() => stream.of("budget").some((frame) => frame.data.percent === 80), "the share of 80 percent");
        await all.until(() => all.of("budget").some((frame) => frame.data.scopeId === mine.id && frame.data.percent === 80), "for all too");
        assert.deepEqual(stream.of("budget_request").map((frame) => [frame.data.taskId, frame.data.rootTaskId, frame.data.status]),
            [[mine.id, mine.id, "pending"]]);
        assert.ok(stream.of("budget").every((frame) => frame.data.rootTaskId === mine.id), JSON.stringify(stream.of("budget")));
        assert.equal(new Set(all.of("budget").map((frame) => frame.data.id)).size, 5);
        assert.equal(all.of("budget_request").length, 0);
        for (const { id } of limits) await done("remove_budget", { id });
        await stream.until(() => stream.of("budget").some((frame) => frame.data.isRemoved), "that it is removed");
        await stream.until(() => stream.of("agent_event").some((frame) => frame.data.action === "budget.threshold"), "the event");
        stream.close();
        all.close();
    });

    test("shows what is spent, also where no share is passed, and what is raised", async () => {
        const { id } = await create({ tokenBudget: 1000 });
        const stream = await openEvents(gateway, { query: `rootTaskId=${id}&kinds=budget`, headers: local });
        await stream.until(() => stream.of("ready").length > 0, "the stream is ready");
        await settle({ task: id, root: id, tokens: 100, count: 1 });
        await stream.until(() => stream.of("budget").some((frame) => frame.data.spent === 100), "what is spent");
        await done("request_task_budget_increase", { taskId: id, requestedBy: "t", reason: "r", requestedIncrement: 400 });
        await stream.until(() => stream.of("budget").some((frame) => frame.data.limit === 1400), "what is raised");
        assert.ok(stream.of("budget").every((frame) => frame.data.id === `task:${id}`));
        stream.close();
    });
});

describe("a service", () => {
    test("that was killed serves its holders again", async () => {
        const { id } = await create({ tokenBudget: 1000 });
        const holder = new Spender(stack, "hold", { task: id, root: id, tokens: 400, count: 2 });
        await holder.answered();
        await budget.kill();
        holder.settle();
        await budget.start();
        assert.equal(await holder.ended, 0);
        await waitFor(async () => (await command("get_budget", { taskId: id })).status === 200, { what: "budget answers again" });
        const [now] = await done("get_budget", { taskId: id });
        assert.deepEqual([now.spent, now.reserved], [800, 0]);
    });
});
