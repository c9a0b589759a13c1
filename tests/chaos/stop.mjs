/*
 *  stop - nothing goes on after a stop, whoever is killed in the middle of it
 *
 *      node tests/chaos/stop.mjs [--rounds 60] [--seed N]
 *
 *  Each round has a tree of its own: agents under missionctl run that ignore signals and leave
 *  their session, with a stream of a model open all the time, and callers beside them that call as
 *  fast as they are answered. While the tree is stopped, a part of the platform, a supervisor or a
 *  keeper is killed. Once its hold says stopped, no process of the tree is left, none does
 *  anything, the provider is not asked and sends nothing, and no stream that was cut ended as if it
 *  were whole. It never says so while a part that must acknowledge is gone; those are
 *  forgotten by hand, as an operator would. Ends with the count of rounds that held.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { parseArgs } from "node:util";
import { openRouter } from "../clients/router.mjs";
import { startProviders } from "../fakes/providers.mjs";
import { Hopeless, ROOT, waitFor } from "../system/harness.mjs";
import { request } from "../system/request.mjs";
import { randomOf } from "../system/workload.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "60" }, seed: { type: "string" } } });
const ROUNDS = Number(options.rounds);
const SEED = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
const VICTIMS = process.env.VICTIMS?.split(",") ?? ["nobody", "router", "control", "gateway", "supervisor", "keeper"];
const RUNS = 3;
const CALLERS = 10;
const LATEST_KILL_MS = 60;
const WATCHED_MS = 1000; /* after the stop */
const MARK = "MC_TEST_MARK";
const CALL = { model: "gpt-4.1", max_tokens: 4000, messages: [{ role: "user", content: "Go on." }] };

const random = randomOf(SEED);
const below = (count) => Math.floor(random() * count);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

console.log(`stop: ${ROUNDS} rounds, seed ${SEED}`);
const fakes = await startProviders();
const provider = fakes.openai;
provider.plan([{ match: { stream: true }, times: 0, tokens: 1000, frameMs: 100 }, { match: { stream: false }, times: 0, firstByteMs: 5 }]);
const router = await openRouter("stop", {
    providers: [{ name: "openai", protocol: "openai", baseUrl: `${provider.url}/v1`, secret: "openai" }],
    secrets: { openai: "sk-stop-0000000000000000000000000001" },
    settings: { AOP_STOP_GRACE_SECONDS: "1" },
});
const { stack } = router;
const service = (name) => stack.services.find((one) => one.name === name);
const gateway = service("gateway").url;
const local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim(), "content-type": "application/json" };

async function command(name, input) {
    const answer = await request(`${gateway}/api/v1/commands/${name}`, { method: "POST", headers: local, body: JSON.stringify({ input }) });
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`);
    return answer.json;
}

/* Processes of the tree, without the supervisors' own. */
function processesOf(root) {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((pid) => {
        try {
            return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`${MARK}=${root}`) &&
                !readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("missionctl");
        } catch {
            return false; /* it has ended */
        }
    });
}

class Tree {
    isOver = false;
    runs = [];
    calls = { whole: 0, refused: 0, cut: 0, lies: [] };

    constructor(number) {
        this.root = `stop-${SEED}-${number}`;
        this.folder = mkdtempSync(path.join(stack.dir, "tree-"));
    }

    async start() {
        await command("create_task", { id: this.root, tier: 1, domain: "chaos", objective: "never stop", tokenBudget: 1_000_000 });
        for (let i = 0; i < RUNS; i++) this.startRun(i);
        this.callers = Array.from({ length: CALLERS }, (_, i) => this.keepCalling(i % 2 === 0));
        await waitFor(() => this.runs.every((run) => run.out.split("ready").length > 4), { what: "all processes of the runs" });
        await waitFor(async () => (await command("list_control_parts", { rootTaskId: this.root })).filter((part) => part.runId).length >= RUNS, { what: "the supervisors are parts" });
        await provider.until((record) => record.framesSent > 0, "a stream");
    }

    startRun(index) {
        const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AOP_|MC_|OTEL_)/.test(name)));
        const child = spawn(path.join(ROOT, "build/missionctl"), ["run", "--root", this.root, "--tier", "3",
            "--", "python3", path.join(ROOT, "tests/chaos/escapee.py"), new URL(router.url).host, path.join(this.folder, `notes-${index}`)],
        { cwd: this.folder, stdio: ["ignore", "pipe", "inherit"], env: { ...environment, ...stack.env(), AOP_API_KEY: router.key, MC_URL: gateway,
            MC_INGEST_URL: service("ingest").url, [MARK]: this.root } });
        supervisors.push(child);
        const run = { child, out: "" };
        child.stdout.on("data", (text) => (run.out += text));
        this.runs.push(run);
    }

    /* One call: how it ended. A stream is whole when it says so in the words of its protocol. */
    call(isStream) {
        const headers = { "content-type": "application/json", authorization: `Bearer ${router.key}`, "x-mc-root": this.root, "x-mc-run": `${this.root}-caller` };
        return new Promise((resolve) => {
            const asked = http.request(`${router.url}/v1/chat/completions`, { method: "POST", headers }, (response) => {
                let text = "";
                response.on("data", (piece) => (text += piece)).on("error", () => {})
                    .on("close", () => resolve({ status: response.statusCode, text, isComplete: response.complete }));
            });
            asked.on("error", () => resolve({ status: 0, text: "" }));
            asked.end(JSON.stringify({ ...CALL, stream: isStream }));
        });
    }

    async keepCalling(isStream) {
        while (!this.isOver) {
            const { status, text, isComplete } = await this.call(isStream);
            const isWhole = status === 200 && (isStream ? text.includes("[DONE]") : isComplete);
            if (isWhole && isStream && text.includes('"error"')) this.calls.lies.push(text.slice(-300));
            this.calls[isWhole ? "whole" : status === 200 ? "cut" : "refused"]++;
            if (!isWhole) await pause(5);
        }
    }

    noted() {
        return this.runs.map((_, i) => path.join(this.folder, `notes-${i}`)).map((file) => (existsSync(file) ? statSync(file).size : 0));
    }

    async end() {
        this.isOver = true;
        await Promise.all(this.callers ?? []);
        for (const { child } of this.runs) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
        await waitFor(() => processesOf(this.root).length === 0, { what: "the processes are gone" });
    }
}

/* The keeper of a supervisor: the process between it and the command. */
function keeperOf(child) {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ").filter(Boolean);
    return Number(children.find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("missionctl-keep")));
}

/* What kills it now, and what brings it back. */
function killer(victim, tree) {
    if (victim === "nobody") return { kill() {}, async mend() {} };
    if (victim === "supervisor") return { kill: () => tree.runs[0].child.kill("SIGKILL"), async mend() {} };
    if (victim === "keeper") {
        const keeper = keeperOf(tree.runs[0].child);
        return { kill: () => process.kill(keeper, "SIGKILL"), async mend() {} };
    }
    return { kill: () => service(victim).child.kill("SIGKILL"), mend: () => service(victim).restart() };
}

/* The command until it is answered: the gateway or control may be away just now. One that was taken without
 * an answer is refused the second time. */
const stop = (root) => waitFor(() => command("control_scope", { rootTaskId: root, scopeType: "tree", action: "stop", reason: "chaos" }).catch((error) => {
    if (/already|stopped/.test(error.message)) return true;
    throw error;
}), { what: "the stop is taken" });

/* Waits until the hold says that it is so, and plays the operator who forgets what will not come back. Those
 * by name: a receipt keeps that they never acknowledged. */
async function enforced(root, canLose) {
    const forgotten = [];
    await waitFor(async () => {
        const [hold] = await command("list_holds", { rootTaskId: root });
        const missing = hold.missing ?? [];
        if (hold.state === "stopped" && missing.length > 0) throw new Hopeless(`says stopped without ${missing[0].partId}`);
        for (const { partId, state } of canLose ? missing : []) {
            if (state !== "gone") continue;
            await command("forget_control_part", { id: partId });
            forgotten.push(partId);
        }
        if (hold.state === "stopped") return true;
        throw new Error(`${hold.state}, without ${missing.map((part) => `${part.partId} (${part.state})`)}`);
    }, { deadlineMs: 40_000, what: "the hold says stopped" });
    return forgotten;
}

async function round(number) {
    const victim = VICTIMS[number % VICTIMS.length];
    const tree = new Tree(number);
    try {
        await tree.start();
        const { kill, mend } = killer(victim, tree);
        const asked = stop(tree.root);
        await pause(below(LATEST_KILL_MS));
        kill();
        await mend();
        await asked;
        const forgotten = await enforced(tree.root, victim !== "nobody");
        if (forgotten.length > 0) await waitFor(() => processesOf(tree.root).length === 0, { what: "what lost its supervisor ends" });
        return { victim, faults: await watch(tree), calls: tree.calls };
    } finally {
        await tree.end();
    }
}

/* What still happens once it is said to be stopped. */
async function watch(tree) {
    const faults = [];
    const left = processesOf(tree.root);
    if (left.length > 0) faults.push(`${left.length} processes are left`);
    const noted = tree.noted();
    await request(`${provider.url}/__requests`); /* what came before it was read before it */
    const asked = provider.count;
    const open = provider.requests.filter((record) => record.closedAt === null);
    if (open.length > 0) faults.push(`${open.length} calls are open at the provider`);
    await pause(WATCHED_MS);
    if (provider.count !== asked) faults.push(`the provider was asked ${provider.count - asked} times`);
    if (String(tree.noted()) !== String(noted)) faults.push("a process did something");
    if (tree.calls.lies.length > 0) faults.push(`a cut stream looked whole: ${tree.calls.lies[0]}`);
    return faults;
}

const supervisors = [];
process.on("exit", () => supervisors.forEach((child) => child.kill("SIGKILL")));
let passed = 0;
try {
    for (let i = 0; i < ROUNDS; i++) {
        const { victim, faults, calls } = await round(i).catch((error) => ({ victim: VICTIMS[i % VICTIMS.length], faults: [error.stack], calls: {} }));
        if (faults.length === 0) passed++;
        console.log(`${String(i + 1).padStart(4)}  killed: ${victim.padEnd(10)} calls ${calls.whole} whole, ${calls.cut} cut, ${calls.refused} refused  ${faults.join("; ") || "nothing went on"}`);
        provider.requests.length = 0;
    }
} finally {
    await router.close();
    await fakes.stop();
}
console.log(`chaos-stop: ${passed} passed, ${ROUNDS - passed} failed`);
process.exit(passed === ROUNDS ? 0 : 1);
