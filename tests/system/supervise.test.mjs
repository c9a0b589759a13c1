/*
 *  supervise - missionctl run as the supervisor of real processes, by each way that this machine has
 *
 *  Processes are counted by a mark in their environment, which no fork and no session takes off.
 *  What stands still is shown by counters that do not move between two acknowledgements.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { IS_SANITIZED, ROOT, waitFor } from "./harness.mjs";
import { Platform } from "./platform.mjs";

const missionctl = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl");
const MARK = "MC_TEST_MARK";
let scratch;
let marks = 0;

before(() => {
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mc-supervise-"));
});
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/* Processes that carry the mark, without the supervisor's own: { pid, name }. */
function marked(mark) {
    const found = [];
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const environ = fs.readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
            const name = fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
            if (environ.includes(`${MARK}=${mark}`) && !name.startsWith("missionctl")) found.push({ pid, name });
        } catch {
            /* it has ended meanwhile */
        }
    }
    return found;
}

/* The processes of a supervisor with a name: its keeper, its relay. */
function childrenOf(pid, name) {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean)
        .filter((child) => fs.readFileSync(`/proc/${child}/comm`, "utf8").trim() === name).map(Number);
}

class Run {
    constructor(platform, args, env = {}) {
        this.mark = `${process.pid}-${++marks}`;
        const environment = Object.fromEntries(Object.entries(process.env)
            .filter(([name]) => !/^(AOP_|MC_|OTEL_)/.test(name)));
        this.child = spawn(missionctl, ["run", ...args], {
            cwd: scratch,
            env: { ...environment, AOP_VAR_DIR: fs.mkdtempSync(path.join(scratch, "var-")),
                MC_INGEST_URL: platform.url, MC_URL: platform.url, MC_TEST_PLATFORM: platform.url, [MARK]: this.mark, ...env },
        });
        this.child.stdin.end();
        this.stdout = "";
        this.stderr = "";
        this.child.stdout.on("data", (chunk) => (this.stdout += chunk));
        this.child.stderr.on("data", (chunk) => (this.stderr += chunk));
        this.done = once(this.child, "close").then(([code, signal]) => ({ code, signal }));
    }

    says(text) {
        return new Promise((resolve, reject) => {
            const check = () => this.stdout.includes(text) && resolve();
            check();
            this.child.stdout.on("data", check);
            this.child.on("close", () => reject(new Error(`ended without ${text}: ${this.stderr}`)));
        });
    }

    processes() {
        return marked(this.mark);
    }

    /* Nothing of it outlives a test, whatever that found. */
    async end() {
        this.child.kill("SIGKILL");
        await this.done;
        await waitFor(() => !this.processes().length, { what: "the processes of a run to be gone" });
    }
}

async function supervised(args, body, env) {
    const platform = await new Platform().listen();
    const run = new Run(platform, args, env);
    try {
        await body(platform, run);
    } finally {
        await run.end();
        await platform.close();
    }
}

const sh = (script) => ["--", "sh", "-c", script];

/* Whether this machine lets us hold processes so. */
function has(way) {
    return spawnSync(missionctl, ["run", "--hold-by", way, "--drain-timeout", "0", "--", "true"], {
        env: { PATH: process.env.PATH, AOP_VAR_DIR: fs.mkdtempSync(path.join(os.tmpdir(), "mc-way-")),
            MC_URL: "http://127.0.0.1:1", MC_INGEST_URL: "http://127.0.0.1:1" },
    }).status === 0;
}
const WAYS = ["cgroup2", "freezer", "signals"].map((way) => ({ way, skip: has(way) ? false : `no ${way} here` }));

/* Five that count: the command, a child, a forked twice one, one of another session, a nohup one. */
const COUNTERS = ["self", "child", "twice", "session", "nohup"];
const COUNTING = `
    count() { while :; do echo . >>"$DIR/$1"; done; }
    export DIR
    count child &
    (count twice &) &
    setsid sh -c 'while :; do echo . >>"$DIR/session"; done' &
    nohup sh -c 'while :; do echo . >>"$DIR/nohup"; done' >/dev/null 2>&1 &
    echo ready
    count self`;

const sizes = (folder) =>
    COUNTERS.map((name) => fs.statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
const allMove = (folder, since) =>
    waitFor(() => sizes(folder).every((size, i) => size > since[i]), { what: "all counters to move" });

/* Processes that try to get away in every way at once, and go on trying when they are asked to end.
 * Those of the chain live too short to be seen in a list, but hand a lock on from one to the next. */
const ESCAPE = `
    trap "" TERM HUP INT
    (setsid sh -c 'trap "" TERM; (sleep 1000 & sleep 1000) & sleep 1000' &) &
    nohup sh -c 'trap "" TERM; sleep 1000' >/dev/null 2>&1 &
    python3 -c '
import fcntl, os, signal, time
lock = open(os.environ["LOCK"], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
r, w = os.pipe()
for i in range(200):
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            os.write(w, b"x")
            while True:
                time.sleep(1000)
        os._exit(0)
n = 0
while n < 200:
    n += len(os.read(r, 4096))
print("ready", flush=True)
end = time.time() + 60
while time.time() < end:
    pid = os.fork()
    if pid:
        os._exit(0)
    os.setsid()
' &
    while :; do sleep 1000; done`;

const lockFile = () => path.join(fs.mkdtempSync(path.join(os.tmpdir(), "mc-chain-")), "lock");
const isChainOver = (lock) => spawnSync("flock", ["-n", lock, "true"]).status === 0;

for (const { way, skip } of WAYS) {
    const hold = ["--hold-by", way];
    const enforcement = way === "signals" ? "weak" : "strong";

    test(`${way}: a pause stops the clock of all processes, and a resume lets them go on`, { skip }, async () => {
        const folder = fs.mkdtempSync(path.join(scratch, "counters-"));
        await supervised([...hold, ...sh(COUNTING)], async (platform, run) => {
            await run.says("ready");
            await allMove(folder, sizes(folder));
            platform.want({ verdict: "pause", mode: "now", reason: "look at it" });
            const ack = await platform.acked("paused");
            const first = sizes(folder);
            const known = platform.acks.length;
            platform.repeat();
            await platform.acked("paused", known);
            assert.deepEqual(sizes(folder), first);
            assert.deepEqual([ack.enforcement, ack.receiptId, ack.partId], [enforcement, "receipt-1", `run:${ack.runId}`]);
            assert.equal(ack.processes, 5);
            platform.want({ verdict: "run" });
            await platform.acked("running");
            await allMove(folder, first);
            await platform.until(() => platform.of("agent.control", "resume").length);
            const [paused] = platform.of("agent.control", "pause");
            assert.deepEqual([paused.status, paused.message], ["paused", "pause: look at it"]);
        }, { DIR: folder });
    });

    test(`${way}: nothing escapes a stop`, { skip }, () => {
        const LOCK = lockFile();
        return supervised([...hold, ...sh(ESCAPE)], async (platform, run) => {
            await run.says("ready");
            assert.ok(run.processes().length > 200);
            platform.want({ verdict: "stop", graceSeconds: 0 });
            const ack = await platform.acked("stopped");
            assert.deepEqual(run.processes(), []);
            assert.deepEqual([ack.processes, ack.enforcement], [0, enforcement]);
            assert.equal((await run.done).code, 137);
            assert.equal(JSON.parse(platform.of("agent.run", "end")[0].payloadJson).signal, "SIGKILL");
            assert.equal(platform.of("agent.control", "stop")[0].status, "failed");
            assert.ok(isChainOver(LOCK), "the chain is over");
        }, { LOCK });
    });

    test(`${way}: a stop reaches what is frozen`, { skip }, () =>
        supervised([...hold, ...sh('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.01; done')],
            async (platform, run) => {
                await run.says("ready");
                platform.want({ verdict: "pause", mode: "now" });
                await platform.acked("paused");
                platform.want({ verdict: "stop" });
                await platform.acked("stopped");
                assert.equal((await run.done).code, 7);
                assert.equal(run.stdout, "ready\nbye\n");
            }));

    test(`${way}: a supervisor that is killed leaves nothing running`, { skip }, () => {
        const LOCK = lockFile();
        return supervised([...hold, ...sh(ESCAPE)], async (platform, run) => {
            await run.says("ready");
            run.child.kill("SIGKILL");
            await waitFor(() => !run.processes().length && isChainOver(LOCK), { what: "the tree to be gone" });
        }, { LOCK });
    });

    test(`${way}: nor does one whose keeper is killed`, { skip }, () => {
        const LOCK = lockFile();
        return supervised([...hold, ...sh(ESCAPE)], async (platform, run) => {
            await run.says("ready");
            const [keeper] = childrenOf(run.child.pid, "missionctl-keep");
            process.kill(keeper, "SIGKILL");
            assert.equal((await run.done).code, 137);
            assert.deepEqual(run.processes(), []);
            assert.ok(isChainOver(LOCK), "the chain is over");
        }, { LOCK });
    });

    test(`${way}: what a command leaves running ends with it`, { skip }, () =>
        supervised([...hold, ...sh("setsid sleep 1000 >/dev/null 2>&1 & exit 3")], async (platform, run) => {
            assert.equal((await run.done).code, 3);
            assert.deepEqual(run.processes(), []);
        }));
}

test("a stop within the grace time is the command's own end, and words arrive as they were given", () =>
    supervised(["--", process.execPath, "-e", `
        process.on("SIGTERM", () => { console.log("tidy"); process.exit(0); });
        setInterval(() => {}, 1000);
        console.log(JSON.stringify(process.argv.slice(1)));`,
        "two words", "it's \"quoted\"", "$HOME", "", "a\nb"], async (platform, run) => {
        await run.says("[");
        assert.deepEqual(JSON.parse(run.stdout), ["two words", "it's \"quoted\"", "$HOME", "", "a\nb"]);
        platform.want({ verdict: "stop", graceSeconds: 600 });
        await platform.acked("stopped");
        assert.equal((await run.done).code, 0);
        assert.ok(run.stdout.endsWith("tidy\n"));
    }));

test("who does not end in the grace time is killed", () =>
    supervised(["--grace", "1", ...sh('trap "" TERM; echo ready; while :; do sleep 1000; done')],
        async (platform, run) => {
            await run.says("ready");
            platform.want({ verdict: "stop" });
            await platform.acked("stopped");
            assert.deepEqual(run.processes(), []);
            assert.equal((await run.done).code, 137);
        }));

test("a shell's child gets the rest of the grace time when the shell has ended", () =>
    supervised(["--grace", "600", ...sh(`sh -c 'trap "echo child; exit" TERM; echo ready; while :; do sleep 0.01; done'; :`)],
        async (platform, run) => {
            await run.says("ready");
            platform.want({ verdict: "stop" });
            await platform.acked("stopped");
            await run.done;
            assert.equal(run.stdout, "ready\nchild\n");
        }));

test("a restart is the same command as a new run below the old one", () =>
    supervised(["--actor", "worker", "--", "sh", "-c", 'echo "id $MC_RUN_ID $MC_TASK_ID $1"; exec sleep 1000', "x", "a 'b' \"c\""],
        async (platform, run) => {
            await run.says("id ");
            const [first] = platform.hellos;
            platform.want((runId) => ({ verdict: runId === first.runId ? "restart" : "run", reason: "once more" }));
            const ack = await platform.acked("restarted");
            assert.equal(ack.runId, first.runId);
            await platform.until(() => platform.hellos.some(({ runId }) => runId === ack.note));
            await waitFor(() => run.stdout.match(/id /g).length === 2, { what: "the second attempt" });
            const [one, two] = run.stdout.trim().split("\n");
            assert.equal(one, `id ${first.runId} ${first.runId} a 'b' "c"`);
            assert.equal(two, `id ${ack.note} ${first.runId} a 'b' "c"`);
            await platform.until(() => platform.of("agent.run", "start").length === 2);
            const second = platform.of("agent.run", "start")[1];
            const payload = JSON.parse(second.payloadJson);
            assert.deepEqual([second.runId, second.parentRunId, second.rootTaskId, second.taskId, second.actor],
                [ack.note, first.runId, first.runId, first.runId, "worker"]);
            assert.deepEqual([payload.attempt, payload.attemptOf], [2, first.runId]);
            const [told] = platform.of("agent.control", "restart");
            assert.deepEqual([told.runId, told.message], [first.runId, "restart: once more"]);
            assert.equal(JSON.parse(told.payloadJson).nextRunId, ack.note);
            assert.equal(run.processes().length, 1);
            const left = await platform.until(() => platform.hellos.find(({ isLeaving }) => isLeaving));
            assert.equal(left.runId, first.runId);
        }));

test("a run announces who it is, is not asked for again while it is heard, and says when it leaves", () =>
    supervised(["--root", "r", "--task", "t", "--tier", "3", "--actor", "a", "--persona", "p", "--skill", "s",
        ...sh("echo ready; exec sleep 1000")], async (platform, run) => {
        await run.says("ready");
        await platform.acked("running");
        const [hello] = platform.hellos;
        const { runId } = hello;
        assert.deepEqual(
            [hello.id, hello.kind, hello.rootTaskId, hello.taskId, hello.tier, hello.actor, hello.persona, hello.skill],
            [`run:${runId}`, "run", "r", "t", 3, "a", "p", "s"]);
        assert.ok(["strong", "weak"].includes(hello.enforcement));
        run.child.kill("SIGTERM");
        await run.done;
        const left = await platform.until(() => platform.hellos.find(({ isLeaving }) => isLeaving));
        assert.deepEqual([left.runId, platform.hellos.length, platform.acks.at(-1).state], [runId, 2, "stopped"]);
    }));

test("one that stays is started again after a stop", () =>
    supervised(["--stay", ...sh("echo here; exec sleep 1000")], async (platform, run) => {
        await run.says("here");
        const [first] = platform.hellos;
        platform.want({ verdict: "stop" });
        await platform.acked("stopped");
        assert.deepEqual(run.processes(), []);
        platform.want((runId) => ({ verdict: runId === first.runId ? "restart" : "run" }));
        await platform.acked("restarted");
        await run.says("here\nhere");
    }));

test("while the platform is away the last word is in force, and its next one counts when it is back", async () => {
    const folder = fs.mkdtempSync(path.join(scratch, "counters-"));
    await supervised(sh(COUNTING), async (platform, run) => {
        await run.says("ready");
        await allMove(folder, sizes(folder));
        platform.want({ verdict: "pause", mode: "now" });
        await platform.acked("paused");
        const frozen = sizes(folder);
        await platform.close();
        const back = await new Platform().listen(platform.port);
        try {
            Object.assign(back, { epoch: 1, wish: platform.wish });
            await back.acked("paused");
            assert.deepEqual(sizes(folder), frozen);
            back.want({ verdict: "run" });
            await back.acked("running");
            await allMove(folder, frozen);
        } finally {
            await back.close();
        }
    }, { DIR: folder });
});

test("a pause ends at its limit, also while the platform is away", async () => {
    const folder = fs.mkdtempSync(path.join(scratch, "counters-"));
    await supervised(sh(COUNTING), async (platform, run) => {
        await run.says("ready");
        await allMove(folder, sizes(folder));
        platform.want({ verdict: "pause", mode: "now", until: Date.now() / 1000 + 1 });
        await platform.acked("paused");
        const frozen = sizes(folder);
        await platform.close();
        await allMove(folder, frozen);
    }, { DIR: folder });
});

test("at the boundary the processes go on", async () => {
    const folder = fs.mkdtempSync(path.join(scratch, "counters-"));
    await supervised(sh(COUNTING), async (platform, run) => {
        await run.says("ready");
        platform.want({ verdict: "pause", mode: "boundary" });
        const ack = await platform.acked("paused");
        assert.equal(ack.note, "its processes go on; their calls are held");
        await allMove(folder, sizes(folder));
    }, { DIR: folder });
});

test("a run that is born into a pause begins when that ends", async () => {
    const platform = await new Platform().listen();
    platform.want({ verdict: "pause", mode: "drain" });
    const run = new Run(platform, sh("echo began"));
    try {
        const ack = await platform.acked("paused");
        assert.deepEqual([ack.processes, run.stdout, run.processes()], [0, "", []]);
        platform.want({ verdict: "run" });
        assert.equal((await run.done).code, 0);
        assert.equal(run.stdout, "began\n");
    } finally {
        await run.end();
        await platform.close();
    }
});

test("a run that is born into a stop never begins", async () => {
    const platform = await new Platform().listen();
    platform.want({ verdict: "stop" });
    const run = new Run(platform, sh("echo began"));
    try {
        await platform.acked("stopped");
        assert.equal((await run.done).code, 143);
        assert.equal(run.stdout, "");
    } finally {
        await run.end();
        await platform.close();
    }
});

test("a run that ends by itself under a pause says that nothing of it is left", () =>
    supervised(sh("read x; echo ready; while [ ! -e $GO ]; do sleep 0.01; done"), async (platform, run) => {
        await run.says("ready");
        platform.want({ verdict: "pause", mode: "boundary" });
        await platform.acked("paused");
        fs.writeFileSync(path.join(scratch, "go"), "");
        const ack = await platform.acked("stopped");
        assert.deepEqual([ack.note, ack.processes], ["the command has ended", 0]);
    }, { GO: path.join(scratch, "go") }));

test("what it cannot understand changes nothing", () =>
    supervised(sh("echo ready; exec sleep 1000"), async (platform, run) => {
        await run.says("ready");
        await platform.acked("running");
        for (const wish of [{ verdict: "explode" }, { verdict: 7 }, { verdict: "stop", runId: "another" }])
            platform.want(wish);
        for (const response of platform.streams.values())
            response.write("event: hold\ndata: {\n\nevent: hold\ndata: []\n\nevent: other\ndata: {}\n\n");
        platform.want({ verdict: "pause", mode: "now" });
        await platform.acked("paused");
        assert.equal(run.processes().length, 1);
        assert.equal(platform.acks.filter((ack) => ack.state === "stopped").length, 0);
    }));

/* A server beside the platform, that says how often it was reached. */
async function withServer(body) {
    const server = http.createServer((request, response) => {
        server.hits++;
        response.end("x");
    });
    server.hits = 0;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
        await body(server, `http://127.0.0.1:${server.address().port}/`);
    } finally {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
    }
}

/* Asks URL again and again and writes what came of it. */
const ASKING = `
    const ask = async () => {
        try {
            await (await fetch(process.env.URL ?? process.env.MC_TEST_PLATFORM, { signal: AbortSignal.timeout(200) })).text();
            console.log("yes");
        } catch { console.log("no"); }
        setImmediate(ask);
    };
    ask();`;

/* What it says next, several times, after what it has said. */
const saysNext = (run, word) => {
    const from = run.stdout.length;
    return waitFor(() => run.stdout.slice(from).split(`${word}\n`).length > 4, { what: `${word} again and again` });
};

const isRoot = process.getuid() === 0;

test("quarantine closes the network of a run that goes on", { skip: WAYS[0].skip || !isRoot }, () =>
    withServer((server, url) =>
        supervised(["--hold-by", "cgroup2", "--", process.execPath, "-e", ASKING], async (platform, run) => {
            await saysNext(run, "yes");
            platform.want({ verdict: "pause", mode: "quarantine" });
            const ack = await platform.acked("paused");
            assert.equal(ack.note, "its network is closed");
            const { hits } = server;
            await saysNext(run, "no");
            assert.equal(server.hits, hits);
            platform.want({ verdict: "run" });
            await platform.acked("running");
            await saysNext(run, "yes");
        }, { URL: url })));

test("a quarantine that cannot be had is said to have failed", () =>
    supervised(["--hold-by", "signals", ...sh("echo ready; exec sleep 1000")], async (platform, run) => {
        await run.says("ready");
        platform.want({ verdict: "pause", mode: "quarantine" });
        const ack = await platform.acked("failed");
        assert.match(ack.note, /^unenforced: its network can only be closed with/);
        assert.equal(ack.enforcement, "none");
        assert.equal(platform.acks.filter((one) => one.state === "paused").length, 0);
    }));

const canLock = spawnSync("unshare", [...(isRoot ? [] : ["-U"]), "-n", "true"]).status === 0;

test("with --egress gateway it reaches the platform and nothing else, and quarantine closes that too",
    { skip: !canLock }, () =>
        withServer((server, url) =>
            supervised(["--egress", "gateway", "--", process.execPath, "-e", `
                const server = require("http").createServer((request, response) => response.end("own"));
                server.listen(0, "127.0.0.1", async () => {
                    const own = "http://127.0.0.1:" + server.address().port;
                    console.log(await (await fetch(own)).text());
                    try { await fetch(process.env.OTHER); console.log("leak"); } catch { console.log("shut"); }
                    ${ASKING}
                });`], async (platform, run) => {
                await saysNext(run, "yes");
                assert.match(run.stdout, /^own\nshut\n/);
                assert.equal(server.hits, 0);
                const payload = JSON.parse(platform.of("agent.run", "start")[0].payloadJson);
                assert.equal(payload.egress, "gateway");
                platform.want({ verdict: "pause", mode: "quarantine" });
                await platform.acked("paused");
                await saysNext(run, "no");
                platform.want({ verdict: "run" });
                await platform.acked("running");
                await saysNext(run, "yes");
            }, { OTHER: url })));

test("where --egress gateway cannot be had the run goes on and says so", () =>
    supervised(["--egress", "gateway", "--router", "https://router.example", ...sh("echo on")],
        async (platform, run) => {
            assert.equal((await run.done).code, 0);
            const payload = JSON.parse(platform.of("agent.run", "start")[0].payloadJson);
            assert.deepEqual([payload.egress, payload.egressReason],
                ["unenforced", "https://router.example is on another machine"]);
            assert.match(run.stderr, /its way out is unenforced/);
        }));

test("a user who is nobody has his run held by signals, and can still lock its way out", { skip: !isRoot || !canLock }, () =>
    withServer(async (server, url) => {
        const home = fs.mkdtempSync(path.join(os.tmpdir(), "mc-nobody-"));
        fs.chmodSync(home, 0o777);
        fs.copyFileSync(missionctl, path.join(home, "missionctl"));
        const script = `console.log(process.getuid());
            fetch(process.env.OTHER).then(() => console.log("leak"), () => console.log("shut"))
                .then(() => fetch(process.env.MC_URL + "/api")).then((answer) => console.log(answer.status))`;
        const platform = await new Platform().listen();
        try {
            const child = spawn("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups",
                path.join(home, "missionctl"), "run", "--egress", "gateway", "--", process.execPath, "-e", script],
            { cwd: "/", env: { PATH: process.env.PATH, HOME: home, MC_URL: platform.url, MC_INGEST_URL: platform.url, OTHER: url } });
            child.stdin.end();
            const out = [];
            child.stdout.on("data", (chunk) => out.push(chunk));
            assert.deepEqual(await once(child, "close"), [0, null]);
            assert.equal(Buffer.concat(out).toString(), "65534\nshut\n404\n");
            const { heldBy, enforcement, egress } = JSON.parse(platform.of("agent.run", "start")[0].payloadJson);
            assert.deepEqual([heldBy, enforcement, egress, server.hits], ["signals", "weak", "gateway", 0]);
        } finally {
            await platform.close();
            fs.rmSync(home, { recursive: true, force: true });
        }
    }));

/* Hosts of other kinds, as mount namespaces of their own. */
const isHybrid = isRoot && WAYS.every(({ skip }) => !skip) && fs.existsSync("/sys/fs/cgroup/unified");
for (const [what, mounts, way] of [
    ["only version 2", "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup", "cgroup2"],
    ["only version 1", "umount /sys/fs/cgroup/unified", "freezer"],
    ["version 2 read-only", "mount -o remount,bind,ro /sys/fs/cgroup/unified", "freezer"],
    ["both read-only", "mount -o remount,bind,ro /sys/fs/cgroup/unified; mount -o remount,bind,ro /sys/fs/cgroup/freezer", "signals"],
    ["no control groups", "umount -R /sys/fs/cgroup", "signals"],
])
    test(`on a host with ${what} a run is held by ${way}`, { skip: !isHybrid }, async () => {
        const platform = await new Platform().listen();
        try {
            const child = spawn("unshare", ["-m", "sh", "-c", `${mounts}; exec "$0" run -- sh -c 'exit 5'`, missionctl],
                { stdio: "ignore", env: { PATH: process.env.PATH, AOP_VAR_DIR: fs.mkdtempSync(path.join(scratch, "var-")),
                    MC_URL: platform.url, MC_INGEST_URL: platform.url } });
            assert.deepEqual(await once(child, "close"), [5, null]);
            assert.equal(JSON.parse(platform.of("agent.run", "start")[0].payloadJson).heldBy, way);
        } finally {
            await platform.close();
        }
    });

for (const { way, skip } of WAYS.slice(0, 2))
    test(`${way}: what is left when supervisor and keeper are killed at once ends with the next run`, { skip }, () =>
        supervised(["--hold-by", way, ...sh("setsid sleep 1000 & setsid sleep 1000 & echo ready; wait")],
            async (platform, run) => {
                await run.says("ready");
                const [keeper] = childrenOf(run.child.pid, "missionctl-keep");
                process.kill(run.child.pid, "SIGSTOP");
                process.kill(keeper, "SIGSTOP");
                process.kill(keeper, "SIGKILL");
                process.kill(run.child.pid, "SIGKILL");
                await waitFor(() => run.processes().length === 2, { what: "only the two sessions to be left" });
                const next = new Run(platform, ["--hold-by", way, "--", "true"]);
                assert.equal((await next.done).code, 0);
                await waitFor(() => !run.processes().length, { what: "them to be gone" });
            }));

for (const [args, reason] of [
    [["--egress", "wide", "true"], "--egress is"],
    [["--hold-by", "hope", "true"], "--hold-by is"],
    [["--grace", "-1", "true"], "--grace is"],
])
    test(`wrong use is said: ${args.join(" ")}`, () => {
        const result = spawnSync(missionctl, ["run", ...args], { encoding: "utf8" });
        assert.equal(result.status, 2);
        assert.ok(result.stderr.startsWith(`missionctl: ${reason}`), result.stderr);
    });
