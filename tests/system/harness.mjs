/*
 *  harness - a stack of the tests' own: PostgreSQL, the services, and what to ask them
 *
 *      const stack = await openStack("ingest");
 *      const ingest = await stack.start("ingest");
 *      await ingest.postEvents([{ actor: "tester", action: "work" }]);
 *      await stack.close();
 *
 *  Everything lies under build/test/<name>, on free ports; services are children of the test, so
 *  that it can kill them by their pid and start them again. Nothing sleeps: waitFor asks until
 *  the condition holds or the deadline has passed. MC_SAN=1 takes the sanitizer build.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { request } from "./request.mjs";

const run = promisify(execFile);

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const IS_SANITIZED = process.env.MC_SAN === "1";

const BINARIES = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build");
const POSTGRES = path.join(ROOT, "tests/postgres");
const ANSWER_BYTES_MAX = 1 << 30;
const PAUSE_MS = 15; /* between two questions whether a condition holds */
export const START_MS = IS_SANITIZED ? 60_000 : 20_000;

/* Ends a waitFor: it will never hold. */
export class Hopeless extends Error {}

/* The condition's first truthy answer; an error in it counts as not yet. */
export async function waitFor(condition, { deadlineMs = 30_000, what = "the condition" } = {}) {
    const end = Date.now() + deadlineMs;
    for (let last = null; ; ) {
        try {
            last = await condition();
            if (last) return last;
        } catch (error) {
            if (error instanceof Hopeless) throw error;
            last = error.message;
        }
        if (Date.now() > end)
            throw new Error(`${what}: not within ${deadlineMs} ms; last answer: ${JSON.stringify(last)}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
}

export function freePort() {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

export const programIsBuilt = (name) => existsSync(path.join(BINARIES, name));

/* A private PostgreSQL. Kill is a crash; start brings it back. */
class Database {
    constructor(dir, fsync) {
        this.dir = dir;
        this.env = { ...process.env, AOP_TEST_FSYNC: fsync ? "on" : "off" };
        this.url = `host=${dir} dbname=postgres user=mc`;
        this.isRunning = false;
    }

    async start(...options) {
        if (!this.isRunning) await run(POSTGRES, ["start", this.dir, ...options], { env: this.env });
        this.isRunning = true;
    }

    async kill() {
        if (this.isRunning) await run(POSTGRES, ["kill", this.dir], { env: this.env });
        this.isRunning = false;
    }

    /* What psql prints: one line for each row, columns parted by |. */
    async query(sql) {
        const { stdout } = await run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", this.url, "-c", sql],
            { maxBuffer: ANSWER_BYTES_MAX });
        return stdout.trimEnd();
    }

    async number(sql) {
        return Number(await this.query(sql));
    }

    /* The rows of a SELECT as objects. */
    async rows(sql) {
        return JSON.parse(await this.query(`SELECT coalesce(json_agg(q), '[]') FROM (${sql}) q`));
    }

    /* Ids of the server processes that serve an application. */
    async backends(application) {
        const text = await this.query(
            `SELECT pid FROM pg_stat_activity WHERE application_name = '${application}'`);
        return text.split("\n").filter(Boolean).map(Number);
    }
}

/* One process of a service, on a port that stays its own over restarts. */
class Service {
    constructor(stack, name, port, settings) {
        Object.assign(this, { stack, name, port, settings, child: null });
        this.url = `http://127.0.0.1:${port}`;
        this.readyPath = "/readyz"; /* /healthz where it is to live without being ready */
        this.logFile = path.join(stack.dir, `${name}${settings.AOP_INSTANCE ?? ""}.log`);
    }

    get pid() {
        return this.child?.pid;
    }

    get isRunning() {
        return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
    }

    /* Starts the process and waits until it is ready. */
    async start() {
        const log = openSync(this.logFile, "a");
        this.child = spawn(path.join(BINARIES, this.name), [], {
            cwd: this.stack.dir, env: { ...this.stack.env(), ...this.settings }, stdio: ["ignore", log, log],
        });
        closeSync(log);
        const { child } = this;
        this.ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code)));
        await waitFor(() => {
            if (!this.isRunning) throw new Hopeless(`${this.name} ended: ${this.lastLog()}`);
            return this.isReady();
        }, { deadlineMs: START_MS, what: `${this.name} is ready` });
        return this;
    }

    async isReady() {
        return (await request(`${this.url}${this.readyPath}`)).status === 200;
    }

    /* SIGKILL, or another signal; resolves with the exit code or signal it ended with. */
    async kill(signal = "SIGKILL") {
        if (this.isRunning) this.child.kill(signal);
        return this.ended;
    }

    async restart(signal = "SIGKILL") {
        await this.kill(signal);
        return this.start();
    }

    log() {
        return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
    }

    lastLog(lines = 5) {
        return this.log().trimEnd().split("\n").slice(-lines).join("\n");
    }

    /* Resident memory in KiB. */
    memory() {
        const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
        return Number(/VmRSS:\s+(\d+)/.exec(status)[1]);
    }

    async metric(name) {
        const { text } = await request(`${this.url}/metrics`);
        const row = new RegExp(`^\\S*${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text);
        if (!row) throw new Error(`${this.name} has no metric ${name}`);
        return Number(row[1]);
    }

    /* Sends native events as JSON; extra goes to request. */
    postEvents(events, extra = {}) {
        return request(`${this.url}/v1/events`, {
            method: "POST", body: JSON.stringify(events), ...extra,
            headers: { "content-type": "application/json", ...extra.headers },
        });
    }

    /* Waits until nothing is left in the spool. */
    async drained(deadlineMs = 60_000) {
        await waitFor(async () => (await this.metric("spooled_events")) === 0,
            { deadlineMs, what: `the spool of ${this.name} is empty` });
    }
}

class Stack {
    constructor(name, { settings = {}, fsync = false } = {}) {
        this.dir = path.join(ROOT, "build/test", name);
        this.settings = settings;
        this.services = [];
        this.database = new Database(path.join(this.dir, "pg"), fsync);
        this.ports = {};
    }

    env() {
        return {
            PATH: process.env.PATH, LANG: "C.UTF-8", AOP_VAR_DIR: path.join(this.dir, "var"),
            AOP_ENV_FILE: path.join(this.dir, ".env"), AOP_DATABASE_URL: this.database.url,
            AOP_CONSOLE_DIR: path.join(ROOT, "build/console"),
            ASAN_OPTIONS: "abort_on_error=1:detect_leaks=0", UBSAN_OPTIONS: "print_stacktrace=1",
            ...this.ports, ...this.settings,
        };
    }

    async open() {
        this.stopDatabase();
        rmSync(this.dir, { recursive: true, force: true });
        mkdirSync(path.join(this.dir, "var"), { recursive: true });
        writeFileSync(path.join(this.dir, ".env"), "");
        for (const name of ["INGEST", "GATEWAY", "CONTROL", "VAULT", "BUDGET"]) this.ports[`AOP_${name}_PORT`] = String(await freePort());
        process.setMaxListeners(0);
        process.on("exit", () => this.abandon());
        for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
        await this.database.start("--migrate");
        return this;
    }

    /* A service that is ready. Instances beside the first get a port of their own. */
    async start(name, settings = {}, readyPath = "/readyz") {
        const variable = `AOP_${name.toUpperCase()}_PORT`;
        const port = settings.AOP_INSTANCE ? await freePort() : Number(this.ports[variable]);
        const service = new Service(this, name, port, { ...settings, [variable]: String(port) });
        this.services.push(service);
        service.readyPath = readyPath;
        return service.start();
    }

    /* missionctl against this stack; resolves with what it printed. */
    async missionctl(...args) {
        const { stdout } = await run(path.join(BINARIES, "missionctl"), args, { cwd: ROOT, env: this.env() });
        return stdout.trimEnd();
    }

    /* What ended processes have kept; else the next one would store it. */
    clearSpools() {
        rmSync(path.join(this.dir, "var/spool"), { recursive: true, force: true });
    }

    stopDatabase() {
        if (existsSync(this.database.dir))
            execFileSync(POSTGRES, ["stop", this.database.dir], { stdio: "ignore" });
    }

    /* Ends every process; resolves with how each service ended (0 after SIGTERM). */
    async close() {
        const ends = [];
        for (const service of this.services.toReversed())
            if (service.child) ends.push([service.name, await service.kill("SIGTERM")]);
        this.stopDatabase();
        this.services = [];
        return ends;
    }

    /* The test process itself ends: nothing may stay behind. */
    abandon() {
        for (const service of this.services) if (service.isRunning) service.child.kill("SIGKILL");
        this.stopDatabase();
    }
}

export const openStack = (name, options) => new Stack(name, options).open();
