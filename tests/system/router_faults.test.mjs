/*
 *  router_faults.test - everything that goes wrong at a provider: whose fault, tried where, seen how
 *
 *      tests/clients/models/install && node --test tests/system/router_faults.test.mjs
 *
 *  Each row of the matrix has lanes of its own (a dated model of a provider; where the key is at
 *  fault, a provider too), so that what one row does to scores, keys and circuits is not seen by
 *  the next one. Lane a fails, lane b answers:
 *  caller    one attempt at a, none at b, the client sees the refusal as it is; a stays in use
 *  key       one attempt at a, then b; a is not called again, until its key changes
 *  lane      one attempt at a, then b; with no b a once more; a is called again, unless it asked to
 *            be left alone for long
 *  Once something has gone out there is no other lane: the client's SDK raises.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { openRouter, routerMissing } from "../clients/router.mjs";
import { FAULTS, selfSigned, startProvider } from "../fakes/providers.mjs";
import { freePort, ROOT } from "./harness.mjs";

const SDKS = path.join(ROOT, "tests/clients/models/package.json");
const isInstalled = existsSync(path.join(path.dirname(SDKS), "node_modules/openai"));
const skip = routerMissing() ?? (isInstalled ? false : "the SDKs are not installed: run tests/clients/models/install");
const load = async (name) => (await import(pathToFileURL(createRequire(SDKS).resolve(name)))).default;

const KEYS = { openai: "sk-simulated-openai-0000000000000001", anthropic: "sk-ant-simulated-anthropic-000000001" };
const MODELS = { openai: "gpt-5-nano", anthropic: "claude-sonnet-4-6" };
const PROTOCOLS = ["openai", "anthropic"];
const other = { openai: "anthropic", anthropic: "openai" };
const ATTEMPTS_MAX = 2;
/* A kept connection that closes without a byte may have been too old: it may be asked anew, once. */
const MAY_BE_STALE = new Set(["cut_before_headers", "reset_before_headers"]);
const SETTINGS = {
    AOP_ROUTER_ATTEMPTS_MAX: String(ATTEMPTS_MAX), AOP_ROUTER_CONNECT_MS: "1500", AOP_ROUTER_FIRST_BYTE_MS: "1500",
    AOP_ROUTER_IDLE_MS: "1500", AOP_ROUTER_SLOW_MS: "1500", AOP_ROUTER_SLOW_BYTES_MIN: "64",
};
const ANSWER = "From the other lane.";
const PROMPT = "one two three four five six seven eight";

/* What a client may see when there is no other lane. */
const as = (...statuses) => statuses;
const UNAVAILABLE = as(500, 502, 503, 504, 529);

/* fault, whose it is, statuses for a client whose only lane it is. */
const PLAIN = [
    ["bad_request", "caller", as(400)],
    ["context_length", "caller", as(400)],
    ["not_found", "caller", as(404)],
    ["too_large", "caller", as(413)],
    ["unprocessable", "caller", as(422)],
    ["auth", "key", as(503)],
    ["billing", "key", as(402, ...UNAVAILABLE)],
    ["permission", "key", as(503)],
    ["insufficient_quota", "key", as(402, 429, ...UNAVAILABLE)],
    ["credit_low", "key", as(400, 402, 429, ...UNAVAILABLE)],
    ["rate_limit", "lane", as(429, 503)],
    ["rate_limit_seconds", "lane", as(429, 503), { retryAfterMs: 30_000 }],
    ["rate_limit_ms", "lane", as(429, 503), { retryAfterMs: 30_000 }],
    ["rate_limit_date", "lane", as(429, 503), { retryAfterMs: 30_000 }],
    ["slow_down", "lane", as(429, 503)],
    ["server_error", "lane", UNAVAILABLE],
    ["bad_gateway", "lane", UNAVAILABLE],
    ["unavailable", "lane", UNAVAILABLE],
    ["gateway_timeout", "lane", UNAVAILABLE],
    ["overloaded", "lane", UNAVAILABLE],
    ["error_200", "lane", UNAVAILABLE],
    ["wrong_type", "lane", UNAVAILABLE],
    ["empty_200", "lane", UNAVAILABLE],
    ["malformed_json", "lane", UNAVAILABLE],
    ["malformed_http", "lane", UNAVAILABLE],
    ["oversize_headers", "lane", UNAVAILABLE],
    ["cut_before_headers", "lane", UNAVAILABLE],
    ["reset_before_headers", "lane", UNAVAILABLE],
    ["cut_before_body", "lane", UNAVAILABLE],
    ["header_hang", "lane", UNAVAILABLE],
    ["partial_headers", "lane", UNAVAILABLE],
    ["refused", "lane", UNAVAILABLE, { port: "dead" }],
    ["tls_unknown", "lane", UNAVAILABLE, { port: "tls" }],
    ["tls_none", "lane", UNAVAILABLE, { port: "plain" }],
].map(([fault, blame, sees, more = {}]) => ({ name: fault.replaceAll("_", "-"), fault, blame, sees, ...more }));

/* Faults of a stream from which the client has had content, and from which it has had none. */
const CUT = ["cut", "cut_reset", "cut_clean", "cut_frame", "cut_finish", "error_event", "malformed_sse", "stall"];
const SILENT = [["error_event", 0], ["cut", 0], ["cut_clean", 0], ["cut_before_body", 0], ["error_200", 0], ["wrong_type", 0], ["overloaded", 0], ["stall", 0], ["header_hang", 0]];

const DIALECTS = [["chat", "openai"], ["responses", "openai"], ["messages", "anthropic"]];
/* The same across: what a client of one protocol sees of the other's refusal. */
const CROSS = [
    ["bad_request", "caller", as(400)],
    ["context_length", "caller", as(400)],
    ["auth", "key", as(503)],
    ["rate_limit_seconds", "lane", as(429, 503)],
    ["server_error", "lane", UNAVAILABLE],
    ["overloaded", "lane", UNAVAILABLE],
    ["error_200", "lane", UNAVAILABLE],
    ["cut_before_headers", "lane", UNAVAILABLE],
].map(([fault, blame, sees]) => ({ name: `${fault.replaceAll("_", "-")}-across`, fault, blame, sees }));

const DAY_MS = 86_400_000;

/* The same model by ever other dates: lanes that nothing has happened to. */
function* datedModels(protocol) {
    for (let day = Date.UTC(2020, 0, 1); ; day += DAY_MS) {
        const date = new Date(day).toISOString().slice(0, 10);
        yield `${MODELS[protocol]}-${protocol === "openai" ? date : date.replaceAll("-", "")}`;
    }
}

describe("faults of providers", { skip }, () => {
    const lanes = {}; /* simulated providers: a fails, b answers */
    const dated = { openai: datedModels("openai"), anthropic: datedModels("anthropic") };
    let router, OpenAI, Anthropic, tls, dead;

    /* Providers and personas of every row: "<row>" has lane a and lane b, "<row>-alone" only a. */
    function registry() {
        const providers = new Map(), personas = {};
        const lane = (protocol, name, baseUrl) => {
            providers.set(name, { name, protocol, baseUrl, secret: protocol });
            return [name, dated[protocol].next().value];
        };
        for (const protocol of PROTOCOLS) {
            const failing = `${lanes.a[protocol].url}/v1`;
            const urls = {
                dead: `http://127.0.0.1:${dead}/v1`, tls: `${tls[protocol].url}/v1`, plain: failing.replace("http:", "https:"),
            };
            const good = () => lane(protocol, `b-${protocol}`, `${lanes.b[protocol].url}/v1`);
            for (const { name, blame, port } of [...PLAIN, ...CROSS]) {
                const own = blame === "key" ? `-${name}` : port ? `-${port}` : "";
                personas[`${protocol}-${name}`] = [lane(protocol, `a-${protocol}${own}`, urls[port] ?? failing), good()];
                personas[`${protocol}-${name}-alone`] = [lane(protocol, `c-${protocol}${own}`, urls[port] ?? failing)];
            }
            for (const [dialect] of DIALECTS) {
                for (const fault of [...CUT, "odd", "raw", "left", "drip"]) personas[`${protocol}-${dialect}-${fault}`] = [lane(protocol, `a-${protocol}`, failing), good()];
                for (const [fault] of SILENT) personas[`${protocol}-${dialect}-${fault}-silent`] = [lane(protocol, `a-${protocol}`, failing), good()];
            }
            for (const name of ["whole-cut", "whole-cut_reset", "odd"]) personas[`${protocol}-${name}`] = [lane(protocol, `a-${protocol}`, failing), good()];
        }
        return { providers: [...providers.values()], personas };
    }

    before(async () => {
        [OpenAI, Anthropic] = [await load("openai"), await load("@anthropic-ai/sdk")];
        tls = {};
        dead = await freePort();
        for (const letter of ["a", "b"]) {
            lanes[letter] = {};
            for (const protocol of PROTOCOLS) lanes[letter][protocol] = await startProvider(protocol, { keys: [KEYS[protocol]] });
        }
        const pair = selfSigned();
        for (const protocol of PROTOCOLS) tls[protocol] = await startProvider(protocol, { tls: pair });
        router = await openRouter("faults", { ...registry(), secrets: KEYS, tiers: {}, settings: SETTINGS });
    });
    after(async () => {
        await router?.close();
        for (const protocol of PROTOCOLS)
            for (const one of [lanes.a?.[protocol], lanes.b?.[protocol], tls?.[protocol]]) await one?.down();
    });
    beforeEach(() => {
        for (const protocol of PROTOCOLS) {
            lanes.a[protocol].reset();
            lanes.b[protocol].reset();
            lanes.b[protocol].plan([{ text: ANSWER, times: 0 }]);
        }
    });

    /* How often lane a was asked is what policy says, or one more where that is allowed. */
    function checkAttempts(protocol, policy, fault) {
        const seen = attempts("a", protocol);
        assert.ok(seen === policy || (MAY_BE_STALE.has(fault) && seen === policy + 1), `${seen} attempts, ${policy} by policy`);
    }

    const attempts = (letter, protocol) => lanes[letter][protocol].requests.filter((one) => one.method === "POST").length;

    /* A call by the official SDK; resolves with { text } or { error }. */
    async function call(protocol, model) {
        try {
            if (protocol === "openai") {
                const client = new OpenAI({ apiKey: router.key, baseURL: `${router.url}/v1`, maxRetries: 0, timeout: 20_000, logLevel: "off" });
                const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content: PROMPT }] });
                return { text: answer.choices[0].message.content };
            }
            const client = new Anthropic({ apiKey: router.key, baseURL: router.url, maxRetries: 0, timeout: 20_000, logLevel: "off" });
            const answer = await client.messages.create({ model, max_tokens: 256, messages: [{ role: "user", content: PROMPT }] });
            return { text: answer.content[0].text };
        } catch (error) {
            return { error };
        }
    }

    /* A stream read to its end by the official SDK: { text, error }, text being what came before it. */
    async function stream(dialect, model) {
        let text = "";
        try {
            if (dialect === "messages") {
                const client = new Anthropic({ apiKey: router.key, baseURL: router.url, maxRetries: 0, timeout: 20_000, logLevel: "off" });
                const run = await client.messages.create({ model, max_tokens: 256, stream: true, messages: [{ role: "user", content: PROMPT }] });
                for await (const event of run) text += event.delta?.text ?? "";
                return { text };
            }
            const client = new OpenAI({ apiKey: router.key, baseURL: `${router.url}/v1`, maxRetries: 0, timeout: 20_000, logLevel: "off" });
            if (dialect === "responses") {
                const run = await client.responses.create({ model, input: PROMPT, stream: true, store: false });
                for await (const event of run) text += event.type === "response.output_text.delta" ? event.delta : "";
                return { text };
            }
            const run = await client.chat.completions.create({ model, stream: true, messages: [{ role: "user", content: PROMPT }] });
            for await (const chunk of run) text += chunk.choices[0]?.delta?.content ?? "";
            return { text };
        } catch (error) {
            return { text, error };
        }
    }

    const SHAPES = {
        openai: ({ error }) => typeof error?.message === "string" && typeof error.type === "string" && "code" in error && "param" in error,
        anthropic: (body) => body.type === "error" && typeof body.error?.type === "string" && typeof body.error.message === "string",
    };

    /* The refusal as it stands on the wire, in the shape of the protocol. */
    function checkShape(protocol, error, row) {
        assert.ok(row.sees.includes(error.status), `status ${error.status} (${error.message}), wanted one of ${row.sees}`);
        const body = protocol === "openai" ? { error: error.error } : error.error;
        assert.ok(SHAPES[protocol](body), `the shape of ${protocol}'s errors: ${JSON.stringify(body)}`);
        assert.ok(!JSON.stringify(body).includes(KEYS[protocol]), "no key in it");
    }

    const misbehave = (protocol, row) => {
        const { fault, retryAfterMs } = row;
        if (FAULTS[fault]) lanes.a[protocol].plan([{ fault, retryAfterMs, times: 0 }]);
    };

    for (const protocol of PROTOCOLS)
        describe(`in ${protocol}'s protocol`, () => {
            for (const row of PLAIN) {
                const persona = `persona:${protocol}-${row.name}`;

                test(`${row.fault} is the ${row.blame}'s fault: ${row.blame === "caller" ? "no other lane is asked" : "the other lane answers"}`, async () => {
                    misbehave(protocol, row);
                    const { text, error } = await call(protocol, persona);
                    if (row.blame === "caller") {
                        assert.equal(attempts("b", protocol), 0);
                        assert.equal(attempts("a", protocol), 1);
                        return checkShape(protocol, error, row);
                    }
                    assert.equal(error, undefined, error?.message);
                    assert.equal(text, ANSWER);
                    assert.equal(attempts("b", protocol), 1);
                    if (!row.port) checkAttempts(protocol, 1, row.fault);
                });

                test(`${row.fault} with no other lane: its error in the protocol's shape, and what comes after`, async () => {
                    misbehave(protocol, row);
                    const { error } = await call(protocol, `${persona}-alone`);
                    assert.ok(error, "it is refused");
                    checkShape(protocol, error, row);
                    assert.equal(attempts("b", protocol), 0);
                    if (row.port) return;
                    const isLeft = row.blame !== "lane" || row.retryAfterMs;
                    checkAttempts(protocol, isLeft ? 1 : ATTEMPTS_MAX, row.fault);
                    const before = attempts("a", protocol);
                    lanes.a[protocol].plan([{ text: "Well again.", times: 0 }]);
                    const next = await call(protocol, `${persona}-alone`);
                    if (row.blame === "key" || row.retryAfterMs) {
                        assert.equal(attempts("a", protocol), before, "it is left alone");
                        assert.ok(UNAVAILABLE.includes(next.error?.status) || next.error?.status === 429, `${next.error?.status}`);
                    } else {
                        assert.equal(next.text, "Well again.", next.error?.message);
                    }
                    if (row.retryAfterMs) assert.match(error.headers.get("retry-after") ?? "", /^[1-9]\d*$| GMT$/, "Retry-After is passed on");
                });
            }
        });

    const PAIRS = DIALECTS.flatMap(([dialect, own]) => [[dialect, own], [dialect, other[own]]]);

    describe("across protocols", () => {
        for (const client of PROTOCOLS)
            for (const row of CROSS)
                test(`${row.fault} of ${other[client]}, seen by a client of ${client}`, async () => {
                    const upstream = other[client];
                    misbehave(upstream, row);
                    const { error } = await call(client, `persona:${upstream}-${row.name}-alone`);
                    assert.ok(error, "it is refused");
                    checkShape(client, error, row);
                    if (row.fault === "overloaded" && client === "openai") assert.notEqual(error.status, 529, "no status that OpenAI does not have");
                    if (row.blame !== "lane") assert.equal(attempts("a", upstream), 1);
                    assert.ok(attempts("a", upstream) <= ATTEMPTS_MAX + (MAY_BE_STALE.has(row.fault) ? 1 : 0));
                    lanes.a[upstream].requests.length = 0;
                    const { text } = await call(client, `persona:${upstream}-${row.name}`);
                    if (row.blame === "caller") assert.equal(attempts("b", upstream), 0);
                    else assert.equal(text, ANSWER);
                });
    });

    describe("streams", () => {
        for (const [dialect, protocol] of PAIRS) {
            for (const fault of CUT)
                test(`${fault} after content, ${dialect} from ${protocol}: the SDK raises, nobody else is asked`, async () => {
                    lanes.a[protocol].plan([{ fault, tokens: 20, after: 9, times: 0 }]);
                    const { text, error } = await stream(dialect, `persona:${protocol}-${dialect}-${fault}`);
                    assert.ok(error, `no error after ${JSON.stringify(text)}`);
                    assert.ok(text.length > 0, `content came before ${error.message}`);
                    assert.equal(attempts("a", protocol), 1);
                    assert.equal(attempts("b", protocol), 0);
                });

            for (const [fault, after] of SILENT)
                test(`${fault} before any content, ${dialect} from ${protocol}: the other lane answers`, async () => {
                    lanes.a[protocol].plan([{ fault, after, tokens: 20, times: 0 }]);
                    const { text, error } = await stream(dialect, `persona:${protocol}-${dialect}-${fault}-silent`);
                    assert.equal(error, undefined, error?.message);
                    assert.equal(text, ANSWER);
                    assert.equal(attempts("a", protocol), 1);
                    assert.equal(attempts("b", protocol), 1);
                });

            test(`a byte now and then, ${dialect} from ${protocol}: too slow, the other lane answers`, async () => {
                lanes.a[protocol].plan([{ drip: true, dripMs: 100, tokens: 20, times: 0 }]);
                const { text, error } = await stream(dialect, `persona:${protocol}-${dialect}-drip`);
                assert.equal(error, undefined, error?.message);
                assert.equal(text, ANSWER);
                const record = await lanes.a[protocol].until((one) => one.ended !== null, "the end of the slow one");
                assert.equal(record.ended, "client_closed");
            });
        }

        test("the raw bytes of a cut stream have no mark of its end", async () => {
            const ends = { chat: "[DONE]", messages: "message_stop" };
            for (const [dialect, protocol, url] of [["chat", "openai", "/v1/chat/completions"], ["messages", "anthropic", "/v1/messages"]]) {
                lanes.a[protocol].plan([{ fault: "cut_clean", tokens: 20, after: 9, times: 0 }]);
                const body = JSON.stringify({ model: `persona:${protocol}-${dialect}-raw`, max_tokens: 256, stream: true, messages: [{ role: "user", content: PROMPT }] });
                const raw = await new Promise((resolve) => {
                    const pieces = [];
                    const ask = http.request(`${router.url}${url}`, { method: "POST", headers: { authorization: `Bearer ${router.key}`, "content-type": "application/json", "anthropic-version": "2023-06-01" } }, (answer) => {
                        answer.on("data", (piece) => pieces.push(piece));
                        answer.on("error", () => {});
                        answer.on("close", () => resolve(Buffer.concat(pieces).toString()));
                    });
                    ask.end(dialect === "chat" ? body.replace("max_tokens", "max_completion_tokens") : body);
                });
                assert.ok(!raw.includes(ends[dialect]), raw.slice(-200));
                assert.match(raw, /"error"/, "the error is said in the stream");
            }
        });

        for (const [dialect, protocol] of PAIRS)
            test(`what is odd but whole is passed on, ${dialect} from ${protocol}`, async () => {
                for (const script of [{ drip: true, dripMs: 0 }, { split: true, splitMs: 0 }, { coalesce: true }, { crlf: true }, { comments: true }, { gzip: true }]) {
                    lanes.a[protocol].plan([{ ...script, text: ANSWER }]);
                    const { text, error } = await stream(dialect, `persona:${protocol}-${dialect}-odd`);
                    assert.equal(error, undefined, `${JSON.stringify(script)}: ${error?.message}`);
                    assert.equal(text, ANSWER, JSON.stringify(script));
                }
            });

        test("a client that leaves closes the upstream", async () => {
            for (const protocol of PROTOCOLS) {
                lanes.a[protocol].plan([{ tokens: 400, frameMs: 25 }]);
                const ask = http.request(`${router.url}${protocol === "openai" ? "/v1/chat/completions" : "/v1/messages"}`, {
                    method: "POST", headers: { authorization: `Bearer ${router.key}`, "content-type": "application/json", "anthropic-version": "2023-06-01" },
                }, (answer) => answer.once("data", () => ask.destroy()));
                ask.on("error", () => {});
                ask.end(JSON.stringify({ model: `persona:${protocol}-chat-left`, [protocol === "openai" ? "max_completion_tokens" : "max_tokens"]: 1000, stream: true, messages: [{ role: "user", content: PROMPT }] }));
                const record = await lanes.a[protocol].until((one) => one.ended !== null, "the end of the request");
                assert.equal(record.ended, "client_closed");
                assert.ok(record.framesSent < 400, "long before its end");
            }
        });
    });

    describe("whole answers", () => {
        for (const protocol of PROTOCOLS)
            test(`${protocol}: one that is cut in its body is nobody's success`, async () => {
                for (const fault of ["cut", "cut_reset"]) {
                    lanes.a[protocol].plan([{ fault, tokens: 200, times: 0 }]);
                    const { text, error } = await call(protocol, `persona:${protocol}-whole-${fault}`);
                    assert.ok(error || text === ANSWER, `${fault}: ${text}`);
                }
            });

        test("gzip and an answer of 9 MB are passed on", async () => {
            for (const protocol of PROTOCOLS) {
                const model = `persona:${protocol}-odd`;
                lanes.a[protocol].plan([{ gzip: true, text: ANSWER }, { bytes: 9_000_000 }]);
                assert.equal((await call(protocol, model)).text, ANSWER);
                assert.equal((await call(protocol, model)).text?.length, 9_000_000);
            }
        });
    });
});
