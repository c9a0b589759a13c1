/*
 *  bad_input.test - whatever comes in gets its own answer, and the process goes on as it was
 *
 *      node --test tests/system/bad_input.test.mjs
 *      MC_SAN=1 node --test tests/system/bad_input.test.mjs      the sanitizer build
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { IS_SANITIZED, openStack } from "./harness.mjs";
import { pack, packText } from "./msgpack.mjs";
import { anyValue, field, spanRequest } from "./protobuf.mjs";
import { rawRequest, request } from "./request.mjs";

const MIB = 1 << 20;
const EVENT = { actor: "tester", action: "work" };
const GROWTH_KIB_MAX = IS_SANITIZED ? 512 * 1024 : 24 * 1024;
const YEAR_US = 365 * 86400 * 1e6;

let stack, ingest, pid, memory;
let rejected = 0; /* events that must be in the quarantine in the end */
before(async () => {
    stack = await openStack("bad_input");
    ingest = await stack.start("ingest");
    await ingest.postEvents([EVENT]);
    await ingest.drained();
    pid = ingest.pid;
    memory = ingest.memory();
});
after(() => stack?.close());

const post = (where, type, body, headers = {}) =>
    request(`${ingest.url}${where}`, { method: "POST", body, headers: { "content-type": type, ...headers } });
const postJson = (body, headers) => post("/v1/events", "application/json", body, headers);
const postMsgpack = (body) => post("/v1/events", "application/msgpack", body);
const postSpans = (body, headers) => post("/v1/traces", "application/x-protobuf", body, headers);
const postSpansJson = (body) => post("/v1/traces", "application/json", body);
const raw = (text) => rawRequest(ingest.port, (socket) => socket.write(text));
const nest = (open, close, middle, times) => open.repeat(times) + middle + close.repeat(times);

/* --- bodies that are refused whole: [sentence, send, status, code, message] --- */

const REFUSED = [
    ["what is no JSON", () => postJson("{oops"), 400, "bad_encoding", /^body is not JSON/],
    ["an empty body", () => postJson(""), 400, "bad_encoding", /body/],
    ["JSON that is cut", () => postJson('[{"actor":"tester"'), 400, "bad_encoding", /^body is not JSON/],
    ["a number that is none", () => postJson('[{"actor":"a","action":"b","tokensIn":1e999}]'), 400, "bad_encoding", /^body is not JSON/],
    ["invalid UTF-8", () => postJson(Buffer.from([...Buffer.from('[{"actor":"'), 0xff, 0xfe, ...Buffer.from('"}]')])), 400, "bad_encoding", /UTF-8/],
    ["JSON arrays ten thousand deep", () => postJson(`[{"actor":"a","action":"b","payload":${nest("[", "]", "", 10000)}}]`), 400, "too_deep", /deep|levels/],
    ["JSON objects ten thousand deep", () => postJson(nest('{"a":', "}", "1", 10000)), 400, "too_deep", /deep|levels/],
    ["gzip that is cut", () => postJson(gzipSync("[]").subarray(0, 15), { "content-encoding": "gzip" }), 400, "bad_encoding", /^the body is not whole gzip: it ends too early/],
    ["gzip that is none", () => postJson("[]", { "content-encoding": "gzip" }), 400, "bad_encoding", /^the body is not whole gzip: incorrect header check/],
    ["gzip with a wrong checksum", () => postJson(breakChecksum(gzipSync("[]")), { "content-encoding": "gzip" }), 400, "bad_encoding", /^the body is not whole gzip: incorrect data check/],
    ["a zip bomb", () => postJson(gzipSync(Buffer.alloc(300 * MIB, " ")), { "content-encoding": "gzip" }), 413, "too_large", /^the body is over 67108864 bytes when decompressed/],
    ["a zip bomb of many members", () => postJson(Buffer.concat(Array(80).fill(gzipSync(Buffer.alloc(MIB, " ")))), { "content-encoding": "gzip" }), 413, "too_large", /when decompressed/],
    ["msgpack that claims 2^32 - 1 elements", () => postMsgpack(Buffer.from([0xdd, 255, 255, 255, 255])), 400, "bad_encoding", /^array claims 4294967295 items in 0 bytes/],
    ["msgpack whose text claims 2^32 - 1 bytes", () => postMsgpack(Buffer.from([0xdb, 255, 255, 255, 255, 65])), 400, "bad_encoding", /claims 4294967295 bytes|ends/],
    ["msgpack that is a number", () => postMsgpack(Buffer.from([7])), 400, "bad_input", /must be an array or a map/],
    ["msgpack with a byte that means nothing", () => postMsgpack(Buffer.from([0x91, 0xc1])), 400, "bad_encoding", /./],
    ["a batch over the limit", () => postMsgpack(Buffer.concat([Buffer.from([0xdd, 0, 1, 0x86, 0xa1]), Buffer.alloc(100001, 0x80)])), 413, "too_large", /^the batch has over 100000 events/],
    ["another content type", () => post("/v1/events", "text/html", "[]"), 415, "bad_media_type", /^Content-Type is "text\/html"; events are read as/],
    ["no content type", () => request(`${ingest.url}/v1/events`, { method: "POST", body: "[]" }), 415, "bad_media_type", /^Content-Type is ""/],
    ["another content encoding", () => postJson("[]", { "content-encoding": "br" }), 415, "bad_media_type", /^Content-Encoding is "br"; gzip and identity are read here/],
    ["a path that is none", () => post("/v2/events", "application/json", "[]"), 404, "unknown_route", /\/v2\/events/],
    ["another method", () => request(`${ingest.url}/v1/events`), 405, "bad_method", /GET/],
    ["65 MiB", () => sendLarge(false), 413, "too_large", /^the body has more than 67108864 bytes/],
    ["65 MiB in chunks", () => sendLarge(true), 413, "too_large", /^the body has more than 67108864 bytes/],
    ["a header of 20 KiB", () => postJson("[]", { "x-flood": "x".repeat(20000) }), 431, "headers_too_large", /^the headers have \d+ bytes, the limit is 16384/],
    ["thirty long headers", () => raw(flood(30, 600)), 431, "headers_too_large", /^the headers have \d+ bytes/],
    ["both Content-Length and Transfer-Encoding", () => raw("POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"), 400, "bad_input", /^content-length and transfer-encoding came together/],
    ["Content-Length twice", () => raw("POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]"), 400, "bad_input", /^content-length came 2 times/],
    ["a transfer encoding that nobody knows", () => raw("POST /v1/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: rot13\r\n\r\n[]"), 400, "bad_input", /^transfer-encoding is rot13/],
];

const flood = (count, size) => `POST /v1/events HTTP/1.1\r\nHost: a\r\n${`x-f: ${"y".repeat(size)}\r\n`.repeat(count)}Content-Length: 0\r\n\r\n`;

function breakChecksum(zipped) {
    zipped[zipped.length - 8] ^= 1;
    return zipped;
}

/* More than anybody may send; the answer comes before all of it has been written. */
function sendLarge(isChunked) {
    const size = 65 * MIB;
    const how = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${size}`;
    const chunk = Buffer.alloc(MIB, " ");
    return rawRequest(ingest.port, async (socket) => {
        socket.write(`POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${how}\r\n\r\n`);
        for (let sent = 0; sent < size && !socket.destroyed; sent += MIB) {
            const piece = isChunked ? Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]) : chunk;
            if (!socket.write(piece)) await new Promise((resolve) => { socket.once("drain", resolve); socket.once("close", resolve); });
        }
        if (isChunked && !socket.destroyed) socket.write("0\r\n\r\n");
    });
}

for (const [sentence, send, status, code, message] of REFUSED) {
    test(`${sentence}: refused as ${code}`, async () => {
        const answer = await send();
        assert.equal(answer.status, status, answer.text);
        assert.equal(answer.json?.error.code, code, answer.text);
        assert.match(answer.json.error.message, message);
    });
}

/* --- the same over OTLP: a google.rpc.Status in the form of the request --- */

const deepAny = (times) => {
    let value = anyValue("x");
    for (let i = 0; i < times; i++) value = field(5, field(1, value));
    return value;
};
const deepJson = (times) => nest('{"arrayValue":{"values":[', "]}}", '{"stringValue":"x"}', times);
const spanJson = (attribute) =>
    `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","attributes":[${attribute}]}]}]}]}`;

const REFUSED_OTLP = [
    ["protobuf with a length that passes the end", () => postSpans(Buffer.from([0x0a, 0x7f, 1])), 400, /a length that passes the end/],
    ["protobuf with a length of 2^64 - 1", () => postSpans(Buffer.from([0x0a, ...Array(9).fill(0xff), 1])), 400, /a length that passes the end/],
    ["protobuf with a varint that never ends", () => postSpans(Buffer.alloc(64, 0xff)), 400, /a broken field key/],
    ["protobuf with a wire type that is none", () => postSpans(Buffer.from([0x0f])), 400, /not OTLP protobuf/],
    ["a protobuf value ten thousand deep", () => postSpans(spanRequest({ attributes: [["deep", deepAny(10000)]] })), 400, /deep|levels/],
    ["a JSON value ten thousand deep", () => postSpansJson(spanJson(`{"key":"deep","value":${deepJson(5000)}}`)), 400, /deep|levels/],
    ["JSON with an id that is no hex", () => postSpansJson(spanJson("").replace("b7ad", "zzzz")), 400, /span_id is not hex/],
    ["JSON with a kind that is a word", () => postSpansJson(spanJson("").replace('"attributes"', '"kind":"CLIENT","attributes"')), 400, /kind is not a 64-bit integer/],
    ["JSON whose spans are no array", () => postSpansJson('{"resourceSpans":{}}'), 400, /resource_spans is not an array/],
    ["another content type over OTLP", () => post("/v1/logs", "text/plain", ""), 415, /OTLP is read as application\/x-protobuf or application\/json/],
    ["protobuf in cut gzip", () => postSpans(gzipSync(spanRequest({})).subarray(0, 20), { "content-encoding": "gzip" }), 400, /not whole gzip/],
];

for (const [sentence, send, status, message] of REFUSED_OTLP) {
    test(`${sentence}: refused`, async () => {
        const answer = await send();
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.json?.message ?? answer.text, message);
        if (answer.json) assert.equal(answer.json.code, 3);
    });
}

test("a body over the limit is refused in OTLP's own form", async () => {
    const answer = await rawRequest(ingest.port, (socket) =>
        socket.write(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${65 * MIB}\r\n\r\n`));
    assert.deepEqual([answer.status, answer.json?.code], [413, 3], answer.text);
    assert.match(answer.json.message, /^the body has more than 67108864 bytes/);
});

/* --- one bad event in a batch is rejected alone: [sentence, event, code, message] --- */

const now = () => Date.now() * 1000;
const grown = (count) => Array.from({ length: count }, () => ({ password: "a" }));
const REJECTED = [
    ["a missing actor", { action: "work" }, "bad_input", /^actor is missing/],
    ["a missing action", { actor: "tester" }, "bad_input", /^action is missing/],
    ["an actor of blanks", { actor: " \t", action: "work" }, "bad_input", /^actor is missing/],
    ["a tier of 7", { ...EVENT, tier: 7 }, "bad_input", /^tier is 7, at most 3/],
    ["an unknown field", { ...EVENT, nobodyKnows: 1 }, "bad_input", /^nobodyKnows is not a field of AgentEventRecord/],
    ["an unknown field cut in a character", { ...EVENT, [`${"x".repeat(62)}${"é".repeat(40)}`]: 1 }, "bad_input", /^x{62} is not a field/],
    ["a NUL in text", { ...EVENT, message: "a\u0000b" }, "bad_input", /^message holds a NUL/],
    ["a number beyond 2^53", { ...EVENT, tokensIn: 2 ** 53 + 2 }, "bad_input", /^tokensIn is 9007199254740994, beyond 2\^53/],
    ["a fraction where a whole number must be", { ...EVENT, tokensIn: 1.5 }, "bad_input", /^tokensIn is 1.5/],
    ["a time a year ahead", () => ({ ...EVENT, createdAtUs: now() + YEAR_US }), "time_out_of_window", /^createdAt is \d+ s ahead, at most 3600 are taken/],
    ["a time before the retention", () => ({ ...EVENT, createdAtUs: now() - YEAR_US }), "time_out_of_window", /^createdAt is \d+ s ago, at most 604800 are kept/],
    ["a status that is none", { ...EVENT, status: "perhaps" }, "bad_input", /^status is "perhaps", not pending, executing, completed, failed or paused/],
    ["actor and task too long together", { actor: "a".repeat(200), action: "work", taskId: "t".repeat(200) }, "bad_input", /^runId has 402 bytes, at most 400/],
    ["a payload over 1 MiB", { ...EVENT, payload: "x".repeat(MIB) }, "bad_input", /^payload.* bytes/],
    ["what is no object", 7, "bad_input", /AgentEventRecord is an integer, must be a map|the event is not an object/],
];

for (const [sentence, event, code, message] of REJECTED) {
    for (const [form, encode] of [["application/json", JSON.stringify], ["application/msgpack", pack]]) {
        test(`${sentence}: rejected as ${code} (${form})`, async () => {
            const bad = typeof event === "function" ? event() : event;
            const answer = await post("/v1/events", form, encode([EVENT, bad, EVENT]));
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.json.accepted, 2);
            assert.deepEqual(answer.json.rejected.map((row) => [row.index, row.code]), [[1, code]]);
            assert.match(answer.json.rejected[0].message, message);
            rejected += 1;
        });
    }
}

test("msgpack: invalid UTF-8 and a payload ten thousand deep are rejected alone", async () => {
    const begin = Buffer.concat([Buffer.from([0x83]), pack("actor"), pack("tester"), pack("action"), pack("work")]);
    const broken = Buffer.concat([begin, pack("message"), packText(Buffer.from([0xff, 0xfe]))]);
    const deep = Buffer.concat([begin, pack("payload"), Buffer.alloc(10000, 0x91), Buffer.from([0xc0])]);
    const answer = await postMsgpack(Buffer.concat([Buffer.from([0x94]), pack(EVENT), broken, deep, pack(EVENT)]));
    assert.equal(answer.json.accepted, 2, answer.text);
    assert.deepEqual(answer.json.rejected.map((row) => [row.index, row.code]), [[1, "bad_encoding"], [2, "too_deep"]]);
    rejected += 2;
});

/* --- what is odd but within the rules is stored, and holds nothing up --- */

const TAKEN = [
    ["a message that the sanitiser makes longer than its field", [{ ...EVENT, message: JSON.stringify(grown(3500)) }]],
    ["a payload that the sanitiser makes longer than its field", [{ ...EVENT, payload: grown(60000) }]],
    ["sums beyond what a number holds", Array.from({ length: 1100 }, () => ({ ...EVENT, runId: "sum", tokensIn: 2 ** 53 - 1, costUsd: 1e9 }))],
    ["texts that look like SQL, arrays and escapes", [{ ...EVENT, taskId: "t\u0001\"\\{},NULL", runId: "'; DROP TABLE aop_tasks; --", message: "\u001b[31m\u202e" }]],
    ["an event of nothing but the longest texts", [{ actor: "a".repeat(200), action: "b".repeat(200), runId: "r".repeat(400), rootTaskId: "é".repeat(100), message: "€".repeat(21000) }]],
];

for (const [sentence, events] of TAKEN) {
    test(`${sentence}: taken`, async () => {
        const answer = await ingest.postEvents(events);
        assert.deepEqual([answer.status, answer.json?.accepted], [200, events.length], answer.text.slice(0, 300));
        await ingest.drained();
    });
}

test("OTLP texts with NUL and invalid UTF-8, and counts of 2^63 - 1, are stored as far as they can be", async () => {
    const odd = [["text", anyValue(Buffer.from([0x61, 0x00, 0xff, 0x62]))], [Buffer.from([0xff, 0x00]), anyValue("x")],
        ["gen_ai.operation.name", anyValue("chat")], ["gen_ai.usage.input_tokens", Buffer.from([0x18, ...Array(8).fill(0xff), 0x7f])],
        ["gen_ai.agent.name", anyValue(Buffer.from([0xc3, 0x28, 0x00]))]];
    const answer = await postSpans(spanRequest({ name: Buffer.from([0x00, 0xff]), attributes: odd }));
    assert.equal(answer.status, 200);
    await ingest.drained();
});

/* --- what never becomes a request --- */

test("a flood of headers beyond the memory of a connection ends it, in the library's words", async () => {
    for (const count of [300, 3000, 100000]) {
        const { status } = await raw(flood(count, 50));
        assert.ok(status === 431 || status === 0, `${count} headers: ${status}`); /* the end can overtake the words */
    }
});

test("what is no HTTP is cut off", async () => {
    for (const text of ["\u0016\u0003\u0001garbage\r\n\r\n", "GET\r\n\r\n", "POST /v1/events HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", `GET /${"x".repeat(50000)} HTTP/1.1\r\n\r\n`]) {
        const answer = await raw(text);
        assert.ok(answer.status === 0 || (answer.status >= 400 && answer.status < 500), `${JSON.stringify(text.slice(0, 30))}: ${answer.status}`);
    }
});

/* --- and after all of it --- */

test("the process is the same one, ready, not larger, and has every rejection in the quarantine", async () => {
    assert.ok(ingest.isRunning);
    assert.equal(ingest.pid, pid);
    assert.equal((await request(`${ingest.url}/readyz`)).status, 200);
    const answer = await ingest.postEvents([{ ...EVENT, runId: "the-last" }]);
    assert.equal(answer.json.accepted, 1);
    await ingest.drained();
    assert.equal(await stack.database.number("SELECT count(*) FROM aop_agent_runs WHERE id = 'the-last'"), 1);
    assert.equal(await stack.database.number("SELECT count(*) FROM aop_event_quarantine WHERE source = 'native'"), rejected);
    assert.equal(await ingest.metric("set_aside_total"), 0);
    const grownKib = ingest.memory() - memory;
    assert.ok(grownKib < GROWTH_KIB_MAX, `resident memory grew by ${grownKib} KiB`);
});

test("it ends without a complaint", async () => {
    assert.deepEqual(await stack.close(), [["ingest", 0]]);
    assert.doesNotMatch(ingest.log(), /level=error|AddressSanitizer|runtime error/);
});
