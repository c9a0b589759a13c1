/*
 *  redact - missionctl redact as people use it: text in, text out, and what was masked
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { IS_SANITIZED, ROOT } from "./harness.mjs";

const missionctl = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl");
const redact = (input, ...options) => spawnSync(missionctl, ["redact", ...options], { input, encoding: "utf8", maxBuffer: 1 << 26 });

const REQUEST = JSON.stringify({
    user: "ann", password: "hunter2", headers: [{ name: "Authorization", value: "Bearer abcdef0123456789XYZ" }],
    body: JSON.stringify({ api_key: "k3yOfSomebody99" }),
});
const SECRETS = ["hunter2", "abcdef0123456789XYZ", "k3yOfSomebody99"];

test("secrets leave, the shape stays, and the places are told on standard error", () => {
    const { status, stdout, stderr } = redact(REQUEST, "--report");
    assert.equal(status, 0, stderr);
    const shown = JSON.parse(stdout);
    assert.equal(shown.user, "ann");
    assert.equal(shown.password, "[REDACTED:password]");
    assert.equal(JSON.parse(shown.body).api_key, "[REDACTED:api_key]");
    for (const place of ["/password", "/headers/0/value", "/body#/api_key"]) assert.match(stderr, new RegExp(`  ${place}$`, "m"));
    for (const secret of SECRETS) assert.ok(!(stdout + stderr).includes(secret));
});

test("a fingerprint is the same wherever the key is", () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "mc-redact-"));
    const key = path.join(folder, "key");
    const short = path.join(folder, "short");
    writeFileSync(key, Buffer.alloc(32, 7));
    writeFileSync(short, "short");
    const printOf = (text, ...options) => JSON.parse(redact(text, "--json", ...options).stdout).places[0].fingerprint;
    try {
        const one = printOf("password=hunter2", "--key-file", key);
        assert.equal(printOf(REQUEST, "--key-file", key), one);
        assert.notEqual(printOf("password=hunter3", "--key-file", key), one);
        assert.notEqual(printOf("password=hunter2"), one);
        assert.match(redact("", "--key-file", short).stderr, /5 bytes, must be at least 32/);
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test("what cannot be read or is too large is dropped, and says so", () => {
    const broken = redact('{"password":"hunter2"', "--strict");
    assert.deepEqual([broken.status, broken.stdout], [1, '"[REDACTED:unreadable]"']);
    const large = redact(`password=hunter2${"x".repeat(9 << 20)}`);
    assert.deepEqual([large.status, large.stdout], [1, "[REDACTED:too_large]"]);
    assert.match(large.stderr, /dropped whole/);
});

test("a clean text comes out byte for byte", () => {
    const text = "line one\n\ttwo: 1.50 \u00fc\n{ not json";
    assert.equal(redact(text).stdout, text);
    assert.equal(redact("").stdout, "");
});
