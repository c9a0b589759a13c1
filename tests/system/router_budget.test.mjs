/*
 *  router_budget.test - budgets at the router: reserved, metered, settled, and never passed
 *
 *      node --test tests/system/router_budget.test.mjs
 *
 *  What the simulated providers say that they used is what is counted.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { routerMissing } from "../clients/router.mjs";
import { startProviders } from "../fakes/providers.mjs";
import { chat, DIALECTS, message, MODELS, openPlatform } from "./enforcing.mjs";
import { waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

const CALLS = 1000;
const TYPES = { openai: "insufficient_quota", anthropic: "billing_error" };
const LIMITS = { chat: "max_completion_tokens", responses: "max_output_tokens", messages: "max_tokens" };

let fake, platform;

const suite = { skip: routerMissing() ?? false };
const asked = (provider) => fake[provider].requests.length;
const CHAT = "/v1/chat/completions";

describe("budgets at the router", suite, () => {
    before(async () => {
        fake = await startProviders();
        platform = await openPlatform("budgets", { fake });
        await waitFor(async () => (await platform.command("list_budgets", {})).status === 200, { what: "budget answers" });
    });

    after(async () => {
        await platform?.stack.close();
        await fake?.stop();
    });

    beforeEach(() => {
        fake.openai.reset();
        fake.anthropic.reset();
    });

    const limit = (scopeType, scopeId, unit, most, more = {}) => platform.done("set_budget", { scopeType, scopeId, unit, limit: most, ...more });
    const usage = async (id) => (await platform.done("get_tasks", { id }))[0].tokenUsage;
    const settled = (id, tokens) => waitFor(async () => (await usage(id)) === tokens, { what: `${tokens} tokens of ${id} are settled` });
    const budgetOf = async (id) => (await platform.done("list_budgets", { id }))[0];

    for (const { name, provider, path, body } of DIALECTS) {
        test(`${name}: over budget is 402 in the words of the protocol, and nobody is asked`, async () => {
            const root = await platform.task({ tokenBudget: 10 });
            for (const stream of [false, true]) {
                const call = await platform.call(path, body({ stream }), { root, task: root }).ended;
                assert.equal(call.status, 402, call.text);
                assert.equal(call.headers.get("retry-after"), null);
                assert.equal(call.headers.get("x-should-retry"), "false");
                assert.equal(call.json.error.type, TYPES[provider]);
                if (provider === "openai") assert.equal(call.json.error.code, "over_budget");
                else assert.equal(call.json.type, "error");
            }
            assert.equal(asked(provider), 0);
        });

        test(`${name}: a call asks for no more output than is left, and says what is left`, async () => {
            const root = await platform.task({ tokenBudget: 1000 });
            fake[provider].plan([{ usage: { input: 20, output: 100 }, times: 0 }]);
            const plain = await platform.call(path, body({ [LIMITS[name]]: 5000 }), { root, task: root }).ended;
            assert.equal(plain.status, 200, plain.text);
            const [{ json, body: sent }] = fake[provider].requests;
            assert.ok(json[LIMITS[name]] > 800 && json[LIMITS[name]] < 1000, sent.toString());
            await settled(root, 120);
            assert.equal(plain.headers.get("x-mc-budget-remaining-tokens"), "880");
            if (name !== "messages") {
                await platform.call(path, body(), { root, task: root }).ended;
                assert.ok(fake[provider].requests[1].json[LIMITS[name]] < 880, "a limit is put where there was none");
                await settled(root, 240);
            }
            const before = asked(provider);
            const small = await platform.call(path, body({ [LIMITS[name]]: 30 }), { root, task: root }).ended;
            assert.equal(small.status, 200);
            assert.equal(fake[provider].requests[before].json[LIMITS[name]], 30, "who asks for less is left alone");
        });

        test(`${name}: a stream that crosses ends by an error, and pays for what came`, async () => {
            const root = await platform.task({ tokenBudget: 600 });
            const words = Array.from({ length: 200 }, () => "x".repeat(79)).join(" ");
            fake[provider].plan([{ text: words, frameMs: 5, usage: { input: 10 } }]);
            const call = await platform.call(path, body({ stream: true, [LIMITS[name]]: 300 }), { root, task: root }).ended;
            assert.equal(call.status, 200);
            assert.equal(call.isWhole, false);
            assert.match(call.text, /used up/);
            assert.match(call.text, new RegExp(TYPES[provider]));
            assert.doesNotMatch(call.text, /\[DONE\]|message_stop|response\.completed/);
            const [record] = fake[provider].requests;
            assert.equal((await fake[provider].until((one) => one.ended)).ended, "client_closed");
            assert.ok(record.framesSent < 60, `${record.framesSent} frames`);
            const used = await waitFor(() => usage(root), { what: "what was delivered is counted" });
            assert.ok(used > 200 && used < 1000, `${used} tokens`);
        });
    }

    test("a translated call is clamped too", async () => {
        const root = await platform.task({ tokenBudget: 1000 });
        const call = await platform.call(CHAT, chat({ model: MODELS.anthropic, max_completion_tokens: 4000 }), { root, task: root }).ended;
        assert.equal(call.status, 200, call.text);
        const [{ json }] = fake.anthropic.requests;
        assert.ok(json.max_tokens > 800 && json.max_tokens < 1000, JSON.stringify(json));
    });

    test("money: what is left is told, and at its end a call is refused", async () => {
        const root = await platform.task();
        const { id } = await limit("tree", root, "usd", 0.1);
        fake.anthropic.plan([{ usage: { input: 1000, output: 3000 }, times: 0 }]); /* 0.048 */
        const first = await platform.call("/v1/messages", message({ max_tokens: 3000 }), { root }).ended;
        assert.equal(first.status, 200, first.text);
        assert.equal(Number(first.headers.get("x-mc-budget-remaining-usd")), 0.052);
        await waitFor(async () => (await budgetOf(id)).spent === 0.048, { what: "it is settled" });
        const second = await platform.call("/v1/messages", message({ max_tokens: 3000 }), { root }).ended;
        assert.equal(second.status, 200, second.text);
        await waitFor(async () => (await budgetOf(id)).spent === 0.096, { what: "it is settled" });
        const third = await platform.call("/v1/messages", message({ max_tokens: 3000 }), { root }).ended;
        assert.equal(third.status, 200, "with a small limit it fits");
        assert.ok(fake.anthropic.requests[2].json.max_tokens < 280);
        await waitFor(async () => (await budgetOf(id)).spent > 0.1, { what: "the provider has counted more than it was told" });
        const fourth = await platform.call("/v1/messages", message(), { root }).ended;
        assert.equal(fourth.status, 402);
    });

    test("grace tokens are for the summary of who asks for them, and end too", async () => {
        const root = await platform.task();
        const { id } = await limit("tree", root, "tokens", 100, { graceTokens: 1000 });
        const spent = (tokens) => waitFor(async () => (await budgetOf(id)).spent === tokens, { what: `${tokens} tokens are settled` });
        const call = (more) => platform.call(CHAT, chat({ max_completion_tokens: 500 }), { root, ...more }).ended;
        const grace = { "x-mc-budget-grace": "true" };
        fake.openai.plan([{ usage: { input: 20, output: 80 }, times: 2 }, { usage: { input: 20, output: 980 }, times: 1 }]);
        assert.equal((await call()).status, 200);
        await spent(100);
        assert.equal((await call()).status, 402);
        assert.equal((await call(grace)).status, 200);
        await spent(200);
        assert.equal((await call()).status, 402);
        assert.equal((await call(grace)).status, 200);
        await spent(1200);
        assert.equal((await call(grace)).status, 402);
        assert.equal(asked("openai"), 3);
    });

    test("a model of unknown price is refused where money is limited, and only there", async () => {
        const root = await platform.task();
        const body = chat({ model: "openai/model-that-nobody-knows" });
        const free = await platform.call(CHAT, body, { root }).ended;
        const sent = asked("openai");
        assert.ok(sent > 0, free.text);
        await limit("tree", root, "usd", 5);
        const refused = await waitFor(async () => {
            const call = await platform.call(CHAT, body, { root }).ended;
            return call.status === 402 && call;
        }, { what: "the router knows the limit" });
        assert.equal(refused.json.error.code, "price_unknown");
    });

    test("a child cannot outspend its parent", async () => {
        const root = await platform.task({ tokenBudget: 400 });
        const child = await platform.task({ parentId: root, tier: 2, tokenBudget: 100_000 });
        fake.openai.plan([{ usage: { input: 20, output: 80 }, times: 0 }]);
        let granted = 0;
        for (;;) {
            const call = await platform.call(CHAT, chat({ max_completion_tokens: 80 }), { root, task: child }).ended;
            if (call.status === 402) break;
            assert.equal(call.status, 200, call.text);
            assert.ok(++granted <= 4);
        }
        assert.ok(granted >= 3);
        await settled(root, granted * 100);
        await settled(child, granted * 100);
    });

    test("keys, agents and the installation have budgets too", async () => {
        const key = await platform.stack.missionctl("keys", "create", "--role", "agent", "--name", "poor");
        const headers = { authorization: `Bearer ${key}` };
        await waitFor(async () => (await platform.call(CHAT, chat(), headers).ended).status === 200, { what: "the key is known" });
        const keyId = key.split("_")[1];
        for (const [scopeType, scopeId, who] of [["key", keyId, headers], ["agent", "poor-agent", { "x-mc-actor": "poor-agent" }], ["install", undefined, {}]]) {
            const { id } = await limit(scopeType, scopeId, "requests", 0);
            const call = await waitFor(async () => {
                const one = await platform.call(CHAT, chat(), who).ended;
                return one.status === 402 && one;
            }, { what: `the limit of the ${scopeType} is known` });
            assert.match(call.json.error.message, /requests/);
            await platform.done("remove_budget", { id });
            await waitFor(async () => (await platform.call(CHAT, chat(), who).ended).status === 200, { what: "the limit is gone" });
        }
    });

    test("an agent asks what it may still spend", async () => {
        const root = await platform.task({ tokenBudget: 5000 });
        await limit("tree", root, "usd", 3);
        const answer = await request(`${platform.service.url}/api/v1/budget`,
            { headers: { authorization: `Bearer ${platform.router.key}`, "x-mc-task": root, "x-mc-root": root } });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.json.items.map(({ scopeType, unit, remaining }) => [scopeType, unit, remaining]).sort(),
            [["task", "tokens", 5000], ["tree", "usd", 3]]);
        assert.equal((await request(`${platform.service.url}/api/v1/budget`)).status, 401);
    });

    test("a second attempt needs no second reservation, and a failed one is not paid", async () => {
        const root = await platform.task({ tokenBudget: 2000 });
        const { id } = await limit("tree", root, "concurrency", 1);
        for (const provider of ["openai", "anthropic"]) fake[provider].plan([{ fault: "server_error" }, { usage: { input: 10, output: 20 } }]);
        const call = await platform.call(CHAT, chat({ model: "tier:2", max_completion_tokens: 50 }), { root, task: root }).ended;
        assert.equal(call.status, 200, call.text);
        assert.ok(Number(call.headers.get("x-mc-attempts")) > 1);
        await settled(root, 30);
        await waitFor(async () => (await budgetOf(id)).reserved === 0, { what: "nothing is reserved" });
    });

    test("a client that leaves pays for what came and gives the rest back", async () => {
        const root = await platform.task({ tokenBudget: 5000 });
        fake.openai.plan([{ tokens: 4000, frameMs: 5 }]);
        const call = platform.call(CHAT, chat({ stream: true }), { root, task: root });
        await fake.openai.until((one) => one.framesSent > 5);
        call.leave();
        const used = await waitFor(() => usage(root), { what: "it is settled" });
        assert.ok(used > 5 && used < 1000, `${used}`);
        const next = await waitFor(async () => {
            const one = await platform.call(CHAT, chat({ max_completion_tokens: 3500 }), { root, task: root }).ended;
            return one.status === 200 && fake.openai.requests.at(-1).json.max_completion_tokens === 3500;
        }, { what: "the rest is there again" });
        assert.ok(next);
    });

    /* Three routers; the third holds calls at a provider that does not answer, and is killed. */
    async function race({ root, path, body, victim: held }) {
        const others = await Promise.all(["r2", "r3"].map((AOP_INSTANCE) => platform.stack.start("router", { AOP_INSTANCE })));
        const victim = others.pop();
        const routers = [platform.service, ...others];
        const say = (words) => body({ messages: [{ role: "user", content: words }] });
        const hung = Array.from({ length: held }, () => platform.call(path, say('[[fake {"fault": "header_hang"}]]'), { root, task: root, service: victim }));
        const provider = path === "/v1/messages" ? "anthropic" : "openai";
        await fake[provider].until((one) => one.script.fault === "header_hang");
        const calls = Array.from({ length: CALLS - held }, (_, i) => platform.call(path, say("go on"), { root, task: root, service: routers[i % 2] }));
        await victim.kill("SIGKILL");
        await Promise.all([...hung, ...calls].map((call) => call.ended));
        for (const call of calls) assert.ok([200, 402].includes(call.status), `${call.status} ${call.text} ${call.error}`);
        await waitFor(async () => await platform.stack.database.number(
            "SELECT count(*) FROM aop_budget_holders WHERE is_gone AND id LIKE 'router-r3%'") > 0, { what: "the killed router's leases have expired" });
        for (const other of others) assert.equal(await other.kill("SIGTERM"), 0);
        await waitFor(async () => (await platform.service.metric("unsettled")) === 0, { what: "all is settled" });
        return { accepted: calls.filter((call) => call.status === 200), upstream: asked(provider) };
    }

    const ledger = (budgetId) => platform.stack.database.rows(
        `SELECT call_id, count(*)::int FROM aop_budget_ledger WHERE budget_id = '${budgetId}' AND used > 0 GROUP BY call_id`);

    test(`${CALLS} calls over three routers, one of them killed, never spend more than one dollar`, async () => {
        const root = await platform.task();
        const { id } = await limit("tree", root, "usd", 1);
        fake.anthropic.plan([{ match: { path: "/v1/messages" }, tokens: 7000, firstByteMs: 20, times: 0 }]);
        const { accepted, upstream } = await race({ root, path: "/v1/messages", body: (more) => message({ max_tokens: 6600, ...more }), victim: 3 });
        assert.ok(accepted.length > 0 && upstream <= 11, `${upstream}`); /* ten of them, and one with what was left */
        const cost = accepted.reduce((sum, { json: { usage } }) => sum + (usage.input_tokens * 3 + usage.output_tokens * 15) / 1e6, 0);
        const now = await budgetOf(id);
        assert.ok(now.spent <= 1 && now.spent + now.reserved <= 1 + 1e-9, JSON.stringify(now));
        assert.ok(now.lost > 0.29, JSON.stringify(now)); /* three calls hung at the killed router */
        assert.ok(Math.abs(now.spent - now.lost - cost) < 1e-8, JSON.stringify([now, cost]));
        assert.equal(now.reserved, 0);
        const lines = await ledger(id);
        const ids = accepted.map((call) => call.headers.get("x-request-id")).sort();
        assert.deepEqual(lines.filter((line) => ids.includes(line.call_id)).map((line) => line.call_id).sort(), ids);
        assert.deepEqual(lines.filter((line) => line.count !== 1), []);
    });

    test(`${CALLS} streams over three routers, one of them killed, never use more tokens than a task has`, async () => {
        const root = await platform.task({ tokenBudget: 3000 });
        fake.openai.plan([{ match: { path: CHAT }, tokens: 300, firstByteMs: 20, times: 0 }]);
        const { accepted } = await race({ root, path: CHAT, body: (more) => chat({ model: "gpt-5-mini", stream: true, max_completion_tokens: 180, ...more }), victim: 3 });
        for (const call of accepted) assert.ok(call.isWhole, call.text.slice(-400));
        const [task] = await platform.done("get_tasks", { id: root });
        assert.ok(task.tokenUsage <= 3000, `${task.tokenUsage}`);
        assert.ok(task.tokenUsage > 0 && accepted.length > 0, `${task.tokenUsage} of ${accepted.length}`);
        const lines = await ledger(`task:${root}`);
        const ids = accepted.map((call) => call.headers.get("x-request-id")).sort();
        assert.deepEqual(lines.filter((line) => ids.includes(line.call_id)).map((line) => line.call_id).sort(), ids);
        assert.deepEqual(lines.filter((line) => line.count !== 1), []);
    });

    test("a router that is stopped gives everything back", async () => {
        const root = await platform.task({ tokenBudget: 100_000 });
        const { id } = await limit("tree", root, "usd", 10);
        const call = await platform.call(CHAT, chat({ max_completion_tokens: 100 }), { root, task: root }).ended;
        assert.equal(call.status, 200, call.text);
        fake.openai.plan([{ frameMs: 20, tokens: 5000 }]);
        const stream = platform.call(CHAT, chat({ stream: true, max_completion_tokens: 5000 }), { root, task: root });
        await fake.openai.until((one) => one.framesSent > 5);
        assert.equal(await platform.service.kill("SIGTERM"), 0);
        await stream.ended;
        assert.equal(stream.isWhole, false);
        assert.match(stream.text, /the router is stopping/);
        const left = await platform.stack.database.rows("SELECT holder, budget_id, amount FROM aop_budget_leases WHERE amount > 0 AND holder LIKE 'router-1%'");
        assert.deepEqual(left, []);
        assert.equal((await budgetOf(id)).reserved, 0);
        assert.ok((await usage(root)) > 0);
        await platform.service.start();
    });

    test("without the budget service those go on who had no limit, and nobody else", async () => {
        const budget = platform.stack.services.find(({ name }) => name === "budget");
        const [free, poor] = [await platform.task(), await platform.task({ tokenBudget: 100_000 })];
        for (const root of [free, poor]) {
            const call = await platform.call(CHAT, chat(), { root, task: root }).ended;
            assert.equal(call.status, 200, call.text);
        }
        await limit("tree", "some-other", "usd", 1); /* so that everybody has to be asked for again */
        await budget.kill();
        const on = await platform.call(CHAT, chat(), { root: free, task: free }).ended;
        assert.equal(on.status, 200, on.text);
        assert.equal((await platform.call(CHAT, chat(), { root: poor, task: poor }).ended).status, 503);
        const call = await platform.call(CHAT, chat(), { root: "nobody-has-seen-this-root" }).ended;
        assert.equal(call.status, 503, call.text);
        await budget.start();
        await waitFor(async () => (await platform.call(CHAT, chat(), { root: "nobody-has-seen-this-root" }).ended).status === 200, { what: "it is back" });
    });
});
