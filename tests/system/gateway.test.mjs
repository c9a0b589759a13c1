/*
 *  gateway.test - commands, reads, logins, keys and the console over HTTP, on a real stack
 *
 *      node --test tests/system/gateway.test.mjs
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

const RUN = "id rootTaskId taskId tier actor persona skill provider modelId adapterKind status startedAt endedAt"
    + " tokensIn tokensOut tokenDelta costUsd metadataJson";
const EVENT = "id runId rootTaskId taskId tier actor action status phase message provider modelId persona skill"
    + " mcpServer mcpTool latencyMs retryCount tokensIn tokensOut tokenDelta costUsd payloadJson createdAt";
const TERMINAL = "actor taskId eventCount lastEventId lastTimestamp taskStatus taskTier taskDomain lastAction lastDetails";

let stack, gateway, ingest, local, first;
const varFile = (name) => path.join(stack.dir, "var", name);

before(async () => {
    stack = await openStack("gateway", { settings: { AOP_LOGIN_ATTEMPTS_MAX: "3" } });
    gateway = await stack.start("gateway");
    ingest = await stack.start("ingest");
    local = { "x-mc-local": readFileSync(varFile("local-token"), "utf8").trim() };
    await waitFor(() => existsSync(varFile("first-login")), { what: "the first login" });
    first = readFileSync(varFile("first-login"), "utf8").trim().split(" ");
});
after(() => stack?.close());

const call = (method, where, body = null, headers = local) =>
    request(gateway.url + where, { method, headers, body: body === null ? null : JSON.stringify(body) });
const get = (where, headers) => call("GET", where, null, headers);
const command = (name, input, headers) => call("POST", `/api/v1/commands/${name}`, input, headers);

function refused(answer, status, code, message) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.error.code, code);
    assert.match(answer.json.error.message, message);
}

function hasAll(record, names) {
    for (const name of names.split(" ")) assert.ok(name in record, `${name} is missing in ${JSON.stringify(record)}`);
}

async function newKey(role) {
    const { status, json } = await call("POST", "/api/v1/keys", { name: `test ${role}`, role });
    assert.equal(status, 201);
    return { id: json.record.id, headers: { authorization: `Bearer ${json.key}` } };
}

/* Stores events and waits until they can be read. */
async function store(events, headers = {}) {
    const answer = await ingest.postEvents(events, { headers });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.accepted, events.length, answer.text);
    await ingest.drained();
}

const fleet = (root, count) => Array.from({ length: count }, (_, i) => ({
    actor: `actor-${i % 3}`, action: i % 2 ? "llm.call" : "tool.call", rootTaskId: root, taskId: `${root}-task-${i % 3}`,
    tier: 1 + (i % 3), message: `message ${i}`, provider: "openai", modelId: "gpt-5-nano", tokensIn: 10, costUsd: 0.001,
}));

test("the first operator's files are for their owner only", () => {
    assert.equal(first[0], "admin");
    assert.match(first[1], /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
    for (const name of ["first-login", "local-token"]) assert.equal(statSync(varFile(name)).mode & 0o777, 0o600);
});

test("a login begins a session, which needs its token to change anything", async () => {
    const [username, passphrase] = first;
    refused(await get("/api/v1/runs", {}), 401, "unauthenticated", /log in/);
    refused(await get("/api/v1/auth/session", {}), 401, "unauthenticated", /./);
    refused(await call("POST", "/api/v1/auth/login", { username }, {}), 400, "bad_input", /passphrase must be given/);
    refused(await call("POST", "/api/v1/auth/login", { username, passphrase }, { "sec-fetch-site": "cross-site" }),
        403, "csrf_failed", /another site/);

    const login = await call("POST", "/api/v1/auth/login", { username, passphrase }, {});
    assert.equal(login.status, 200, login.text);
    assert.deepEqual(login.json.user, { name: "admin", role: "admin" });
    const cookie = login.headers["set-cookie"][0];
    assert.match(cookie, /^mc_session=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    assert.ok(!existsSync(varFile("first-login")), "the first passphrase is not kept");

    const session = { cookie: cookie.split(";")[0] };
    assert.deepEqual((await get("/api/v1/auth/session", session)).json, login.json);
    refused(await command("list_agent_runs", {}, session), 403, "csrf_failed", /x-mc-csrf/);
    const whole = { ...session, "x-mc-csrf": login.json.csrfToken };
    assert.equal((await command("list_agent_runs", {}, whole)).status, 200);

    const stored = await stack.database.query("SELECT token_hash FROM aop_sessions");
    assert.ok(!stored.includes(session.cookie.slice(11)), "the cookie itself is not stored");
    await gateway.restart("SIGTERM");
    assert.equal((await get("/api/v1/auth/session", session)).status, 200, "a session outlives the process");

    assert.equal((await call("POST", "/api/v1/auth/logout", null, whole)).status, 204);
    refused(await get("/api/v1/auth/session", session), 401, "unauthenticated", /over/);
});

test("a login at one gateway is a login at all of them", async () => {
    const [username, passphrase] = first;
    const other = await stack.start("gateway", { AOP_INSTANCE: "2" });
    const there = (method, headers) => request(`${other.url}/api/v1/auth/${method === "GET" ? "session" : "logout"}`, { method, headers });
    const login = await call("POST", "/api/v1/auth/login", { username, passphrase }, {});
    const session = { cookie: login.headers["set-cookie"][0].split(";")[0], "x-mc-csrf": login.json.csrfToken };
    await waitFor(async () => (await there("GET", session)).status === 200, { what: "the other gateway knows it", deadlineMs: 5000 });
    assert.equal((await there("POST", session)).status, 204);
    await waitFor(async () => (await get("/api/v1/auth/session", session)).status === 401, { what: "it is over here too", deadlineMs: 5000 });
    const key = await newKey("viewer");
    await waitFor(async () => (await request(`${other.url}/api/v1/runs`, { headers: key.headers })).status === 200,
        { what: "a new key opens the other", deadlineMs: 5000 });
    await call("DELETE", `/api/v1/keys/${key.id}`);
    await other.kill("SIGTERM");
});

test("a changed passphrase ends the other sessions", async () => {
    const [username, passphrase] = first;
    const logins = [];
    for (let i = 0; i < 2; i++) logins.push(await call("POST", "/api/v1/auth/login", { username, passphrase }, {}));
    const [one, other] = logins.map((login) => ({
        cookie: login.headers["set-cookie"][0].split(";")[0], "x-mc-csrf": login.json.csrfToken,
    }));
    const change = (body) => call("POST", "/api/v1/auth/passphrase", body, one);
    refused(await change({ current: passphrase, next: "short" }), 400, "bad_input", /next must have 12/);
    refused(await change({ current: "wrong", next: "a much longer one" }), 401, "bad_credentials", /wrong/);
    assert.equal((await change({ current: passphrase, next: "a much longer one" })).status, 204);
    assert.equal((await get("/api/v1/auth/session", one)).status, 200);
    assert.equal((await get("/api/v1/auth/session", other)).status, 401);
    first[1] = "a much longer one";
    assert.equal((await call("POST", "/api/v1/auth/login", { username, passphrase: first[1] }, {})).status, 200);
});

test("API keys open what their role allows, until they are taken back", async () => {
    const rows = [
        { role: "agent", runs: 403, audit: 403, keys: 403 },
        { role: "viewer", runs: 200, audit: 403, keys: 403 },
        { role: "operator", runs: 200, audit: 503, keys: 403 },
        { role: "admin", runs: 200, audit: 503, keys: 200 },
    ];
    for (const row of rows) {
        const key = await newKey(row.role);
        for (const what of ["runs", "audit", "keys"])
            assert.equal((await get(`/api/v1/${what}`, key.headers)).status, row[what], `${row.role} ${what}`);
        assert.equal((await call("DELETE", `/api/v1/keys/${key.id}`)).status, 204);
        refused(await get("/api/v1/runs", key.headers), 401, "unauthenticated", /taken back/);
        refused(await call("DELETE", `/api/v1/keys/${key.id}`), 404, "not_found", new RegExp(key.id));
    }
    refused(await call("POST", "/api/v1/keys", { name: "x", role: "boss" }), 400, "bad_input", /not boss/);
    refused(await get("/api/v1/keys", { "x-mc-local": "0".repeat(64) }), 401, "unauthenticated", /x-mc-local/);
    const listed = (await get("/api/v1/keys")).json.items;
    assert.ok(listed.length >= rows.length);
    assert.ok(!JSON.stringify(listed).includes("ecret"), "no hash is shown");
});

test("an agent key closes the open door of ingest at once", async () => {
    const events = fleet("door", 1);
    const key = await newKey("agent");
    await waitFor(async () => (await ingest.postEvents(events)).status === 401, { what: "ingest asks for a key" });
    await store(events, key.headers);
    await call("DELETE", `/api/v1/keys/${key.id}`);
    await waitFor(async () => (await ingest.postEvents(events)).status === 200, { what: "the door is open again" });
});

test("commands answer with the records of the contract", async () => {
    await store(fleet("contract", 30));
    const snapshot = (await command("get_mission_control_snapshot", { input: { rootTaskId: "contract", limit: 1 } })).json;
    hasAll(snapshot, "generatedAt activeRuns recentEvents modelHealth");
    assert.equal(snapshot.activeRuns.length, 3);
    assert.equal(snapshot.recentEvents.length, 30, "limit is clamped to 10, events to three times that");
    hasAll(snapshot.activeRuns[0], RUN);
    hasAll(snapshot.recentEvents[0], EVENT);

    const runs = (await command("list_agent_runs", { rootTaskId: "contract", actor: "actor-1" })).json;
    assert.equal(runs.length, 1);
    assert.deepEqual([runs[0].tokensIn, runs[0].costUsd, runs[0].id], [100, 0.01, "actor-1::contract-task-1"]);

    const events = (await command("list_agent_events", { input: { rootTaskId: "contract", limit: 5 } })).json;
    assert.equal(events.length, 5);
    assert.deepEqual(events.map((event) => event.id), events.map((event) => event.id).toSorted((a, b) => b - a));
    const sessions = (await command("list_agent_terminals", { rootTaskId: "contract" })).json;
    assert.equal(sessions.length, 3);
    hasAll(sessions[0], TERMINAL);
    assert.deepEqual((await command("list_agent_runs", null)).status, 200, "input may be left out");
});

test("what cannot be answered says why", async () => {
    refused(await command("reveal_provider_secret", { provider: "x" }), 503, "service_missing", /^vault is not running$/);
    refused(await command("get_tasks", {}), 503, "service_missing", /^control is not running$/);
    refused(await command("launch", {}), 404, "unknown_route", /no command launch/);
    refused(await command("list_agent_runs", []), 400, "bad_input", /input object/);
    refused(await command("list_agent_runs", { input: 7 }), 400, "bad_input", /input object/);
    refused(await command("list_agent_runs", { input: { tier: 7 } }), 400, "bad_input", /tier is 7/);
    refused(await request(`${gateway.url}/api/v1/commands/list_agent_runs`, { method: "POST", headers: local, body: "{" }),
        400, "bad_encoding", /./);
    refused(await get("/api/v1/runs?rootTask=x"), 400, "bad_input", /unknown parameter rootTask/);
    refused(await get("/api/v1/runs?cursor=AAAA"), 400, "bad_input", /cursor/);
    refused(await get("/api/v1/runs/nobody"), 404, "not_found", /nobody/);
    refused(await get("/api/v1/events/99999999"), 404, "not_found", /99999999/);
    refused(await get("/api/v1/nothing"), 404, "unknown_route", /nothing/);
});

test("pages show every row once, whatever the filter", async () => {
    await store(fleet("pages", 200));
    for (const [where, limit, count, key] of [
        ["/api/v1/events?rootTaskId=pages", 33, 200, (row) => row.id],
        ["/api/v1/events?rootTaskId=pages&actor=actor-1&action=llm.call", 10, 34, (row) => row.id],
        ["/api/v1/events?modelId=gpt-5-nano&taskId=pages-task-2", 7, 66, (row) => row.id],
        ["/api/v1/events?text=MESSAGE%2019&rootTaskId=pages", 4, 11, (row) => row.id],
        ["/api/v1/runs?rootTaskId=pages&status=executing,%20failed", 1, 3, (row) => row.id],
        ["/api/v1/terminal-events?actor=actor-0&taskId=pages-task-0", 20, 67, (row) => row.id],
        ["/api/v1/terminals?rootTaskId=pages", 2, 3, (row) => row.actor],
        ["/api/v1/roots?search=page", 1, 1, (row) => row.rootTaskId],
    ]) {
        const seen = [];
        for (let cursor = ""; cursor !== null;) {
            const page = await get(`${where}&limit=${limit}${cursor && `&cursor=${cursor}`}`);
            assert.equal(page.status, 200, page.text);
            assert.ok(page.json.items.length <= limit);
            seen.push(...page.json.items.map(key));
            cursor = page.json.nextCursor;
        }
        assert.equal(seen.length, count, where);
        assert.equal(new Set(seen).size, count, `${where}: each once`);
    }
    const facets = (await get("/api/v1/facets?rootTaskId=pages")).json;
    assert.deepEqual(facets.tier.map((row) => row.value).toSorted(), [1, 2, 3]);
    assert.deepEqual(facets.modelId, [{ value: "gpt-5-nano", count: 3 }]);
});

test("a client that polls with sinceId misses nothing while three ingest processes commit", async () => {
    const others = await Promise.all(["2", "3"].map((instance) => stack.start("ingest", { AOP_INSTANCE: instance })));
    const sent = 60 * 50;
    const senders = [ingest, ...others].map(async (service, which) => {
        for (let i = 0; i < 20; i++) {
            const events = Array.from({ length: 50 }, (_, k) => ({
                actor: "poller", action: "work", rootTaskId: "polled", message: `${which}-${i}-${k}`,
            }));
            assert.equal((await service.postEvents(events)).status, 200);
        }
    });
    const seen = new Set();
    let since = 0;
    await waitFor(async () => {
        const events = (await command("list_agent_events", { rootTaskId: "polled", sinceId: since, limit: 77 })).json;
        for (const event of events) {
            assert.ok(event.id > since);
            assert.ok(!seen.has(event.message), "no event twice");
            seen.add(event.message);
        }
        since = Math.max(since, ...events.map((event) => event.id));
        return seen.size === sent;
    }, { what: "all events were polled" });
    await Promise.all(senders);
    for (const service of others) await service.kill("SIGTERM");
});

test("the output of a terminal is shown as it was written", async () => {
    await store([{ actor: "shell", action: "terminal.output", taskId: "tty", isPart: true, message: "red",
        payload: { stream: "pty", data: "\u001b[31mred\u001b[0m\r\n" } }]);
    const [line] = (await command("list_terminal_events", { actor: "shell", taskId: "tty" })).json;
    assert.equal(line.details, "\u001b[31mred\u001b[0m\r\n");
});

test("the console is served with its policy, and its views all lead to it", async () => {
    const page = await get("/", {});
    assert.equal(page.status, 200);
    assert.match(page.headers["content-security-policy"], /default-src 'self'.*frame-ancestors 'none'/);
    const view = await get("/root/some-task?density=pro", { "accept-encoding": "gzip" });
    assert.equal(view.status, 200);
    assert.equal(view.headers["content-type"], "text/html; charset=utf-8");
    refused(await get("/assets/none.js", {}), 404, "unknown_route", /none\.js/);
    if (page.headers.etag)
        assert.equal((await get("/", { "if-none-match": page.headers.etag })).status, 304);
    const document = await get("/api/v1/openapi.json", {});
    assert.ok(document.json.paths["/api/v1/stream"]);
});

test("without the database it says so, and goes on when that is back", async () => {
    const key = await newKey("viewer");
    await stack.database.kill();
    await waitFor(async () => (await get("/readyz")).status === 503, { what: "not ready" });
    refused(await get("/api/v1/runs", key.headers), 503, "store_away", /./);
    await stack.database.start();
    await waitFor(async () => (await get("/readyz")).status === 200, { what: "ready" });
    assert.equal((await get("/api/v1/runs", key.headers)).status, 200);
});

/* The last: its lock stays. */
test("too many wrong passphrases make the name wait, even for the right one", async () => {
    const login = (passphrase) => call("POST", "/api/v1/auth/login", { username: "admin", passphrase }, {});
    for (let i = 0; i < 3; i++) refused(await login("wrong"), 401, "bad_credentials", /name or the passphrase/);
    const locked = await login(first[1]);
    refused(locked, 429, "too_many_attempts", /try again in 60 seconds/);
    assert.equal(locked.headers["retry-after"], "60");
    const rows = await stack.database.query("SELECT DISTINCT action FROM aop_audit_log ORDER BY 1");
    for (const action of ["key_created", "key_revoked", "login", "login_failed", "logout", "passphrase_changed"])
        assert.ok(rows.split("\n").includes(action), `${action} is in the audit log`);
});
