/*
 *  router_control.test - pause, resume and stop at the router, with real processes
 *
 *      node --test tests/system/router_control.test.mjs
 *
 *  The providers are simulated and count what reaches them.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { routerMissing } from "../clients/router.mjs";
import { startProviders } from "../fakes/providers.mjs";
import { chat, DIALECTS, message, MODELS, openPlatform } from "./enforcing.mjs";
import { ROOT, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

const CYCLES = Number(process.env.HOLD_CYCLES ?? 1000);
const CALLS_OF_CYCLE = 5;

let fake, platform;

/* The official SDKs, as they come: with their retries. */
const MODULES = path.join(ROOT, "tests/clients/models/node_modules");
const SDKS = [
    { name: "openai", file: "openai/index.mjs", options: (url) => ({ baseURL: `${url}/v1` }),
        stream: (client, headers) => client.chat.completions.create({ ...chat(), stream: true }, { headers }) },
    { name: "anthropic", file: "@anthropic-ai/sdk/index.mjs", options: (url) => ({ baseURL: url }),
        stream: (client, headers) => client.messages.create({ ...message(), stream: true }, { headers }) },
];

const suite = { skip: routerMissing() ?? false };
const asked = (provider) => fake[provider].requests.length;
const LONG = { frameMs: 20, tokens: 5000 };

describe("holds at the router", suite, () => {
    before(async () => {
        fake = await startProviders();
        platform = await openPlatform("holds", { fake, settings: { AOP_HELD_COMMENT_MS: "50", AOP_HELD_CALLS_MAX: "20" } });
    });

    after(async () => {
        await platform?.stack.close();
        await fake?.stop();
    });

    beforeEach(() => {
        fake.openai.reset();
        fake.anthropic.reset();
    });

    const tree = async () => {
        const root = await platform.task();
        const lead = await platform.task({ parentId: root, tier: 2 });
        const worker = await platform.task({ parentId: lead, tier: 3 });
        const other = await platform.task({ parentId: root, tier: 2 });
        return { root, lead, worker, other };
    };

    const sends = async (options, body = chat()) => {
        const call = await platform.call("/v1/chat/completions", body, options).ended;
        assert.equal(call.status, 200, call.text);
    };

    for (const { name, provider, path, body } of DIALECTS) {
        test(`${name}: a paused tree's calls are held, and go on exactly once`, async () => {
            const { root } = await tree();
            const paused = await platform.verb(root, "pause", { reason: "look" });
            assert.equal(paused.parts.filter((part) => part.partId.startsWith("router")).length, 1);
            const plain = platform.call(path, body(), { root });
            const stream = platform.call(path, body({ stream: true }), { root });
            await platform.held(2);
            await sends({ root: "somebody-else" });
            const before = asked(provider);
            await platform.verb(root, "resume");
            await Promise.all([plain.ended, stream.ended]);
            assert.equal(plain.status, 200, plain.text);
            assert.equal(stream.status, 200, stream.text);
            assert.ok(stream.isWhole);
            assert.equal(asked(provider) - before, 2);
        });

        test(`${name}: a stream that is held is kept open by comments, and is then the same as ever`, async () => {
            const { root } = await tree();
            const free = await platform.call(path, body({ stream: true }), { root }).ended;
            await platform.verb(root, "pause");
            const call = platform.call(path, body({ stream: true }), { root });
            await call.until(({ comments }) => comments.length > 2, "comments");
            assert.equal(call.status, 200);
            assert.match(call.headers.get("content-type"), /^text\/event-stream/);
            await platform.verb(root, "resume");
            await call.ended;
            assert.ok(call.isWhole);
            const shape = (text) => text.replace(/^:.*\n\n/gm, "").replace(/"(id|created|created_at|completed_at|item_id|obfuscation)":("[^"]*"|\d+)/g, "$1").replace(/ +\}/g, "}");
            assert.equal(shape(call.text), shape(free.text));
        });

        test(`${name}: a stop closes what is upstream and ends the stream by an error`, async () => {
            const { root } = await tree();
            fake[provider].plan([LONG]);
            const call = platform.call(path, body({ stream: true }), { root });
            await fake[provider].until((one) => one.framesSent > 5);
            const receipt = await platform.verb(root, "stop", { reason: "too expensive" });
            await call.ended;
            assert.equal(call.isWhole, false);
            assert.match(call.text, /"error"/);
            assert.match(call.text, /stopped: tree [^,]+, by hold [0-9a-f-]{36}: too expensive/);
            assert.doesNotMatch(call.text, /\[DONE\]|message_stop|response\.completed/);
            assert.equal((await fake[provider].until((one) => one.ended)).ended, "client_closed");
            assert.equal(receipt.cut, 1);
            const before = asked(provider);
            const late = await platform.call(path, body(), { root }).ended;
            assert.equal(late.status, 403);
            assert.equal(late.headers.get("x-should-retry"), "false");
            assert.equal(late.json.error.type, "permission_error");
            assert.match(late.json.error.message, /stopped: tree .*too expensive/);
            assert.equal(asked(provider), before);
        });

        test(`${name}: what is held when its scope is stopped is refused`, async () => {
            const { root } = await tree();
            await platform.verb(root, "pause");
            const plain = platform.call(path, body(), { root });
            const stream = platform.call(path, body({ stream: true }), { root });
            await platform.held(2);
            await stream.until(({ comments }) => comments.length > 0, "a comment");
            await platform.verb(root, "stop");
            await Promise.all([plain.ended, stream.ended]);
            assert.equal(plain.status, 403);
            assert.equal(stream.isWhole, false);
            assert.match(stream.text, /"error".*stopped/);
            assert.equal(asked(provider), 0);
        });
    }

    for (const { name, file, options, stream } of SDKS) {
        const where = path.join(MODULES, file);
        test(`the ${name} SDK waits in a pause, and raises at a stop without asking again`,
            { skip: existsSync(where) ? false : "its SDK is not installed: run tests/clients/models/install" }, async () => {
                const { default: Client } = await import(where);
                const client = new Client({ apiKey: platform.router.key, ...options(platform.service.url) });
                const { root } = await tree();
                const headers = { "x-mc-root": root };
                const read = async (limit = Infinity) => {
                    let count = 0;
                    for await (const piece of await stream(client, headers)) if (piece && ++count >= limit) break;
                    return count;
                };
                await platform.verb(root, "pause");
                const held = read();
                await waitFor(async () => (await platform.service.metric("router_held_now")) === 1, { what: "it is held" });
                await platform.verb(root, "resume");
                assert.ok(await held > 3);

                fake[name].plan([LONG]);
                const cut = assert.rejects(read(), /stopped: tree/);
                await fake[name].until((one) => one.number === 1 && one.framesSent > 5);
                await platform.verb(root, "stop");
                await cut;
                const calls = await platform.service.metric("router_calls_total");
                await assert.rejects(read(), (error) => error.status === 403);
                assert.equal(await platform.service.metric("router_calls_total"), calls + 1);
            });
    }

    test("a pause at the boundary lets a stream end, a pause now cuts it, a quarantine refuses", async () => {
        const { root } = await tree();
        fake.openai.plan([{ frameMs: 20, tokens: 60 }, LONG]);
        const first = platform.call("/v1/chat/completions", chat({ stream: true }), { root });
        await fake.openai.until((one) => one.framesSent > 2);
        await platform.verb(root, "pause", { mode: "boundary" });
        await first.ended;
        assert.ok(first.isWhole);
        assert.match(first.text, /\[DONE\]/);
        await platform.verb(root, "resume");

        const second = platform.call("/v1/chat/completions", chat({ stream: true }), { root });
        await fake.openai.until((one) => one.number === 1 && one.framesSent > 2);
        await platform.verb(root, "pause", { mode: "now" });
        await second.ended;
        assert.equal(second.isWhole, false);
        assert.match(second.text, /frozen/);
        await platform.verb(root, "resume");

        await platform.verb(root, "pause", { mode: "quarantine", reason: "strange" });
        const third = await platform.call("/v1/chat/completions", chat(), { root }).ended;
        assert.equal(third.status, 403);
        assert.match(third.json.error.message, /in quarantine.*strange/);
        await platform.verb(root, "resume");
        await sends({ root });
    });

    test("tier, agent and filter hold what they name and nothing else", async () => {
        const { root, lead, worker, other } = await tree();
        const isHeld = async (options, body) => {
            const call = platform.call("/v1/chat/completions", body ?? chat(), options);
            await platform.held(1);
            return call;
        };
        await platform.verb(root, "pause", { scopeType: "tier", tier: 3 });
        await sends({ root, task: lead, tier: 2 });
        const ofTier = await isHeld({ root, task: worker, tier: 3 });
        await platform.verb(root, "resume", { scopeType: "tier", tier: 3 });
        assert.equal((await ofTier.ended).status, 200);

        await platform.verb(root, "pause", { scopeType: "agent", agentTaskId: lead });
        await sends({ root, task: other });
        const ofAgent = await isHeld({ root, task: worker });
        await platform.verb(root, "resume", { scopeType: "agent", agentTaskId: lead });
        assert.equal((await ofAgent.ended).status, 200);

        const filter = { scopeType: "filter", provider: "openai" };
        await platform.verb(root, "pause", filter);
        await sends({ root }, chat({ model: MODELS.anthropic, max_tokens: 20 }));
        const before = asked("openai");
        const ofProvider = await isHeld({ root }, chat({ model: "tier:1" }));
        assert.equal(asked("openai"), before, "the provider was chosen, and not asked");
        await platform.verb(root, "resume", filter);
        assert.equal((await ofProvider.ended).status, 200);
        assert.equal(asked("openai"), before + 1);
    });

    test("who is born below a paused agent is held from its first call", async () => {
        const { root, worker } = await tree();
        await platform.verb(root, "pause", { scopeType: "agent", agentTaskId: worker });
        const child = await platform.task({ parentId: worker, tier: 3 });
        const calls = [];
        await waitFor(async () => {
            calls.push(await Promise.race([platform.call("/v1/chat/completions", chat(), { root, task: child }).ended, platform.held(1)]));
            return calls.at(-1) === true;
        }, { what: "the child's call is held" });
        await platform.verb(root, "resume", { scopeType: "agent", agentTaskId: worker });
        await platform.held(0);
    });

    test("a client that leaves while it is held was never there", async () => {
        const { root } = await tree();
        await platform.verb(root, "pause");
        const plain = platform.call("/v1/chat/completions", chat(), { root });
        const stream = platform.call("/v1/chat/completions", chat({ stream: true }), { root });
        await platform.held(2);
        await stream.until(({ comments }) => comments.length > 0, "a comment");
        plain.leave();
        stream.leave();
        await platform.held(0);
        await platform.verb(root, "resume");
        await sends({ root });
        assert.equal(asked("openai"), 1);
    });

    test("one call more than may be held is refused, in the caller's words", async () => {
        const { root } = await tree();
        await platform.verb(root, "pause");
        const calls = Array.from({ length: 20 }, () => platform.call("/v1/messages", message(), { root }));
        await platform.held(20);
        const more = await platform.call("/v1/messages", message(), { root }).ended;
        assert.equal(more.status, 429);
        assert.equal(more.json.error.type, "rate_limit_error");
        assert.match(more.json.error.message, /20 calls are held/);
        await platform.verb(root, "resume");
        for (const call of calls) assert.equal((await call.ended).status, 200);
        assert.equal(asked("anthropic"), 20);
    });

    test("embeddings, counts and stored responses are calls too", async () => {
        const { root } = await tree();
        const made = await platform.call("/v1/responses", { model: MODELS.openai, input: "hello", store: true }, { root }).ended;
        await platform.verb(root, "stop");
        const before = [asked("openai"), asked("anthropic")];
        for (const [path, body] of [
            ["/v1/embeddings", { model: "text-embedding-3-small", input: "hello" }],
            ["/v1/messages/count_tokens", { model: MODELS.anthropic, messages: message().messages }],
        ]) assert.equal((await platform.call(path, body, { root }).ended).status, 403, path);
        const stored = (method, tail = "") => request(`${platform.service.url}/v1/responses/${made.json.id}${tail}`,
            { method, headers: { authorization: `Bearer ${platform.router.key}`, "x-mc-root": root } });
        for (const [method, tail] of [["GET"], ["GET", "/input_items"], ["DELETE"], ["POST", "/cancel"]]) {
            const answer = await stored(method, tail);
            assert.equal(answer.status, 403, `${method} ${tail}: ${answer.text}`);
        }
        assert.deepEqual([asked("openai"), asked("anthropic")], before);
    });

    test("a second attempt of a call that is stopped meanwhile is not made", async () => {
        const { root } = await tree();
        for (const provider of ["openai", "anthropic"]) fake[provider].plan([{ fault: "header_hang", times: 0 }]);
        const call = platform.call("/v1/chat/completions", chat({ model: "tier:2" }), { root });
        const first = await waitFor(() => ["openai", "anthropic"].find(asked), { what: "one is asked" });
        await platform.verb(root, "pause");
        await fake[first].down();
        await platform.held(1);
        await platform.verb(root, "stop");
        assert.equal((await call.ended).status, 403);
        assert.equal(asked("openai") + asked("anthropic"), 1);
        await fake[first].up();
    });

    test("restart lets new runs in, and the old ones stay out", async () => {
        const { root } = await tree();
        const old = { root, "x-mc-run": platform.newId("run") };
        await platform.stack.services.find(({ name }) => name === "ingest").postEvents(
            [{ actor: "a", action: "work", rootTaskId: root, runId: old["x-mc-run"], status: "executing" }], { headers: { authorization: `Bearer ${platform.router.key}` } });
        await waitFor(async () => (await platform.stack.database.number(`SELECT count(*) FROM aop_agent_runs WHERE id = '${old["x-mc-run"]}'`)) === 1, { what: "the run is stored" });
        await platform.verb(root, "stop");
        await platform.verb(root, "restart");
        await sends({ root, "x-mc-run": platform.newId("run") });
        const late = await platform.call("/v1/chat/completions", chat(), old).ended;
        assert.equal(late.status, 403);
        assert.match(late.json.error.message, /restarted/);
    });

    test(`${CYCLES} pauses: each call answered exactly once, none twice upstream`, async () => {
        const { root } = await tree();
        const seen = new Map();
        const count = (provider) => {
            for (const { json } of fake[provider].requests) {
                const word = JSON.stringify(json).match(/call-\d+-\d+/)[0];
                seen.set(word, (seen.get(word) ?? 0) + 1);
            }
            fake[provider].reset();
        };
        for (let cycle = 0; cycle < CYCLES; cycle++) {
            await platform.done("control_scope", { rootTaskId: root, action: "pause", scopeType: "tree" });
            const calls = Array.from({ length: CALLS_OF_CYCLE }, (_, i) => {
                const { path, body } = DIALECTS[(cycle + i) % DIALECTS.length];
                const said = `call-${cycle}-${i}`;
                const words = path.endsWith("responses") ? { input: said } : { messages: [{ role: "user", content: said }] };
                return platform.call(path, body({ stream: i % 2 === 1, ...words }), { root });
            });
            await platform.verb(root, "resume");
            for (const call of calls) {
                await call.ended;
                assert.equal(call.status, 200, call.text);
                assert.ok(call.isWhole && call.text.includes("said"), call.text);
            }
            for (const provider of ["openai", "anthropic"]) count(provider);
        }
        assert.equal(seen.size, CYCLES * CALLS_OF_CYCLE);
        assert.deepEqual([...seen.values()].filter((times) => times !== 1), []);
    });

    test("a router that is killed in the middle of a pause never makes it look paused", async () => {
        const { root } = await tree();
        const second = await platform.stack.start("router", { AOP_INSTANCE: "two" });
        await platform.verb(root, "pause");
        await platform.verb(root, "resume");
        second.child.kill("SIGSTOP"); /* it can acknowledge nothing from here on */
        const made = await platform.done("control_scope", { rootTaskId: root, action: "pause", scopeType: "tree" });
        await waitFor(async () => (await platform.receipt(made.id)).acknowledged >= 1, { what: "the first router has acknowledged" });
        await second.kill("SIGKILL");
        const hold = await waitFor(async () => {
            const [found] = await platform.done("list_holds", { rootTaskId: root });
            return found.missing.some(({ partId, state }) => partId.startsWith("router-two") && state === "gone") && found;
        }, { what: "the killed router is named as gone" });
        assert.equal(hold.state, "pausing");
        assert.equal((await platform.receipt(made.id)).state, "pausing");
        const call = platform.call("/v1/chat/completions", chat(), { root, service: second });
        await assert.rejects(call.begun);
        /* It comes back, holds at once, and then it is paused. */
        await second.start();
        const held = platform.call("/v1/chat/completions", chat(), { root, service: second });
        await platform.held(1, second);
        await waitFor(async () => (await platform.receipt(made.id)).state === "paused", { what: "it is paused" });
        await platform.verb(root, "resume");
        assert.equal((await held.ended).status, 200);
        await second.kill("SIGTERM");
    });

    test("a router without control holds, says that it is not ready, and goes on when control is there", async () => {
        const control = platform.stack.services.find(({ name }) => name === "control");
        await control.kill();
        await platform.service.kill();
        const restarted = platform.service.start();
        await waitFor(async () => (await request(`${platform.service.url}/readyz`)).status === 503, { what: "the router answers" });
        const { text } = await request(`${platform.service.url}/readyz`);
        assert.match(text, /control/);
        const call = platform.call("/v1/chat/completions", chat(), { root: "any" });
        await platform.held(1);
        assert.equal(asked("openai"), 0);
        await control.start();
        await restarted;
        assert.equal((await call.ended).status, 200);
    });
});
