/*
 *  fakes.test - the official SDKs against the simulated providers: what the real ones would do
 *
 *      tests/clients/models/install && node --test tests/clients/models/fakes.test.mjs
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import http from "node:http";
import path from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FAULTS, selfSigned, startProvider, startProviders } from "../../fakes/providers.mjs";

const [OpenAI, Anthropic] = await Promise.all(["openai", "@anthropic-ai/sdk"].map((name) => import(name)))
    .then((modules) => modules.map((one) => one.default), () => []);
const skip = OpenAI ? false : "the SDKs are not installed: run tests/clients/models/install";
const suite = (name, body) => describe(name, { skip }, body);

const KEY = "sk-simulated-0000000000000000";
const ANSWER_MS = 1500; /* how long a client waits that will get no answer */
const GPT = "gpt-5-nano", CLAUDE = "claude-sonnet-4-6";
const messages = [{ role: "user", content: "one two three four five six seven eight" }];
const tool = { name: "look_up", parameters: { type: "object", properties: { subject: { type: "string" } } } };
const chatTools = [{ type: "function", function: tool }];
const claudeTools = [{ name: tool.name, input_schema: tool.parameters }];

let fake, openai, anthropic;
before(async () => {
    if (skip) return;
    fake = await startProviders({ keys: [KEY] });
    openai = new OpenAI({ apiKey: KEY, baseURL: `${fake.openai.url}/v1`, maxRetries: 0, timeout: 20_000, logLevel: "off" });
    anthropic = new Anthropic({ apiKey: KEY, baseURL: fake.anthropic.url, maxRetries: 0, timeout: 20_000, logLevel: "off" });
});
after(() => fake?.stop());
beforeEach(() => { fake?.openai.reset(); fake?.anthropic.reset(); });

const chat = (more = {}, options = {}) => openai.chat.completions.create({ model: GPT, messages, ...more }, options);
const claude = (more = {}, options = {}) => anthropic.messages.create({ model: CLAUDE, max_tokens: 2048, messages, ...more }, options);

/* Reads a stream to its end; resolves with its items. */
async function drain(stream) {
    const items = [];
    for await (const item of await stream) items.push(item);
    return items;
}

const raised = async (promise) => {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    return null;
};

suite("OpenAI", () => {
    test("a plain answer has usage, the dated model and every header", async () => {
        fake.openai.plan([{ text: "Fine.", usage: { input: 900, cached: 512, output: 70, reasoning: 64 } }]);
        const { data, response } = await chat().withResponse();
        assert.equal(data.choices[0].message.content, "Fine.");
        assert.equal(data.model, "gpt-5-nano-2025-08-07");
        assert.deepEqual([data.usage.prompt_tokens, data.usage.prompt_tokens_details.cached_tokens, data.usage.completion_tokens,
            data.usage.completion_tokens_details.reasoning_tokens, data.usage.total_tokens], [900, 512, 70, 64, 970]);
        assert.match(response.headers.get("x-request-id"), /^req_[0-9a-f]{32}$/);
        assert.match(response.headers.get("openai-processing-ms"), /^\d+$/);
        assert.equal(response.headers.get("openai-version"), "2020-10-01");
        assert.equal(response.headers.get("x-ratelimit-reset-requests"), "8.64s");
        assert.equal(response.headers.get("x-ratelimit-reset-tokens"), "120ms");
    });

    test("a stream with include_usage: null in every chunk but the last, which has no choices", async () => {
        const chunks = await drain(chat({ stream: true, stream_options: { include_usage: true } }));
        assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1));
        assert.deepEqual(chunks.at(-1).choices, []);
        assert.equal(chunks.at(-1).usage.total_tokens > 0, true);
        assert.deepEqual(chunks[0].choices[0].delta, { role: "assistant", content: "", refusal: null });
        assert.ok(chunks.every((chunk) => typeof chunk.obfuscation === "string"));
    });

    test("a stream without it has neither usage nor, when told so, obfuscation", async () => {
        const chunks = await drain(chat({ stream: true, stream_options: { include_obfuscation: false } }));
        assert.ok(chunks.every((chunk) => !("usage" in chunk) && !("obfuscation" in chunk)));
        assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
    });

    test("two tools at once: id and name in the first fragment of each index, arguments in pieces", async () => {
        fake.openai.plan([{ tools: [{ name: "look_up", arguments: { subject: "parser" } }, { name: "look_up", arguments: { subject: "lexer" } }] }]);
        const chunks = await drain(chat({ stream: true, tools: chatTools }));
        const parts = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
        for (const index of [0, 1]) {
            const [first, ...rest] = parts.filter((part) => part.index === index);
            assert.match(first.id, /^call_/);
            assert.equal(first.function.name, "look_up");
            assert.ok(rest.length > 1 && rest.every((part) => part.id === undefined && part.function.name === undefined));
            assert.equal(JSON.parse(rest.map((part) => part.function.arguments).join("")).subject, ["parser", "lexer"][index]);
        }
        assert.equal(chunks.at(-1).choices[0].finish_reason, "tool_calls");
    });

    test("responses: events by number in their order, and the stored one can be read, listed, deleted", async () => {
        const events = await drain(openai.responses.create({ model: GPT, input: "one two", stream: true }));
        assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
        assert.deepEqual([events[0].type, events[1].type, events[2].type, events[3].type, events.at(-1).type],
            ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.completed"]);
        const { id } = events.at(-1).response;
        assert.equal((await openai.responses.retrieve(id)).output_text, "You said: one two");
        assert.equal((await openai.responses.inputItems.list(id)).data[0].content[0].text, "one two");
        const rest = await drain(openai.responses.retrieve(id, { stream: true, starting_after: 3 }));
        assert.equal(rest[0].sequence_number, 4);
        assert.ok((await raised(openai.responses.cancel(id))) instanceof OpenAI.BadRequestError);
        const next = await openai.responses.create({ model: GPT, input: "and then?", previous_response_id: id });
        assert.equal(next.previous_response_id, id);
        await openai.responses.delete(id);
        assert.ok((await raised(openai.responses.retrieve(id))) instanceof OpenAI.NotFoundError);
    });

    test("embeddings are unit vectors and the same for the same text, in base64 too", async () => {
        const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b", "a"], dimensions: 8 });
        assert.deepEqual(data[0].embedding, data[2].embedding);
        assert.notDeepEqual(data[0].embedding, data[1].embedding);
        assert.ok(Math.abs(Math.hypot(...data[0].embedding) - 1) < 1e-5);
        const plain = await openai.embeddings.create({ model: "text-embedding-3-small", input: "a", dimensions: 8, encoding_format: "float" });
        assert.deepEqual(plain.data[0].embedding.map(Math.fround), data[0].embedding.map(Math.fround));
    });

    test("completions and models", async () => {
        const plain = await openai.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "one two" });
        assert.equal(plain.choices[0].text, "You said: one two");
        const pieces = await drain(openai.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "one two", stream: true }));
        assert.equal(pieces.map((piece) => piece.choices[0].text).join(""), "You said: one two");
        assert.ok((await drain(openai.models.list())).some((model) => model.id === GPT));
        assert.equal((await openai.models.retrieve(GPT)).object, "model");
    });

    const REFUSED = [
        ["a field that it does not know", { mystery: 1 }, "BadRequestError", null],
        ["stream_options without stream", { stream_options: { include_usage: true } }, "BadRequestError", "stream_options"],
        ["max_tokens on a reasoning model", { max_tokens: 5 }, "BadRequestError", "max_tokens"],
        ["a temperature on a reasoning model", { temperature: 0.5 }, "BadRequestError", "temperature"],
        ["tools of the wrong shape", { tools: [{ name: "x" }] }, "BadRequestError", "tools[0].type"],
        ["no messages", { messages: undefined }, "BadRequestError", "messages"],
        ["a tool's result without its call", { messages: [{ role: "user", content: "x" }, { role: "tool", tool_call_id: "c", content: "y" }] }, "BadRequestError", "messages.[1].role"],
        ["a model of somebody else", { model: CLAUDE }, "NotFoundError", null],
    ];
    for (const [what, more, name, param] of REFUSED)
        test(`refuses ${what}`, async () => {
            const error = await raised(chat(more));
            assert.equal(error?.constructor.name, name, error?.message);
            assert.equal(error.param, param);
            assert.equal(error.type, "invalid_request_error");
        });

    test("refuses a wrong key with its masked text, and broken JSON", async () => {
        const error = await raised(new OpenAI({ apiKey: "sk-wrong-key-1234567890", baseURL: `${fake.openai.url}/v1`, maxRetries: 0 }).models.list());
        assert.ok(error instanceof OpenAI.AuthenticationError);
        assert.equal(error.code, "invalid_api_key");
        assert.match(error.message, /sk-wrong\*+7890\./);
        const answer = await fetch(`${fake.openai.url}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: "{" });
        assert.match((await answer.json()).error.message, /^We could not parse the JSON body of your request/);
    });

    test("keeps what it was asked: bytes, key, and when the client left", async () => {
        const body = '{"model":"gpt-5-nano",  "stream":true,"messages":[{"role":"user","content":"[[fake {\\"tokens\\":50,\\"frameMs\\":20}]]"}]}';
        const call = http.request(`${fake.openai.url}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${KEY}` } });
        call.on("error", () => {});
        call.on("response", (answer) => answer.once("data", () => call.destroy()));
        call.end(body);
        const record = await fake.openai.until((one) => one.ended !== null, "the end of the request");
        assert.equal(record.body.toString(), body);
        assert.equal(record.key, KEY);
        assert.equal(record.ended, "client_closed");
        assert.ok(record.framesSent < 50 && record.closedAt >= record.arrivedAt);
    });
});

suite("Anthropic", () => {
    test("a plain answer counts the cache apart, and has every header", async () => {
        fake.anthropic.plan([{ text: "Fine.", usage: { input: 1000, cached: 700, written5m: 200, written1h: 50, output: 9 } }]);
        const { data, response } = await claude().withResponse();
        assert.equal(data.content[0].text, "Fine.");
        assert.deepEqual([data.usage.input_tokens, data.usage.cache_read_input_tokens, data.usage.cache_creation_input_tokens], [50, 700, 250]);
        assert.deepEqual(data.usage.cache_creation, { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 50 });
        assert.match(response.headers.get("request-id"), /^req_011C/);
        assert.equal(response.headers.get("x-request-id"), null);
        assert.match(response.headers.get("anthropic-ratelimit-input-tokens-reset"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    test("a stream: a start with the input, blocks, a ping, the sum at the end", async () => {
        const raw = await (await claude({ stream: true }).asResponse()).text();
        assert.match(raw, /^event: message_start\ndata: \{"type":"message_start"/);
        assert.match(raw, /event: ping\ndata: \{"type": "ping"\}\n\n/);
        const events = await drain(claude({ stream: true }));
        assert.deepEqual(events.map((event) => event.type).filter((type) => type !== "content_block_delta"),
            ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]);
        assert.ok(events[0].message.usage.input_tokens > 0);
        assert.ok(events.at(-2).usage.output_tokens > 1);
    });

    test("a tool after a thought: the signature is wanted back unchanged", async () => {
        const ask = { thinking: { type: "enabled", budget_tokens: 1024 }, tools: claudeTools };
        const first = await anthropic.messages.stream({ model: CLAUDE, max_tokens: 2048, messages, ...ask }).finalMessage();
        const [thought, call] = first.content;
        assert.deepEqual([thought.type, call.type, first.stop_reason], ["thinking", "tool_use", "tool_use"]);
        assert.deepEqual(call.input, { subject: "subject" });
        const results = { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "found" }] };
        const again = (content) => claude({ ...ask, messages: [...messages, { role: "assistant", content }, results] });
        assert.equal((await again(first.content)).content.at(-1).text, "The tools say: found");
        assert.match((await raised(again([{ ...thought, signature: `x${thought.signature}` }, call]))).message, /Invalid `signature`/);
        assert.match((await raised(again([call]))).message, /Expected `thinking`/);
    });

    test("what cache_control marks is written once and read from then on", async () => {
        const system = [{ type: "text", text: "long ".repeat(200), cache_control: { type: "ephemeral" } }];
        const [first, second] = [await claude({ system }), await claude({ system })];
        assert.ok(first.usage.cache_creation_input_tokens > 200);
        assert.equal(first.usage.cache_read_input_tokens, 0);
        assert.equal(second.usage.cache_read_input_tokens, first.usage.cache_creation_input_tokens);
        assert.equal(second.usage.input_tokens, first.usage.input_tokens);
    });

    test("count_tokens and models", async () => {
        assert.ok((await anthropic.messages.countTokens({ model: CLAUDE, messages })).input_tokens > 0);
        const page = await anthropic.models.list({ limit: 1 });
        assert.equal(page.data.length, 1);
        assert.equal((await drain(anthropic.models.list({ limit: 1 }))).length, 3);
    });

    const turn = (...content) => [...messages, { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "look_up", input: {} }] }, ...content];
    const REFUSED = [
        ["no max_tokens", { max_tokens: undefined }, /^400 .*max_tokens: Field required/],
        ["a field that it does not know", { mystery: 1 }, /mystery: Extra inputs are not permitted/],
        ["a temperature, in its version of October 2026", { temperature: 1 }, /temperature: Extra inputs are not permitted/],
        ["a tool of OpenAI's shape", { tools: chatTools }, /tools\.0: Input tag 'function' found/],
        ["a blank stop sequence", { stop_sequences: [" "] }, /non-whitespace/],
        ["a call without its result", { messages: turn({ role: "user", content: "no result" }) }, /`tool_use` ids were found without `tool_result`/],
        ["a result without its call", { messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_2", content: "x" }] }] }, /unexpected `tool_use_id`/],
        ["a prefilled answer", { messages: [...messages, { role: "assistant", content: "It is" }] }, /does not support assistant message prefill/],
    ];
    for (const [what, more, text] of REFUSED)
        test(`refuses ${what}`, async () => {
            const error = await raised(claude(more));
            assert.equal(error?.constructor.name, "BadRequestError", error?.message);
            assert.match(error.message, text);
            assert.equal(error.type, "invalid_request_error");
        });

    test("takes a temperature from 0 to 1 in its version of June 2023", async () => {
        const options = { headers: { "anthropic-version": "2023-06-01" } };
        assert.equal(await raised(claude({ temperature: 0.7 }, options)), null);
        assert.match((await raised(claude({ temperature: 1.5 }, options))).message, /range: 0\.\.1/);
    });

    test("refuses a wrong key, a missing version and a model of somebody else", async () => {
        const wrong = new Anthropic({ apiKey: "sk-ant-wrong", baseURL: fake.anthropic.url, maxRetries: 0 });
        assert.ok((await raised(wrong.models.list())) instanceof Anthropic.AuthenticationError);
        assert.ok((await raised(claude({ model: GPT }))) instanceof Anthropic.NotFoundError);
        const answer = await fetch(`${fake.anthropic.url}/v1/messages`, { method: "POST", headers: { "x-api-key": KEY }, body: "{}" });
        assert.equal((await answer.json()).error.message, "anthropic-version: header is required");
    });
});

/* What the official SDKs make of each failure: class for OpenAI, for Anthropic. */
const STATUS_CLASSES = {
    bad_request: ["BadRequestError", "BadRequestError"], context_length: ["BadRequestError", "BadRequestError"],
    auth: ["AuthenticationError", "AuthenticationError"], billing: ["APIError", "PaymentRequiredError"],
    permission: ["PermissionDeniedError", "PermissionDeniedError"], not_found: ["NotFoundError", "NotFoundError"],
    request_timeout: ["APIError", "RequestTimeoutError"], conflict: ["ConflictError", "ConflictError"],
    too_large: ["APIError", "ContentTooLargeError"], unprocessable: ["UnprocessableEntityError", "UnprocessableEntityError"],
    rate_limit: ["RateLimitError", "RateLimitError"], rate_limit_seconds: ["RateLimitError", "RateLimitError"],
    rate_limit_ms: ["RateLimitError", "RateLimitError"], rate_limit_date: ["RateLimitError", "RateLimitError"],
    insufficient_quota: ["RateLimitError", "EnforcedSpendLimitReachedError"], slow_down: ["RateLimitError", "RateLimitError"],
    server_error: ["InternalServerError", "InternalServerError"], bad_gateway: ["InternalServerError", "InternalServerError"],
    unavailable: ["InternalServerError", "ServiceUnavailableError"], unavailable_seconds: ["InternalServerError", "ServiceUnavailableError"],
    gateway_timeout: ["InternalServerError", "GatewayTimeoutError"], overloaded: ["InternalServerError", "OverloadedError"],
};

suite("faults with a status", () => {
    for (const [fault, classes] of Object.entries(STATUS_CLASSES))
        test(`${fault}: ${classes.join(", ")}`, async () => {
            fake.openai.plan([{ fault }]);
            fake.anthropic.plan([{ fault }]);
            const errors = [await raised(chat()), await raised(claude())];
            assert.deepEqual(errors.map((error) => error?.constructor.name), classes);
            assert.deepEqual(errors.map((error) => error.status), [FAULTS[fault].status, FAULTS[fault].status]);
        });

    test("Retry-After comes in the form that was asked for", async () => {
        const header = async (script, name) => {
            fake.openai.plan([script]);
            return (await raised(chat())).headers.get(name);
        };
        assert.equal(await header({ fault: "rate_limit" }, "retry-after"), null);
        assert.equal(await header({ fault: "rate_limit_seconds", retryAfterMs: 7000 }, "retry-after"), "7");
        assert.equal(await header({ fault: "rate_limit_ms", retryAfterMs: 250 }, "retry-after-ms"), "250");
        assert.match(await header({ fault: "rate_limit_date", retryAfterMs: 60_000 }, "retry-after"), / GMT$/);
    });

    test("an SDK that retries waits as told, and then gets its answer", async () => {
        fake.openai.plan([{ fault: "rate_limit_ms", retryAfterMs: 5 }, { fault: "server_error", headers: { "retry-after-ms": "5" } }]);
        const answer = await openai.chat.completions.create({ model: GPT, messages }, { maxRetries: 2 });
        assert.equal(answer.choices[0].finish_reason, "stop");
        assert.deepEqual(fake.openai.requests.map((one) => one.status), [429, 500, 200]);
    });
});

suite("answers that are none", () => {
    const plain = { error_200: [null, null], wrong_type: [null, null], malformed_json: ["SyntaxError", "SyntaxError"] };
    for (const fault of Object.keys(plain))
        test(`${fault} has no answer in it`, async () => {
            fake.openai.plan([{ fault }]);
            fake.anthropic.plan([{ fault }]);
            const results = await Promise.allSettled([chat(), claude()]);
            for (const result of results) assert.equal(result.value?.choices ?? result.value?.content, undefined);
        });
});

suite("connections that fail", () => {
    const BEFORE = ["cut_before_headers", "reset_before_headers", "malformed_http", "oversize_headers", "cut_before_body"];
    for (const fault of BEFORE)
        test(`${fault}: an error of the connection, in both`, async () => {
            fake.openai.plan([{ fault }]);
            fake.anthropic.plan([{ fault }]);
            for (const error of [await raised(chat()), await raised(claude())]) {
                assert.ok(error, "it raises");
                assert.equal(error.status ?? null, null, error.message);
            }
        });

    for (const fault of ["header_hang", "partial_headers"])
        test(`${fault}: nothing comes until the client gives up`, async () => {
            fake.openai.plan([{ fault }]);
            fake.anthropic.plan([{ fault }]);
            const options = { timeout: ANSWER_MS };
            const errors = await Promise.all([raised(chat({}, options)), raised(claude({}, options))]);
            assert.deepEqual(errors.map((error) => error?.constructor.name), ["APIConnectionTimeoutError", "APIConnectionTimeoutError"]);
            const record = await fake.openai.until((one) => one.ended !== null, "the end");
            assert.equal(record.ended, "client_closed");
        });

    test("refused, and back again on the same port", async () => {
        await fake.openai.down();
        const error = await raised(chat());
        await fake.openai.up();
        assert.ok(error instanceof OpenAI.APIConnectionError);
        assert.equal(await raised(chat()), null);
    });

    test("TLS: a certificate that nobody vouches for, and none at all", async () => {
        const secure = await startProvider("openai", { tls: selfSigned() });
        const at = (url) => new OpenAI({ apiKey: KEY, baseURL: `${url}/v1`, maxRetries: 0, timeout: 5000 }).models.list();
        assert.ok((await raised(at(secure.url))) instanceof OpenAI.APIConnectionError);
        assert.ok((await raised(at(fake.openai.url.replace("http:", "https:")))) instanceof OpenAI.APIConnectionError);
        assert.equal(secure.requests.length, 0);
        await secure.down();
    });
});

/* Whether an SDK raises when a stream breaks. OpenAI's takes a stream for whole when HTTP ended
 * well, without [DONE] or response.completed too: such a cut has to be made visible by whoever
 * stands between. */
suite("streams that break", () => {
    const UNSEEN = new Set(["cut_clean", "cut_finish"]);
    for (const fault of ["cut", "cut_reset", "cut_frame", "error_event", "malformed_sse", "cut_clean", "cut_finish"]) {
        test(`${fault}: OpenAI's ${UNSEEN.has(fault) ? "does not notice" : "raises"}`, async () => {
            fake.openai.plan([{ fault, tokens: 20 }, { fault, tokens: 20 }]);
            const errors = [await raised(drain(chat({ stream: true }))), await raised(openai.responses.stream({ model: GPT, input: "one" }).finalResponse())];
            assert.deepEqual(errors.map((error) => error === null), [UNSEEN.has(fault), UNSEEN.has(fault)], String(errors));
        });

        test(`${fault}: Anthropic's raises`, async () => {
            fake.anthropic.plan([{ fault, tokens: 20 }]);
            assert.ok(await raised(anthropic.messages.stream({ model: CLAUDE, max_tokens: 64, messages }).finalMessage()));
        });
    }

    test("stall: the stream stays open and silent until the client leaves", async () => {
        fake.anthropic.plan([{ fault: "stall", tokens: 20, after: 6 }]);
        const abort = new AbortController();
        const stream = await claude({ stream: true }, { signal: abort.signal });
        const seen = [];
        const reading = raised((async () => { for await (const event of stream) seen.push(event.type); })());
        await fake.anthropic.until((one) => one.framesSent === 6, "six frames");
        abort.abort();
        await reading;
        const record = await fake.anthropic.until((one) => one.ended !== null, "the end");
        assert.equal(record.ended, "client_closed");
        assert.equal(record.framesSent, 6);
    });

    test("what is odd but whole is read to its end", async () => {
        for (const script of [{ drip: true, dripMs: 0 }, { split: true, splitMs: 0 }, { coalesce: true }, { crlf: true }, { comments: true }, { gzip: true }]) {
            const text = "whole whole";
            fake.openai.plan([{ ...script, text }]);
            fake.anthropic.plan([{ ...script, text }]);
            const chunks = await drain(chat({ stream: true }));
            assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), text, JSON.stringify(script));
            const message = await anthropic.messages.stream({ model: CLAUDE, max_tokens: 64, messages }).finalMessage();
            assert.equal(message.content[0].text, text, JSON.stringify(script));
        }
    });

    test("an oversize answer is as large as was asked for", async () => {
        fake.openai.plan([{ bytes: 9_000_000 }]);
        assert.equal((await chat({ max_completion_tokens: 1000 })).choices[0].message.content.length, 9_000_000);
    });
});

suite("as a process", () => {
    test("says one line when ready, and is driven over HTTP", async () => {
        const program = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../fakes/providers.mjs");
        const child = execFile(process.execPath, [program, "--key", KEY]);
        try {
            const line = await new Promise((resolve) => child.stdout.once("data", (text) => resolve(JSON.parse(text))));
            const post = (url, value) => fetch(url, { method: "POST", body: JSON.stringify(value) }).then((answer) => answer.json());
            await post(`${line.openai}/__plan`, [{ text: "By plan." }]);
            const client = new OpenAI({ apiKey: KEY, baseURL: `${line.openai}/v1`, maxRetries: 0 });
            assert.equal((await client.chat.completions.create({ model: GPT, messages })).choices[0].message.content, "By plan.");
            const [record] = await fetch(`${line.anthropic}/__requests?provider=openai`).then((answer) => answer.json());
            assert.equal(JSON.parse(Buffer.from(record.bodyBase64, "base64")).model, GPT);
            await post(`${line.openai}/__down`);
            assert.ok((await raised(client.models.list())) instanceof OpenAI.APIConnectionError);
            await post(`${line.anthropic}/__up?provider=openai`);
            assert.equal(await raised(client.models.list()), null);
        } finally {
            child.kill("SIGTERM");
            await promisify((done) => child.once("exit", () => done()))();
        }
    });
});
