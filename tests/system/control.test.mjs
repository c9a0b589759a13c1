/*
 *  control.test - tasks, flags, the audit log and older emitters, on a real stack
 *
 *      node --test tests/system/control.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";
import { openEvents } from "./stream.mjs";

const TASK = "id parentId tier domain objective status tokenBudget tokenUsage contextEfficiencyRatio riskFactor"
    + " complianceScore checksumBefore checksumAfter errorMessage retryCount createdAt updatedAt";
const FLAGS = {
    devMode: false, modelAdapterEnabled: true, modelAdapterStrict: false, autoApproveBudgetRequests: true,
    budgetHeadroomPercent: 25, budgetAutoMaxPercent: 40, budgetMinIncrement: 250, telemetryRetentionDays: 7,
};
const STATUSES = ["pending", "executing", "completed", "failed", "paused"];

let stack, gateway, control, ingest, local;
const envFile = () => path.join(stack.dir, ".env");

before(async () => {
    stack = await openStack("control");
    gateway = await stack.start("gateway");
    ingest = await stack.start("ingest");
    control = await stack.start("control");
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    await heard();
});
after(() => stack?.close());

const get = (where) => request(gateway.url + where, { headers: local });
const command = (name, input) => request(`${gateway.url}/api/v1/commands/${name}`,
    { method: "POST", headers: local, body: JSON.stringify({ input }) });

/* The gateway has found control, also after it was started again. */
const heard = () => waitFor(async () => (await command("get_runtime_flags", {})).status === 200,
    { what: "control answers through the gateway" });

async function done(name, input) {
    const answer = await command(name, input);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

async function refused(name, input, status, code, message) {
    const answer = await command(name, input);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.error.code, code);
    assert.match(answer.json.error.message, message);
}

let taskCount = 0;
const newId = (name = "task") => `${name}-${++taskCount}`;
const order = (more = {}) => ({ tier: 1, domain: "backend", objective: "Do it", tokenBudget: 5000, ...more });
const create = (more) => done("create_task", order(more));
const ids = (tasks) => tasks.map((task) => task.id);
const statusOf = async (id) => (await done("get_tasks", { id }))[0].status;
const audit = (targetId) => done("list_audit_log", { targetId });

/* root, a and b below it, c below a: tiers 1, 2, 2, 3. */
async function tree() {
    const [root, a, b, c] = [newId("root"), newId("a"), newId("b"), newId("c")];
    await create({ id: root });
    await create({ id: a, parentId: root, tier: 2 });
    await create({ id: b, parentId: root, tier: 2 });
    await create({ id: c, parentId: a, tier: 3 });
    return { root, a, b, c };
}

describe("create_task", () => {
    test("makes a task with an id of its own", async () => {
        const task = await create({ riskFactor: 0.25 });
        for (const name of TASK.split(" ")) assert.ok(name in task, name);
        assert.match(task.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.equal(task.status, "pending");
        assert.equal(task.parentId, null);
        assert.equal(task.rootTaskId, task.id);
        assert.equal(task.riskFactor, 0.25);
        assert.equal(task.tokenUsage, 0);
        assert.ok(Number.isInteger(task.createdAt));
        assert.equal(Math.floor(task.createdAtUs / 1e6), task.createdAt);
    });

    test("puts a child into the tree of its parent", async () => {
        const { root, a, c } = await tree();
        const [task] = await done("get_tasks", { id: c });
        assert.equal(task.parentId, a);
        assert.equal(task.rootTaskId, root);
    });

    test("refuses a parent that is not there, naming it", () =>
        refused("create_task", order({ parentId: "ghost" }), 404, "not_found", /parentId is "ghost"/));

    test("refuses an id that is taken, also below another root", async () => {
        const { id } = await create();
        const other = await create();
        const taken = new RegExp(`id is "${id}"`);
        await refused("create_task", order({ id }), 409, "conflict", taken);
        await refused("create_task", order({ id, parentId: other.id }), 409, "conflict", taken);
        assert.equal((await done("get_tasks", { id })).length, 1);
    });

    test("refuses a tier above that of the parent", async () => {
        const { c } = await tree();
        await refused("create_task", order({ parentId: c, tier: 2 }), 400, "bad_input", /tier is 2, below the tier 3/);
    });

    test("refuses a task with 49 tasks above it", async () => {
        let parentId = (await create()).id;
        for (let above = 1; above <= 48; above++) parentId = (await create({ parentId })).id;
        await refused("create_task", order({ parentId }), 422, "task_cycle", /has 48 tasks above it already/);
    });

    test("is done once when many ask for one id", async () => {
        const id = newId();
        const answers = await Promise.all(Array.from({ length: 12 }, () => command("create_task", order({ id }))));
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
        assert.equal(answers.filter(({ status }) => status === 409).length, 11);
        assert.equal((await audit(id)).length, 1);
    });
});

describe("get_tasks", () => {
    test("shows the newest first", async () => {
        const { root, a, b, c } = await tree();
        assert.deepEqual(ids(await done("get_tasks", { rootTaskId: root })), [c, b, a, root]);
    });

    test("filters by root, parent, tier and status", async () => {
        const { root, a, b, c } = await tree();
        await done("update_task_status", { taskId: c, status: "executing" });
        assert.deepEqual(ids(await done("get_tasks", { parentId: root })), [b, a]);
        assert.deepEqual(ids(await done("get_tasks", { rootTaskId: root, tier: 3 })), [c]);
        assert.deepEqual(ids(await done("get_tasks", { rootTaskId: root, status: "executing" })), [c]);
        assert.deepEqual(ids(await done("get_tasks", { rootTaskId: root, status: "executing,pending" })), [c, b, a, root]);
        assert.deepEqual(await done("get_tasks", { rootTaskId: root, status: "failed" }), []);
    });

    test("refuses a word that is no status, naming the five", () =>
        refused("get_tasks", { status: "pending,done" }, 400, "bad_input",
            /status is "done", not pending, executing, completed, failed or paused/));

    test("gives pages that neither miss nor repeat, also for tasks of one moment", async () => {
        const root = newId("many");
        await stack.database.query(`INSERT INTO aop_tasks (id, root_task_id, tier, domain, objective, created_at)
            SELECT '${root}-' || lpad(i::text, 2, '0'), '${root}', 1, 'd', 'o', '2026-01-01'::timestamptz + (i / 5) * interval '1 s'
            FROM generate_series(0, 22) i`);
        const seen = [];
        for (let cursor = ""; cursor !== null;) {
            const { json } = await get(`/api/v1/tasks?rootTaskId=${root}&limit=4&cursor=${encodeURIComponent(cursor)}`);
            seen.push(...ids(json.items));
            cursor = json.nextCursor;
        }
        assert.equal(seen.length, 23);
        assert.equal(new Set(seen).size, 23);
        assert.equal(seen[0], `${root}-20`);
    });

    test("refuses a cursor that is not from here", async () => {
        const { status, json } = await get("/api/v1/tasks?cursor=nonsense");
        assert.equal(status, 400);
        assert.match(json.error.message, /cursor/);
    });

    test("shows one task by its id, and says when there is none", async () => {
        const { id } = await create();
        assert.equal((await get(`/api/v1/tasks/${id}`)).json.id, id);
        assert.equal((await get("/api/v1/tasks/ghost")).status, 404);
    });
});

describe("update_task_status", () => {
    test("sets each of the five, and keeps why it failed while it has", async () => {
        const { id } = await create();
        for (const status of STATUSES) assert.equal((await done("update_task_status", { taskId: id, status })).status, status);
        const failed = await done("update_task_status", { taskId: id, status: "failed", errorMessage: "no disk" });
        assert.equal(failed.errorMessage, "no disk");
        assert.equal((await done("update_task_status", { taskId: id, status: "failed" })).errorMessage, "no disk");
        assert.equal((await done("update_task_status", { taskId: id, status: "executing" })).errorMessage, null);
    });

    test("keeps secrets out of what is stored", async () => {
        const { id } = await create();
        const { errorMessage } = await done("update_task_status",
            { taskId: id, status: "failed", errorMessage: "password=correct-horse-battery was wrong" });
        assert.ok(!errorMessage.includes("correct-horse"), errorMessage);
        assert.match(errorMessage, /\[REDACTED:/);
    });

    test("refuses an unknown word and an unknown task", async () => {
        const { id } = await create();
        await refused("update_task_status", { taskId: id, status: "finished" }, 400, "bad_input",
            /status is "finished", not pending, executing, completed, failed or paused/);
        await refused("update_task_status", { taskId: "ghost", status: "failed" }, 404, "not_found", /taskId is "ghost"/);
        assert.equal(await statusOf(id), "pending");
    });
});

describe("control_task", () => {
    const next = {
        pause: { pending: "paused", executing: "paused" },
        resume: { paused: "executing" },
        stop: { pending: "failed", executing: "failed", paused: "failed" },
        restart: { completed: "pending", failed: "pending", paused: "pending" },
    };

    for (const action of Object.keys(next))
        test(`${action} does what the table says, from each status`, async () => {
            for (const from of STATUSES) {
                const { id } = await create();
                await done("update_task_status", { taskId: id, status: from });
                if (next[action][from]) {
                    const [task] = await done("control_task", { taskId: id, action });
                    assert.equal(task.status, next[action][from]);
                } else {
                    await refused("control_task", { taskId: id, action }, 409, "conflict",
                        new RegExp(`nothing to ${action} at "${id}"`));
                    assert.equal(await statusOf(id), from);
                }
            }
        });

    test("says on a stopped task that it was, and why", async () => {
        const { id } = await create();
        const [stopped] = await done("control_task", { taskId: id, action: "stop", reason: "too dear" });
        assert.equal(stopped.errorMessage, "stopped: too dear");
        const [again] = await done("control_task", { taskId: id, action: "restart" });
        assert.equal(again.errorMessage, null);
        assert.equal(again.retryCount, 1);
        const [twice] = await done("control_task", { taskId: id, action: "stop" });
        assert.equal(twice.errorMessage, "stopped");
    });

    test("takes what is below along, unless told not to", async () => {
        const { root, a, b, c } = await tree();
        assert.deepEqual(ids(await done("control_task", { taskId: a, action: "pause" })), [a, c]);
        assert.equal(await statusOf(b), "pending");
        assert.deepEqual(ids(await done("control_task", { taskId: a, action: "resume", includeDescendants: false })), [a]);
        assert.equal(await statusOf(c), "paused");
        assert.deepEqual(ids(await done("control_task", { taskId: root, action: "pause" })), [root, a, b]);
    });

    test("answers only the tasks that changed", async () => {
        const { root, a, b, c } = await tree();
        await done("update_task_status", { taskId: a, status: "completed" });
        assert.deepEqual(ids(await done("control_task", { taskId: root, action: "stop" })), [root, b, c]);
        assert.equal(await statusOf(a), "completed");
    });

    test("refuses an unknown action and an unknown task", async () => {
        await refused("control_task", { taskId: "ghost", action: "pause" }, 404, "not_found", /taskId is "ghost"/);
        await refused("control_task", { taskId: "ghost", action: "kill" }, 400, "bad_input",
            /action is "kill", not pause, resume, stop or restart/);
    });

    test("is done by one of many that ask at once", async () => {
        const { root } = await tree();
        const answers = await Promise.all(Array.from({ length: 16 },
            () => command("control_task", { taskId: root, action: "restart" }))); /* nothing is: all refused */
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [409]);
        const pauses = await Promise.all(Array.from({ length: 16 },
            () => command("control_task", { taskId: root, action: "pause" })));
        assert.equal(pauses.filter(({ status }) => status === 200).length, 1);
        assert.equal((await audit(root)).filter(({ action }) => action === "task_pause").length, 1);
    });
});

describe("control_execution_scope", () => {
    test("does a tree, a tier and an agent", async () => {
        const { root, a, b, c } = await tree();
        const scope = (more) => done("control_execution_scope", { rootTaskId: root, ...more });
        assert.deepEqual(ids(await scope({ action: "pause", scopeType: "tier", tier: 2 })), [a, b]);
        assert.deepEqual(ids(await scope({ action: "resume", scopeType: "agent", agentTaskId: b })), [b]);
        assert.deepEqual(ids(await scope({ action: "pause", scopeType: "tree" })), [root, b, c]);
        assert.deepEqual(ids(await scope({ action: "stop", scopeType: "tree", reason: "enough" })), [root, a, b, c]);
        const restarted = await scope({ action: "restart", scopeType: "tree" });
        assert.deepEqual(restarted.map(({ status, retryCount }) => [status, retryCount]), Array(4).fill(["pending", 1]));
    });

    test("refuses each wrong scope with a message of its own, and changes nothing", async () => {
        const { root, a, b, c } = await tree();
        const other = await tree();
        await done("update_task_status", { taskId: c, status: "completed" });
        const pause = { rootTaskId: root, action: "pause", scopeType: "tree" };
        const rows = [
            [{ action: "pause", scopeType: "tree" }, 400, "bad_input", /rootTaskId is missing/],
            [{ ...pause, rootTaskId: "" }, 400, "bad_input", /rootTaskId is missing/],
            [{ ...pause, action: undefined }, 400, "bad_input", /action is missing/],
            [{ ...pause, action: "halt" }, 400, "bad_input", /action is "halt"/],
            [{ ...pause, scopeType: undefined }, 400, "bad_input", /scopeType is missing/],
            [{ ...pause, scopeType: "forest" }, 400, "bad_input", /scopeType is "forest", not tree, tier or agent/],
            [{ ...pause, scopeType: "tier" }, 400, "bad_input", /tier is missing/],
            [{ ...pause, scopeType: "agent" }, 400, "bad_input", /agentTaskId is missing/],
            [{ ...pause, scopeType: "agent", agentTaskId: other.a }, 404, "not_found", /not in the tree/],
            [{ ...pause, scopeType: "agent", agentTaskId: "ghost" }, 404, "not_found", /agentTaskId is "ghost"/],
            [{ ...pause, rootTaskId: "ghost" }, 404, "not_found", /its tree has no tasks/],
            [{ ...pause, action: "resume" }, 409, "conflict", /nothing to resume in the tree/],
            [{ ...pause, scopeType: "agent", agentTaskId: c }, 409, "conflict", /nothing to pause for the agent/],
            [{ ...pause, scopeType: "tier", tier: 3 }, 409, "conflict", /nothing to pause in that tier/],
        ];
        const messages = new Set();
        for (const [input, status, code, message] of rows) {
            await refused("control_execution_scope", input, status, code, message);
            messages.add(String(message));
        }
        assert.ok(messages.size >= rows.length - 1);
        for (const id of [root, a, b, other.a]) assert.equal(await statusOf(id), "pending");
        assert.deepEqual((await audit(root)).map(({ action }) => action), ["task_created"]);
    });

    test("says when the tree has no task of that tier", async () => {
        const { id } = await create();
        await refused("control_execution_scope", { rootTaskId: id, action: "pause", scopeType: "tier", tier: 2 },
            404, "not_found", /has no task of that tier/);
    });
});

describe("the audit log", () => {
    test("has who did what to which task, and why", async () => {
        const { root, a } = await tree();
        await done("control_task", { taskId: a, action: "pause", reason: "password=correct-horse-battery leaked" });
        await done("control_execution_scope", { rootTaskId: root, action: "stop", scopeType: "agent", agentTaskId: a });
        await done("update_task_status", { taskId: a, status: "completed" });
        const rows = await audit(a);
        assert.deepEqual(rows.map(({ action }) => action),
            ["task_status_changed", "scope_stop", "task_pause", "task_created"]);
        for (const row of rows) assert.ok(row.actor && row.timestamp && row.targetId === a, JSON.stringify(row));
        assert.deepEqual(JSON.parse(rows[0].details), { from: "failed", to: "completed" });
        assert.equal(JSON.parse(rows[1].details).rootTaskId, root);
        assert.match(JSON.parse(rows[2].details).reason, /REDACTED/);
        assert.ok(!rows[2].details.includes("correct-horse"));
        assert.equal(JSON.parse(rows[2].details).changed, 2);
        const sources = await stack.database.query(`SELECT DISTINCT source FROM aop_audit_log WHERE target_id = '${a}'`);
        assert.equal(sources, "platform");
    });

    test("has no row of what was refused", async () => {
        const { id } = await create();
        await command("control_task", { taskId: id, action: "resume" });
        await command("update_task_status", { taskId: id, status: "nonsense" });
        assert.equal((await audit(id)).length, 1);
    });

    test("gives pages", async () => {
        const { root } = await tree();
        for (const action of ["pause", "resume", "pause", "stop"]) await done("control_task", { taskId: root, action });
        const whole = (await audit(root)).map(({ id }) => id);
        const seen = [];
        for (let cursor = ""; cursor !== null;) {
            const { json } = await get(`/api/v1/audit?targetId=${root}&limit=2&cursor=${encodeURIComponent(cursor)}`);
            seen.push(...json.items.map(({ id }) => id));
            cursor = json.nextCursor;
        }
        assert.deepEqual(seen, whole);
    });

    test("shows what was done to a task, and below it when asked", async () => {
        const { root, a, c } = await tree();
        await done("control_task", { taskId: c, action: "pause" });
        const alone = await done("list_task_activity", { taskId: root });
        assert.deepEqual(alone.map(({ targetId }) => targetId), [root]);
        const below = await done("list_task_activity", { taskId: a, includeDescendants: true });
        assert.deepEqual(below.map(({ action, targetId }) => [action, targetId]),
            [["task_pause", c], ["task_created", c], ["task_created", a]]);
        const since = await done("list_task_activity",
            { taskId: a, includeDescendants: true, sinceId: below[1].id });
        assert.deepEqual(since.map(({ id }) => id), [below[0].id]);
        assert.equal((await done("list_task_activity", { taskId: a, includeDescendants: true, limit: 2 })).length, 2);
    });
});

describe("the flags", () => {
    const text = () => readFileSync(envFile(), "utf8");
    const put = (content) => { /* as an editor does */
        writeFileSync(`${envFile()}.edit`, content);
        renameSync(`${envFile()}.edit`, envFile());
    };
    const flags = () => done("get_runtime_flags", {});

    test("are the defaults, and GET /api/v1/flags says the same", async () => {
        assert.deepEqual(await flags(), FLAGS);
        assert.deepEqual((await get("/api/v1/flags")).json, FLAGS);
    });

    test("are written back with comments, order and unknown lines kept", async () => {
        const lines = (days, mode) =>
            `# our settings\nOTHER='x'\nAOP_TELEMETRY_RETENTION_DAYS=${days} # a month\n\nexport AOP_DEV_MODE="${mode}"\n`;
        put(lines(30, "off"));
        await waitFor(async () => (await flags()).telemetryRetentionDays === 30, { what: "an edit is seen" });
        const answer = await done("set_runtime_flags", { devMode: true, telemetryRetentionDays: 9 });
        assert.equal(answer.restartRequired, false);
        assert.deepEqual(answer.flags, { ...FLAGS, devMode: true, telemetryRetentionDays: 9 });
        assert.equal(text(), lines(9, "true"));
        await done("set_runtime_flags", { budgetMinIncrement: 300 });
        assert.ok(text().startsWith(lines(9, "true")));
        assert.match(text(), /\n# [^\n]+\nAOP_BUDGET_MIN_INCREMENT=300\n$/);
        assert.deepEqual(readdirSync(stack.dir).filter((name) => name.startsWith(".env")), [".env"]);
    });

    test("are clamped", async () => {
        const { flags: taken } = await done("set_runtime_flags", { budgetHeadroomPercent: 1000, budgetAutoMaxPercent: -3,
            budgetMinIncrement: 1, telemetryRetentionDays: 100000 });
        assert.deepEqual([taken.budgetHeadroomPercent, taken.budgetAutoMaxPercent, taken.budgetMinIncrement,
            taken.telemetryRetentionDays], [95, 5, 50, 365]);
        assert.match(text(), /^AOP_BUDGET_HEADROOM_PERCENT=95$/m);
    });

    test("stay over a restart", async () => {
        await done("set_runtime_flags", { budgetHeadroomPercent: 33 });
        const old = await flags();
        await control.restart("SIGTERM");
        await heard();
        assert.deepEqual(await flags(), old);
    });

    test("are told to the live stream at once", async () => {
        const stream = await openEvents(gateway, { query: "kinds=flags", headers: local });
        await done("set_runtime_flags", { budgetAutoMaxPercent: 77 });
        await stream.until(() => stream.of("flags").some(({ data }) => data.budgetAutoMaxPercent === 77), "the new flag");
        stream.close();
    });

    test("have each change in the audit log, from what to what", async () => {
        await done("set_runtime_flags", { budgetMinIncrement: 400 });
        await done("set_runtime_flags", { budgetMinIncrement: 401, devMode: false });
        await done("set_runtime_flags", { budgetMinIncrement: 401 }); /* no change */
        const [row, before] = (await done("list_audit_log", { targetId: "runtime_flags" }));
        assert.equal(row.action, "runtime_flags_changed");
        assert.deepEqual(JSON.parse(row.details).budgetMinIncrement, { from: 400, to: 401 });
        assert.deepEqual(JSON.parse(before.details).budgetMinIncrement.to, 400);
    });

    test("of many changes at once are all taken", async () => {
        const answers = await Promise.all([
            ...Array.from({ length: 10 }, (_, i) => command("set_runtime_flags", { budgetMinIncrement: 500 + i })),
            command("set_runtime_flags", { budgetAutoMaxPercent: 50 }),
            command("set_runtime_flags", { modelAdapterStrict: true }),
        ]);
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        const now = await flags();
        assert.equal(now.budgetAutoMaxPercent, 50);
        assert.equal(now.modelAdapterStrict, true);
        assert.match(text(), new RegExp(`^AOP_BUDGET_MIN_INCREMENT=${now.budgetMinIncrement}$`, "m"));
        assert.equal(text().match(/AOP_BUDGET_MIN_INCREMENT/g).length, 1);
    });

    test("stay as they are when the file cannot be read, and go on when it can", async () => {
        const good = text(), old = await flags();
        const invalid = await control.metric("flags_invalid_total");
        put(good.replace(/^AOP_TELEMETRY_RETENTION_DAYS=.*$/m, "AOP_TELEMETRY_RETENTION_DAYS=soon"));
        await waitFor(async () => await control.metric("flags_invalid_total") > invalid, { what: "a bad edit is seen" });
        assert.deepEqual(await flags(), old);
        await refused("set_runtime_flags", { devMode: true }, 409, "conflict", /AOP_TELEMETRY_RETENTION_DAYS is "soon"/);
        put(good.replace(/^AOP_TELEMETRY_RETENTION_DAYS=.*$/m, "AOP_TELEMETRY_RETENTION_DAYS=12"));
        await waitFor(async () => (await flags()).telemetryRetentionDays === 12, { what: "a good edit is seen" });
        const rows = await waitFor(async () => (await done("list_audit_log", { targetId: "runtime_flags" }))
            .filter(({ actor, details }) => actor === ".env" && details.includes('"to":12')), { what: "its audit row" });
        assert.equal(JSON.parse(rows[0].details).telemetryRetentionDays.to, 12);
    });

    test("make a new file of the example when the old one is gone", async () => {
        const old = await flags();
        writeFileSync(`${envFile()}.example`, "# an example\nAOP_TELEMETRY_RETENTION_DAYS=99\nAOP_LOG_LEVEL=info # words\n");
        rmSync(envFile());
        const { flags: taken } = await done("set_runtime_flags", { budgetHeadroomPercent: 44 });
        assert.deepEqual(taken, { ...old, budgetHeadroomPercent: 44 });
        const days = old.telemetryRetentionDays;
        assert.ok(text().startsWith(`# an example\nAOP_TELEMETRY_RETENTION_DAYS=${days}\nAOP_LOG_LEVEL=info # words\n`), text());
        await control.restart("SIGTERM");
        await heard();
        assert.deepEqual(await flags(), taken);
    });

    test("that the environment sets are written, and need a restart", async () => {
        control.settings.AOP_MODEL_ADAPTER_ENABLED = "true";
        await control.restart("SIGTERM");
        await heard();
        const answer = await done("set_runtime_flags", { modelAdapterEnabled: false });
        assert.equal(answer.restartRequired, true);
        assert.equal(answer.flags.modelAdapterEnabled, true);
        assert.match(text(), /^AOP_MODEL_ADAPTER_ENABLED=false$/m);
        delete control.settings.AOP_MODEL_ADAPTER_ENABLED;
        await control.restart("SIGTERM");
        await heard();
        assert.equal((await flags()).modelAdapterEnabled, false);
    });
});

describe("older emitters", () => {
    const write = (action, details, targetId = null) => stack.database.number(`INSERT INTO aop_audit_log
        (actor, action, target_id, details) VALUES ('tier3_writer', '${action}',
        ${targetId ? `'${targetId}'` : "NULL"}, '${details}') RETURNING id`);
    const events = (action) => done("list_agent_events", { action });
    const eventOf = (action) => waitFor(async () => (await events(action))[0], { what: `an event ${action}` });

    test("have their rows made into events of the task they name", async () => {
        const { root, c } = await tree();
        await write("draft_started", "status=executing message=hello tokensIn=5 password=correct-horse", c);
        const event = await eventOf("draft_started");
        assert.equal(event.taskId, c);
        assert.equal(event.rootTaskId, root);
        assert.equal(event.tier, 3);
        assert.equal(event.persona, "writer");
        assert.equal(event.message, "hello");
        assert.equal(event.tokensIn, 5);
        assert.ok(!JSON.stringify(event).includes("correct-horse"));
    });

    test("may name what is no task, and say nothing", async () => {
        await stack.database.query(`INSERT INTO aop_audit_log (actor, action, target_id, details, timestamp) VALUES
            ('', 'odd_row', '${"x".repeat(300)}', NULL, now()),
            ('${"y".repeat(300)}', 'odd_row', NULL, '', 'infinity'), ('z', 'odd_row_ends', NULL, NULL, now())`);
        await eventOf("odd_row_ends");
        const odd = await events("odd_row");
        assert.deepEqual(odd.map(({ actor, taskId }) => [actor, taskId]), [["unknown", null]]);
        const rows = await done("list_audit_log", { limit: 5 });
        assert.ok(rows.some(({ action, actor }) => action === "odd_row" && actor === "unknown"));
    });

    test("are not confused with rows of the platform", async () => {
        const { id } = await create();
        await write("after_platform", "", id);
        await eventOf("after_platform");
        assert.deepEqual(await events("task_created"), []);
    });

    test("lose no row whose transaction commits late", async () => {
        const late = spawn("psql", ["-XqAt", "-d", stack.database.url], { stdio: ["pipe", "pipe", "inherit"] });
        const ended = new Promise((resolve) => late.on("exit", resolve));
        late.stdin.write("BEGIN; INSERT INTO aop_audit_log (actor, action) VALUES ('late', 'late_row') RETURNING id;\n");
        const id = Number(await new Promise((resolve) => late.stdout.once("data", resolve)));
        assert.ok(await write("early_row", "") > id);
        await eventOf("early_row");
        late.stdin.end("COMMIT;\n");
        await ended;
        assert.equal((await eventOf("late_row")).actor, "late");
    });

    test("have each row stored once, whoever is killed", async () => {
        await stack.database.query(`INSERT INTO aop_audit_log (actor, action)
            SELECT 'burst', 'burst_row' FROM generate_series(1, 1500)`);
        const count = () => stack.database.number("SELECT count(*) FROM aop_agent_events WHERE action = 'burst_row'");
        await waitFor(async () => await count() > 0, { what: "the first of the burst" });
        await control.restart();
        await ingest.restart();
        await control.restart();
        await waitFor(async () => await count() === 1500, { what: "the whole burst" });
        await heard();
        await write("after_burst", "");
        await eventOf("after_burst");
        assert.equal(await count(), 1500);
    });
});

describe("without the database", () => {
    test("changes are refused, nothing is half done, and it goes on by itself", async () => {
        const { id } = await create();
        const env = readFileSync(envFile(), "utf8");
        await stack.database.kill();
        await waitFor(async () => (await command("get_tasks", {})).status === 503, { what: "the database is missed" });
        await refused("control_task", { taskId: id, action: "pause" }, 503, "store_away", /database/);
        await refused("set_runtime_flags", { devMode: true, budgetMinIncrement: 999 }, 503, "store_away", /database/);
        assert.equal(readFileSync(envFile(), "utf8"), env);
        assert.equal((await done("get_runtime_flags", {})).budgetMinIncrement === 999, false);
        assert.equal((await request(`${control.url}/readyz`)).status, 503);
        assert.equal((await request(`${control.url}/healthz`)).status, 200);
        await stack.database.start();
        await waitFor(async () => (await command("get_tasks", { id })).status === 200, { what: "the database is back" });
        assert.equal(await statusOf(id), "pending");
        assert.equal((await done("set_runtime_flags", { budgetMinIncrement: 999 })).flags.budgetMinIncrement, 999);
    });
});
