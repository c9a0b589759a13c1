/*
 *  stack - missionctl up, down, status and what they say when something is wrong
 *
 *  The real supervisor with a private PostgreSQL of its own under a folder of the tests, on free
 *  ports. What is not built is left out by up, and so by these tests.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { IS_SANITIZED, ROOT, freePort, programIsBuilt, waitFor } from "./harness.mjs";

const missionctl = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl");
const services = ["ingest", "control", "vault", "budget", "gateway"].filter(programIsBuilt);
let folder;
let env;

before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "mc-stack-"));
    fs.chmodSync(folder, 0o755); /* PostgreSQL may run as another user */
    fs.writeFileSync(path.join(folder, "env"), "# no settings\n");
    env = { ...process.env, AOP_ENV_FILE: path.join(folder, "env"), AOP_VAR_DIR: path.join(folder, "var") };
    for (const name of ["GATEWAY", "INGEST", "CONTROL", "VAULT", "ROUTER", "MCP", "BUDGET"])
        env[`AOP_${name}_PORT`] = String(await freePort());
    delete env.AOP_DATABASE_URL;
});

after(async () => {
    await call(["down"]);
    fs.rmSync(folder, { recursive: true, force: true });
});

/* Runs missionctl to its end. */
function call(args, extra = {}) {
    return new Promise((resolve) => {
        execFile(missionctl, args, { env: { ...env, ...extra } }, (error, stdout, stderr) =>
            resolve({ code: error ? error.code : 0, stdout, stderr }));
    });
}

async function status() {
    return JSON.parse((await call(["status", "--json"])).stdout);
}

async function part(name) {
    return (await status()).parts.find((one) => one.name === name);
}

/* What has ended and was not yet taken away by its parent is not alive. */
function isAlive(pid) {
    try {
        return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
        return false;
    }
}

async function isReady(name) {
    const found = await part(name);
    return found?.isReady && found;
}

test("a port in use is said before anything is started", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.on("listening", resolve));
    const { port } = server.address();
    const result = await call(["up"], { AOP_INGEST_PORT: String(port) });
    server.close();
    assert.equal(result.code, 1);
    assert.equal(result.stderr, `missionctl: port ${port} (AOP_INGEST_PORT) is in use by another program: ` +
        "stop that, or set AOP_INGEST_PORT to a free port in .env\n");
    assert.ok(!fs.existsSync(env.AOP_VAR_DIR));
});

for (const [extra, reason] of [
    [{ AOP_GATEWAY_PORT: "80000" }, 'AOP_GATEWAY_PORT is "80000", not a whole number between 1 and 65535'],
    [{ AOP_LISTEN_ADDRESS: "192.0.2.1" }, "this machine does not have the address 192.0.2.1"],
    [{ AOP_LOG_LEVEL: "loud" }, 'AOP_LOG_LEVEL is "loud", not debug, info, warning or error'],
    [{ AOP_VAR_DIR: `/tmp/${"x".repeat(120)}` }, "set AOP_VAR_DIR to a shorter path"],
    [{ AOP_ENV_FILE: "/nonexistent" }, "AOP_ENV_FILE names /nonexistent, which does not exist"],
])
    test(`a wrong setting is one line: ${Object.keys(extra)}`, async () => {
        const result = await call(["up"], extra);
        assert.equal(result.code, 1);
        assert.ok(result.stderr.includes(reason), result.stderr);
        assert.equal(result.stderr.trimEnd().split("\n").length, 1);
        fs.rmSync(`/tmp/${"x".repeat(120)}`, { recursive: true, force: true });
    });

test("a slip of the pen in .env is named", async () => {
    const file = path.join(folder, "slip");
    fs.writeFileSync(file, "AOP_GATWAY_PORT=1\nAOP_LOG_LEVEL=loud\n");
    const result = await call(["up"], { AOP_ENV_FILE: file, AOP_LOG_LEVEL: "info", AOP_VAR_DIR: "/dev/null/var" });
    assert.match(result.stderr, /line 1: AOP_GATWAY_PORT is not a setting, ignored; perhaps it means AOP_GATEWAY_PORT/);
});

test("nothing is running before up, and down is content with that", async () => {
    const before = await call(["status"]);
    assert.deepEqual([before.code, before.stdout.split(";")[0]], [1, "nothing is running"]);
    const down = await call(["down"]);
    assert.deepEqual([down.code, down.stdout], [0, "nothing is running\n"]);
});

test("up makes the database, starts all that is built and says where, also when done twice at once", async () => {
    const [result, other] = await Promise.all([call(["up"]), call(["up"])]);
    assert.equal(result.code, 0, result.stderr);
    assert.equal(other.code, 0, other.stderr);
    for (const name of services) assert.match(result.stdout, new RegExp(`${name} +ready`));
    if (services.includes("gateway")) {
        assert.match(result.stdout, new RegExp(`Console +http://127.0.0.1:${env.AOP_GATEWAY_PORT}\n`));
        assert.match(result.stdout, /Login +\S+/);
    }
    const data = fs.statSync(path.join(env.AOP_VAR_DIR, "pg/data"));
    assert.equal(data.mode & 0o777, 0o700);
    if (process.getuid() === 0) assert.notEqual(data.uid, 0);
});

test("up again changes nothing", async () => {
    const pids = (await status()).parts.map((one) => one.pid);
    const result = await call(["up"]);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /already running/);
    assert.deepEqual((await status()).parts.map((one) => one.pid), pids);
});

test("up with other settings than those that run says what to do", async () => {
    const result = await call(["up"], { AOP_SESSION_HOURS: "3" });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /with other settings than those of now: run missionctl down/);
});

for (const name of services)
    test(`${name} is started again when it is killed`, async () => {
        const { pid } = await part(name);
        process.kill(pid, "SIGKILL");
        const found = await waitFor(async () => {
            const now = await isReady(name);
            return now && now.pid !== pid && now;
        }, { what: `${name} is back` });
        assert.equal(found.restarts, 1);
    });

test("PostgreSQL is started again when it is killed", async () => {
    const { pid } = await part("postgres");
    process.kill(pid, "SIGKILL");
    await waitFor(async () => {
        const now = await part("postgres");
        return now.isReady && now.pid !== pid;
    }, { what: "postgres is back" });
    await waitFor(async () => (await status()).parts.every((one) => one.isReady || !programIsBuilt(one.name)));
});

test("a stack whose supervisor was killed ends, and up brings it back with its data", async () => {
    const before = await status();
    process.kill(before.supervisorPid, "SIGKILL");
    await waitFor(() => before.parts.every((one) => one.pid === 0 || !isAlive(one.pid)), { what: "all have ended" });
    assert.equal((await status()).running, false);
    const result = await call(["up"]);
    assert.equal(result.code, 0, result.stderr);
    assert.doesNotMatch(result.stdout, /just made/);
    assert.match((await call(["migrate"])).stdout, / 0 of them new/);
});

test("the logs of all parts can be read together, and one alone", async () => {
    const all = await call(["logs"]);
    assert.match(all.stdout, /^postgres +\| .*ready to accept connections/m);
    const one = await call(["logs", "supervisor", "-n", "1"]);
    assert.equal(one.stdout.trimEnd().split("\n").length, 1);
    assert.equal((await call(["logs", "nobody"])).code, 1);
});

test("down ends every process and loses nothing", async () => {
    const before = await status();
    const result = await call(["down"]);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /postgres +stopped/);
    for (const one of before.parts) assert.ok(one.pid === 0 || !isAlive(one.pid), `${one.name} is alive`);
    assert.ok(!isAlive(before.supervisorPid));
    assert.match(fs.readFileSync(path.join(env.AOP_VAR_DIR, "log/postgres.log"), "utf8"),
        /database system is shut down\n$/);
});

test("serve gives each of a kind a number of its own, and ready says when it is up", async (context) => {
    const children = [];
    context.after(() => children.forEach((child) => child.kill("SIGKILL")));
    for (let i = 0; i < 2; i++) {
        const port = String(await freePort());
        const extra = { ...env, AOP_INGEST_PORT: port, AOP_DATABASE_URL: "host=/nonexistent" };
        children.push(spawn(missionctl, ["serve", "ingest"], { env: extra, stdio: "ignore" }));
        await waitFor(async () => (await call(["ready", "ingest"], extra)).code === 0, { what: "ingest is ready" });
    }
    const files = fs.readdirSync(path.join(env.AOP_VAR_DIR, "spool"));
    for (const name of ["ingest-1.db", "ingest-2.db"]) assert.ok(files.includes(name), files.join());
    for (const child of children) {
        child.kill("SIGTERM");
        await once(child, "exit");
    }
    const late = await call(["ready", "ingest"]);
    assert.equal(late.code, 1);
    assert.match(late.stderr, /^missionctl: ingest is not ready: /);
});
