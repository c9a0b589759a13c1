/*
 *  fixtures.test - the fixtures are whole, neutral and can be moved in time
 *
 *      node --test tests/clients/fixtures.test.mjs
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { KEEP_ALL, earliestOtlp, rebaseOtlp, rewriteOtlp } from "./otlp.mjs";
import { CLIENTS, ROOT } from "./run.mjs";

const OTLP = path.join(ROOT, "tests/fixtures/otlp");
const NATIVE = path.join(ROOT, "tests/fixtures/native");
const BODY = /^\d\d-(traces|logs|metrics)\.(pb|json)$/;
const manifest = JSON.parse(readFileSync(path.join(OTLP, "manifest.json"), "utf8"));
const errors = readFileSync(path.join(ROOT, "proto/errors.def"), "utf8");

const read = (row) => ({
    body: readFileSync(path.join(OTLP, row.file)),
    expected: JSON.parse(readFileSync(path.join(OTLP, row.file.replace(/\.\w+$/, ".expect.json")), "utf8")),
    encoding: row.encoding === "json" ? "json" : "pb",
});

test("the manifest lists every body once, and every body has an expectation", () => {
    const dialects = readdirSync(OTLP, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const bodies = dialects.flatMap(({ name }) =>
        readdirSync(path.join(OTLP, name)).filter((file) => BODY.test(file)).map((file) => `${name}/${file}`));
    assert.deepEqual(manifest.map((row) => row.file).sort(), bodies.sort());
    for (const row of manifest) assert.ok(Array.isArray(read(row).expected), row.file);
});

test("every client program has a recording", () => {
    for (const client of CLIENTS)
        assert.ok(manifest.some((row) => row.dialect === client.dialect && row.recorded), client.dialect);
});

test("rewriting without a change gives the same bytes", () => {
    for (const row of manifest) {
        const { body, encoding } = read(row);
        const same = rewriteOtlp(body, row.signal, encoding, KEEP_ALL);
        if (encoding === "pb") assert.ok(same.equals(body), row.file);
        else assert.deepEqual(JSON.parse(same), JSON.parse(body), row.file);
    }
});

/* How many times of the day of recording stand in the body, by its bytes and not by its fields. */
function timesOfRecording(body, encoding) {
    const [day, hour] = [1780272000000000000n, 3600000000000n];
    if (encoding === "json") return (body.toString().match(/"178027\d{13}"/g) ?? []).length;
    let count = 0;
    for (let at = 0; at + 8 <= body.length; at++) {
        const value = body.readBigUInt64LE(at);
        if (value >= day && value < day + hour) count++;
    }
    return count;
}

test("a moved request starts where it was told to and leaves no time behind", () => {
    const to = 1900000000000000000n;
    for (const row of manifest) {
        const { body, encoding } = read(row);
        const moved = rebaseOtlp(body, row.signal, encoding, to);
        assert.equal(earliestOtlp(moved, row.signal, encoding), to, row.file);
        assert.equal(timesOfRecording(moved, encoding), 0, row.file);
        assert.notEqual(timesOfRecording(body, encoding), 0, row.file);
    }
});

test("no fixture tells of the machine that recorded it", () => {
    for (const row of manifest) {
        const text = read(row).body.toString("latin1");
        assert.doesNotMatch(text, /host\.(name|id)|process\.(pid|owner|command)|\/root\/|\/home\/(?!agent)|\/tmp\//, row.file);
        assert.ok(!text.includes(ROOT), row.file);
    }
});

test("expectations about spans name spans that the request holds", () => {
    for (const row of manifest.filter(({ signal }) => signal === "traces")) {
        const { body, encoding, expected } = read(row);
        const known = new Set();
        const note = (id) => { known.add(id); return id; };
        rewriteOtlp(body, row.signal, encoding, { ...KEEP_ALL, spanId: note });
        for (const event of expected) assert.ok(known.has(event.spanId), `${row.file}: ${event.spanId}`);
    }
});

test("native fixtures use known error codes and one way to give the body", () => {
    for (const file of readdirSync(NATIVE).filter((name) => name.endsWith(".json"))) {
        const fixture = JSON.parse(readFileSync(path.join(NATIVE, file), "utf8"));
        const { expect } = fixture;
        const codes = [expect.code, ...(expect.rejected ?? []), ...(expect.quarantined ?? [])].filter(Boolean);
        for (const code of codes) assert.match(errors, new RegExp(`ERROR\\(${code.code ?? code},`), file);
        const forms = ["input", "body", "bodyBase64", "bodyRepeat"].filter((name) => name in fixture);
        assert.equal(forms.length, 1, file);
        assert.equal("status" in expect, !("accepted" in expect), file);
    }
});

test("every program that the list names exists", () => {
    for (const client of CLIENTS) assert.ok(existsSync(path.join(ROOT, "tests/clients", client.program)), client.program);
});
