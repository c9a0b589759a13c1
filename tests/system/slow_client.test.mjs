/*
 *  slow_client.test - who takes too long with a request is told so and cut off
 *
 *      node --test tests/system/slow_client.test.mjs
 *
 *  The allowance is a setting, made short here.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openStack } from "./harness.mjs";
import { rawRequest, request } from "./request.mjs";

const CUT_MS = 60_000;
const ALLOWED_S = 3;

let stack, ingest;
before(async () => {
    stack = await openStack("slow_client");
    ingest = await stack.start("ingest", { AOP_INGEST_REQUEST_SECONDS_MAX: String(ALLOWED_S) });
});
after(() => stack?.close());

/* Writes a byte a second for as long as the peer listens. */
function drip(head) {
    return rawRequest(ingest.port, (socket) => {
        socket.write(head);
        const timer = setInterval(() => socket.write("x"), 1000);
        for (const event of ["close", "error"]) socket.on(event, () => clearInterval(timer));
    }, { timeoutMs: CUT_MS });
}

test("clients that drip their headers or body are cut off, the second told why, and others served", async () => {
    const head = drip("POST /v1/events HTTP/1.1\r\nHost: a\r\nx-slow: ");
    const body = drip("POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n[");
    const silent = rawRequest(ingest.port, () => {}, { timeoutMs: CUT_MS });
    const answer = await ingest.postEvents([{ actor: "tester", action: "work" }]);
    assert.equal(answer.status, 200);

    const told = await body;
    assert.deepEqual([told.status, told.json?.error.code], [408, "request_timeout"], told.text);
    assert.match(told.json.error.message, new RegExp(`^the request did not arrive within ${ALLOWED_S} s`));
    for (const cut of [await head, await silent]) assert.ok([0, 408].includes(cut.status), String(cut.status));
    assert.equal((await request(`${ingest.url}/readyz`)).status, 200);
});
