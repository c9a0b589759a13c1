/*
 *  router_pair.test - two routers on one stack: what one learns holds for the other, and after a restart
 *
 *      node --test tests/system/router_pair.test.mjs
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { openRouter, routerMissing } from "../clients/router.mjs";
import { startProviders } from "../fakes/providers.mjs";
import { waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

const KEYS = { openai: "sk-simulated-openai-0000000000000001", anthropic: "sk-ant-simulated-anthropic-000000001" };
const NEW_KEY = "sk-simulated-openai-0000000000000002";
const OLD_KEY_MS = 1000;

let fake, router, pair, local;

const headers = () => ({ "content-type": "application/json", authorization: `Bearer ${router.key}` });
const chatOf = (service, model) => request(`${service.url}/v1/chat/completions`, {
    method: "POST", headers: headers(), body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] }),
});
const responseOf = (service, more = {}) => request(`${service.url}/v1/responses`, {
    method: "POST", headers: headers(), body: JSON.stringify({ model: "gpt-5-nano", input: "hello", ...more }),
});
const stored = (service, id, method = "GET") => request(`${service.url}/v1/responses/${id}`, { method, headers: headers() });
const gateway = (where, body) => request(`${router.stack.services.find(({ name }) => name === "gateway").url}${where}`, {
    method: body === undefined ? "GET" : "POST", headers: { "x-mc-local": local, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
});
const flags = async (input) => assert.equal((await gateway("/api/v1/commands/set_runtime_flags", { input })).status, 200);
const both = (condition, what) => waitFor(async () => {
    for (const service of pair) if (!await condition(service)) return false;
    return true;
}, { what: `${what} at both` });

describe("two routers", { skip: routerMissing() ?? false }, () => {
    before(async () => {
        fake = await startProviders();
        const row = (name, adapter) => ({ name, protocol: adapter, adapter, baseUrl: `${fake[adapter].url}/v1`, secret: adapter });
        router = await openRouter("pair", {
            providers: [row("openai", "openai"), row("anthropic", "anthropic"), row("failing", "openai")],
            secrets: KEYS,
            tiers: { 2: [["openai", "gpt-5-nano"], ["anthropic", "claude-sonnet-4-6"]] },
            settings: { AOP_ROUTER_CIRCUIT_FAILURES: "3", AOP_ROUTER_ATTEMPTS_MAX: "1", AOP_DEV_MODE: "true" },
        });
        pair = [router.service, await router.stack.start("router", { AOP_INSTANCE: "two" })];
        local = readFileSync(path.join(router.stack.dir, "var/local-token"), "utf8").trim();
        await both(async (service) => (await chatOf(service, "gpt-5-nano")).status === 200, "calls are answered");
    });
    after(async () => {
        await router?.close();
        await fake?.stop();
    });
    beforeEach(() => {
        fake.openai.reset();
        fake.anthropic.reset();
    });

    test("a response that one has made is found by the other, streamed or not, and after both were killed", async () => {
        const [one, two] = pair;
        const { json: { id } } = await responseOf(one);
        const streamed = /"id":"(resp[^"]+)"/.exec((await responseOf(two, { stream: true })).text)[1];
        for (const made of [id, streamed])
            await both(async (service) => {
                const answer = await stored(service, made);
                return answer.status === 200 && answer.json.id === made;
            }, "it is found");
        await waitFor(async () => await router.stack.database.number(`SELECT count(*) FROM aop_stored_responses WHERE response_id IN ('${id}', '${streamed}')`) === 2,
            { what: "both are stored" });
        for (const service of pair) await service.restart();
        for (const made of [id, streamed]) await both(async (service) => (await stored(service, made)).status === 200, "it is found again");
        for (const service of pair)
            assert.equal((await responseOf(service, { previous_response_id: id })).headers["x-mc-provider"], "openai");
    });

    test("one that was deleted is forgotten by the other and by the store", async () => {
        const [one, two] = pair;
        const { json: { id } } = await responseOf(one);
        const rows = () => router.stack.database.number(`SELECT count(*) FROM aop_stored_responses WHERE response_id = '${id}'`);
        await both(async (service) => (await stored(service, id)).status === 200, "it is found");
        await waitFor(async () => await rows() === 1, { what: "the row is there" });
        assert.equal((await stored(two, id, "DELETE")).status, 200);
        const asked = () => fake.openai.requests.filter((seen) => seen.path.includes(id)).length;
        await waitFor(async () => { const before = asked(); return (await stored(one, id)).status === 404 && asked() === before; }, { what: "nobody is asked for it" });
        await waitFor(async () => await rows() === 0, { what: "the row is gone" });
    });

    test("a circuit that one opens keeps the other from calling", async () => {
        const [one, two] = pair;
        fake.openai.plan([{ fault: "server_error", times: 3 }]);
        for (let i = 0; i < 3; i++) assert.ok((await chatOf(one, "failing/gpt-5-nano")).status >= 500);
        const count = fake.openai.requests.length;
        assert.equal(count, 3);
        const explain = () => gateway("/api/v1/router/explain", { model: "failing/gpt-5-nano" });
        await waitFor(async () => {
            for (let i = 0; i < 8; i++) if ((await explain()).json.candidates[0].exclusion !== "circuit_open") return false;
            return true;
        }, { what: "whoever is asked knows of the circuit" });
        const refusal = await chatOf(two, "failing/gpt-5-nano");
        assert.equal(refusal.status, 503, refusal.text);
        assert.equal(fake.openai.requests.length, count);
        assert.match(refusal.json.error.message, /failing\/gpt-5-nano/);
        assert.equal((await chatOf(two, "openai/gpt-5-nano")).status, 200, "the same model elsewhere is another lane");
    });

    test("calls of both are counted once in the health of the model", async () => {
        const health = async () => (await gateway("/api/v1/model-health")).json.items.find((row) => row.provider === "anthropic" && row.modelId === "claude-haiku-4-5");
        for (const service of [...pair, ...pair, pair[0]]) assert.equal((await chatOf(service, "anthropic/claude-haiku-4-5")).status, 200);
        await waitFor(async () => (await health())?.totalCalls === 5, { what: "five calls" });
    });

    test("a flag takes effect on the calls of both at once", async () => {
        await flags({ modelAdapterEnabled: false });
        await both(async (service) => {
            const answer = await chatOf(service, "auto");
            return answer.status === 503 && /modelAdapterEnabled/.test(answer.json.error.message);
        }, "nothing is routed");
        for (const service of pair) {
            assert.equal((await chatOf(service, "gpt-5-nano")).status, 200, "a real model is passed on");
            assert.match((await chatOf(service, "claude-sonnet-4-6")).json.error.message, /would have to be translated, and model adapters are off/);
        }
        await flags({ modelAdapterEnabled: true });
        await both(async (service) => (await chatOf(service, "auto")).status === 200, "auto is routed");
        await both(async (service) => (await chatOf(service, "claude-sonnet-4-6")).status === 200, "a call is translated");

        const unlisted = () => fake.openai.requests.filter(({ body }) => body?.includes("gpt-5.9-nobody-lists")).length;
        for (const service of pair) await chatOf(service, "gpt-5.9-nobody-lists");
        assert.equal(unlisted(), 2, "a name that nobody lists goes where its beginning says");
        await flags({ modelAdapterStrict: true });
        await both(async (service) => {
            const answer = await chatOf(service, "gpt-5.9-nobody-lists");
            return answer.status === 404 && answer.json.error.code === "model_not_found" && /strict/i.test(answer.json.error.message);
        }, "what nobody lists is refused");
        fake.openai.reset();
        for (const service of pair) await chatOf(service, "gpt-5.9-nobody-lists");
        assert.equal(unlisted(), 0);
        await flags({ modelAdapterStrict: false });
        await both(async (service) => (await chatOf(service, "gpt-5.9-nobody-lists")).headers["x-mc-provider"] === "openai", "it is tried again");
    });

    test("explain says the same bit for bit, whoever is asked, and after a restart", async () => {
        const explain = async (query) => {
            const answer = await gateway("/api/v1/router/explain", query);
            assert.equal(answer.status, 200, answer.text);
            assert.ok(answer.json.candidates.length > 0);
            return answer.text.replace(/"(id|madeAt|madeAtUs|registryVersion)":("[^"]*"|[0-9.]+),?/g, "");
        };
        const queries = [{}, { model: "tier:2", tools: true }, { model: "auto", inputTokens: 100000, stream: true }, { model: "claude-sonnet-4-6", dialect: "chat" }];
        const all = async () => Promise.all(queries.map(explain));
        /* With keys and health of the store: as the first start after this one has them. */
        const settled = () => waitFor(async () => {
            const said = await all();
            return said.every((text) => !/vault/.test(text)) && JSON.parse(said[0]).candidates[0].quality !== 0.385 && said;
        }, { what: "keys are leased, and health is not that of models nobody has seen" });
        const startAlone = async (service) => {
            for (const other of pair) await other.kill("SIGTERM");
            await service.start();
            return settled();
        };
        const said = await startAlone(pair[0]);
        for (const service of [pair[1], pair[0], pair[1]]) assert.deepEqual(await startAlone(service), said);
        await pair[0].start();
        for (let i = 0; i < 8; i++) assert.deepEqual(await all(), said);
    });

    test("a new key of a provider is used by both, and the old one by neither after a second", async () => {
        let isOver = false;
        const failed = [];
        const load = pair.flatMap((service) => [1, 2].map(async () => {
            while (!isOver) {
                const answer = await chatOf(service, "openai/gpt-5-nano");
                if (answer.status !== 200) failed.push(answer.text);
            }
        }));
        await fake.openai.until(() => fake.openai.requests.length > 20, "load");
        const [operator, passphrase] = readFileSync(path.join(router.stack.dir, "var/first-login"), "utf8").trim().split(" ");
        const file = path.join(router.stack.dir, "passphrase");
        writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
        await router.feed(`${NEW_KEY}\n`, "secrets", "set", "openai", "--operator", operator, "--passphrase-file", file);
        const changedAt = Date.now();
        await waitFor(() => Date.now() > changedAt + OLD_KEY_MS, { what: "a second" });
        fake.openai.keys = [NEW_KEY];
        const count = fake.openai.requests.length;
        await fake.openai.until(() => fake.openai.requests.length > count + 20, "more load");
        isOver = true;
        await Promise.all(load);
        assert.deepEqual(failed, []);
        const late = fake.openai.requests.filter(({ arrivedAt }) => arrivedAt > changedAt + OLD_KEY_MS);
        assert.ok(late.length > 20);
        assert.deepEqual(late.filter(({ key }) => key !== NEW_KEY).length, 0);
    });
});
