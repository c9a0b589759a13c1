/*
 *  router_refusals.test - what cannot be: each its own error, exact, in the words of each protocol
 *
 *      node --test tests/system/router_refusals.test.mjs
 *
 *  A vault that is sealed is in secrets.test.mjs, a wrong passphrase in vault.test.mjs, a registry
 *  that cannot be used in routing.test.mjs.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openRouter, routerMissing } from "../clients/router.mjs";
import { startProviders } from "../fakes/providers.mjs";

const KEYS = { openai: "sk-simulated-openai-0000000000000001", anthropic: "sk-ant-simulated-anthropic-000000001" };
const BODY_BYTES_MAX = 65536;
const ANSWERS_BYTES_MAX = 200_000;
const PLAIN = { provider: "openai", model: "plain", context: 1000, output: 100, can: ["chat", "stream"], prices: [{ from: 0, input: 1, output: 1 }] };
const TOOL = { name: "look", description: "looks", parameters: { type: "object", properties: {} } };

let fake, router;

const PROTOCOLS = {
    openai: {
        path: "/v1/chat/completions",
        body: (more = {}) => ({ model: "plain", messages: [{ role: "user", content: "hello" }], ...more }),
        tools: [{ type: "function", function: TOOL }],
        error: (status, message, { code, param = null, type = "invalid_request_error" }) => ({ error: { message, type, param, code } }),
    },
    anthropic: {
        path: "/v1/messages",
        body: (more = {}) => ({ model: "plain", max_tokens: 10, messages: [{ role: "user", content: "hello" }], ...more }),
        tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.parameters }],
        error: (status, message, { kind = "invalid_request_error" }) => ({ type: "error", error: { type: kind, message } }),
    },
};

/* what, body of the protocol, status, message, how else the protocols say it */
const CASES = [
    ["an unknown model", (p) => p.body({ model: "nobody-has-this" }), 404,
        'there is no model "nobody-has-this": it is not in the registry, and neither prefix nor name says whose it is', { code: "model_not_found", param: "model", type: "not_found_error", kind: "not_found_error" }],
    ["an unknown tier", (p) => p.body({ model: "tier:9" }), 404,
        'there is no model "tier:9": tiers are tier:1, tier:2 and tier:3', { code: "model_not_found", param: "model", type: "not_found_error", kind: "not_found_error" }],
    ["an unknown provider", (p) => p.body({ model: "nobody/plain" }), 404,
        'there is no model "nobody/plain": it is not in the registry, and neither prefix nor name says whose it is', { code: "model_not_found", param: "model", type: "not_found_error", kind: "not_found_error" }],
    ["a body that is too large", (p) => p.body({ filler: "x".repeat(BODY_BYTES_MAX) }), 413,
        `the body has more than ${BODY_BYTES_MAX} bytes`, { code: "too_large", kind: "request_too_large" }],
    ["no JSON", () => "{oops", 400, /^body is not JSON at byte \d+: /, { code: "bad_encoding" }],
    ["JSON that is cut", (p) => JSON.stringify(p.body()).slice(0, -2), 400, /^body is not JSON at byte \d+: /, { code: "bad_encoding" }],
    ["nothing at all", () => "", 400, "body is empty, not JSON", { code: "bad_encoding" }],
    ["no object", () => "[]", 400, "the body is not a JSON object", { code: "bad_input" }],
    ["no model", (p) => p.body({ model: undefined }), 400, "model is missing", { code: "bad_input", param: "model" }],
    ["tools for a model without tools", (p) => p.body({ tools: p.tools }), 400,
        "no model can take this call: openai/plain: the model has no tools", { code: "not_capable", param: "model" }],
    ["a picture for a model without eyes", (p) => p.body({ messages: [{ role: "user", content: [{ type: p === PROTOCOLS.openai ? "image_url" : "image" }] }] }), 400,
        "no model can take this call: openai/plain: the model has no vision", { code: "not_capable", param: "model" }],
    ["more output than the model gives", (p) => p.body({ max_tokens: 500 }), 400,
        "no model can take this call: openai/plain: 500 tokens of output are asked for; it gives at most 100", { code: "not_capable", param: "model" }],
    ["a context that is too long", (p) => p.body({ messages: [{ role: "user", content: "word ".repeat(2000) }] }), 400,
        /^no model can take this call: openai\/plain: about \d+ tokens in and \d+ out do not fit its context of 1000$/, { code: "context_length_exceeded", param: "model" }],
];

describe("a router refuses", { skip: routerMissing() ?? false }, () => {
    before(async () => {
        fake = await startProviders();
        router = await openRouter("refusals", {
            providers: ["openai", "anthropic"].map((name) => ({ name, protocol: name, baseUrl: `${fake[name].url}/v1`, secret: name })),
            secrets: KEYS,
            settings: { AOP_ROUTER_BODY_BYTES_MAX: String(BODY_BYTES_MAX), AOP_ROUTER_ANSWERS_BYTES_MAX: String(ANSWERS_BYTES_MAX), AOP_ROUTER_ATTEMPTS_MAX: "1" },
            cards: [PLAIN],
        });
    });
    after(async () => {
        await router?.close();
        await fake?.stop();
    });

    const ask = (protocol, body) => fetch(`${router.url}${PROTOCOLS[protocol].path}`, {
        method: "POST", body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { "content-type": "application/json", authorization: `Bearer ${router.key}` },
    });

    for (const [protocol, spoken] of Object.entries(PROTOCOLS))
        for (const [what, body, status, message, words] of CASES)
            test(`${what}, in the words of ${protocol}`, async () => {
                const response = await ask(protocol, body(spoken));
                const { request_id: id, ...answer } = await response.json();
                assert.equal(response.status, status, JSON.stringify(answer));
                if (message instanceof RegExp) assert.match(answer.error.message, message);
                assert.deepEqual(answer, spoken.error(status, message instanceof RegExp ? answer.error.message : message, words));
                assert.match(response.headers.get("x-request-id"), /^[0-9a-f-]{36}$/);
                if (protocol === "anthropic") assert.equal(id, response.headers.get("x-request-id"));
                assert.equal(fake.openai.requests.length + fake.anthropic.requests.length, 0);
            });

    for (const protocol of Object.keys(PROTOCOLS))
        test(`an answer for which there is no room, in the words of ${protocol}`, async () => {
            const model = { openai: "gpt-4.1-nano", anthropic: "claude-sonnet-4-6" }[protocol];
            fake[protocol].plan([{ bytes: ANSWERS_BYTES_MAX + 1000, times: 1 }]);
            const response = await ask(protocol, PROTOCOLS[protocol].body({ model }));
            const answer = await response.json();
            assert.equal(response.status, 429, JSON.stringify(answer));
            assert.match(answer.error.message, /more than 200000 bytes together \(AOP_ROUTER_ANSWERS_BYTES_MAX\)/);
            assert.equal(answer.error.type, "rate_limit_error");
            assert.equal(response.headers.get("retry-after"), "1");
            const small = await ask(protocol, PROTOCOLS[protocol].body({ model }));
            assert.equal(small.status, 200, "the room is given back");
            fake[protocol].reset();
        });

    test("the limit of output goes out under the name that the model knows", async () => {
        fake.openai.reset();
        const { openai } = PROTOCOLS;
        const sent = async (model, more) => {
            const response = await ask("openai", openai.body({ model, ...more }));
            assert.equal(response.status, 200, await response.text());
            return JSON.parse(fake.openai.requests.at(-1).body);
        };
        assert.deepEqual(await sent("gpt-5-nano", { max_tokens: 50 }), openai.body({ model: "gpt-5-nano", max_completion_tokens: 50 }));
        assert.deepEqual(await sent("gpt-5-nano", { max_completion_tokens: 50 }), openai.body({ model: "gpt-5-nano", max_completion_tokens: 50 }));
        assert.deepEqual(await sent("gpt-4.1-nano", { max_tokens: 50 }), openai.body({ model: "gpt-4.1-nano", max_tokens: 50 }));
    });

    test("a server of one's own is told which trace a call is part of", async () => {
        const trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
        await fetch(`${router.url}/v1/chat/completions`, {
            method: "POST", body: JSON.stringify(PROTOCOLS.openai.body({ model: "gpt-5-nano" })),
            headers: { "content-type": "application/json", authorization: `Bearer ${router.key}`, traceparent: `00-${trace}-${span}-01` },
        });
        const [, seen, child, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(..)$/.exec(fake.openai.requests.at(-1).headers.traceparent);
        assert.deepEqual([seen, flags], [trace, "01"]);
        assert.notEqual(child, span);
        await ask("openai", PROTOCOLS.openai.body({ model: "gpt-5-nano" }));
        assert.equal(fake.openai.requests.at(-1).headers.traceparent, undefined);
    });
});
