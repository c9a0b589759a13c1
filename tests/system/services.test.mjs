/*
 *  services.test - what the gateway says of every instance of every service
 *
 *      node --test tests/system/services.test.mjs
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

let stack, gateway, ingest, second, local;
before(async () => {
    stack = await openStack("services", { settings: { AOP_SPOOL_BYTES_MAX: "1048576" } });
    gateway = await stack.start("gateway");
    ingest = await stack.start("ingest");
    second = await stack.start("ingest", { AOP_INSTANCE: "2" });
    local = { "x-mc-local": readFileSync(path.join(stack.dir, "var", "local-token"), "utf8").trim() };
});
after(() => stack?.close());

async function services() {
    const answer = await request(`${gateway.url}/api/v1/services`, { headers: local });
    assert.equal(answer.status, 200, answer.text);
    return answer.json.items;
}
const find = async (service, instance) => (await services()).find((one) => one.service === service && one.instance === instance);

test("each instance says its version, start, address and state", async () => {
    await waitFor(async () => (await find("ingest", "2"))?.isReady && (await find("gateway", "1"))?.isReady, { what: "all are asked" });
    for (const [service, instance, port] of [["gateway", "1", gateway.port], ["ingest", "1", ingest.port], ["ingest", "2", second.port]]) {
        const one = await find(service, instance);
        assert.deepEqual([one.isReady, one.reason, one.listenAddress, one.port], [true, null, "127.0.0.1", port], JSON.stringify(one));
        assert.match(one.version, /./);
        assert.ok(Math.abs(one.startedAt - Date.now() / 1000) < 120, String(one.startedAt));
    }
});

test("a service without an instance is there, with the reason", async () => {
    const one = (await services()).filter((row) => row.service === "control");
    assert.deepEqual(one.map((row) => [row.isReady, row.instance, row.version, row.startedAt, row.reason]),
        [[false, null, null, null, "no instance of it is on the bus"]]);
});

test("an instance that is not ready says why", async () => {
    await stack.database.kill();
    const long = "x".repeat(100_000);
    await waitFor(async () => (await second.postEvents(Array.from({ length: 20 }, (_, i) =>
        ({ actor: "a", action: "b", payloadJson: JSON.stringify({ i, long }) })))).status !== 200, { what: "its spool is full" });
    await waitFor(async () => (await find("ingest", "1"))?.isReady, { what: "the other is ready" });
    const reason = await waitFor(async () => (await find("gateway", "1")).reason, { what: "the gateway misses its database" });
    assert.equal(reason, "the database cannot be reached");
    await stack.database.start();
});

test("an instance that has stopped answering is shown with that, at the deadline", async () => {
    second.child.kill("SIGSTOP");
    const one = await find("ingest", "2");
    assert.deepEqual([one.isReady, one.version, one.reason], [false, null, "ingest did not answer in time"]);
    assert.equal((await find("ingest", "1")).isReady, true);
    second.child.kill("SIGCONT");
    await waitFor(async () => (await find("ingest", "2")).version, { what: "it answers again" });
    await second.kill("SIGKILL");
    await waitFor(async () => (await find("ingest", "2"))?.reason === "nobody answers at its address", { what: "it is gone" });
});
