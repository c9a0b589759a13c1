/*
 *  adoption.test - what an instance acknowledged arrives when that instance never comes back
 *
 *      node --test tests/system/adoption.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync, realpathSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";

let stack, first, second;
before(async () => {
    stack = await openStack("adoption");
    first = await stack.start("ingest");
    second = await stack.start("ingest", { AOP_INSTANCE: "2" });
});
after(() => stack?.close());

const batch = (name, count) => Array.from({ length: count }, (_, i) =>
    ({ actor: name, action: "work", rootTaskId: "adoption", message: `${name} ${i}`, tokensIn: 1 }));

async function send(service, name, batches) {
    for (let i = 0; i < batches; i++) {
        const answer = await service.postEvents(batch(name, 100));
        assert.deepEqual([answer.status, answer.json.accepted], [200, 100], answer.text);
    }
}

async function arrived(count) {
    await waitFor(async () => (await stack.database.number("SELECT count(*) FROM aop_agent_events")) >= count,
        { what: `${count} events are stored`, deadlineMs: 60_000 });
    assert.deepEqual(await stack.database.rows("SELECT count(*), count(DISTINCT event_uid) AS uids FROM aop_agent_events"),
        [{ count, uids: count }]);
    assert.equal(await stack.database.number("SELECT sum(tokens_in) FROM aop_agent_runs"), count);
}

/* flock holds what a process that moves the spool would; the start is seen to wait by its descriptor. */
test("a start waits for its spool while another moves it", async () => {
    await second.kill("SIGTERM");
    const lock = path.join(stack.dir, "var/spool/ingest-2.lock");
    const mover = spawn("flock", [lock, "sh", "-c", "echo held; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
    await once(mover.stdout, "data");
    const starting = second.start();
    const hasOpened = () => readdirSync(`/proc/${second.pid}/fd`).some((fd) => {
        try { return readlinkSync(`/proc/${second.pid}/fd/${fd}`) === realpathSync(lock); } catch { return false; }
    });
    await waitFor(hasOpened, { what: "it wants its spool" });
    mover.stdin.end();
    await starting;
});

test("two instances do not share a spool", async () => {
    await assert.rejects(stack.start("ingest", { AOP_INSTANCE: "2" }), /ended/);
});

test("the spool of a killed instance is emptied by another that starts, and everything arrives once", async () => {
    await stack.database.kill();
    await send(first, "first", 3);
    await send(second, "second", 30);
    await second.kill("SIGKILL");
    await first.restart("SIGKILL");
    await waitFor(() => /spool_adopted .*ingest-2\.db.* events=3000 left=0/.test(first.log()), { what: "the spool is adopted" });
    assert.equal(await first.metric("spooled_events"), 3300);
    await first.restart("SIGKILL");
    await stack.database.start();
    await arrived(3300);
});

test("the killed instance starts again with an empty spool and goes on", async () => {
    await second.start();
    await send(second, "second again", 2);
    await arrived(3500);
});

test("the spool of an instance that runs is left alone", async () => {
    await stack.database.kill();
    await send(second, "alone", 2);
    await first.restart("SIGTERM");
    assert.equal(await first.metric("spooled_events"), 0);
    assert.equal(await second.metric("spooled_events"), 200);
    await stack.database.start();
    await arrived(3700);
});
