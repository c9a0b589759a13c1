/*
 *  router_alone.test - a router that starts before its database and its vault, and says so
 *
 *      node --test tests/system/router_alone.test.mjs
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openRouter, routerMissing } from "../clients/router.mjs";
import { startProviders } from "../fakes/providers.mjs";
import { waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

const KEYS = { openai: "sk-simulated-openai-0000000000000001", anthropic: "sk-ant-simulated-anthropic-000000001" };
const CALLS = {
    openai: ["/v1/chat/completions", { model: "gpt-5-nano", messages: [{ role: "user", content: "hello" }] }],
    anthropic: ["/v1/messages", { model: "claude-sonnet-4-6", max_tokens: 20, messages: [{ role: "user", content: "hello" }] }],
};

let fake, router;

const call = (protocol, key = router.key) => request(`${router.url}${CALLS[protocol][0]}`, {
    method: "POST", body: JSON.stringify(CALLS[protocol][1]),
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
});
const models = (key = router.key) => request(`${router.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
const ready = () => request(`${router.url}/readyz`);
const vault = () => router.stack.services.find(({ name }) => name === "vault");

/* Refused in the words of the protocol. */
async function refused(protocol, status, message, key) {
    const { status: got, text, json } = await call(protocol, key);
    assert.equal(got, status, text);
    assert.match(json.error.message, message);
    assert.equal(json.type, protocol === "anthropic" ? "error" : undefined);
}

/* As it is when it lives, ready or not. */
async function restartUnready() {
    router.service.readyPath = "/healthz";
    await router.service.restart();
    router.service.readyPath = "/readyz";
}

describe("a router alone", { skip: routerMissing() ?? false }, () => {
    before(async () => {
        fake = await startProviders();
        router = await openRouter("alone", {
            providers: ["openai", "anthropic"].map((name) => ({ name, protocol: name, baseUrl: `${fake[name].url}/v1`, secret: name })),
            secrets: KEYS,
        });
    });
    after(async () => {
        await router?.close();
        await fake?.stop();
    });

    test("that never saw its keys lets nobody in, and says why", async () => {
        for (const protocol of Object.keys(CALLS)) await waitFor(async () => (await call(protocol)).status === 200, { what: "it works at all" });
        await vault().kill();
        await router.stack.database.kill();
        rmSync(path.join(router.stack.dir, "var/router"), { recursive: true });
        await restartUnready();
        const { status, text } = await ready();
        assert.equal(status, 503);
        assert.match(text, /the keys are not loaded yet/);
        for (const protocol of Object.keys(CALLS)) {
            await refused(protocol, 503, /the keys are in the database, which cannot be reached/);
            await refused(protocol, 503, /the keys are in the database, which cannot be reached/, "mck_nope");
        }
        assert.equal((await models()).status, 503);
        assert.equal(fake.openai.requests.length + fake.anthropic.requests.length, 2);
    });

    test("its database comes: it is ready, lists models, and says what the vault has to do with it", async () => {
        await router.stack.database.start();
        await waitFor(async () => (await ready()).status === 200, { what: "it is ready" });
        const { json } = await models();
        assert.ok(json.data.some(({ id }) => id === "gpt-5-nano"));
        await refused("openai", 401, /an agent key is needed/, "mck_nope");
        for (const protocol of Object.keys(CALLS)) await refused(protocol, 503, /vault/);
        await waitFor(async () => /vault.*(not running|no .*answer|did not answer)|no vault/.test((await call("openai")).text), { what: "it says that the vault is away" });
        assert.equal(fake.openai.requests.length + fake.anthropic.requests.length, 2);
    });

    test("its vault comes: calls go out", async () => {
        await vault().start();
        for (const protocol of Object.keys(CALLS)) await waitFor(async () => (await call(protocol)).status === 200, { what: `${protocol} answers` });
    });

    test("that knows its keys from before starts without the database, says what it waits for, and calls when it is back", async () => {
        await router.stack.database.kill();
        await router.service.restart(); /* to be ready */
        await refused("openai", 401, /an agent key is needed/, "mck_nope");
        for (const protocol of Object.keys(CALLS)) /* what a budget leaves, nobody knows without the database */
            await waitFor(async () => {
                const { status, text } = await call(protocol);
                return status === 200 || (status === 503 && /the database cannot be reached|budget/.test(text)) || Promise.reject(new Error(text));
            }, { what: `${protocol} says what it waits for` });
        await router.stack.database.start();
        for (const protocol of Object.keys(CALLS)) await waitFor(async () => (await call(protocol)).status === 200, { what: `${protocol} answers` });
        const stored = () => router.stack.database.number("SELECT count(*) FROM aop_agent_events WHERE action = 'llm.call' AND phase = 'end'");
        await waitFor(async () => (await stored()) >= 6, { what: "all calls are told" });
    });
});
