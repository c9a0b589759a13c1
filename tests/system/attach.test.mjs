/*
 *  attach.test - the terminal of a run, seen live by way of ingest, PostgreSQL and the gateway
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { IS_SANITIZED, ROOT, openStack, waitFor } from "./harness.mjs";

const missionctl = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl");
let stack, gateway, ingest;

before(async () => {
    stack = await openStack("attach");
    gateway = await stack.start("gateway");
    ingest = await stack.start("ingest");
});
after(() => stack?.close());

/* A missionctl of the stack, its output as text, and its end. */
function start(...args) {
    const child = spawn(missionctl, args, { cwd: stack.dir,
        env: { ...stack.env(), MC_URL: gateway.url, MC_INGEST_URL: ingest.url, FOLDER: stack.dir } });
    child.stdin.end();
    Object.assign(child, { out: "", err: "" });
    child.stdout.on("data", (chunk) => (child.out += chunk));
    child.stderr.on("data", (chunk) => (child.err += chunk));
    child.done = once(child, "close").then(([code, signal]) => ({ code, signal }));
    child.says = (text) => waitFor(() => child.out.includes(text), { what: `${text}, of ${child.err}` });
    return child;
}

/* A run that says where it is, and goes on when it is let. */
async function startRun(name) {
    const script = `echo "run $MC_RUN_ID"; echo one; echo oops >&2; until [ -e $FOLDER/${name}-2 ]; do sleep 0.01; done
        printf 'two \\033[1mbold\\033[0m\\n'; until [ -e $FOLDER/${name}-3 ]; do sleep 0.01; done; exit 3`;
    const run = start("run", "--", "sh", "-c", script);
    await run.says("one");
    run.id = run.out.match(/run (\S+)/)[1];
    run.goOn = (step) => writeFileSync(path.join(stack.dir, `${name}-${step}`), "");
    await waitFor(() => stack.database.number(
        `SELECT count(*) FROM aop_agent_events WHERE run_id = '${run.id}' AND action = 'terminal.output'`));
    return run;
}

test("attach shows what a run wrote and writes, as it is, and ends with it", async () => {
    const run = await startRun("whole");
    const view = start("attach", run.id);
    await view.says("one");
    run.goOn(2);
    await view.says("two \u001b[1mbold\u001b[0m\n");
    run.goOn(3);
    assert.deepEqual(await view.done, { code: 0, signal: null });
    assert.equal(view.out, run.out);
    assert.equal(view.err, "oops\nmissionctl: the run: ended with exit code 3\n");
    assert.equal((await run.done).code, 3);
});

test("whoever leaves does not end the run", async () => {
    const run = await startRun("left");
    const view = start("attach", run.id);
    await view.says("one");
    view.kill("SIGINT");
    assert.equal((await view.done).signal, "SIGINT");
    assert.ok(existsSync(`/proc/${run.pid}`));
    run.goOn(2);
    await run.says("two");
    run.goOn(3);
    assert.equal((await run.done).code, 3);
});

test("--json gives the events, also of a run that is over", async () => {
    const run = await startRun("json");
    run.goOn(2);
    run.goOn(3);
    await run.done;
    const view = start("attach", run.id, "--json");
    assert.deepEqual(await view.done, { code: 0, signal: null });
    const events = view.out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([events[0].phase, events.at(-1).phase], ["start", "end"]);
    const text = events.filter((event) => event.action === "terminal.output")
        .map((event) => JSON.parse(event.payloadJson)).filter(({ stream }) => stream === "stdout")
        .map(({ data }) => data).join("");
    assert.equal(text, run.out);
});

test("a run that is not there is said", async () => {
    const view = start("attach", "no-such-run");
    assert.equal((await view.done).code, 1);
    assert.match(view.err, /^missionctl: .*no-such-run/);
});
