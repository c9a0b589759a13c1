/*
 *  webhooks.test - what servers are told of budgets: one that takes it, hangs, fails, moves away
 *
 *      node --test tests/system/webhooks.test.mjs
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openCommands } from "./commands.mjs";
import { openStack, waitFor } from "./harness.mjs";
import { Spender } from "./spender.mjs";

const SECRET_PATH = "/hooks/T0123/very-secret-path";

/* A server of somebody else's. how: a function of the answer, or a status. */
class Receiver {
    calls = []; /* { path, headers, body } */
    how = 204;

    async open() {
        this.server = http.createServer((ask, answer) => {
            const pieces = [];
            ask.on("data", (piece) => pieces.push(piece));
            ask.on("end", () => {
                const body = Buffer.concat(pieces).toString();
                this.calls.push({ path: ask.url, headers: ask.headers, body, event: JSON.parse(body) });
                if (typeof this.how === "function") this.how(answer);
                else answer.writeHead(this.how).end();
            });
        });
        await new Promise((resolve) => this.server.listen(this.port ?? 0, "127.0.0.1", resolve));
        this.port = this.server.address().port;
        this.url = `http://127.0.0.1:${this.port}${SECRET_PATH}`;
        return this;
    }

    close() {
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(resolve));
    }

    of(type, what) {
        return this.calls.filter(({ event }) => event.type === type && Object.values(event.data).includes(what));
    }
}

let stack, gateway, budget, done;
const receivers = {};

before(async () => {
    for (const name of ["well", "hangs", "fails"]) receivers[name] = await new Receiver().open();
    receivers.hangs.how = () => {};
    receivers.fails.how = 500;
    stack = await openStack("webhooks", {
        settings: { AOP_WEBHOOK_URLS: Object.values(receivers).map((receiver) => receiver.url).join(", ") },
    });
    gateway = await stack.start("gateway");
    await stack.start("ingest");
    await stack.start("control");
    budget = await stack.start("budget");
    ({ done } = await openCommands(stack, gateway, ["get_runtime_flags", "list_budgets"]));
});
after(async () => {
    await stack?.close();
    for (const receiver of Object.values(receivers)) await receiver.close();
});

const create = (tokenBudget) => done("create_task", { tier: 1, domain: "d", objective: "o", tokenBudget });
const ask = (taskId) => done("request_task_budget_increase",
    { taskId, requestedBy: "tester", reason: "more work", requestedIncrement: 9000 });
const rows = (type, where) => stack.database.rows(
    `SELECT event_id, target, status, tries, outcome FROM aop_webhook_deliveries WHERE type = '${type}' AND ${where}`);
const key = () => readFileSync(path.join(stack.dir, "var/webhook-key"), "utf8").trim();
/* The clock of what waits for its next try is put forward, so that nothing has to wait for it. What is
 * under way is left alone. */
const hurry = () => stack.database.query("UPDATE aop_webhook_deliveries SET next_at = now() WHERE status = 'waiting'"
    + " AND outcome IS NOT NULL AND next_at <> tried_at + interval '15 seconds'");

async function spend(task, tokens) {
    const spender = new Spender(stack, "settle", { task, tokens });
    assert.equal(await spender.ended, 0);
    assert.equal(spender.granted.length, 1);
}

function checkSigned({ headers, body }) {
    const digits = key().slice("whsec_".length);
    const mac = createHmac("sha256", Buffer.from(digits, "base64"))
        .update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${mac}`);
    assert.equal(headers["content-type"], "application/json");
}

describe("webhooks", () => {
    test("tell of a request that waits for a person, signed", async () => {
        const { id, rootTaskId } = await create(5000);
        const made = await ask(id);
        assert.equal(made.status, "pending");
        const calls = () => receivers.well.of("budget.request.pending", made.id);
        await waitFor(() => calls().length > 0, { what: "the request is told" });
        const [call] = calls();
        assert.equal(call.path, SECRET_PATH);
        assert.equal(call.headers["webhook-id"], made.id);
        assert.deepEqual(call.event.data, { requestId: made.id, taskId: id, rootTaskId, requestedBy: "tester",
            reason: "more work", requestedIncrement: 9000, currentBudget: 5000, currentUsage: 0 });
        assert.ok(Math.abs(Date.parse(call.event.timestamp) - Date.now()) < 600_000, call.event.timestamp);
        checkSigned(call);
        assert.equal(statSync(path.join(stack.dir, "var/webhook-key")).mode & 0o777, 0o600);
    });

    test("do not tell of one that is granted at once", async () => {
        const { id } = await create(100000);
        const granted = await done("request_task_budget_increase",
            { taskId: id, requestedBy: "tester", reason: "more", requestedIncrement: 10 });
        assert.equal(granted.status, "approved");
        assert.deepEqual(await rows("budget.request.pending", `event_id = '${granted.id}'`), []);
    });

    test("tell of 50, 80 and 100 percent once each, whoever hangs or fails", async () => {
        const { id } = await create(1000);
        const told = () => receivers.well.of("budget.threshold", id).map(({ event }) => event.data.percent);
        for (const [tokens, percents] of [[490, []], [10, [50]], [100, [50]], [400, [50, 80, 100]]]) {
            await spend(id, tokens);
            await waitFor(() => told().length >= percents.length, { what: `${percents} are told` });
            assert.deepEqual(told().sort((one, other) => one - other), percents);
        }
        const [call] = receivers.well.of("budget.threshold", id);
        assert.deepEqual(call.event.data, { budgetId: `task:${id}`, scopeType: "task", scopeId: id, rootTaskId: id,
            unit: "tokens", period: "total", periodStart: null, limit: 1000, spent: 500, percent: 50 });
        checkSigned(call);
        const ids = receivers.well.of("budget.threshold", id).map(({ headers }) => headers["webhook-id"]);
        assert.equal(new Set(ids).size, 3);
        /* As events of the task too, under the same ids. */
        const events = () => done("list_agent_events", { taskId: id, action: "budget.threshold" });
        await waitFor(async () => (await events()).length === 3, { what: "the events are stored" });
        assert.deepEqual((await events()).map((event) => JSON.parse(event.payloadJson ?? "null")?.percent ?? event.payload?.percent)
            .sort((one, other) => one - other), [50, 80, 100]);
    });

    test("are tried again under the same id until a server has recovered", async () => {
        const made = await ask((await create(5000)).id);
        const calls = () => receivers.fails.of("budget.request.pending", made.id);
        await waitFor(() => calls().length >= 2, { what: "it is tried twice" });
        receivers.fails.how = 200;
        await waitFor(async () => (await rows("budget.request.pending", `event_id = '${made.id}' AND status = 'delivered'`)).length === 2,
            { what: "two of three have taken it" });
        receivers.fails.how = 500;
        assert.deepEqual([...new Set(calls().map(({ headers }) => headers["webhook-id"]))], [made.id]);
        assert.ok(new Set(calls().map(({ headers }) => headers["webhook-signature"])).size >= 1);
        calls().forEach(checkSigned);
        assert.ok(await budget.metric("webhooks_again_total") >= 1);
    });

    test("are given up after six tries, and it is said", async () => {
        const made = await ask((await create(5000)).id);
        const target = `target LIKE 'http://127.0.0.1:${receivers.fails.port}#%'`;
        const row = async () => (await rows("budget.request.pending", `event_id = '${made.id}' AND ${target}`))[0];
        await waitFor(async () => {
            await hurry();
            return (await row()).status === "failed";
        }, { what: "it is given up", deadlineMs: 60_000 });
        assert.equal((await row()).tries, 6);
        assert.equal((await row()).outcome, "status 500");
        assert.equal(receivers.fails.of("budget.request.pending", made.id).length, 6);
        const [entry] = (await done("list_audit_log", { targetId: made.id })).filter((one) => one.action === "webhook_failed");
        assert.equal(JSON.parse(entry.details).outcome, "status 500");
        await waitFor(async () => await budget.metric("webhooks_failed_total") >= 1, { what: "it is counted" });
    });

    test("follow no redirect", async () => {
        const before = receivers.well.calls.length;
        receivers.fails.how = (answer) => answer.writeHead(307, { location: receivers.well.url }).end();
        const made = await ask((await create(5000)).id);
        await waitFor(async () => (await rows("budget.request.pending",
            `event_id = '${made.id}' AND outcome = 'status 307'`)).length === 1, { what: "the redirect is an outcome" });
        await waitFor(() => receivers.well.of("budget.request.pending", made.id).length === 1, { what: "the other has it" });
        assert.equal(receivers.well.calls.length, before + 1, "of its own only");
        receivers.fails.how = 204;
    });

    test("lose nothing when the service is killed", async () => {
        const { port } = receivers.well;
        await receivers.well.close();
        const { id } = await create(1000);
        await spend(id, 800);
        await budget.kill();
        assert.equal((await rows("budget.threshold", `body LIKE '%${id}%' AND status <> 'delivered'`
            + ` AND target LIKE 'http://127.0.0.1:${port}#%'`)).length, 2);
        await receivers.well.open();
        await budget.start();
        const told = () => receivers.well.of("budget.threshold", id);
        await waitFor(async () => {
            await stack.database.query("UPDATE aop_webhook_deliveries SET next_at = now() WHERE status = 'waiting'");
            return new Set(told().map(({ event }) => event.data.percent)).size === 2;
        }, { what: "both shares are told after the start" });
    });

    test("that are too many lose the oldest, and it is said", async () => {
        await budget.kill("SIGTERM");
        const { settings } = budget;
        budget.settings = { ...settings, AOP_WEBHOOK_QUEUE_MAX: "5" };
        receivers.well.how = () => {};
        await stack.database.query("INSERT INTO aop_webhook_deliveries (event_id, target, source, type, body, created_at, next_at)"
            + " SELECT gen_random_uuid(), (SELECT target FROM aop_webhook_deliveries WHERE target LIKE"
            + ` 'http://127.0.0.1:${receivers.well.port}#%' LIMIT 1), 'budget', 'test', '{"type":"test","data":{}}',`
            + " now() + n * interval '1 second', now() + interval '1 hour' FROM generate_series(1, 20) n");
        await budget.start();
        await waitFor(async () => await budget.metric("webhooks_dropped_total") >= 15, { what: "they are counted" });
        const kept = await rows("test", "status = 'waiting'");
        assert.ok(kept.length <= 5, `${kept.length} are left`);
        assert.equal((await rows("test", "status = 'dropped' AND outcome = 'too many wait'")).length, 20 - kept.length);
        const youngest = await stack.database.number("SELECT count(*) FROM (SELECT status FROM aop_webhook_deliveries"
            + " WHERE type = 'test' ORDER BY created_at DESC LIMIT 5) young WHERE status = 'waiting'");
        assert.equal(youngest, kept.length, "the youngest are kept");
        assert.match(budget.log(), /webhooks_dropped/);
        receivers.well.how = 204;
        await budget.kill("SIGTERM");
        budget.settings = settings;
        await budget.start();
    });

    test("keep path and key out of log, store and audit", async () => {
        const texts = [budget.log(), JSON.stringify(await stack.database.rows("SELECT * FROM aop_webhook_deliveries")),
            JSON.stringify(await stack.database.rows("SELECT * FROM aop_audit_log"))];
        for (const text of texts) {
            assert.ok(text.length > 2);
            assert.ok(!text.includes("very-secret-path"));
            assert.ok(!text.includes(key().slice("whsec_".length)));
        }
    });
});

describe("an address of no use", () => {
    const bad = [
        ["another protocol", "ftp://example.com/x", /neither http nor https/], ["no URL", "https://", /is no URL/],
        ["a user", "https://ann:pass@example.com/", /has a user in it/],
    ];
    for (const [what, url, reason] of bad)
        test(`keeps the service from starting: ${what}`, async () => {
            await budget.kill("SIGTERM");
            const { settings } = budget;
            budget.settings = { ...settings, AOP_WEBHOOK_URLS: url };
            await assert.rejects(budget.start(), (error) => /address 1 of AOP_WEBHOOK_URLS/.test(error.message) && reason.test(error.message));
            assert.ok(!budget.lastLog().includes("pass@"));
            budget.settings = settings;
            await budget.start();
        });
});
