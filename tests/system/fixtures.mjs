/*
 *  fixtures - the native fixtures as requests, and what the tables must hold after them
 *
 *  tests/fixtures/native/README.md says what a fixture is. Times are counted from the moment a
 *  fixture is prepared, and every eventUid is replaced by one that was never sent before.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./harness.mjs";
import { pack } from "./msgpack.mjs";

const FOLDER = path.join(ROOT, "tests/fixtures/native");

export const FIXTURES = readdirSync(FOLDER).filter((file) => file.endsWith(".json")).map((file) =>
    ({ file, ...JSON.parse(readFileSync(path.join(FOLDER, file), "utf8")) }));

const FORMS = {
    "application/json": (events) => JSON.stringify(events),
    "application/x-ndjson": (events) => events.map((event) => JSON.stringify(event)).join("\n"),
    "application/msgpack": (events) => pack(events),
};

/* A UUID of version 7, of now or another time. */
export function newUid(timeMs = Date.now()) {
    const bytes = randomBytes(16);
    bytes.writeUIntBE(timeMs, 0, 6);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/* The value of a time field, counted from now. */
const TIMES = {
    createdAtOffsetUs: ["createdAtUs", (offset, nowUs) => nowUs + offset],
    createdAtOffsetS: ["createdAt", (offset, nowUs) => Math.floor(nowUs / 1e6) + offset],
};

function makeEvent(input, nowUs, uids) {
    if (input === null || typeof input !== "object" || Array.isArray(input)) return input;
    return Object.fromEntries(Object.entries(input).map(([name, value]) => {
        if (name === "eventUid") return [name, uids.get(value) ?? value];
        const [timeName, timeOf] = TIMES[name] ?? [name, (same) => same];
        return [timeName, timeOf(value, nowUs)];
    }));
}

/* Valid uids of the fixture, each with the one to send. */
function freshUids(fixture) {
    const text = JSON.stringify(fixture);
    const found = text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
    return new Map(found.map((uid) => [uid, newUid()]));
}

function readBody(fixture) {
    if (fixture.body !== undefined) return Buffer.from(fixture.body);
    if (fixture.bodyBase64 !== undefined) return Buffer.from(fixture.bodyBase64, "base64");
    const { head, open, close, times, tail } = fixture.bodyRepeat;
    return Buffer.from(head + open.repeat(times) + close.repeat(times) + tail);
}

/* The content types that a fixture is sent in. */
export const formsOf = (fixture) => (fixture.input ? Object.keys(FORMS) : [fixture.contentType]);

/* { body, expect }: what to send now, and what it must lead to. */
export function prepare(fixture, contentType) {
    const nowUs = Date.now() * 1000;
    const uids = freshUids(fixture);
    const body = fixture.input
        ? FORMS[contentType](fixture.input.map((input) => makeEvent(input, nowUs, uids)))
        : readBody(fixture);
    return { body, nowUs, uids, expect: fixture.expect };
}

/* Rows of the task tree, each with the root that the tree gives it. */
export function tasksSql(tasks) {
    const parents = new Map(tasks.map((task) => [task.id, task.parentId]));
    const rootOf = (id) => {
        const seen = new Set();
        for (; parents.get(id) && !seen.has(id); id = parents.get(id)) seen.add(id);
        return id;
    };
    const rows = tasks.map(({ id, parentId, tier }) =>
        `('${id}', '${rootOf(id)}', ${parentId ? `'${parentId}'` : "NULL"}, ${tier}, 'test', 'test')`);
    return `INSERT INTO aop_tasks (id, root_task_id, parent_id, tier, domain, objective) VALUES ${rows.join(",")}`;
}

const columnOf = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/* How a named expectation is read from a row of the table. */
const READERS = {
    payload: (row) => (row.payload_json === null ? null : JSON.parse(row.payload_json)),
    createdAtOffsetUs: (row, nowUs) => row.ts_us - nowUs,
    createdAtOffsetS: (row, nowUs) => row.ts_us / 1e6 - Math.floor(nowUs / 1e6),
    startedAtOffsetUs: (row, nowUs) => row.started_us - nowUs,
    endedAtOffsetUs: (row, nowUs) => (row.ended_us === null ? null : row.ended_us - nowUs),
};

/* Every named field of the expectation stands so in the row; null means absent. */
export function checkRow(row, expected, { nowUs, uids }, what) {
    for (const [name, value] of Object.entries(expected)) {
        const got = READERS[name] ? READERS[name](row, nowUs) : row[columnOf(name)];
        const wanted = name === "eventUid" ? (uids.get(value) ?? value) : value;
        assert.deepEqual(got, wanted, `${what}: ${name} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
    }
}
