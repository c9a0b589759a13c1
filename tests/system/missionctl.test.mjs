/*
 *  missionctl - the command line against a fake ingest and a fake gateway
 *
 *  What a wrapped command writes must come out unchanged and arrive as events, whatever happens to
 *  the platform. Nothing here waits by the clock: each test waits for what must come.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { IS_SANITIZED, ROOT } from "./harness.mjs";

const missionctl = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl");
const MIB = 1 << 20;
const RESIDENT_MAX = (IS_SANITIZED ? 512 : 64) * MIB;
let scratch;

before(() => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mc-system-"));
});
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/* A folder of its own for each test, as var. */
function makeVar() {
    return fs.mkdtempSync(path.join(scratch, "var-"));
}

/* A platform that takes events and keeps them. answer(events, request) may give another status. */
class FakeIngest {
    events = [];
    requests = [];
    #waiting = [];

    constructor(answer = () => 200) {
        this.server = http.createServer((request, response) => {
            const chunks = [];
            request.on("data", (chunk) => chunks.push(chunk));
            request.on("end", () => this.#take(request, response, Buffer.concat(chunks), answer));
        });
    }

    #take(request, response, body, answer) {
        const events = body.toString().split("\n").filter(Boolean).map((line) => JSON.parse(line));
        const status = answer(events, request);
        this.requests.push({ url: request.url, headers: request.headers, status });
        if (status !== 200) {
            response.writeHead(status, { "content-type": "application/json" });
            response.end(JSON.stringify({ error: { code: "bad_input", message: "not this" } }));
        } else {
            this.events.push(...events);
            response.end(JSON.stringify({ accepted: events.length, duplicates: 0, rejected: [] }));
        }
        this.#waiting = this.#waiting.filter((check) => !check());
    }

    async listen(port = 0) {
        this.server.listen(port, "127.0.0.1");
        await once(this.server, "listening");
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        return this;
    }

    async close() {
        this.server.closeAllConnections();
        this.server.close();
        await once(this.server, "close");
    }

    /* When the events fulfil the condition. */
    until(condition) {
        return new Promise((resolve) => {
            const check = () => condition(this.events) && (resolve(), true);
            if (!check()) this.#waiting.push(check);
        });
    }

    of(action, phase) {
        return this.events.filter((event) => event.action === action && event.phase === phase);
    }

    output(stream) {
        return this.of("terminal.output", "progress")
            .map((event) => JSON.parse(event.payloadJson))
            .filter((payload) => payload.stream === stream)
            .map((payload) => payload.data)
            .join("");
    }
}

function cleanEnvironment(extra) {
    const env = { ...process.env, ...extra };
    for (const name of Object.keys(env))
        if (/^(AOP_|MC_|OTEL_)/.test(name) && !(name in extra)) delete env[name];
    return env;
}

/* Starts missionctl; done resolves with its exit code and all that it wrote. */
function start(args, env, options = {}) {
    const child = spawn(options.program ?? missionctl, args, { env: cleanEnvironment(env), cwd: scratch });
    const output = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk) => output.stdout.push(chunk));
    child.stderr.on("data", (chunk) => output.stderr.push(chunk));
    child.done = once(child, "close").then(([code, signal]) => ({
        code,
        signal,
        bytes: Buffer.concat(output.stdout),
        stdout: Buffer.concat(output.stdout).toString(),
        stderr: Buffer.concat(output.stderr).toString(),
    }));
    /* When standard output holds the text. */
    child.says = (text) =>
        new Promise((resolve, reject) => {
            const check = () => Buffer.concat(output.stdout).toString().includes(text) && resolve();
            check();
            child.stdout.on("data", check);
            child.on("close", () => reject(new Error(`ended without saying ${text}`)));
        });
    return child;
}

function run(ingest, args, env = {}) {
    const child = start(["run", ...args], { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url, ...env });
    child.stdin.end();
    return child.done;
}

async function withIngest(answer, body) {
    const ingest = await new FakeIngest(answer).listen();
    try {
        await body(ingest);
    } finally {
        await ingest.close();
    }
}

test("a run begins, ends and says what it wrote", () =>
    withIngest(undefined, async (ingest) => {
        const result = await run(ingest, ["--tier", "2", "--persona", "a, b", "--root", "r1", "--task", "t1",
            "--actor", "lead", "--", "sh", "-c", "echo out; echo err >&2"]);
        assert.deepEqual([result.code, result.stdout, result.stderr], [0, "out\n", "err\n"]);
        const [began] = ingest.of("agent.run", "start");
        const [ended] = ingest.of("agent.run", "end");
        assert.equal(ingest.events[0], began);
        assert.equal(ingest.events.at(-1), ended);
        assert.deepEqual([began.status, ended.status], ["executing", "completed"]);
        assert.equal(JSON.parse(ended.payloadJson).exitCode, 0);
        assert.deepEqual([ingest.output("stdout"), ingest.output("stderr")], ["out\n", "err\n"]);
        for (const event of ingest.events)
            assert.deepEqual(
                [event.runId, event.rootTaskId, event.taskId, event.tier, event.actor, event.persona],
                [began.runId, "r1", "t1", 2, "lead", "a, b"],
            );
        assert.equal(new Set(ingest.events.map((event) => event.eventUid)).size, ingest.events.length);
        const [piece] = ingest.of("terminal.output", "progress");
        assert.deepEqual([piece.isPart, piece.message], [true, "out"]);
    }));

for (const [how, command, code, signal] of [
    ["an exit code", "exit 3", 3, undefined],
    ["a signal", "kill -TERM $$", 143, "SIGTERM"],
    ["a hard signal", "kill -KILL $$", 137, "SIGKILL"],
])
    test(`the end of a run passes on ${how}`, () =>
        withIngest(undefined, async (ingest) => {
            const result = await run(ingest, ["--", "sh", "-c", command]);
            assert.equal(result.code, code);
            const [ended] = ingest.of("agent.run", "end");
            assert.equal(ended.status, "failed");
            const payload = JSON.parse(ended.payloadJson);
            assert.deepEqual([payload.exitCode, payload.signal], [code, signal]);
        }));

test("a command that is not there ends as a shell says, and is reported", () =>
    withIngest(undefined, async (ingest) => {
        const result = await run(ingest, ["--", "no-such-command"]);
        assert.equal(result.code, 127);
        assert.equal(result.stderr, "missionctl: no-such-command: No such file or directory\n");
        assert.equal(ingest.of("agent.run", "end")[0].status, "failed");
    }));

test("the command finds the standard variables", () =>
    withIngest(undefined, async (ingest) => {
        const result = await run(
            ingest,
            ["--tier", "3", "--actor", "a b", "--", process.execPath, "-p", "JSON.stringify(process.env)"],
            { AOP_API_KEY: "mck_1_2", OTEL_RESOURCE_ATTRIBUTES: "service.name=x" },
        );
        const env = JSON.parse(result.stdout);
        assert.equal(env.OTEL_EXPORTER_OTLP_ENDPOINT, ingest.url);
        assert.equal(env.OTEL_EXPORTER_OTLP_PROTOCOL, "http/protobuf");
        assert.equal(env.OTEL_BSP_SCHEDULE_DELAY, "200");
        assert.equal(env.OTEL_EXPORTER_OTLP_HEADERS, "authorization=Bearer%20mck_1_2");
        const [{ runId }] = ingest.events;
        assert.equal(env.OTEL_RESOURCE_ATTRIBUTES,
            `service.name=x,mc.run.id=${runId},mc.root_task.id=${runId},mc.task.id=${runId},mc.tier=3,mc.actor=a%20b`);
        assert.deepEqual([env.MC_RUN_ID, env.MC_ROOT_TASK_ID, env.MC_TASK_ID, env.MC_TIER], [runId, runId, runId, "3"]);
        assert.equal(ingest.requests[0].headers.authorization, "Bearer mck_1_2");
        assert.ok(!result.stderr.includes("mck_"));
    }));

test("a run inside a run is its child", () =>
    withIngest(undefined, async (ingest) => {
        await run(ingest, ["--actor", "outer", "--", missionctl, "run", "--actor", "inner", "--", "true"]);
        const [outer] = ingest.of("agent.run", "start").filter((event) => event.actor === "outer");
        const [inner] = ingest.of("agent.run", "start").filter((event) => event.actor === "inner");
        assert.equal(inner.parentRunId, outer.runId);
        assert.equal(inner.rootTaskId, outer.rootTaskId);
    }));

test("the platform is away, comes back, and misses nothing", async () => {
    const probe = await new FakeIngest().listen();
    const { url } = probe;
    const { port } = probe.server.address();
    await probe.close();

    const child = start(["run", "--", "sh", "-c", "echo one; read x; echo two"],
        { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: url });
    await child.says("one");
    const ingest = await new FakeIngest().listen(port);
    await ingest.until((events) => events.length >= 2);
    child.stdin.end("go\n");
    const result = await child.done;
    assert.deepEqual([result.code, result.stdout, result.stderr], [0, "one\ntwo\n", ""]);
    assert.equal(ingest.output("stdout"), "one\ntwo\n");
    assert.equal(ingest.of("agent.run", "end").length, 1);
    await ingest.close();
});

test("what could not be delivered waits in a private file for the next delivery", () =>
    withIngest(undefined, async (ingest) => {
        const AOP_VAR_DIR = makeVar();
        const away = { AOP_VAR_DIR, MC_INGEST_URL: "http://127.0.0.1:1" };
        const child = start(["run", "--drain-timeout", "0", "--", "echo", "kept"], away);
        const result = await child.done;
        assert.equal(result.code, 0);
        assert.match(result.stderr, /^missionctl: 3 events wait in .*\.jsonl .*run --deliver\n$/);
        const folder = path.join(AOP_VAR_DIR, "run-buffer");
        const [name] = fs.readdirSync(folder);
        assert.equal(fs.statSync(path.join(folder, name)).mode & 0o777, 0o600);
        fs.appendFileSync(path.join(folder, name), '{"torn');

        const delivery = await start(["run", "--deliver"], { AOP_VAR_DIR, MC_INGEST_URL: ingest.url }).done;
        assert.deepEqual([delivery.code, delivery.stdout], [0, "3 events delivered, 0 refused\n"]);
        assert.equal(ingest.output("stdout"), "kept\n");
        assert.deepEqual(fs.readdirSync(folder), []);
    }));

test("a busy platform is asked again", () => {
    let refusals = 3;
    return withIngest(() => (refusals-- > 0 ? 503 : 200), async (ingest) => {
        const result = await run(ingest, ["--", "echo", "x"]);
        assert.deepEqual([result.code, result.stderr], [0, ""]);
        assert.equal(ingest.of("agent.run", "end").length, 1);
    });
});

test("without a key that is needed nothing is waited for, and nothing is lost", () => {
    let isOpen = false;
    return withIngest(() => (isOpen ? 200 : 401), async (ingest) => {
        const env = { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url };
        const result = await start(["run", "--drain-timeout", "3600", "--", "echo", "x"], env).done;
        assert.deepEqual([result.code, result.stdout], [0, "x\n"]);
        assert.match(result.stderr, /3 events wait in .* answered 401/);
        isOpen = true;
        await start(["run", "--deliver"], env).done;
        assert.equal(ingest.output("stdout"), "x\n");
    });
});

test("an event that is refused takes no other with it", () =>
    withIngest((events) => (events.some((event) => event.message === "poison") ? 400 : 200), async (ingest) => {
        const result = await run(ingest, ["--", "sh", "-c", "echo poison >&2; echo fine"]);
        assert.match(result.stderr, /missionctl: 1 events were refused: .*not this/);
        assert.equal(ingest.output("stdout"), "fine\n");
        assert.equal(ingest.of("agent.run", "end").length, 1);
    }));

test("SIGINT reaches the command, which decides", () =>
    withIngest(undefined, async (ingest) => {
        const child = start(["run", "--", "sh", "-c", 'trap "echo caught; exit 7" INT; echo ready; read x'],
            { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url });
        await child.says("ready");
        child.kill("SIGINT");
        const result = await child.done;
        assert.deepEqual([result.code, result.stdout], [7, "ready\ncaught\n"]);
        assert.equal(JSON.parse(ingest.of("agent.run", "end")[0].payloadJson).exitCode, 7);
    }));

test("SIGTERM ends the command, and the run says so", () =>
    withIngest(undefined, async (ingest) => {
        const child = start(["run", "--", "sh", "-c", "echo ready; exec sleep 1000"],
            { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url });
        await child.says("ready");
        child.kill("SIGTERM");
        assert.equal((await child.done).code, 143);
        assert.equal(JSON.parse(ingest.of("agent.run", "end")[0].payloadJson).signal, "SIGTERM");
    }));

test("10 MB go through unchanged, arrive whole, and take no memory", async () => {
    let resident;
    let pid;
    const answer = (events) => {
        if (events.some((event) => event.phase === "end"))
            resident = Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
        return 200;
    };
    await withIngest(answer, async (ingest) => {
        const script = "const b = Buffer.from('grüße €🚀 '.repeat(700000)).subarray(0, 10e6); " +
            "process.stdout.write(b)";
        const child = start(["run", "--", process.execPath, "-e", script],
            { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url });
        pid = child.pid;
        const result = await child.done;
        const wanted = Buffer.from("grüße €🚀 ".repeat(700000)).subarray(0, 10e6);
        assert.equal(result.bytes.compare(wanted), 0);
        const hash = (text) => createHash("sha256").update(text).digest("hex");
        assert.equal(hash(ingest.output("stdout")), hash(wanted.toString()));
        assert.ok(resident < RESIDENT_MAX, `${resident} bytes were resident`);
    });
});

test("while the platform is away the buffer is bounded, and the end is in it", async () => {
    const AOP_VAR_DIR = makeVar();
    const child = start(["run", "--drain-timeout", "0", "--", "sh", "-c", "yes abcdefg | head -c 90000000"],
        { AOP_VAR_DIR, MC_INGEST_URL: "http://127.0.0.1:1" });
    const result = await child.done;
    assert.deepEqual([result.code, result.bytes.length], [0, 90000000]);
    const folder = path.join(AOP_VAR_DIR, "run-buffer");
    const content = fs.readFileSync(path.join(folder, fs.readdirSync(folder)[0]));
    assert.ok(content.length <= 64 * MIB + 256 * 1024, `${content.length} bytes`);
    const last = JSON.parse(content.subarray(content.lastIndexOf(10, content.length - 2) + 1));
    assert.deepEqual([last.action, last.phase], ["agent.run", "end"]);
});

test("a reader that leaves ends the command as it would without us", () =>
    withIngest(undefined, async (ingest) => {
        const child = start(["-c", `"${missionctl}" run -- yes | head -n 1`],
            { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url }, { program: "sh" });
        assert.equal((await child.done).stdout, "y\n");
        await ingest.until((events) => events.some((event) => event.phase === "end"));
        assert.equal(JSON.parse(ingest.of("agent.run", "end")[0].payloadJson).signal, "SIGPIPE");
    }));

/* A terminal of 40 lines and 100 columns that becomes one of 50 and 120 once the command is ready. */
const TERMINAL = `
import fcntl, os, pty, struct, sys, termios
master, slave = pty.openpty()
size = lambda rows, columns: fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
size(40, 100)
pid = os.fork()
if pid == 0:
        os.close(master)
        os.login_tty(slave) if hasattr(os, "login_tty") else (os.setsid(), fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
                [os.dup2(slave, fd) for fd in range(3)])
        os.execvp(sys.argv[1], sys.argv[1:])
os.close(slave)
seen = b""
grown = False
while True:
        try:
                data = os.read(master, 65536)
        except OSError:
                break
        if not data:
                break
        seen += data
        if b"ready" in seen and not grown:
                grown = True
                size(50, 120)
sys.stdout.write(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

test("on a terminal the command has one too, of the same size, also when that changes", () =>
    withIngest(undefined, async (ingest) => {
        const command = 'stty size; trap "stty size; exit 0" WINCH; echo ready; while :; do read x; done';
        const child = start(["-c", TERMINAL, missionctl, "run", "--", "sh", "-c", command],
            { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url }, { program: "python3" });
        const result = await child.done;
        assert.equal(result.stdout, "40 100\r\nready\r\n50 120\r\n", result.stderr);
        assert.equal(result.code, 0);
        assert.equal(ingest.output("pty"), "40 100\r\nready\r\n50 120\r\n");
        assert.equal(JSON.parse(ingest.of("agent.run", "start")[0].payloadJson).pty, true);
    }));

test("--pty gives a terminal where we have none, and our input ends as a terminal's does", () =>
    withIngest(undefined, async (ingest) => {
        const child = start(["run", "--pty", "--", "sh", "-c", "test -t 1 && cat"],
            { AOP_VAR_DIR: makeVar(), MC_INGEST_URL: ingest.url });
        child.stdin.end("typed\n");
        const result = await child.done;
        assert.equal(result.code, 0);
        assert.match(result.stdout, /typed/);
    }));

for (const [args, reason] of [
    [["run"], "run needs a command"],
    [["run", "--tier", "4", "--", "true"], '--tier is "4", not a whole number between 1 and 3'],
    [["run", "--pty", "--no-pty", "true"], "--pty and --no-pty exclude one another"],
    [["run", "--nope", "true"], "there is no option --nope"],
    [["keys", "create", "--role", "king", "--name", "n"], "--role is not viewer, operator, admin or agent"],
    [["events", "--tier", "9"], "--tier: tier is 9, at most 3"],
])
    test(`wrong use is said and is exit code 2: ${args.join(" ")}`, async () => {
        const result = await start(args, { AOP_VAR_DIR: makeVar() }).done;
        assert.equal(result.code, 2);
        assert.ok(result.stderr.startsWith(`missionctl: ${reason}; missionctl `), result.stderr);
    });

/* A gateway of which answer(request, response, body) is all there is. */
async function withGateway(answer, body) {
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => answer(request, response, Buffer.concat(chunks).toString()));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
        await body(`http://127.0.0.1:${server.address().port}`);
    } finally {
        server.closeAllConnections();
        server.close();
    }
}

function answerJson(response, status, value) {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
}

test("keys create prints the key alone, and the local token goes to this machine only", async () => {
    const AOP_VAR_DIR = makeVar();
    fs.writeFileSync(path.join(AOP_VAR_DIR, "local-token"), "secret-token\n", { mode: 0o600 });
    const seen = [];
    const answer = (request, response, body) => {
        seen.push([request.method, request.url, request.headers["x-mc-local"], JSON.parse(body)]);
        answerJson(response, 201, { key: "mck_a_b", record: { id: "a" } });
    };
    await withGateway(answer, async (url) => {
        const args = ["keys", "create", "--role", "agent", "--name", 'n "1"'];
        const here = await start(args, { AOP_VAR_DIR, MC_URL: url }).done;
        assert.deepEqual([here.code, here.stdout], [0, "mck_a_b\n"]);
        const elsewhere = url.replace("127.0.0.1", "user@127.0.0.1");
        await start(args, { AOP_VAR_DIR, MC_URL: elsewhere }).done;
        assert.deepEqual(seen, [
            ["POST", "/api/v1/keys", "secret-token", { role: "agent", name: 'n "1"' }],
            ["POST", "/api/v1/keys", undefined, { role: "agent", name: 'n "1"' }],
        ]);
    });
});

test("a refusal of the gateway is its own words, and exit code 1", () =>
    withGateway(
        (request, response) => answerJson(response, 404, { error: { code: "not_found", message: "no task t9" } }),
        async (url) => {
            const result = await start(["tasks", "control", "t9", "pause"], { AOP_VAR_DIR: makeVar(), MC_URL: url }).done;
            assert.deepEqual([result.code, result.stderr], [1, "missionctl: no task t9\n"]);
        },
    ));

test("a gateway that is not there is said, with what to do", async () => {
    const result = await start(["runs"], { AOP_VAR_DIR: makeVar(), MC_URL: "http://127.0.0.1:1" }).done;
    assert.equal(result.code, 1);
    assert.match(result.stderr, /^missionctl: asking Mission Control at http:\/\/127\.0\.0\.1:1 \(is it up\?/);
});

test("commands send the record that their options make", async () => {
    const seen = [];
    const answer = (request, response, body) => {
        seen.push([request.url, body && JSON.parse(body).input]);
        answerJson(response, 200, request.url.includes("runs") ? { items: [], nextCursor: null } : { id: "t1" });
    };
    await withGateway(answer, async (MC_URL) => {
        const env = { AOP_VAR_DIR: makeVar(), MC_URL };
        await start(["tasks", "create", "--tier", "1", "--domain", "web", "--objective", "o",
            "--token-budget", "9"], env).done;
        await start(["runs", "--root", "a b/c", "--status", "failed,paused", "--limit", "5"], env).done;
        const [[first, input], [second]] = seen;
        assert.equal(first, "/api/v1/commands/create_task");
        assert.deepEqual([input.tier, input.domain, input.objective], [1, "web", "o"]);
        assert.equal(second, "/api/v1/runs?rootTaskId=a%20b%2Fc&status=failed%2Cpaused&limit=5");
    });
});

test("events --follow goes on behind the last event when the stream breaks", async () => {
    const event = (id) => ({ id, actor: `a${id}`, action: "x", createdAt: 1, createdAtUs: 1000000, message: "\u001b[2Jm" });
    const resumed = [];
    const answer = (request, response) => {
        if (request.url.startsWith("/api/v1/events")) {
            answerJson(response, 200, { items: [event(2), event(1)], nextCursor: null });
            return;
        }
        resumed.push([request.url, request.headers["last-event-id"]]);
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`event: ready\ndata: {"lastEventId": 2}\n\n: hb\n\n`);
        const id = 2 + resumed.length;
        response.write(`id: ${id}\nevent: agent_event\ndata: ${JSON.stringify(event(id))}\n\n`);
        if (resumed.length === 1) response.end();
    };
    await withGateway(answer, async (MC_URL) => {
        const child = start(["events", "--follow", "--json", "--tier", "2"], { AOP_VAR_DIR: makeVar(), MC_URL });
        await child.says('"actor":"a4"');
        child.kill("SIGTERM");
        const lines = (await child.done).stdout.trim().split("\n").map((line) => JSON.parse(line).id);
        assert.deepEqual(lines, [1, 2, 3, 4]);
        assert.deepEqual(resumed, [
            ["/api/v1/stream?tier=2&kinds=event", "2"],
            ["/api/v1/stream?tier=2&kinds=event", "3"],
        ]);
    });
});

test("an event's message cannot drive the terminal", () =>
    withGateway(
        (request, response) =>
            answerJson(response, 200, { items: [{ id: 1, actor: "a", action: "x", message: "\u001b[2Jm\n", createdAtUs: 1 }] }),
        async (MC_URL) => {
            const result = await start(["events"], { AOP_VAR_DIR: makeVar(), MC_URL }).done;
            assert.equal(result.code, 0);
            assert.ok(!result.stdout.includes("\u001b"));
        },
    ));
