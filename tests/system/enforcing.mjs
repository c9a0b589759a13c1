/*
 *  enforcing - what the tests of holds and budgets at the router share
 *
 *      const platform = await openPlatform("router_control", { fake });
 *      await platform.verb(root, "pause");                 resolves once every part has done it
 *      const call = platform.call("/v1/chat/completions", chat({ root }));
 *      await platform.held(1);
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { openRouter } from "../clients/router.mjs";
import { waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

export const MODELS = { openai: "gpt-5-nano", anthropic: "claude-sonnet-4-6" };
const KEYS = { openai: "sk-simulated-openai-0000000000000001", anthropic: "sk-ant-simulated-anthropic-000000001" };

export const chat = (more = {}) => ({ model: MODELS.openai, messages: [{ role: "user", content: "one two three" }], ...more });
export const message = (more = {}) => ({ model: MODELS.anthropic, max_tokens: 50, messages: [{ role: "user", content: "one two three" }], ...more });

/* The three dialects that answer in streams. */
export const DIALECTS = [
    { name: "chat", provider: "openai", path: "/v1/chat/completions", body: chat },
    { name: "responses", provider: "openai", path: "/v1/responses", body: (more) => ({ model: MODELS.openai, input: "one two three", store: false, ...more }) },
    { name: "messages", provider: "anthropic", path: "/v1/messages", body: message },
];

/* An answer that is read as it comes: status, headers, text so far, and how it ended. */
class Call {
    constructor(url, body, headers) {
        Object.assign(this, { text: "", isEnded: false, isWhole: false, controller: new AbortController() });
        this.begun = fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: this.controller.signal })
            .then((response) => Object.assign(this, { response, status: response.status, headers: response.headers }));
        this.ended = this.begun.then(() => this.read()).catch((error) => Object.assign(this, { error, isEnded: true }));
    }

    async read() {
        const decoder = new TextDecoder();
        try {
            for await (const piece of this.response.body) this.text += decoder.decode(piece, { stream: true });
            this.isWhole = true;
        } catch (error) {
            this.error = error;
        }
        this.isEnded = true;
        return this;
    }

    get json() {
        return JSON.parse(this.text);
    }

    get comments() {
        return this.text.split("\n").filter((line) => line.startsWith(": held"));
    }

    until(condition, what) {
        return waitFor(() => condition(this), { what });
    }

    leave() {
        this.controller.abort();
    }
}

class Platform {
    constructor(router) {
        Object.assign(this, { router, stack: router.stack, service: router.service, count: 0 });
        this.gateway = this.stack.services.find((service) => service.name === "gateway");
        this.local = { "x-mc-local": readFileSync(path.join(this.stack.dir, "var/local-token"), "utf8").trim() };
    }

    command(name, input) {
        return request(`${this.gateway.url}/api/v1/commands/${name}`,
            { method: "POST", headers: this.local, body: JSON.stringify({ input }) });
    }

    async done(name, input) {
        const answer = await this.command(name, input);
        assert.equal(answer.status, 200, answer.text);
        return answer.json;
    }

    newId(name) {
        return `${name}-${++this.count}`;
    }

    async task(more = {}) {
        const id = this.newId("task");
        await this.done("create_task", { id, tier: 1, domain: "d", objective: "o", tokenBudget: 0, ...more });
        return id;
    }

    receipt(id) {
        return request(`${this.gateway.url}/api/v1/control/receipts/${id}`, { headers: this.local }).then(({ json }) => json);
    }

    /* The verb, and the receipt once every part has done it. */
    async verb(rootTaskId, action, more = {}) {
        const made = await this.done("control_scope", { rootTaskId, action, scopeType: "tree", ...more });
        const state = { pause: "paused", resume: "running", stop: "stopped", restart: "restarted" }[action];
        return waitFor(async () => {
            const found = await this.receipt(made.id);
            if (found.state === state) return found;
            throw new Error(`${found.state} ${JSON.stringify(found.parts)}`);
        }, { what: `${action} is done` });
    }

    /* One call of the task under the root. */
    call(where, body, { root, task, tier, service = this.service, ...more } = {}) {
        const headers = { "content-type": "application/json", authorization: `Bearer ${this.router.key}`, ...more };
        if (root) headers["x-mc-root"] = root;
        if (task) headers["x-mc-task"] = task;
        if (tier) headers["x-mc-tier"] = String(tier);
        return new Call(`${service.url}${where}`, body, headers);
    }

    /* The router holds so many calls. */
    held(count, service = this.service) {
        return waitFor(async () => (await service.metric("held_now")) === count, { what: `${count} calls are held` });
    }
}

/* A stack with the router, its providers being those of fake. */
export async function openPlatform(name, { fake, settings = {}, tiers }) {
    const router = await openRouter(name, {
        providers: ["openai", "anthropic"].map((provider) => ({ name: provider, protocol: provider, baseUrl: `${fake[provider].url}/v1`, secret: provider })),
        secrets: KEYS, settings,
        tiers: tiers ?? { 1: [["openai", MODELS.openai]], 2: [["openai", MODELS.openai], ["anthropic", MODELS.anthropic]], 3: [["anthropic", MODELS.anthropic]] },
    });
    return new Platform(router);
}
