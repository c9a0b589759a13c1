/*
 *  fleet - a tree of many agents under one root, for the bench of control
 *
 *      const fleet = await openFleet({ processes: 200, agents: 800, streams: 100, callers: 100 });
 *      await fleet.tree("pause", { mode: "now" });    a verb on the root: the receipt, once it is done
 *      fleet.lastTicks()                             when each process moved last, microseconds
 *      await fleet.calls()                           what reached the provider
 *
 *  The processes are real ones, each under missionctl run. The other agents are clients of
 *  the control stream that acknowledge what they are told; of them some have a stream of a model
 *  open through the router, some call again and again, and go on after whatever becomes of a call.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { openRouter } from "../clients/router.mjs";
import { ROOT, waitFor } from "../system/harness.mjs";
import { request } from "../system/request.mjs";

const PAGE_BYTES = 4096;
const BETWEEN_MS = 250; /* two calls of one agent: what the provider can bear */
const STATES = { run: "running", pause: "paused", stop: "stopped", restart: "restarted" };
const CALL = { model: "gpt-4.1", max_tokens: 4000, messages: [{ role: "user", content: "Go on." }] };
const PLAN = [{ match: { stream: true }, times: 0, tokens: 1000 }, { match: { stream: false }, times: 0, firstByteMs: 20 }];
const RUN_TIER = 3;

const nowUs = () => (performance.timeOrigin + performance.now()) * 1000;

/* The provider is a process of its own, so that its clock is not held up by ours. */
async function startProvider() {
    const child = spawn(process.execPath, [path.join(ROOT, "tests/fakes/providers.mjs"), "--frame", "100"], { stdio: ["ignore", "pipe", "inherit"] });
    const line = await new Promise((resolve) => child.stdout.once("data", resolve));
    const { openai } = JSON.parse(line);
    return { url: openai, child };
}

/* An agent that is not under missionctl run: it listens, and does as it is told. */
class Agent {
    constructor(fleet, index) {
        Object.assign(this, { fleet, runId: `simulated-${index}`, pending: null });
        this.partId = `agent:${this.runId}`;
        this.headers = { authorization: `Bearer ${fleet.key}`, "content-type": "application/json", "x-mc-root": fleet.root, "x-mc-run": this.runId };
    }

    post(where, body) {
        return request(this.fleet.gateway + where, { method: "POST", headers: this.headers, body: JSON.stringify(body), agent: this.fleet.agent });
    }

    async join() {
        const answer = await this.post("/api/v1/control/parts",
            { id: this.partId, kind: "agent", runId: this.runId, rootTaskId: this.fleet.root, enforcement: "weak" });
        if (answer.status !== 200) throw new Error(`no part: ${answer.text}`);
        await new Promise((resolve, reject) => {
            this.stream = http.get(`${this.fleet.gateway}/api/v1/control/stream?run=${this.runId}`, { headers: this.headers }, (response) => {
                let rest = "";
                response.setEncoding("utf8").on("data", (text) => {
                    const blocks = (rest + text).split("\n\n");
                    rest = blocks.pop();
                    for (const block of blocks.filter((one) => one.startsWith("event: hold")))
                        this.obey(JSON.parse(block.slice(block.indexOf("data: ") + 6)));
                    resolve();
                }).on("error", () => {});
            }).on("error", reject);
        });
    }

    obey({ verdict, epoch, receiptId }) {
        this.post("/api/v1/control/ack", { partId: this.partId, runId: this.runId, epoch, receiptId, state: STATES[verdict], enforcement: "weak", processes: 1 })
            .catch(() => {});
    }

    /* One call, whatever becomes of it. */
    call(isStream) {
        return new Promise((resolve) => {
            const body = JSON.stringify({ ...CALL, stream: isStream });
            this.pending = http.request(`${this.fleet.router.url}/v1/chat/completions`, { method: "POST", headers: this.headers, agent: this.fleet.agent },
                (response) => response.on("data", () => {}).on("close", resolve).on("error", resolve));
            this.pending.on("error", resolve);
            this.pending.end(body);
        });
    }

    async goOn(isStream) {
        while (!this.fleet.isClosed) {
            await this.call(isStream);
            await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
        }
    }

    leave() {
        this.stream?.destroy();
        this.pending?.destroy();
    }
}

class Fleet {
    isClosed = false;
    runs = [];
    agents = [];
    agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

    async open({ processes, agents, streams, callers }) {
        this.root = "fleet";
        this.provider = await startProvider();
        this.router = await openRouter("control-bench", {
            providers: [{ name: "openai", protocol: "openai", baseUrl: `${this.provider.url}/v1`, secret: "openai" }],
            secrets: { openai: "sk-bench-0000000000000000000000000001" },
            settings: { AOP_STREAM_CLIENTS_MAX: "4000", AOP_HELD_CALLS_MAX: "4000" },
        });
        await this.provided("/__plan", PLAN);
        const { stack } = this.router;
        this.key = this.router.key;
        this.gateway = stack.services.find(({ name }) => name === "gateway").url;
        this.local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim(), "content-type": "application/json" };
        this.folder = mkdtempSync(path.join(stack.dir, "fleet-"));
        this.ticks = path.join(this.folder, "ticks");
        writeFileSync(this.ticks, "");
        truncateSync(this.ticks, Math.ceil((processes * 8) / PAGE_BYTES) * PAGE_BYTES);
        await this.command("create_task", { id: this.root, tier: 1, domain: "bench", objective: "many agents", tokenBudget: 1000000 });
        this.processes = processes;
        process.on("exit", () => this.abandon());
        for (let i = 0; i < processes; i++) this.startRun(i);
        for (let i = 0; i < agents; i++) this.agents.push(new Agent(this, i));
        for (let i = 0; i < agents; i += 50) await Promise.all(this.agents.slice(i, i + 50).map((one) => one.join()));
        for (const one of this.agents.slice(0, streams)) one.goOn(true);
        for (const one of this.agents.slice(streams, streams + callers)) one.goOn(false);
        await waitFor(async () => this.lastTicks().every((tick) => tick > 0), { deadlineMs: 120_000, what: "all processes move" });
        await waitFor(async () => (await this.command("list_control_parts", { rootTaskId: this.root })).filter((part) => part.runId).length >= processes + agents,
            { deadlineMs: 120_000, what: "all parts are known" });
        return this;
    }

    startRun(index) {
        const { stack } = this.router;
        const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AOP_|MC_|OTEL_)/.test(name)));
        const child = spawn(path.join(ROOT, "build/missionctl"), ["run", "--root", this.root, "--tier", String(RUN_TIER), "--stay", "--url", this.gateway,
            "--", path.join(ROOT, "build/bench/ticker"), this.ticks, String(index)],
        { cwd: this.folder, stdio: "ignore", env: { ...environment, ...stack.env(), AOP_API_KEY: this.key, MC_URL: this.gateway,
            MC_INGEST_URL: stack.services.find(({ name }) => name === "ingest").url } });
        this.runs.push(child);
    }

    async command(name, input) {
        const answer = await request(`${this.gateway}/api/v1/commands/${name}`, { method: "POST", headers: this.local, body: JSON.stringify({ input }) });
        if (answer.status !== 200) throw new Error(`${name}: ${answer.text}`);
        return answer.json;
    }

    provided(where, body) {
        return request(`${this.provider.url}${where}`, { method: body ? "POST" : "GET", body: body && JSON.stringify(body) });
    }

    /* What reached the provider: [{ arrivedAt, closedAt, ended }], milliseconds since 1970. */
    async calls() {
        return (await this.provided("/__requests")).json;
    }

    lastTicks() {
        const bytes = readFileSync(this.ticks);
        return Array.from({ length: this.processes }, (_, i) => Number(bytes.readBigInt64LE(i * 8)));
    }

    /* A verb on the whole tree: { askedUs, answeredUs, receipt }, when every part has done it. */
    async tree(action, more = {}) {
        const askedUs = nowUs();
        const made = await this.command("control_scope", { rootTaskId: this.root, scopeType: "tree", action, reason: "bench", ...more });
        const answeredUs = nowUs();
        const receipt = await waitFor(async () => {
            const found = (await request(`${this.gateway}/api/v1/control/receipts/${made.id}`, { headers: this.local })).json;
            return found.doneAtUs ? found : null;
        }, { deadlineMs: 60_000, what: `the receipt of ${action} to be done` });
        return { askedUs, answeredUs, receipt };
    }

    /* The bench itself ends: nothing may stay behind. */
    abandon() {
        for (const child of [...this.runs, this.provider.child]) child.kill("SIGKILL");
    }

    async close() {
        this.isClosed = true;
        for (const child of this.runs) child.kill("SIGKILL");
        for (const one of this.agents) one.leave();
        this.agent.destroy();
        await this.router?.close();
        this.provider?.child.kill();
        if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    }
}

export async function openFleet(options) {
    const fleet = new Fleet();
    try {
        return await fleet.open(options);
    } catch (error) {
        await fleet.close();
        throw error;
    }
}
