/*
 *  budget.test - requests for more tokens, hard limits and slices, on a real stack
 *
 *      node --test tests/system/budget.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openCommands } from "./commands.mjs";
import { openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

let stack, gateway, local, command, done;

before(async () => {
    stack = await openStack("budget");
    gateway = await stack.start("gateway");
    await stack.start("ingest");
    await stack.start("control");
    await stack.start("budget");
    ({ headers: local, command, done } = await openCommands(stack, gateway, ["get_runtime_flags", "list_budgets"]));
});
after(() => stack?.close());

async function refused(name, input, status, code, message) {
    const answer = await command(name, input);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.error.code, code, answer.text);
    assert.match(answer.json.error.message, message);
}

let taskCount = 0;
const newId = (name = "task") => `${name}-${++taskCount}`;
const create = async (more = {}) =>
    done("create_task", { id: newId(), tier: 1, domain: "backend", objective: "Do it", tokenBudget: 5000, ...more });
const task = async (id) => (await done("get_tasks", { id }))[0];
const use = (id, tokens) => stack.database.query(`UPDATE aop_tasks SET token_usage = ${tokens} WHERE id = '${id}'`);
const ask = (taskId, more = {}) => done("request_task_budget_increase",
    { taskId, requestedBy: "tester", reason: "more work", requestedIncrement: 1000, ...more });
const resolve = (requestId, decision, more = {}) => done("resolve_task_budget_request", { requestId, decision, ...more });
const RECORD = "id taskId requestedBy reason requestedIncrement currentBudget currentUsage status approvedIncrement"
    + " resolutionNote createdAt updatedAt resolvedAt";

describe("request_task_budget_increase", () => {
    test("grants at once what is within the cap, and raises the budget", async () => {
        const { id } = await create();
        const answer = await ask(id, { requestedIncrement: 2000 });
        for (const name of RECORD.split(" ")) assert.ok(name in answer, name);
        assert.equal(answer.status, "approved");
        assert.equal(answer.approvedIncrement, 2000);
        assert.equal(answer.currentBudget, 5000);
        assert.ok(answer.resolvedAt);
        assert.equal((await task(id)).tokenBudget, 7000);
        const [entry] = await done("list_audit_log", { targetId: id });
        assert.equal(entry.action, "budget_auto_approved");
    });

    test("asks a person for one token more than the cap", async () => {
        const { id } = await create();
        const answer = await ask(id, { requestedIncrement: 2001 });
        assert.equal(answer.status, "pending");
        assert.equal(answer.approvedIncrement, null);
        assert.equal((await task(id)).tokenBudget, 5000);
    });

    test("asks a person when who asks does not want it at once", async () => {
        const { id } = await create();
        assert.equal((await ask(id, { autoApprove: false })).status, "pending");
        assert.equal((await ask(id, { autoApprove: true })).status, "approved");
    });

    test("follows the flag, live", async () => {
        const { id } = await create();
        await done("set_runtime_flags", { autoApproveBudgetRequests: false });
        await waitFor(async () => (await ask(id, { requestedIncrement: 1 })).status === "pending",
            { what: "the flag is off" });
        await done("set_runtime_flags", { autoApproveBudgetRequests: true });
        await waitFor(async () => (await ask(id, { requestedIncrement: 1 })).status === "approved",
            { what: "the flag is on" });
    });

    const bad = [
        ["a task that is not there", { taskId: "ghost" }, 404, "not_found", /taskId is "ghost"/],
        ["a negative increment", { requestedIncrement: -5 }, 400, "bad_input", /requestedIncrement/],
        ["no increment", { requestedIncrement: 0 }, 400, "bad_input", /requestedIncrement/],
        ["half a token", { requestedIncrement: 1.5 }, 400, "bad_input", /requestedIncrement/],
        ["an increment above all numbers", { requestedIncrement: 9007199254740992 }, 400, "bad_input", /requestedIncrement/],
        ["an increment that overflows the sum", { requestedIncrement: 9007199254740991 }, 400, "bad_input", /more than/],
        ["no reason", { reason: "" }, 400, "bad_input", /reason/],
    ];
    for (const [what, more, status, code, message] of bad)
        test(`refuses ${what} and changes nothing`, async () => {
            const { id } = await create();
            await refused("request_task_budget_increase",
                { taskId: id, requestedBy: "tester", reason: "more", requestedIncrement: 1000, ...more }, status, code, message);
            assert.equal((await task(id)).tokenBudget, 5000);
            assert.deepEqual(await done("list_task_budget_requests", { taskId: id }), []);
        });
});

describe("check_task_budget", () => {
    const rows = [
        ["the first worked example", 5000, 4200, 900, "approved", 6250, 1250],
        ["the second worked example", 5000, 4900, 3000, "requested", 5000, 2900],
        ["nothing to do", 5000, 5000, 0, "enough", 5000, 0],
        ["just enough", 5000, 3750, 900, "enough", 5000, 0],
        ["one token short", 5000, 3751, 900, "approved", 6250, 1250],
        ["exactly the cap", 5000, 5000, 2000, "approved", 7000, 2000],
        ["a token above the cap", 5000, 5000, 2001, "requested", 5000, 2001],
    ];
    for (const [what, tokenBudget, usage, plannedTokens, outcome, after, increment] of rows)
        test(`decides ${what}`, async () => {
            const { id } = await create({ tokenBudget });
            await use(id, usage);
            const verdict = await done("check_task_budget", { taskId: id, plannedTokens });
            assert.equal(verdict.outcome, outcome);
            assert.equal(verdict.increment, increment);
            assert.equal(verdict.budget, after);
            assert.equal((await task(id)).tokenBudget, after);
            assert.equal(verdict.request?.status ?? null, { approved: "approved", requested: "pending" }[outcome] ?? null);
        });

    test("makes no second request while one waits", async () => {
        const { id } = await create();
        await use(id, 4900);
        const first = await done("check_task_budget", { taskId: id, plannedTokens: 3000 });
        const second = await done("check_task_budget", { taskId: id, plannedTokens: 3000 });
        assert.equal(second.outcome, "pending");
        assert.equal(second.request.id, first.request.id);
        assert.equal((await done("list_task_budget_requests", { taskId: id })).length, 1);
    });

    test("makes one request however many stages begin at once", async () => {
        const { id } = await create();
        await use(id, 4900);
        const all = await Promise.all(Array.from({ length: 20 },
            () => done("check_task_budget", { taskId: id, plannedTokens: 3000 })));
        assert.equal(all.filter((verdict) => verdict.outcome === "requested").length, 1);
        assert.equal((await done("list_task_budget_requests", { taskId: id })).length, 1);
    });
});

describe("the flags of the policy", () => {
    const plain = { budgetHeadroomPercent: 25, budgetAutoMaxPercent: 40, budgetMinIncrement: 250 };
    /* what is set, what it is clamped to, usage of 10000 and plan, and what the policy then says */
    const rows = [
        [{ budgetHeadroomPercent: 0 }, 1, 9900, 100, "enough", 0],
        [{ budgetHeadroomPercent: 0 }, 1, 9901, 100, "approved", 2500],
        [{ budgetHeadroomPercent: 200 }, 95, 500, 100, "enough", 0],
        [{ budgetHeadroomPercent: 200 }, 95, 501, 100, "approved", 2500],
        [{ budgetAutoMaxPercent: 0 }, 5, 9901, 100, "requested", 2500],
        [{ budgetAutoMaxPercent: 200 }, 100, 10000, 10000, "approved", 10000],
        [{ budgetAutoMaxPercent: 200 }, 100, 10000, 10001, "requested", 10001],
        [{ budgetMinIncrement: 1 }, 50, 9901, 100, "approved", 2500],
        [{ budgetMinIncrement: 10000000 }, 100000, 9901, 100, "requested", 100000],
    ];
    for (const [change, clamped, usage, plannedTokens, outcome, increment] of rows) {
        const [[name, value]] = Object.entries(change);
        test(`${name} ${value} counts as ${clamped}: ${plannedTokens} more after ${usage} is ${outcome}`, async () => {
            const { flags } = await done("set_runtime_flags", { ...plain, ...change });
            assert.equal(flags[name], clamped);
            const decide = async () => {
                const { id } = await create({ tokenBudget: 10000 });
                await use(id, usage);
                return done("check_task_budget", { taskId: id, plannedTokens });
            };
            /* The service hears of the flags a moment later. */
            await waitFor(async () => {
                const verdict = await decide();
                return verdict.outcome === outcome && verdict.increment === increment;
            }, { what: `${outcome} with ${increment}` });
            await done("set_runtime_flags", plain);
            await waitFor(async () => {
                const { id } = await create();
                await use(id, 4200);
                return (await done("check_task_budget", { taskId: id, plannedTokens: 900 })).increment === 1250;
            }, { what: "the flags are as before" });
        });
    }
});

describe("resolve_task_budget_request", () => {
    const pending = async () => {
        const { id } = await create();
        return ask(id, { requestedIncrement: 3000 });
    };

    test("approves the whole", async () => {
        const { id, taskId } = await pending();
        const answer = await resolve(id, "approve", { reason: "go", decidedBy: "ann" });
        assert.equal(answer.status, "approved");
        assert.equal(answer.approvedIncrement, 3000);
        assert.equal(answer.resolutionNote, "go");
        assert.equal((await task(taskId)).tokenBudget, 8000);
        const [entry] = await done("list_audit_log", { targetId: taskId });
        assert.equal(entry.action, "budget_approved");
        assert.equal(entry.actor, "ann");
    });

    test("approves a part", async () => {
        const { id, taskId } = await pending();
        assert.equal((await resolve(id, "approve", { approvedIncrement: 500 })).approvedIncrement, 500);
        assert.equal((await task(taskId)).tokenBudget, 5500);
    });

    test("rejects", async () => {
        const { id, taskId } = await pending();
        const answer = await resolve(id, "reject", { reason: "no" });
        assert.equal(answer.status, "rejected");
        assert.equal(answer.approvedIncrement, null);
        assert.equal((await task(taskId)).tokenBudget, 5000);
    });

    test("decides once", async () => {
        const { id, taskId } = await pending();
        await resolve(id, "approve");
        for (const decision of ["approve", "reject"])
            await refused("resolve_task_budget_request", { requestId: id, decision }, 409, "conflict", /approved already/);
        assert.equal((await task(taskId)).tokenBudget, 8000);
    });

    test("decides once, also when many decide together", async () => {
        const { id, taskId } = await pending();
        const answers = await Promise.all(Array.from({ length: 10 },
            () => command("resolve_task_budget_request", { requestId: id, decision: "approve" })));
        assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
        assert.equal((await task(taskId)).tokenBudget, 8000);
    });

    test("resumes a paused task, and leaves another alone", async () => {
        const { id, taskId } = await pending();
        await done("control_task", { taskId, action: "pause" });
        await resolve(id, "approve", { resumeTask: true });
        assert.equal((await task(taskId)).status, "executing");
        const other = await pending();
        await resolve(other.id, "approve", { resumeTask: true });
        assert.equal((await task(other.taskId)).status, "pending");
    });

    test("refuses what it does not know", async () => {
        const { id } = await pending();
        await refused("resolve_task_budget_request", { requestId: "ghost", decision: "approve" }, 404, "not_found", /ghost/);
        await refused("resolve_task_budget_request", { requestId: id, decision: "maybe" }, 400, "bad_input", /maybe/);
        await refused("resolve_task_budget_request", { requestId: id, decision: "approve", approvedIncrement: -1 }, 400,
            "bad_input", /approvedIncrement/);
        await refused("resolve_task_budget_request",
            { requestId: id, decision: "approve", approvedIncrement: 9007199254740991 }, 400, "bad_input", /above/);
        const [request] = await done("list_task_budget_requests", { status: "pending", limit: 1 });
        assert.equal(request.id, id);
        assert.equal((await task(request.taskId)).tokenBudget, 5000);
    });

    test("rejects and lets the task go on with what it has", async () => {
        const { id, taskId } = await pending();
        await done("control_task", { taskId, action: "pause" });
        await resolve(id, "reject", { resumeTask: true });
        assert.equal((await task(taskId)).status, "executing");
        assert.equal((await task(taskId)).tokenBudget, 5000);
    });

    test("leaves a task paused that is not to be resumed", async () => {
        const { id, taskId } = await pending();
        await done("control_task", { taskId, action: "pause" });
        await resolve(id, "approve");
        assert.equal((await task(taskId)).status, "paused");
        assert.equal((await task(taskId)).tokenBudget, 8000);
    });

    test("does not approve what was rejected", async () => {
        const { id, taskId } = await pending();
        await resolve(id, "reject");
        await refused("resolve_task_budget_request", { requestId: id, decision: "approve" }, 409, "conflict", /rejected already/);
        assert.equal((await task(taskId)).tokenBudget, 5000);
    });

    test("shows in the stream of the task", async () => {
        const { id, taskId } = await pending();
        await resolve(id, "approve");
        const actions = async () => (await done("list_agent_events", { taskId })).map((event) => event.action);
        await waitFor(async () => (await actions()).join() === "budget.approved,budget.requested", { what: "both events" });
    });
});

describe("limits over HTTP", () => {
    const send = (method, where, body) => request(gateway.url + where,
        { method, headers: local, body: body && JSON.stringify(body) });

    test("are set, shown, changed and removed", async () => {
        const { id } = await create();
        const order = { scopeType: "task", scopeId: id, unit: "usd", limit: 2.5, period: "day" };
        const made = await send("POST", "/api/v1/budgets", order);
        assert.equal(made.status, 200, made.text);
        assert.equal(made.json.remaining, 2.5);
        const again = await send("POST", "/api/v1/budgets", { ...order, limit: 3 });
        assert.equal(again.json.id, made.json.id, "one for each scope, unit and period");
        const shown = await send("GET", `/api/v1/budget?taskId=${id}`);
        assert.deepEqual(shown.json.items.map((one) => one.limit).sort(), [3, 5000]);
        assert.equal((await send("DELETE", `/api/v1/budgets/${made.json.id}`)).status, 200);
        assert.equal((await send("DELETE", `/api/v1/budgets/${made.json.id}`)).status, 404);
        assert.equal((await send("GET", "/api/v1/budget-requests")).status, 200);
    });

    const bad = [
        ["scope", { scopeType: "galaxy" }, /scopeType/], ["missing scope id", { scopeId: "" }, /scopeId/],
        ["unit", { unit: "euros" }, /unit/], ["period", { period: "year" }, /period/], ["negative", { limit: -1 }, /limit/],
        ["half a token", { limit: 0.5 }, /limit/], ["too much", { unit: "usd", limit: 1e12 }, /limit/],
    ];
    for (const [what, more, message] of bad)
        test(`are refused: ${what}`, () => refused("set_budget",
            { scopeType: "task", scopeId: "t", unit: "tokens", limit: 1, ...more }, 400, "bad_input", message));
});

describe("missionctl budget", () => {
    test("sets, lists, shows and removes a limit", async () => {
        const root = await create();
        const child = await create({ parentId: root.id, tier: 2, tokenBudget: 800, objective: "A part of it" });
        await use(child.id, 200);
        const order = ["--scope-type", "tree", "--scope-id", root.id, "--unit", "usd", "--limit", "2.5", "--period", "day"];
        const made = JSON.parse(await stack.missionctl("budget", "set", ...order, "--json"));
        assert.equal(made.limit, 2.5);
        assert.match(await stack.missionctl("budget", "list", "--scope-id", root.id), /tree +\S+ +usd +day +2\.5 +0/);
        const shown = await stack.missionctl("budget", "show", "--root", root.id);
        assert.equal(shown, [`tree ${root.id}`, "  [....................]   0 %  0 of 2.5 usd a day", `task ${root.id}  Do it`,
            "  [....................]   0 %  0 of 5000 tokens", `  task ${child.id}  A part of it`,
            "    [#####...............]  25 %  200 of 800 tokens"].join("\n"));
        const above = JSON.parse(await stack.missionctl("budget", "show", "--task", child.id, "--json"));
        assert.equal(above.length, 3);
        await stack.missionctl("budget", "remove", made.id);
        await assert.rejects(stack.missionctl("budget", "remove", made.id), /no such budget/);
        assert.doesNotMatch(await stack.missionctl("budget", "list"), new RegExp(made.id));
    });

    test("shows requests, approves a part of one and rejects another", async () => {
        const [first, second] = [await create(), await create()];
        const [one, other] = [await ask(first.id, { requestedIncrement: 3000 }), await ask(second.id, { requestedIncrement: 3000 })];
        const waiting = await stack.missionctl("budget", "requests", "--status", "pending");
        assert.ok(waiting.includes(one.id) && waiting.includes(other.id));
        await stack.missionctl("budget", "approve", one.id, "--approved-increment", "500", "--reason", "half of it will do");
        assert.equal((await task(first.id)).tokenBudget, 5500);
        const rejected = JSON.parse(await stack.missionctl("budget", "reject", other.id, "--json"));
        assert.equal(rejected.status, "rejected");
        assert.equal((await task(second.id)).tokenBudget, 5000);
        await assert.rejects(stack.missionctl("budget", "approve", other.id), /rejected already/);
    });

    test("says how it is used, with examples", async () => {
        for (const name of ["list", "show", "set", "remove", "requests", "approve", "reject"])
            assert.match(await stack.missionctl("budget", name, "--help"), new RegExp(`  missionctl budget ${name}`));
    });
});
