/*
 *  models.test - the SDKs that agents use, unchanged: against the providers, and through the router
 *
 *      tests/clients/models/install && node --test tests/clients/models.test.mjs
 *
 *  Each client does the same things (models/cases.mjs) and says what it saw. Against the simulated
 *  providers that is the baseline; through the router it has to see the same, whether the model it
 *  asks for speaks its own protocol or the other one. One thing it has to see better: a stream
 *  that stops, with HTTP well ended, is a success to half of the SDKs; behind the router to none.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startProviders } from "../fakes/providers.mjs";
import { CLIENTS, missing, runClient } from "./models/clients.mjs";
import { openRouter, routerMissing } from "./router.mjs";

const KEYS = { openai: "sk-simulated-openai-0000000000000001", anthropic: "sk-ant-simulated-anthropic-000000001" };
const MODELS = { openai: "gpt-5-nano", anthropic: "claude-sonnet-4-6" };
const other = { openai: "anthropic", anthropic: "openai" };

const USAGE = { input: 1200, cached: 800, output: 96 };
const TWICE = { input: 2400, cached: 1600, output: 192 };
const CALLS = [{ name: "get_weather", arguments: { city: "Paris" } }, { name: "get_time", arguments: { city: "Paris" } }];

/* OpenAI says at the end of a stream what went in; LangChain reads it at the start of Anthropic's. */
const missesInput = (client, protocol) => client.name === "LangChain (messages)" && protocol === "openai";

/* LangChain adds the one output token that message_start names to what message_delta sums up. */
function checkUsage(seen, expected, what) {
    const extra = (seen.output ?? 0) - expected.output;
    assert.ok(extra >= 0 && extra <= 2, `${what}: output tokens ${seen.output}`);
    assert.deepEqual({ ...seen, output: expected.output }, expected, what);
}

function checkText(seen, what, expected = USAGE) {
    assert.equal(seen.error, undefined, `${what}: ${JSON.stringify(seen.error)}`);
    assert.equal(seen.text, "You said: Say it back: blue.", what);
    checkUsage(seen.usage, expected, `usage of ${what}`);
}

function checkTools(seen, what, expected = TWICE) {
    assert.equal(seen.error, undefined, `${what}: ${JSON.stringify(seen.error)}`);
    assert.equal(seen.text, "The tools say: sunny; noon", what);
    assert.deepEqual(seen.calls, CALLS, what);
    checkUsage(seen.usage, expected, `usage of ${what}`);
}

function check(seen, { isInputMissed = false } = {}) {
    const streamed = (usage) => (isInputMissed ? { ...usage, input: 0, cached: 0 } : usage);
    checkText(seen.plain, "plain");
    checkText(seen.stream, "stream", streamed(USAGE));
    assert.equal(seen.stream.isPieced, true, "the text came in pieces");
    checkTools(seen.tools, "tools");
    checkTools(seen.streamTools, "streamTools", streamed(TWICE));
    assert.equal(seen.error.error?.status, 400, `the refusal arrives as one: ${JSON.stringify(seen.error)}`);
    for (const name of ["cut", "errorEvent"]) assert.ok(seen[name].error, `${name} raises: ${JSON.stringify(seen[name])}`);
}

/* finish reasons are compared with the baseline, each in the client's own words. */
const finishes = (seen) => ["plain", "stream", "tools", "streamTools"].map((name) => seen[name].finish ?? null);

describe("against the simulated providers", () => {
    let fake;
    before(async () => { fake = await startProviders({ keys: Object.values(KEYS) }); });
    after(() => fake?.stop());

    for (const client of CLIENTS)
        test(client.name, { skip: missing(client) ?? false }, async () => {
            const { protocol } = client;
            const seen = await runClient(client, { baseUrl: fake[protocol].url, key: KEYS[protocol], model: MODELS[protocol] });
            check(seen);
        });
});

describe("through the router", { skip: routerMissing() ?? false }, () => {
    let fake, router;
    before(async () => {
        fake = await startProviders({});
        for (const name of ["openai", "anthropic"]) fake[name].keys = [KEYS[name]];
        router = await openRouter("models", {
            secrets: KEYS, settings: { AOP_ROUTER_CIRCUIT_FAILURES: "1000" }, /* streams are cut here on purpose */
            providers: ["openai", "anthropic"].map((name) => ({ name, protocol: name, baseUrl: `${fake[name].url}/v1`, secret: name })),
            tiers: { 1: [["openai", MODELS.openai], ["anthropic", MODELS.anthropic]] },
        });
    });
    after(async () => { await router?.close(); await fake?.stop(); });

    for (const client of CLIENTS) {
        const skip = missing(client) ?? false;
        for (const [what, protocol] of [["its own protocol", client.protocol], ["the other protocol", other[client.protocol]]])
            test(`${client.name}, a model of ${what}`, { skip }, async () => {
                fake.openai.reset();
                fake.anthropic.reset();
                const seen = await runClient(client, { baseUrl: router.url, key: router.key, model: MODELS[protocol] });
                check(seen, { isInputMissed: missesInput(client, protocol) });
                assert.ok(seen.cutClean.error, `a cut that HTTP does not show raises, by the router's word: ${JSON.stringify(seen.cutClean)}`);
                const { protocol: own } = client;
                const baseline = await runClient(client, { baseUrl: fake[own].url, key: KEYS[own], model: MODELS[own] });
                assert.deepEqual(finishes(seen), finishes(baseline), "finish reasons");
                assert.equal(seen.error.error.class, baseline.error.error.class, "class of the refusal");
            });
    }
});
