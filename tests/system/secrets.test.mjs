/*
 *  secrets.test - no secret escapes: the whole stack is used with keys and words that would be known
 *  anywhere, and everything that can be read of it is searched for them
 *
 *      node --test tests/system/secrets.test.mjs
 *
 *  Searched are, while it is used and afterwards: the memory of every service as a core dump would
 *  have it, /proc, logs, metrics, every answer and error that a client was given, the dump of the
 *  database, and every file of the stack, the files of PostgreSQL among them.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { routerMissing } from "../clients/router.mjs";
import { selfSigned, startProvider } from "../fakes/providers.mjs";
import { freePort, IS_SANITIZED, openStack, programIsBuilt, ROOT, waitFor } from "./harness.mjs";
import { scanMemory } from "./memory_scan.mjs";
import { request } from "./request.mjs";

const run = promisify(execFile);
const canary = (head) => head + randomBytes(18).toString("hex");
const SECRETS = {
    openai: canary("sk-proj-canary"), anthropic: canary("sk-ant-canary"), next: canary("sk-proj-rotated"),
    odd: canary("canary_of_no_known_form_"), operator: canary("operator words "), vault: canary("vault words "),
};
const PROVIDERS = ["openai", "anthropic", "odd"];
const LOAD = 16; /* calls at a time */
const OLD_KEY_MS = 1000; /* after a change the old key is used no longer than this */
const json = { "content-type": "application/json" };

/* What would give a secret away: itself, and the forms that text takes on its way. */
function needlesOf(secrets) {
    const needles = [];
    for (const [name, value] of Object.entries(secrets)) {
        const bytes = Buffer.from(value);
        const forms = Buffer.isBuffer(value) ? [] : [bytes.toString("hex"), encodeURIComponent(value)];
        /* Base64 of it wherever it begins in a longer text, but for the ends that its neighbours change. */
        const base64 = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").slice(4, -8));
        for (const form of [bytes, ...[...forms, ...base64].map((text) => Buffer.from(text))]) needles.push({ name, form });
    }
    return needles;
}

/* A server that answers with what it was sent, key and all: its status is the end of the model's name. */
async function startEcho() {
    const keys = [];
    const server = http.createServer(async (question, answer) => {
        let body = "";
        for await (const piece of question) body += piece;
        const key = question.headers.authorization ?? question.headers["x-api-key"];
        keys.push(key);
        const { model, stream } = JSON.parse(body || '{"model":"list-401"}');
        const [, status, how] = /-(\d+)(?:-(\w+))?$/.exec(model);
        const error = { error: { message: `Incorrect API key provided: ${key}.`, type: key, code: "invalid_api_key", param: key } };
        const head = { "content-type": how === "text" ? "text/plain" : "application/json", "x-request-id": key, "openai-organization": key, "x-echo": key };
        if (stream && status === "200") {
            answer.writeHead(200, { ...head, "content-type": "text/event-stream" });
            const delta = { id: "c", object: "chat.completion.chunk", model, choices: [{ index: 0, delta: { content: "word" } }] };
            if (how !== "first") answer.write(`data: ${JSON.stringify(delta)}\n\n`);
            answer.end(`data: ${JSON.stringify(error)}\n\n`);
        } else {
            answer.writeHead(Number(status), head);
            answer.end(how === "text" ? `no such key: ${key}` : JSON.stringify(error));
        }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { keys, url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/* Every file below a folder. */
function* filesOf(folder) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) yield* filesOf(file);
        else if (entry.isFile()) yield file;
    }
}

class World {
    constructor() {
        this.heard = []; /* what clients were told: { where, bytes } */
        this.secrets = { ...SECRETS };
    }

    async open() {
        const tls = selfSigned();
        this.openai = await startProvider("openai");
        this.anthropic = await startProvider("anthropic");
        this.closed = await startProvider("openai", { tls });
        this.echo = await startEcho();
        this.stack = await openStack("secrets", {
            settings: {
                AOP_VAULT_KEY_FILE: "none", AOP_MODEL_CONFIG_PATH: path.join(ROOT, "build/test/secrets/aop_models.json"),
                AOP_ROUTER_FIRST_BYTE_MS: "2000", AOP_ROUTER_CONNECT_MS: "1000", AOP_ROUTER_ATTEMPTS_MAX: "1",
                AOP_ROUTER_CIRCUIT_FAILURES: "1000",
            },
        });
        for (const name of ["ROUTER", "BUDGET"]) this.stack.ports[`AOP_${name}_PORT`] = String(await freePort());
        writeFileSync(path.join(this.stack.dir, ".env"), "AOP_DEV_MODE=true\n");
        this.writeModels();
        const names = ["ingest", "control", "vault", "budget", "gateway", "router"].filter((name) => name !== "budget" || programIsBuilt(name));
        for (const name of names) this[name] = await this.stack.start(name);
        this.services = names.map((name) => this[name]);
    }

    writeModels() {
        const row = (name, protocol, baseUrl, secret) => ({ name, protocol, adapter: protocol, baseUrl, secret });
        writeFileSync(path.join(this.stack.dir, "aop_models.json"), JSON.stringify({
            version: 2, defaultProvider: "openai", tiers: {}, personaOverrides: {},
            providers: [
                row("openai", "openai", `${this.openai.url}/v1`, "openai"),
                row("anthropic", "anthropic", `${this.anthropic.url}/v1`, "anthropic"),
                row("closed", "openai", `${this.closed.url}/v1`, "openai"),
                row("plain", "openai", `${this.openai.url.replace("http:", "https:")}/v1`, "openai"),
                row("echo", "openai", `${this.echo.url}/v1`, "odd"),
                row("echo-anthropic", "anthropic", `${this.echo.url}/v1`, "odd"),
            ],
        }));
    }

    async close() {
        await this.stack?.close();
        for (const one of [this.openai, this.anthropic, this.closed]) await one?.down();
        this.echo?.stop();
    }

    hear(where, answer) {
        this.heard.push({ where, bytes: Buffer.from(`${answer.status} ${JSON.stringify(answer.headers)} ${answer.text}`) });
        return answer;
    }

    async missionctl(args, input = "") {
        const program = run(path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl"), args, { cwd: this.stack.dir, env: this.stack.env() });
        program.child.stdin.end(input);
        const { stdout, stderr } = await program.catch((error) => error);
        if (!args.includes("init")) this.heard.push({ where: `missionctl ${args.join(" ")}`, bytes: Buffer.from(stdout + stderr) });
        return stdout.trim();
    }

    async post(url, body, headers = {}) {
        return request(url, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
    }

    async logIn(username, passphrase) {
        const answer = await this.post(`${this.gateway.url}/api/v1/auth/login`, { username, passphrase });
        assert.equal(answer.status, 200, answer.text);
        this.login = { cookie: answer.headers["set-cookie"][0].split(";")[0], "x-mc-csrf": answer.json.csrfToken };
    }

    /* The first operator, under the words of this test. */
    async enter() {
        const file = path.join(this.stack.dir, "var/first-login");
        await waitFor(() => existsSync(file), { what: "the first login" });
        const [name, first] = readFileSync(file, "utf8").trim().split(" ");
        await this.logIn(name, first);
        const changed = await this.post(`${this.gateway.url}/api/v1/auth/passphrase`, { current: first, next: SECRETS.operator }, this.login);
        assert.equal(changed.status, 204, changed.text);
        await this.logIn(name, SECRETS.operator);
    }

    command(name, input) {
        return this.post(`${this.gateway.url}/api/v1/commands/${name}`, { input }, this.login);
    }

    async confirm(provider, operation) {
        const answer = await this.command("confirm_provider_secret_access", { provider, operation, passphrase: SECRETS.operator });
        assert.equal(answer.status, 200, answer.text);
        return answer.json.confirmationToken;
    }

    async set(provider, secret, sessionToken) {
        const answer = this.hear(`setting ${provider}`, await this.command("set_provider_secret", { provider, secret, sessionToken }));
        assert.equal(answer.status, 200, answer.text);
    }

    /* A call by any of the protocols; more goes into its body. */
    async call(protocol, model, more = {}, options = {}) {
        const messages = [{ role: "user", content: "say something" }];
        const [where, body] = {
            chat: ["chat/completions", { messages }], responses: ["responses", { input: "say something" }],
            messages: ["messages", { messages, max_tokens: 64 }],
        }[protocol];
        const url = `${this.router.url}/v1/${where}`;
        const answer = await request(url, {
            method: "POST", headers: { ...json, authorization: `Bearer ${this.secrets.agent}` }, body: JSON.stringify({ model, ...body, ...more }), ...options,
        }).catch((error) => ({ status: 0, headers: {}, text: `broken off: ${error.message}`, json: null }));
        return this.hear(`${protocol} ${model}`, answer);
    }

    /* Where memory that a dump would have holds one of the secrets. */
    memory(services = this.services, secrets = this.secrets) {
        if (IS_SANITIZED) return [];
        const needles = needlesOf(secrets);
        const found = services.filter(({ isRunning }) => isRunning).flatMap((service) =>
            scanMemory(service.pid, needles.map(({ form }) => form)).map(({ text, name }) =>
                `${service.name}: ${needles.find(({ form }) => form === text).name} in ${name}`));
        return [...new Set(found)];
    }

    /* How often memory that no dump would have holds it. */
    locked(service, secret) {
        return scanMemory(service.pid, [secret], { isWhole: true }).length;
    }

    find(where, bytes) {
        return this.needles.filter(({ form }) => bytes.includes(form)).map(({ name }) => `${where} has ${name}`);
    }

    /* Every place but memory. */
    async places() {
        this.needles = needlesOf(this.secrets);
        const found = this.heard.flatMap(({ where, bytes }) => this.find(`answer to ${where}`, bytes));
        for (const service of this.services.filter(({ isRunning }) => isRunning)) {
            for (const name of ["cmdline", "environ", "status", "maps"])
                found.push(...this.find(`${service.name} /proc ${name}`, readFileSync(`/proc/${service.pid}/${name}`)));
            for (const what of ["metrics", "readyz", "healthz"])
                found.push(...this.find(`${service.name} ${what}`, (await request(`${service.url}/${what}`)).body));
        }
        const { stdout } = await run("pg_dump", ["-d", this.stack.database.url], { maxBuffer: 1 << 28 });
        assert.match(stdout, /llm\.call/);
        found.push(...this.find("the database", Buffer.from(stdout)));
        await this.stack.database.query("CHECKPOINT");
        for (const file of filesOf(this.stack.dir))
            if (existsSync(file) && statSync(file).size < 1 << 28) found.push(...this.find(file.slice(this.stack.dir.length), readFileSync(file)));
        return [...new Set(found)];
    }

    async clean(when) {
        assert.deepEqual(this.memory(), [], `memory, ${when}`);
        assert.deepEqual(await this.places(), [], when);
    }
}

describe("no secret escapes", { skip: routerMissing() ?? false }, () => {
    let world;
    before(async () => {
        world = new World();
        await world.open();
        await world.enter();
    });
    after(() => world?.close());

    test("a vault is made and opened by words", async () => {
        const made = JSON.parse(await world.missionctl(["vault", "init", "--json"], `${SECRETS.vault}\n`));
        world.secrets.recovery = made.recoveryKey;
        world.secrets.recoveryKey = Buffer.from(made.recoveryKey.replaceAll("-", ""), "hex");
        world.secrets.agent = await world.stack.missionctl("keys", "create", "--role", "agent", "--name", "tests");
        for (const provider of PROVIDERS) await world.set(provider, SECRETS[provider]);
        await waitFor(async () => (await world.call("chat", "openai/gpt-5-nano")).status === 200, { what: "a model answers" });
        await waitFor(async () => (await world.call("messages", "anthropic/claude-sonnet-4-6")).status === 200, { what: "the other one" });
        await waitFor(async () => (await world.call("chat", "echo/gpt-echo-500")) && world.echo.keys.length > 0, { what: "the odd one" });
    });

    test("no process may be dumped or traced by others, and none has more than a copy in locked memory", async () => {
        for (const service of [world.vault, world.router, world.gateway]) {
            assert.match(readFileSync(`/proc/${service.pid}/limits`, "utf8"), /Max core file size\s+0\s+0/, service.name);
            assert.equal(statSync(`/proc/${service.pid}/environ`).uid, 0, `${service.name} may be dumped`);
        }
        if (IS_SANITIZED) return;
        assert.equal(world.locked(world.router, SECRETS.openai), 1, "the router's lease is found where it is");
        const status = readFileSync(`/proc/${world.vault.pid}/status`, "utf8");
        assert.match(status, /^Seccomp:\t2$/m, "system calls of the vault are filtered");
        assert.match(status, /^NoNewPrivs:\t1$/m);
        const [locked, all] = ["VmLck", "VmSize"].map((name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]));
        assert.ok(locked > all / 2, `${locked} of ${all} KiB of the vault are locked`);
        assert.deepEqual(world.memory(), []);
    });

    test("plain, streamed and translated calls", async () => {
        for (const stream of [false, true])
            for (const protocol of ["chat", "responses", "messages"])
                for (const model of ["openai/gpt-5-nano", "anthropic/claude-sonnet-4-6"]) {
                    const answer = await world.call(protocol, model, { stream });
                    assert.equal(answer.status, 200, `${protocol} ${model}: ${answer.text}`);
                }
        assert.ok(world.openai.requests.some(({ key }) => key === SECRETS.openai));
        assert.ok(world.anthropic.requests.some(({ key }) => key === SECRETS.anthropic));
        await world.clean("after calls");
    });

    test("while a call is under way", async () => {
        world.openai.plan([{ firstByteMs: 400, frameMs: 20, tokens: 30, times: 0 }]);
        const calls = [false, true].map((stream) => world.call("chat", "openai/gpt-5-nano", { stream }));
        const seen = world.openai.requests.length;
        await world.openai.until(() => world.openai.requests.length >= seen + 2, "both calls");
        assert.ok(IS_SANITIZED || world.locked(world.router, SECRETS.openai) > 1, "what is sent has it");
        /* A request that is being served is in memory as it came, with the caller's own key. */
        assert.deepEqual(world.memory([world.router], { ...world.secrets, agent: SECRETS.openai }), []);
        for (const answer of await Promise.all(calls)) assert.equal(answer.status, 200, answer.text);
        world.openai.plan([]);
    });

    test("a provider that says the key back, in every place of an answer", async () => {
        for (const provider of ["echo", "echo-anthropic"])
            for (const ending of ["400", "401", "403", "404", "418", "429", "500", "529", "200", "401-text", "500-text", "400-text", "200-text", "200-first"])
                for (const protocol of ["chat", "messages"])
                    for (const stream of [false, true]) {
                        const answer = await world.call(protocol, `${provider}/gpt-echo-${ending}`, { stream });
                        assert.ok(stream || answer.status >= 400, `${ending}: ${answer.status} ${answer.text}`);
                        /* Its key counts as refused until it changes. */
                        if (/^40[13]/.test(ending)) await world.set("odd", SECRETS.odd, await world.confirm("odd", "overwrite"));
                    }
        assert.ok(world.echo.keys.length > 40, `${world.echo.keys.length} calls came`);
        await world.clean("after errors");
    });

    test("refused keys, TLS that fails, time that runs out, connections that break", async () => {
        for (const model of ["closed/gpt-5-nano", "plain/gpt-5-nano"])
            assert.ok((await world.call("chat", model)).status >= 500);
        for (const fault of ["header_hang", "partial_headers", "cut_before_headers", "malformed_http", "oversize_headers", "wrong_type", "stall", "cut"])
            for (const stream of [false, true]) {
                world.openai.plan([{ fault, after: 2, times: 0 }]);
                await world.call("chat", "openai/gpt-5-nano", { stream }, { timeoutMs: 4000 });
            }
        world.openai.plan([]);
        await world.clean("after faults");
    });

    test("what is told of providers, models, decisions and health", async () => {
        for (const where of ["providers", "models", "model-health", "services", "audit", "events?limit=1000", "flags", "snapshot", "router/decisions"])
            world.hear(where, await request(`${world.gateway.url}/api/v1/${where}`, { headers: world.login }));
        for (const name of ["echo", "openai", "closed", "plain"])
            world.hear(`test of ${name}`, await world.post(`${world.gateway.url}/api/v1/providers/${name}/test`, {}, world.login));
        for (const args of [["vault", "status", "--json"], ["secrets", "list"], ["providers", "list"], ["models"], ["status"]]) await world.missionctl(args);
        await world.clean("after looking");
    });

    test("a key is shown to who confirms, and kept nowhere", async () => {
        const answer = await world.command("reveal_provider_secret", { provider: "openai", sessionToken: await world.confirm("openai", "reveal") });
        assert.equal(answer.json.secret, SECRETS.openai);
        for (const input of [{ provider: "openai", operation: "reveal", passphrase: `${SECRETS.operator}x` }, { provider: "openai", operation: "reveal", passphrase: [SECRETS.operator] }])
            world.hear("a wrong confirmation", await world.command("confirm_provider_secret_access", input));
        world.hear("a value of the wrong kind", await world.command("set_provider_secret", { provider: "x y", secret: SECRETS.next }));
        world.hear("half of a command", await request(`${world.gateway.url}/api/v1/commands/set_provider_secret`, {
            method: "POST", headers: { ...json, ...world.login }, body: `{"input":{"provider":"openai","secret":"${SECRETS.next}"`,
        }));
        await world.clean("after a reveal");
    });

    test("a key is changed under load: no call fails, and the old one is not used after a second", async () => {
        world.openai.reset();
        let isOver = false;
        const failed = [];
        const load = Array.from({ length: LOAD }, async (_, i) => {
            while (!isOver) {
                const answer = await world.call(["chat", "messages", "responses"][i % 3], "openai/gpt-5-nano", { stream: i % 2 === 1 });
                if (answer.status !== 200) failed.push(`${answer.status} ${answer.text}`);
            }
        });
        await world.openai.until(() => world.openai.requests.length > 4 * LOAD, "load");
        const token = await world.confirm("openai", "overwrite");
        await world.set("openai", SECRETS.next, token);
        const changedAt = Date.now();
        await waitFor(() => Date.now() > changedAt + OLD_KEY_MS, { what: "a second" });
        world.openai.keys = [SECRETS.next]; /* the old one is taken back at the provider */
        const count = world.openai.requests.length;
        await world.openai.until(() => world.openai.requests.length > count + 4 * LOAD, "more load");
        isOver = true;
        await Promise.all(load);
        assert.deepEqual(failed, []);
        const { requests } = world.openai;
        assert.ok(requests.some(({ key }) => key === SECRETS.openai));
        assert.deepEqual(requests.filter(({ key, arrivedAt }) => key !== SECRETS.next && arrivedAt > changedAt + OLD_KEY_MS).length, 0);
        if (!IS_SANITIZED) assert.equal(world.locked(world.router, SECRETS.openai), 0, "the old key is wiped");
        await world.clean("after a change");
    });

    test("sealed: calls are refused at once with the reason, in each protocol, and keys are wiped", async () => {
        await world.missionctl(["vault", "seal"]);
        await waitFor(async () => (await world.call("chat", "openai/gpt-5-nano")).status === 503, { what: "it is sealed" });
        const count = world.openai.requests.length + world.anthropic.requests.length;
        for (const [protocol, model] of [["chat", "openai/gpt-5-nano"], ["responses", "openai/gpt-5-nano"], ["messages", "anthropic/claude-sonnet-4-6"],
            ["messages", "openai/gpt-5-nano"], ["chat", "anthropic/claude-sonnet-4-6"]])
            for (const stream of [false, true]) {
                const answer = await world.call(protocol, model, { stream });
                assert.equal(answer.status, 503, `${protocol} ${answer.text}`);
                assert.match(answer.json.error.message, /sealed.*unseal/, answer.text);
                if (protocol === "messages") assert.equal(answer.json.type, "error");
                assert.ok(answer.json.error.type, answer.text);
            }
        assert.equal(world.openai.requests.length + world.anthropic.requests.length, count);
        if (!IS_SANITIZED)
            for (const service of world.services)
                for (const [name, value] of Object.entries(SECRETS)) assert.equal(world.locked(service, value), 0, `${service.name} still has ${name}`);
        await world.clean("sealed");
    });

    test("opened again, keys are leased again", async () => {
        await world.missionctl(["vault", "unseal"], `${SECRETS.vault}x\n`);
        await world.missionctl(["vault", "unseal"], `${SECRETS.vault}\n`);
        await waitFor(async () => (await world.call("chat", "openai/gpt-5-nano")).status === 200, { what: "a model answers" });
        await world.clean("opened again");
    });

    test("the router is killed in the middle of calls, and started again", async () => {
        world.openai.plan([{ frameMs: 50, tokens: 200, times: 0 }]);
        const seen = world.openai.requests.length;
        const calls = Array.from({ length: 4 }, () => world.call("chat", "openai/gpt-5-nano", { stream: true }));
        await world.openai.until(({ number, framesSent }) => number >= seen && framesSent > 2, "a stream");
        await world.router.kill("SIGABRT");
        await Promise.all(calls);
        world.openai.plan([]);
        await world.router.start();
        await waitFor(async () => (await world.call("chat", "openai/gpt-5-nano")).status === 200, { what: "a model answers" });
        await world.clean("after a crash");
    });

    test("all end, and nothing is left in files", async () => {
        assert.deepEqual(world.memory(), []);
        for (const service of world.services) assert.equal(await service.kill("SIGTERM"), 0, service.lastLog());
        assert.deepEqual(await world.places(), []);
    });
});
