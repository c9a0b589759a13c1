/*
 *  routing.test - providers, models, decisions and ratings, on a real stack
 *
 *      node --test tests/system/routing.test.mjs
 *
 *  Two simulated servers that speak OpenAI's protocol stand for providers; no key is needed there.
 */
import assert from "node:assert/strict";
import http from "node:http";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { freePort, openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

let stack, gateway, router, local, first, second;

/* status is what it answers; models are what it lists; asked is what it was asked. */
async function startServer(models) {
    const server = { status: 200, headers: {}, models, asked: [] };
    server.http = http.createServer((incoming, response) => {
        const chunks = [];
        incoming.on("data", (chunk) => chunks.push(chunk));
        incoming.on("end", () => {
            const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
            server.asked.push({ path: incoming.url, model: body.model, headers: incoming.headers });
            response.writeHead(server.status, { "content-type": "application/json", ...server.headers });
            if (incoming.url.endsWith("/models"))
                response.end(JSON.stringify({ object: "list", data: models.map((id) => ({ id, object: "model" })) }));
            else if (server.status !== 200)
                response.end(JSON.stringify({ error: { message: "simulated", type: "server_error", param: null, code: null } }));
            else
                response.end(JSON.stringify({
                    id: "chatcmpl-1", object: "chat.completion", created: 1, model: body.model,
                    choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop", logprobs: null }],
                    usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
                }));
        });
    });
    await new Promise((resolve) => server.http.listen(0, "127.0.0.1", resolve));
    server.url = `http://127.0.0.1:${server.http.address().port}/v1`;
    return server;
}

const modelsFile = () => path.join(stack.dir, "aop_models.json");
function writeModels(config) {
    const text = typeof config === "string" ? config : JSON.stringify(config);
    writeFileSync(`${modelsFile()}.new`, text);
    renameSync(`${modelsFile()}.new`, modelsFile());
}

const MODELS = {
    version: 2, defaultProvider: "first",
    tiers: {
        1: { modelId: "big" },
        2: [{ modelId: "alpha", temperature: 0.2 }, { provider: "second", modelId: "beta" }],
        3: [{ provider: "second", modelId: "small", maxOutputTokens: 100 }],
    },
    personaOverrides: { reviewer: { provider: "second", modelId: "beta" } },
    aliases: { quick: "second/small", quicker: "quick" },
    cards: [
        { provider: "first", model: "alpha", context: 1000, output: 200, can: ["chat", "stream"], prices: [{ from: 0, input: 1, output: 2 }] },
        { provider: "second", model: "beta", context: 100000, output: 2000, can: ["chat", "stream", "tools"], prices: [{ from: 0, input: 1, output: 2 }] },
    ],
};

before(async () => {
    stack = await openStack("routing");
    stack.ports.AOP_ROUTER_PORT = String(await freePort());
    first = await startServer(["alpha", "big"]);
    second = await startServer(["beta", "small"]);
    gateway = await stack.start("gateway");
    await stack.start("ingest");
    await stack.start("control");
    await stack.start("budget");
    router = await stack.start("router", { AOP_ROUTER_CIRCUIT_FAILURES: "2" });
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    await waitFor(async () => (await get("/api/v1/models")).status === 200, { what: "the router answers through the gateway" });
});
after(async () => {
    first?.http.close();
    second?.http.close();
    await stack?.close();
});

const get = (where) => request(gateway.url + where, { headers: local });
const send = (method, where, body) => request(gateway.url + where,
    { method, headers: { ...local, "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
const command = (name, input = {}) => send("POST", `/api/v1/commands/${name}`, { input });

async function done(answer, status = 200) {
    const got = await answer;
    assert.equal(got.status, status, got.text);
    return got.json;
}

async function refused(answer, status, code, message) {
    const got = await answer;
    assert.equal(got.status, status, got.text);
    assert.equal(got.json.error.code, code);
    assert.match(got.json.error.message, message);
}

const explain = (query) => done(send("POST", "/api/v1/router/explain", query));
const call = (model, headers = {}) => request(`${router.url}/v1/chat/completions`, {
    method: "POST", headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] }),
});
const registry = () => done(command("get_model_registry"));
const health = async (model) => (await done(get("/api/v1/model-health"))).items.find((row) => row.modelId === model);

describe("providers", () => {
    test("the product knows providers before anybody adds one", async () => {
        const { items } = await done(get("/api/v1/providers"));
        const openai = items.find((row) => row.name === "openai");
        assert.equal(openai.baseUrl, "https://api.openai.com/v1");
        assert.equal(openai.source, "product");
        assert.equal(openai.needsSecret, true);
        assert.equal(openai.hasSecret, false);
    });

    test("one is added, changed, shown and tested", async () => {
        const made = await done(send("POST", "/api/v1/providers", { name: "first", protocol: "openai", baseUrl: `${first.url}/` }));
        assert.equal(made.baseUrl, first.url);
        assert.equal(made.adapter, "openai-compatible");
        assert.equal(made.source, "added");
        assert.equal(made.needsSecret, false);
        await done(send("POST", "/api/v1/providers", { name: "second", protocol: "openai", baseUrl: second.url, headers: "x-team: blue" }));
        const { items } = await done(get("/api/v1/providers"));
        assert.deepEqual(items.slice(0, 2).map((row) => row.name), ["first", "second"]);

        const tested = await done(send("POST", "/api/v1/providers/second/test"));
        assert.equal(tested.isOk, true, tested.message);
        assert.equal(tested.modelCount, 2);
        assert.equal(second.asked.at(-1).headers["x-team"], "blue");
        assert.match(await stack.database.query("SELECT string_agg(action, ',') FROM aop_audit_log WHERE target_id IN ('first', 'second')"), /provider_changed/);
    });

    test("what cannot be one is refused, each with its reason", async () => {
        const rows = [
            [{ name: "a b", protocol: "openai", baseUrl: "http://x/v1" }, /name must be/],
            [{ name: "x", baseUrl: "http://x/v1" }, /protocol or adapter is needed/],
            [{ name: "x", protocol: "grpc", baseUrl: "http://x/v1" }, /openai or anthropic, not "grpc"/],
            [{ name: "x", protocol: "openai" }, /baseUrl is needed/],
            [{ name: "x", protocol: "openai", baseUrl: "ftp://x" }, /http:\/\/ or https:\/\//],
            [{ name: "x", protocol: "openai", baseUrl: "http://me:pw@x/v1" }, /no name and password/],
            [{ name: "x", protocol: "openai", baseUrl: "http://x/v1?key=1" }, /without a query/],
            [{ name: "x", protocol: "openai", baseUrl: "http://x", headers: "Authorization: Bearer k" }, /a key belongs in the vault/],
            [{ name: "x", protocol: "openai", baseUrl: "http://x", headers: "no colon" }, /Name: value/],
            [{ name: "x", protocol: "anthropic", adapter: "ollama" }, /ollama speaks openai/],
            [{ name: "x", adapter: "nobody" }, /there is no adapter/],
        ];
        for (const [order, message] of rows) await refused(send("POST", "/api/v1/providers", order), 400, "bad_input", message);
        await refused(send("DELETE", "/api/v1/providers/nobody"), 404, "not_found", /no provider nobody/);
        await refused(send("DELETE", "/api/v1/providers/openai"), 409, "conflict", /comes with the product/);
    });
});

describe("the file of models", () => {
    test("is read when it appears, without a restart", async () => {
        assert.equal((await registry()).loadedFromFile, false);
        writeModels(MODELS);
        const state = await waitFor(async () => { const now = await registry(); return now.loadedFromFile && now; }, { what: "the file is in force" });
        assert.equal(state.loadError, null);
        assert.deepEqual(state.config.tiers["1"], [{ provider: "first", modelId: "big", temperature: null, maxOutputTokens: null }]);
        assert.equal(state.config.version, 2);
    });

    test("a bad one keeps the old one and says why", async () => {
        for (const [config, message] of [
            ["{", /aop_models.json/],
            [{ ...MODELS, aliases: { a: "b", b: "a" } }, /leads back to itself/],
            [{ ...MODELS, tiers: { 2: [MODELS.tiers[2][0], MODELS.tiers[2][0]] } }, /twice/],
            [{ ...MODELS, tiers: { 2: { provider: "nobody", modelId: "x" } } }, /there is no provider "nobody"/],
        ]) {
            writeModels(config);
            const state = await waitFor(async () => { const now = await registry(); return message.test(now.loadError ?? "") && now; }, { what: `loadError ${message}` });
            assert.equal(state.config.tiers["2"][0].modelId, "alpha");
        }
        writeModels(MODELS);
        assert.equal((await done(command("reload_models"))).loadError, null);
    });

    test("a provider that it names cannot be removed", async () => {
        await refused(send("DELETE", "/api/v1/providers/first"), 409, "conflict", /tiers\.1\[0\] of aop_models\.json uses first/);
    });

    test("models are listed with cards and prices", async () => {
        const { items } = await done(get("/api/v1/models"));
        const alpha = items.find((row) => row.modelId === "alpha");
        assert.deepEqual(alpha.tiers, [2]);
        assert.deepEqual(alpha.capabilities, ["stream", "chat"]);
        assert.equal(alpha.prices[0].output, 2);
        assert.equal(alpha.prices[0].cacheRead, null);
        assert.equal(alpha.isAvailable, true);
        const beta = items.find((row) => row.modelId === "beta");
        assert.deepEqual(beta.personas, ["reviewer"]);
        const big = items.find((row) => row.modelId === "big");
        assert.equal(big.prices, null);
    });
});

describe("explain", () => {
    test("shows every candidate's terms, and the first of equals is chosen", async () => {
        const decision = await explain({ model: "auto" });
        assert.equal(decision.list, "tier:2");
        assert.equal(decision.isRouted, true);
        assert.equal(decision.isFallback, false);
        assert.deepEqual([decision.provider, decision.modelId], ["first", "alpha"]);
        assert.deepEqual(decision.candidates.map((row) => [row.modelId, row.rank]), [["alpha", 1], ["beta", 2]]);
        assert.equal(decision.candidates[0].score.toFixed(6), "0.690000");
    });

    test("a hard filter has its word and its reason", async () => {
        const rows = [
            [{ tools: true }, "no_tools", /no tools/], [{ inputTokens: 900, outputTokens: 150 }, "context_length", /1000/],
            [{ outputTokens: 500 }, "output_limit", /at most 200/], [{ vision: true, tools: true }, "no_tools", /tools/],
            [{ provider: "second" }, "pinned_elsewhere", /second/],
        ];
        for (const [query, word, reason] of rows) {
            const decision = await explain({ model: "tier:2", ...query });
            assert.equal(decision.candidates[0].exclusion, word);
            assert.match(decision.candidates[0].reason, reason);
        }
        const none = await explain({ model: "tier:2", vision: true });
        assert.equal(none.provider, null);
        assert.match(none.message, /first\/alpha: .*; second\/beta: /);
    });

    test("personas, tiers, aliases and real models each have their list", async () => {
        assert.equal((await explain({ persona: "reviewer" })).list, "persona:reviewer");
        assert.equal((await explain({ model: "persona:nobody", tier: 3 })).list, "tier:3");
        assert.equal((await explain({ model: "quicker" })).modelId, "small");
        assert.equal((await explain({ model: "first/anything" })).modelId, "anything");
        await refused(send("POST", "/api/v1/router/explain", { model: "no-such-model" }), 404, "unknown_model", /no-such-model/);
        await refused(send("POST", "/api/v1/router/explain", { model: "tier:9" }), 404, "unknown_model", /tier:1, tier:2 and tier:3/);
        await refused(send("POST", "/api/v1/router/explain", { dialect: "smoke" }), 400, "bad_input", /dialect/);
    });

    test("flags change it at once", async () => {
        await done(command("set_runtime_flags", { modelAdapterEnabled: false }));
        await waitFor(async () => (await send("POST", "/api/v1/router/explain", {})).status === 503, { what: "auto is refused" });
        await refused(send("POST", "/api/v1/router/explain", { model: "auto" }), 503, "no_model", /modelAdapterEnabled/);
        assert.equal((await explain({ model: "beta" })).modelId, "beta");
        await done(command("set_runtime_flags", { modelAdapterEnabled: true, modelAdapterStrict: true }));
        await waitFor(async () => (await send("POST", "/api/v1/router/explain", { model: "first/anything" })).status === 404, { what: "strict" });
        await done(command("set_runtime_flags", { modelAdapterStrict: false }));
        await waitFor(async () => (await send("POST", "/api/v1/router/explain", { model: "first/anything" })).status === 200, { what: "not strict" });
    });
});

describe("calls", () => {
    test("a routed call moves health by the rules of the contract", async () => {
        const answer = await call("auto", { "x-mc-run": "run-1" });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(first.asked.at(-1).model, "alpha");
        const row = await waitFor(() => health("alpha"), { what: "health of alpha" });
        assert.deepEqual([row.provider, row.totalCalls, row.successCalls, row.failedCalls, row.qualityScore], ["first", 1, 1, 0, 0.72]);
        assert.equal(row.avgCostUsd, 0.002);
    });

    test("its decision is found by its id", async () => {
        const answer = await call("auto", { "x-mc-run": "run-1" });
        const id = answer.headers["x-mc-decision-id"];
        assert.ok(id, "x-mc-decision-id");
        const decision = await done(get(`/api/v1/router/decisions/${id}`));
        assert.equal(decision.id, id);
        assert.equal(decision.modelId, "alpha");
        const stored = await waitFor(() => stack.database.number(
            `SELECT count(*) FROM aop_agent_events WHERE phase = 'model_routing' AND action = 'model_selected' AND payload_json LIKE '%${id}%'`),
        { what: "the event of the decision" });
        assert.equal(stored, 1);
        assert.equal((await done(get(`/api/v1/router/decisions/${id}`))).candidates.length, 2);
        await refused(get("/api/v1/router/decisions/01a20481-2afc-7595-a049-1aaf4848bbab"), 404, "not_found", /no decision/);
        await refused(get("/api/v1/router/decisions/nonsense"), 404, "not_found", /no decision/);
    });

    test("a rating of the run moves the quality of the model that served it", async () => {
        const { items } = await waitFor(async () => {
            const answer = await send("POST", "/api/v1/runs/run-1/quality", { score: 0.1, reason: "wrong" });
            return answer.status === 200 && answer.json;
        }, { what: "the run is known" });
        assert.deepEqual(items.map((row) => row.modelId), ["alpha"]);
        const was = items[0].qualityBefore;
        assert.equal(items[0].qualityScore.toFixed(9), (was + 0.2 * (0.1 - was)).toFixed(9));
        await refused(send("POST", "/api/v1/runs/run-1/quality", { score: 2 }), 400, "bad_input", /score/);
        await refused(send("POST", "/api/v1/runs/nobody/quality", { score: 1 }), 404, "not_found", /no run nobody/);
    });

    test("failures open the circuit, and the next of the list is chosen with the reason told", async () => {
        first.status = 500;
        for (let i = 0; i < 2; i++) await call("alpha");
        const decision = await explain({ model: "auto" });
        assert.equal(decision.candidates[0].exclusion, "circuit_open");
        assert.match(decision.candidates[0].reason, /left alone/);
        assert.ok(decision.candidates[0].untilAt > Date.now() / 1000);
        assert.equal(decision.isFallback, true);
        assert.equal((await call("auto")).status, 200);
        await refused(send("POST", "/api/v1/commands/explain_route", { input: { model: "zzz" } }), 404, "unknown_model", /zzz/);
        first.status = 200;
    });

    test("a real model is never replaced by another", async () => {
        const answer = await call("alpha");
        assert.equal(answer.status, 503, answer.text);
        assert.match(answer.text, /alpha/);
    });

    test("health is kept over a restart, and PostgreSQL away fails no call", async () => {
        const was = await waitFor(async () => { const row = await health("alpha"); return row.failedCalls >= 2 && row; }, { what: "failures are stored" });
        await router.restart("SIGTERM");
        await waitFor(async () => (await get("/api/v1/providers")).json.items?.some((row) => row.name === "second"), { what: "providers are back" });
        await waitFor(async () => {
            const models = (await get("/api/v1/models")).json.items;
            return models?.find((row) => row.modelId === "alpha")?.score < 0.69;
        }, { what: "health is back" });
        assert.equal((await call("beta")).status, 200); /* nobody has a limit, as the router knows now */
        await stack.database.kill();
        assert.equal((await call("beta")).status, 200);
        await stack.database.start();
        await waitFor(async () => (await health("beta"))?.totalCalls >= 2, { what: "the call without a database is counted" });
        assert.ok(was.totalCalls <= (await health("alpha")).totalCalls);
    });
});

describe("missionctl", () => {
    /* Against this stack, as whoever may read its local token. */
    const missionctl = (...args) => stack.missionctl(...args);

    test("adds, lists, tests and removes a provider, and reloads the models", async () => {
        await missionctl("providers", "add", "third", "--protocol", "openai", "--base-url", second.url, "--header", "x-a: b");
        const listed = JSON.parse(await missionctl("providers", "list", "--json"));
        assert.equal(listed.find((row) => row.name === "third").headers, "x-a: b");
        assert.match(await missionctl("providers", "test", "third"), /it answered with 2 models/);
        assert.match(await missionctl("models", "explain", "--model", "tier:2"), /alpha/);
        assert.match(await missionctl("models", "reload"), /in force/);
        await missionctl("providers", "remove", "third");
        await assert.rejects(missionctl("providers", "test", "third"), /there is no provider third/);
    });
});
