/*
 *  router.test - model calls through the router: byte for byte, within their time, told exactly
 *
 *  Providers are simulated and remember what they were asked, byte by byte. What goes wrong at
 *  them is in router_faults.test.mjs.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { openRouter, routerMissing } from "../clients/router.mjs";
import { startProviders } from "../fakes/providers.mjs";
import { waitFor } from "./harness.mjs";

const KEYS = { openai: "sk-simulated-openai-0000000000000001", anthropic: "sk-ant-simulated-anthropic-000000001" };
const DEADLINES = {
    AOP_ROUTER_FIRST_BYTE_MS: "1000", AOP_ROUTER_IDLE_MS: "1000", AOP_ROUTER_TOTAL_MS: "10000", AOP_ROUTER_SLOW_MS: "1000",
    AOP_ROUTER_SLOW_BYTES_MIN: "400", AOP_ROUTER_BODY_BYTES_MAX: "1048576", AOP_ROUTER_CIRCUIT_FAILURES: "1000",
};
const MODELS = { openai: "gpt-5-nano", anthropic: "claude-sonnet-4-6" };
const chat = (more = {}) => ({ model: MODELS.openai, messages: [{ role: "user", content: "one two three" }], ...more });
const message = (more = {}) => ({ model: MODELS.anthropic, max_tokens: 50, messages: [{ role: "user", content: "one two three" }], ...more });

let fake;
let router;

const headers = (more = {}) => ({ "content-type": "application/json", authorization: `Bearer ${router.key}`, ...more });

const ask = (path, body, { headers: more, ...options } = {}) =>
    fetch(`${router.url}${path}`, { method: "POST", headers: headers(more), body: typeof body === "string" ? body : JSON.stringify(body), ...options });

/* The whole text, or what came before the connection broke. */
async function readAll(response) {
    let text = "";
    try {
        for await (const piece of response.body) text += Buffer.from(piece).toString();
        return { text, isWhole: true };
    } catch {
        return { text, isWhole: false };
    }
}

const dataOf = (text) => text.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));

const eventsOf = (run) => router.stack.database.rows(
    `SELECT action, phase, status, tokens_in, tokens_out, cost_usd::float, retry_count, message, payload_json::json AS payload
     FROM aop_agent_events WHERE run_id = '${run}' ORDER BY id`);

const endOf = (run) => waitFor(async () => (await eventsOf(run)).find((event) => event.action === "llm.call" && event.phase === "end"),
    { what: `the end of ${run} is stored` });

const suite = { skip: routerMissing() ?? false };

/* A server whose streams say [DONE] and never why they ended. */
const startBare = () => new Promise((resolve) => {
    const server = http.createServer((request, response) => {
        request.resume();
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(`data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"half"},"finish_reason":null}]}\n\ndata: [DONE]\n\n`);
    });
    server.listen(0, "127.0.0.1", () => resolve(server));
});
let bare;

describe("the router", suite, () => {
    before(async () => {
        fake = await startProviders();
        bare = await startBare();
        router = await openRouter("calls", {
            providers: [
                ...["openai", "anthropic"].map((name) => ({ name, protocol: name, baseUrl: `${fake[name].url}/v1`, secret: name })),
                { name: "bare", protocol: "openai", adapter: "deepseek", baseUrl: `http://127.0.0.1:${bare.address().port}/v1`, secret: "openai" },
            ],
            secrets: KEYS,
            tiers: { 1: [["openai", MODELS.openai]], 2: [["openai", MODELS.openai], ["anthropic", MODELS.anthropic]], 3: [["anthropic", MODELS.anthropic]] },
            personas: { fallback: [["openai", "gpt-5-mini"], ["anthropic", "claude-haiku-4-5"]] },
            settings: DEADLINES,
        });
    });

    after(async () => {
        await router?.close();
        await fake?.stop();
        bare?.close();
    });

    beforeEach(() => {
        fake.openai.reset();
        fake.anthropic.reset();
    });

    test("forwards a body byte for byte, with its blanks and escapes", async () => {
        const body = `{ "model" : "${MODELS.openai}",\n "metadata": {"a": "1" }, "temperature": 1e0, "messages":[{"role":"user","content":"\\u00e9 \\ud83d\\ude00"}] }`;
        const response = await ask("/v1/chat/completions", body);
        assert.equal(response.status, 200);
        assert.equal(fake.openai.requests[0].body.toString(), body);
        assert.equal(fake.openai.requests[0].key, KEYS.openai);
    });

    test("puts only the model into its place where a tier was asked for", async () => {
        const body = '{"messages":[{"role":"user","content":"hi"}],\t"model":"tier:1" ,"temperature":1}';
        assert.equal((await ask("/chat/completions", body)).status, 200);
        assert.equal(fake.openai.requests[0].body.toString(), body.replace("tier:1", MODELS.openai));
    });

    test("passes anthropic-beta and openai-organization on, and nothing else of the client's own", async () => {
        await ask("/v1/messages", message(), { headers: { "anthropic-beta": "one,two", "x-secret-of-mine": "no", cookie: "no=1" } });
        const seen = fake.anthropic.requests[0].headers;
        assert.equal(seen["anthropic-beta"], "one,two");
        assert.equal(seen["anthropic-version"], "2023-06-01");
        assert.equal(seen["x-secret-of-mine"] ?? seen.cookie ?? seen.authorization, undefined);
        await ask("/v1/chat/completions", chat(), { headers: { "openai-organization": "org-1" } });
        assert.equal(fake.openai.requests[0].headers["openai-organization"], "org-1");
    });

    test("says who answered, and what it cost", async () => {
        const response = await ask("/v1/messages", message(), { headers: { "x-mc-run": "headers" } });
        const seen = Object.fromEntries(response.headers);
        assert.equal(seen["x-mc-model"], MODELS.anthropic);
        assert.equal(seen["x-mc-provider"], "anthropic");
        assert.equal(seen["x-mc-attempts"], "1");
        assert.equal(seen["x-mc-run"], "headers");
        assert.match(seen["x-request-id"], /^[0-9a-f-]{36}$/);
        assert.match(seen["x-mc-decision-id"], /^[0-9a-f-]{36}$/);
        const { usage } = await response.json();
        assert.equal(Number(seen["x-mc-cost-usd"]), Number(((usage.input_tokens * 3 + usage.output_tokens * 15) / 1e6).toFixed(9)));
        assert.match(seen["request-id"], /^req_/);
    });

    test("tells at the start of a call which prompt it is by a number, and nothing of the prompt", async () => {
        const prompts = [["hash-1", "the very secret plan"], ["hash-2", "the very secret plan"], ["hash-3", "another plan"]];
        for (const [run, content] of prompts)
            await ask("/v1/chat/completions", chat({ messages: [{ role: "user", content }] }), { headers: { "x-mc-run": run } })
                .then(readAll);
        const hashes = [];
        for (const [run] of prompts) {
            await endOf(run);
            const start = (await eventsOf(run)).find(({ action, phase }) => action === "llm.call" && phase === "start");
            assert.match(start.payload.promptHash, /^[0-9a-f]{16}$/);
            assert.doesNotMatch(JSON.stringify(start), /secret plan/);
            hashes.push(start.payload.promptHash);
        }
        assert.equal(hashes[0], hashes[1]);
        assert.notEqual(hashes[0], hashes[2]);
    });

    test("takes usage out of a stream again whose client did not ask for it", async () => {
        const { text, isWhole } = await readAll(await ask("/v1/chat/completions", chat({ stream: true }), { headers: { "x-mc-run": "stripped" } }));
        assert.ok(isWhole);
        assert.deepEqual(fake.openai.requests[0].json.stream_options, { include_usage: true });
        const data = dataOf(text);
        assert.equal(data.at(-1), "[DONE]");
        for (const chunk of data.slice(0, -1).map(JSON.parse)) {
            assert.ok(!("usage" in chunk));
            assert.equal(chunk.choices.length, 1);
        }
        const end = await endOf("stripped");
        assert.equal(end.status, "completed");
        assert.ok(end.tokens_in > 0 && end.tokens_out > 0);
    });

    test("leaves usage in a stream whose client asked for it", async () => {
        const { text } = await readAll(await ask("/v1/chat/completions", chat({ stream: true, stream_options: { include_usage: true } })));
        const chunks = dataOf(text).slice(0, -1).map(JSON.parse);
        assert.ok(chunks.at(-1).usage.prompt_tokens > 0);
        assert.equal(chunks[0].usage, null);
    });

    test("gives a stream frame by frame as the provider sent it", async () => {
        const direct = await (await fetch(`${fake.anthropic.url}/v1/messages`, {
            method: "POST", body: JSON.stringify(message({ stream: true })),
            headers: { "content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01" },
        })).text();
        const { text } = await readAll(await ask("/v1/messages", message({ stream: true })));
        const shape = (whole) => whole.replace(/msg_\w+/g, "msg").replace(/^: x-mc-cost-usd.*\n\n/gm, "").replace(/ +\}/g, "}");
        assert.equal(shape(text), shape(direct));
        assert.match(text, /\n: x-mc-cost-usd 0\.\d{9}\n\n$/);
    });

    for (const [name, path, body] of [["openai", "/v1/chat/completions", chat], ["anthropic", "/v1/messages", message]]) {
        test(`${name}: a stream that is cut says so and does not end cleanly`, async () => {
            fake[name].plan([{ fault: "cut", after: 4, text: "one two three four five six seven" }]);
            const { text, isWhole } = await readAll(await ask(path, body({ stream: true }), { headers: { "x-mc-run": `cut-${name}` } }));
            assert.equal(isWhole, false);
            assert.match(text, /"error"/);
            assert.doesNotMatch(text, /\[DONE\]|message_stop/);
            const end = await endOf(`cut-${name}`);
            assert.equal(end.status, "failed");
            assert.ok(end.tokens_out > 0);
        });

        test(`${name}: a client that leaves takes the provider's stream with it, and pays for what came`, async () => {
            fake[name].plan([{ frameMs: 20, tokens: 500 }]);
            const controller = new AbortController();
            const response = await ask(path, body({ stream: true }), { signal: controller.signal, headers: { "x-mc-run": `gone-${name}` } });
            const reader = response.body.getReader();
            for (let i = 0; i < 5; i++) await reader.read();
            const leftAt = Date.now();
            controller.abort();
            const record = await fake[name].until((request) => request.ended);
            assert.equal(record.ended, "client_closed");
            assert.ok(record.closedAt - leftAt < 100, `after ${record.closedAt - leftAt} ms`);
            const end = await endOf(`gone-${name}`);
            assert.equal(end.message, "the client left");
            assert.ok(end.tokens_out > 0);
        });

        test(`${name}: a client that leaves before the first byte takes the call with it`, async () => {
            fake[name].plan([{ fault: "header_hang" }]);
            const controller = new AbortController();
            const answer = ask(path, body(), { signal: controller.signal }).catch(() => {});
            await fake[name].until((request) => request.path);
            controller.abort();
            await answer;
            assert.equal((await fake[name].until((request) => request.ended)).ended, "client_closed");
        });

        test(`${name}: every refusal is in its own words`, async () => {
            const shape = { openai: ["message", "type"], anthropic: ["message", "type"] }[name];
            const cases = [
                [body({ model: "nobody-has-this" }), 404, /nobody-has-this/],
                ["{ not json", 400, /JSON/],
                ["[]", 400, /object/],
                [body({ model: 7 }), 400, /model/],
                [body({ model: undefined }), 400, /model/],
                [body({ stream: "yes" }), 400, /stream/],
                [{ ...body(), filler: "x".repeat(1 << 20) }, 413, /bytes/],
            ];
            for (const [wrong, status, words] of cases) {
                const response = await ask(path, wrong);
                const json = await response.json();
                assert.equal(response.status, status, JSON.stringify(json));
                for (const field of shape) assert.equal(typeof json.error[field], "string");
                assert.match(json.error.message, words);
                assert.equal(json.type, name === "anthropic" ? "error" : undefined);
            }
            const unknown = await ask(path, body(), { headers: { authorization: "Bearer mck_nope" } });
            assert.equal(unknown.status, 401);
            assert.ok((await unknown.json()).error.type);
            const tier = await ask(path, body(), { headers: { "x-mc-tier": "9" } });
            assert.equal(tier.status, 400);
            assert.equal(fake[name].requests.length, 0);
        });
    }

    for (const [what, step, word] of [
        ["the first byte", { fault: "header_hang", times: 0 }, /FIRST_BYTE/],
        ["more of an answer", { fault: "stall", after: 3, times: 0 }, /IDLE/],
        ["a stream that drips", { drip: true, dripMs: 40, times: 0 }, /SLOW/],
    ])
        test(`${what} is waited for no longer than set`, async () => {
            fake.openai.plan([step]);
            const run = `late-${word.source}`;
            const { text } = await readAll(await ask("/v1/chat/completions", chat({ stream: true }), { headers: { "x-mc-run": run } }));
            assert.match(text, word);
            assert.match((await endOf(run)).message, word);
        });

    test("a stream that takes too long in all is ended", async () => {
        fake.openai.plan([{ frameMs: 100, tokens: 400 }]);
        const { text, isWhole } = await readAll(await ask("/v1/chat/completions", chat({ stream: true })));
        assert.match(text, /TOTAL/);
        assert.equal(isWhole, false);
    });

    test("a client that does not read holds the provider back, and gets all of it in the end", async () => {
        fake.openai.plan([{ text: `${"x".repeat(4000)} `.repeat(6000) }]);
        const response = await new Promise((resolve, reject) => {
            const request = http.request(`${router.url}/v1/chat/completions`, { method: "POST", headers: headers() }, resolve);
            request.on("error", reject);
            request.end(JSON.stringify(chat({ stream: true })));
        });
        response.pause();
        await waitFor(async () => (await router.service.metric("held_streams_total")) > 0, { what: "the stream is held" });
        let text = "";
        for await (const piece of response) text += piece;
        assert.equal(dataOf(text).at(-1), "[DONE]");
        assert.equal(dataOf(text).length, 6003);
        assert.ok(router.service.memory() < 120_000, `${router.service.memory()} KiB`);
    });

    test("another lane answers when the first fails before a byte has gone out", async () => {
        fake.openai.plan([{ status: 500, fault: "server_error", times: 0 }]);
        const response = await ask("/v1/chat/completions", chat({ model: "persona:fallback" }), { headers: { "x-mc-run": "second" } });
        assert.equal(response.status, 200);
        assert.equal(response.headers.get("x-mc-provider"), "anthropic");
        assert.equal(response.headers.get("x-mc-attempts"), "2");
        assert.equal((await endOf("second")).retry_count, 1);
    });

    test("tells start, decision and end with exact tokens, and no words of the prompt", async () => {
        const response = await ask("/v1/messages", message({ messages: [{ role: "user", content: "the secret plan" }] }),
            { headers: { "x-mc-run": "told", "x-mc-actor": "tier3_tester", "x-mc-tier": "3", "x-mc-task": "task-1", "x-mc-root": "root-1" } });
        const { usage } = await response.json();
        const end = await endOf("told");
        assert.equal(end.tokens_in, usage.input_tokens);
        assert.equal(end.tokens_out, usage.output_tokens);
        assert.equal(end.cost_usd, Number(response.headers.get("x-mc-cost-usd")));
        const events = await eventsOf("told");
        assert.deepEqual(events.map((event) => [event.action, event.phase]),
            [["model_selected", "model_routing"], ["llm.call", "start"], ["llm.call", "end"]]);
        assert.doesNotMatch(JSON.stringify(events), /secret plan/);
        const [run] = await router.stack.database.rows("SELECT actor, tier, task_id, root_task_id FROM aop_agent_runs WHERE id = 'told'");
        assert.deepEqual(run, { actor: "tier3_tester", tier: 3, task_id: "task-1", root_task_id: "root-1" });
    });

    test("telemetry waits while ingest is away and is stored once it is back", async () => {
        const ingest = router.stack.services.find((service) => service.name === "ingest");
        await ingest.kill();
        for (let i = 0; i < 20; i++)
            assert.equal((await ask("/v1/chat/completions", chat(), { headers: { "x-mc-run": `away-${i}` } })).status, 200);
        await ingest.start();
        const count = () => router.stack.database.number("SELECT count(*) FROM aop_agent_events WHERE run_id LIKE 'away-%'");
        await waitFor(async () => (await count()) === 60, { what: "all events are stored" });
    });

    test("telemetry that was not taken is kept over a restart", async () => {
        const ingest = router.stack.services.find((service) => service.name === "ingest");
        await ingest.kill();
        assert.equal((await ask("/v1/chat/completions", chat(), { headers: { "x-mc-run": "kept" } })).status, 200);
        await router.service.restart("SIGTERM");
        await ingest.start();
        assert.equal((await endOf("kept")).status, "completed");
    });

    for (const [client, path, body, ends] of [
        ["messages", "/v1/messages", { max_tokens: 50, messages: [{ role: "user", content: "hi" }] }, /message_stop/],
        ["responses", "/v1/responses", { input: "hi" }, /response.completed/],
    ])
        test(`a translated stream without a reason for its end is a failure: ${client}`, async () => {
            const run = `unfinished-${client}`;
            const { text, isWhole } = await readAll(await ask(path, { ...body, model: "bare/x", stream: true }, { headers: { "x-mc-run": run } }));
            assert.equal(isWhole, false);
            assert.match(text, /event: error/);
            assert.doesNotMatch(text, ends);
            if (client === "responses") {
                const numbers = dataOf(text).map((data) => JSON.parse(data).sequence_number);
                assert.deepEqual(numbers, numbers.map((_, index) => index));
            }
            assert.equal((await endOf(run)).status, "failed");
        });

    test("counts tokens by itself where the provider has no such endpoint", async () => {
        const response = await ask("/v1/messages/count_tokens", message({ model: MODELS.openai, max_tokens: undefined }), { headers: { "x-mc-run": "counted" } });
        const body = await response.json();
        assert.equal(response.status, 200, JSON.stringify(body));
        assert.ok(body.input_tokens > 0);
        assert.match(response.headers.get("x-mc-warnings"), /estimate/);
        assert.equal(response.headers.get("x-mc-attempts"), "0");
        assert.equal(fake.openai.requests.length, 0);
        assert.equal((await endOf("counted")).status, "completed");
    });

    test("a translated answer says when it was made", async () => {
        const answer = await (await ask("/v1/chat/completions", chat({ model: MODELS.anthropic }))).json();
        assert.ok(Math.abs(answer.created - Date.now() / 1000) < 60, `${answer.created}`);
    });

    for (const [protocol, more] of [["openai", {}], ["anthropic", { "anthropic-version": "2023-06-01" }]])
        test(`refuses what nobody answers in the words of ${protocol}, with an id`, async () => {
            for (const [method, path, status] of [["GET", "/v1/nothing", 404], ["POST", "/v1/files/x", 404], ["DELETE", "/v1/batches", 404]]) {
                const response = await fetch(`${router.url}${path}`, { method, headers: headers(more) });
                const body = await response.json();
                assert.equal(response.status, status);
                assert.equal(typeof body.error.message, "string");
                assert.equal(body.type, protocol === "anthropic" ? "error" : undefined);
                assert.equal("param" in body.error, protocol === "openai");
                const id = response.headers.get("x-request-id");
                assert.match(id, /^[0-9a-f-]{36}$/);
                if (protocol === "anthropic") assert.equal(body.request_id, id);
            }
            const method = await fetch(`${router.url}/v1/messages`, { headers: headers(more) });
            assert.equal(method.status, 405);
            assert.match(method.headers.get("x-request-id"), /^[0-9a-f-]{36}$/);
            const stranger = await ask("/v1/messages", message(), { headers: { authorization: "Bearer mck_nope" } });
            assert.equal(stranger.status, 401);
            assert.match(stranger.headers.get("x-request-id"), /^[0-9a-f-]{36}$/);
        });

    test("lists models in both shapes", async () => {
        const openai = await (await fetch(`${router.url}/v1/models`, { headers: headers() })).json();
        assert.equal(openai.object, "list");
        assert.ok(openai.data.some((model) => model.id === MODELS.openai && model.owned_by === "openai"));
        const anthropic = await (await fetch(`${router.url}/v1/models`, { headers: headers({ "anthropic-version": "2023-06-01" }) })).json();
        assert.ok(anthropic.data.some((model) => model.id === MODELS.anthropic && model.type === "model"));
        const one = await fetch(`${router.url}/models/${MODELS.openai}`, { headers: headers() });
        assert.equal((await one.json()).id, MODELS.openai);
        assert.equal((await fetch(`${router.url}/v1/models/none`, { headers: headers() })).status, 404);
    });

    test("asks the provider that made a response for it, and nobody for one that is not known", async () => {
        const made = await (await ask("/v1/responses", { model: MODELS.openai, input: "hello" })).json();
        const at = (path, method = "GET") => fetch(`${router.url}${path}`, { method, headers: headers() });
        const found = await at(`/v1/responses/${made.id}`);
        assert.equal(found.status, 200);
        assert.equal((await found.json()).id, made.id);
        assert.equal((await at(`/responses/${made.id}/input_items?limit=5`)).status, 200);
        assert.equal((await at(`/v1/responses/${made.id}`, "DELETE")).status, 200);
        const gone = await at(`/v1/responses/${made.id}`);
        assert.equal(gone.status, 404);
        assert.equal(typeof (await gone.json()).error.message, "string");
    });

    test("takes a key as x-api-key, and refuses one that may only look", async () => {
        const withKey = (key) => ask("/v1/messages", message(), { headers: { authorization: "", "x-api-key": key } });
        assert.equal((await withKey(router.key)).status, 200);
        const viewer = await router.stack.missionctl("keys", "create", "--role", "viewer", "--name", "looker");
        const answer = await waitFor(async () => {
            const response = await withKey(viewer);
            return response.status === 403 && response.json();
        }, { what: "the viewer's key is known" });
        assert.equal(answer.error.type, "permission_error");
    });

    test("knows the run by the key that missionctl run gives to a command", async () => {
        const call = `fetch(process.env.OPENAI_BASE_URL + "/chat/completions", { method: "POST",
            headers: { "content-type": "application/json", authorization: "Bearer " + process.env.OPENAI_API_KEY },
            body: JSON.stringify(${JSON.stringify(chat())}) }).then((r) => console.log(r.status, process.env.OPENAI_API_KEY.slice(0, 4), process.env.MC_RUN_ID))`;
        const printed = await router.stack.missionctl("run", "--actor", "tier2_runner", "--task", "task-7", "--tier", "2", "--no-pty", "--",
            process.execPath, "-e", call);
        const [, status, prefix, run] = /(\d+) (\S+) (\S+)/.exec(printed);
        assert.equal(status, "200");
        assert.equal(prefix, "mcr_");
        const end = await endOf(run);
        assert.equal(end.status, "completed");
        const [row] = await router.stack.database.rows(`SELECT actor, tier, task_id FROM aop_agent_runs WHERE id = '${run}'`);
        assert.deepEqual(row, { actor: "tier2_runner", tier: 2, task_id: "task-7" });
        assert.doesNotMatch(await router.stack.missionctl("keys", "list"), /\brun\b/);
    });

    test("takes no open key once an agent key exists", async () => {
        const open = `mcr_open_${Buffer.from(JSON.stringify({ runId: "forged" })).toString("base64url")}`;
        const response = await ask("/v1/messages", message(), { headers: { authorization: `Bearer ${open}` } });
        assert.equal(response.status, 401);
    });

    test("no key of a provider stands in its log", () => {
        for (const key of Object.values(KEYS)) assert.ok(!readFileSync(router.service.logFile, "utf8").includes(key));
    });
});
