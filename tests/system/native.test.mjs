/*
 *  native.test - every native fixture, in every form, through ingest into the tables
 *
 *      node --test tests/system/native.test.mjs
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FIXTURES, checkRow, formsOf, prepare, tasksSql } from "./fixtures.mjs";
import { openStack } from "./harness.mjs";
import { request } from "./request.mjs";

const EVENTS = "SELECT *, (extract(epoch FROM ts) * 1000000)::bigint AS ts_us FROM aop_agent_events ORDER BY id";
const RUNS = "SELECT *, (extract(epoch FROM started_at) * 1000000)::bigint AS started_us,"
    + " (extract(epoch FROM ended_at) * 1000000)::bigint AS ended_us FROM aop_agent_runs";
const EMPTY = "TRUNCATE aop_agent_events, aop_agent_runs, aop_roots, aop_event_quarantine, aop_tasks";

let stack, ingest;
before(async () => {
    stack = await openStack("native");
    ingest = await stack.start("ingest");
});
after(() => stack?.close());

function checkAnswer(answer, expect) {
    assert.equal(answer.status, expect.status ?? 200, answer.text);
    if (expect.status) {
        assert.equal(answer.json.error.code, expect.code);
        assert.notEqual(answer.json.error.message, "");
        return;
    }
    const { accepted, duplicates, rejected } = answer.json;
    assert.deepEqual(
        { accepted, duplicates, rejected: rejected.map(({ index, code }) => ({ index, code })) },
        { accepted: expect.accepted, duplicates: expect.duplicates ?? 0, rejected: expect.rejected });
    for (const row of rejected) assert.notEqual(row.message, "", "a rejection says why");
}

async function checkTables(prepared) {
    const { expect } = prepared;
    const events = await stack.database.rows(EVENTS);
    assert.equal(events.length, expect.events?.length ?? 0, "events in the table");
    expect.events?.forEach((expected, i) => checkRow(events[i], expected, prepared, `event ${i}`));

    const runs = await stack.database.rows(RUNS);
    for (const expected of expect.runs ?? []) {
        const run = runs.find((row) => row.id === expected.id);
        assert.ok(run, `there is no run ${expected.id}`);
        checkRow(run, expected, prepared, `run ${expected.id}`);
    }

    const quarantined = await stack.database.rows("SELECT code, reason FROM aop_event_quarantine");
    const wanted = [...(expect.rejected ?? []), ...(expect.quarantined ?? [])].map((row) => row.code);
    assert.deepEqual(quarantined.map((row) => row.code).sort(), wanted.sort(), "codes in the quarantine");
    for (const row of quarantined) assert.notEqual(row.reason, "");
}

for (const fixture of FIXTURES) {
    for (const contentType of formsOf(fixture)) {
        test(`${fixture.name} (${contentType})`, async () => {
            await stack.database.query(EMPTY);
            if (fixture.tasks) await stack.database.query(tasksSql(fixture.tasks));
            const prepared = prepare(fixture, contentType);
            const answer = await request(`${ingest.url}/v1/events`, {
                method: "POST", headers: { "content-type": contentType }, body: prepared.body,
            });
            checkAnswer(answer, prepared.expect);
            await ingest.drained();
            await checkTables(prepared);
        });
    }
}

test("ends without a complaint", async () => {
    assert.deepEqual(await stack.close(), [["ingest", 0]]);
    assert.doesNotMatch(ingest.log(), /level=error|ERROR: AddressSanitizer|runtime error/);
});
