/*
 *  operators.test - making, changing and removing those who may log in, over HTTP and from the shell
 *
 *      node --test tests/system/operators.test.mjs
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { IS_SANITIZED, ROOT, openStack, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

const missionctl = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl");
const PASSPHRASE = "a passphrase of one's own";

let stack, gateway, local;
const varFile = (name) => path.join(stack.dir, "var", name);

before(async () => {
    stack = await openStack("operators");
    gateway = await stack.start("gateway");
    local = { "x-mc-local": readFileSync(varFile("local-token"), "utf8").trim() };
    await waitFor(() => existsSync(varFile("first-login")), { what: "the first login" });
});
after(() => stack?.close());

const call = (method, where, body = null, headers = local, at = gateway) =>
    request(at.url + where, { method, headers, body: body === null ? null : JSON.stringify(body) });
const make = (body) => call("POST", "/api/v1/operators", body);
const remove = (name) => call("DELETE", `/api/v1/operators/${encodeURIComponent(name)}`);
const setRole = (name, role) => call("PATCH", `/api/v1/operators/${encodeURIComponent(name)}`, { role });

async function login(username, passphrase, at = gateway) {
    const answer = await call("POST", "/api/v1/auth/login", { username, passphrase }, {}, at);
    if (answer.status !== 200) return { status: answer.status };
    return { status: 200, headers: { cookie: answer.headers["set-cookie"][0].split(";")[0], "x-mc-csrf": answer.json.csrfToken } };
}

function refused(answer, status, code, message) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.error.code, code);
    assert.match(answer.json.error.message, message);
}

function shell(args, input = "") {
    return new Promise((resolve) => {
        const child = execFile(missionctl, args, { env: stack.env() },
            (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
        child.stdin.end(input);
    });
}

const audited = async (action, target) => waitFor(async () =>
    (await stack.database.rows(`SELECT * FROM aop_audit_log WHERE action = '${action}' AND target_id = '${target}'`))[0],
{ what: `${action} of ${target} is in the audit log` });

test("an operator that is made may log in with the passphrase shown once", async () => {
    const made = await make({ name: "ann", role: "viewer" });
    assert.equal(made.status, 201, made.text);
    assert.match(made.json.passphrase, /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
    assert.deepEqual(Object.keys(made.json.record), ["name", "role", "createdAt", "createdAtUs", "changedAt", "changedAtUs"]);
    const ann = await login("ann", made.json.passphrase);
    assert.equal(ann.status, 200);
    assert.equal((await call("GET", "/api/v1/runs", null, ann.headers)).status, 200);
    refused(await call("GET", "/api/v1/operators", null, ann.headers), 403, "forbidden", /admin/);
    const listed = (await call("GET", "/api/v1/operators")).json;
    assert.deepEqual(listed.items.map((one) => [one.name, one.role]), [["admin", "admin"], ["ann", "viewer"]]);
    assert.equal(listed.nextCursor, null);
    const hash = await stack.database.query("SELECT passphrase_hash FROM aop_operators WHERE name = 'ann'");
    assert.match(hash, /^\$argon2id\$/);
    assert.deepEqual((await audited("operator_created", "ann")).details, "role=viewer");
});

test("a passphrase that is given is not told again", async () => {
    const made = await make({ name: "bob", role: "operator", passphrase: PASSPHRASE });
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(Object.keys(made.json), ["record"]);
    assert.equal((await login("bob", PASSPHRASE)).status, 200);
});

test("what makes no operator is refused and changes nothing", async () => {
    refused(await make({ name: "bob", role: "viewer" }), 409, "conflict", /operator bob already/);
    refused(await make({ name: "a b", role: "viewer" }), 400, "bad_input", /letters, digits/);
    refused(await make({ name: "eve", role: "agent" }), 400, "bad_input", /not agent/);
    refused(await make({ name: "eve", role: "viewer", passphrase: "short" }), 400, "bad_input", /12 to 1024 bytes/);
    refused(await make({ role: "viewer" }), 400, "bad_input", /name must be given/);
    refused(await setRole("eve", "viewer"), 404, "not_found", /no operator eve/);
    refused(await remove("eve"), 404, "not_found", /no operator eve/);
    assert.equal((await call("GET", "/api/v1/operators")).json.items.length, 3);
});

test("a role and a removal are in force at once, at every gateway", async () => {
    const other = await stack.start("gateway", { AOP_INSTANCE: "2" });
    const bob = await login("bob", PASSPHRASE);
    const may = async (at) => (await call("GET", "/api/v1/operators", null, bob.headers, at)).status;
    await waitFor(async () => (await may(other)) === 403, { what: "the other gateway knows him" });

    const set = await setRole("bob", "admin");
    assert.deepEqual([set.status, set.json.role], [200, "admin"], set.text);
    assert.equal(await may(gateway), 200);
    await waitFor(async () => (await may(other)) === 200, { what: "he is admin there too", deadlineMs: 5000 });
    assert.equal((await audited("operator_role_set", "bob")).details, "role=admin");

    assert.equal((await remove("bob")).status, 204);
    assert.equal(await may(gateway), 401);
    await waitFor(async () => (await may(other)) === 401, { what: "he is out there too", deadlineMs: 5000 });
    assert.equal((await login("bob", PASSPHRASE)).status, 401);
    await audited("operator_removed", "bob");
    await other.kill("SIGTERM");
});

test("the last admin stays, also when two are removed at once", async () => {
    refused(await remove("admin"), 409, "conflict", /last admin/);
    refused(await setRole("admin", "viewer"), 409, "conflict", /last admin/);
    assert.equal((await setRole("admin", "admin")).status, 200, "to stay what one is, is allowed");
    for (let round = 0; round < 10; round++) {
        await make({ name: "second", role: "admin", passphrase: PASSPHRASE });
        const name = (await call("GET", "/api/v1/operators")).json.items.filter((one) => one.role === "admin").map((one) => one.name);
        assert.equal(name.length, 2);
        const answers = await Promise.all([remove(name[0]), round % 2 ? setRole(name[1], "viewer") : remove(name[1])]);
        const left = (await call("GET", "/api/v1/operators")).json.items.filter((one) => one.role === "admin");
        assert.equal(left.length, 1, JSON.stringify(answers.map((one) => one.status)));
        if (left[0].name !== "second") {
            await remove("second");
            continue;
        }
        await remove("admin"); /* it may be there as a viewer */
        await make({ name: "admin", role: "admin", passphrase: PASSPHRASE });
        await remove("second");
    }
});

test("the shell does the same", async () => {
    const added = await shell(["operators", "add", "cleo", "--role", "operator"]);
    assert.equal(added.code, 0, added.stderr);
    assert.equal((await login("cleo", added.stdout.trim())).status, 200);
    const given = await shell(["operators", "add", "dora", "--passphrase-stdin"], `${PASSPHRASE}\n`);
    assert.deepEqual([given.code, given.stdout], [0, "dora may log in\n"]);
    assert.equal((await login("dora", PASSPHRASE)).status, 200);
    assert.deepEqual(await shell(["operators", "role", "dora", "operator"]),
        { code: 0, stdout: "dora has the role operator\n", stderr: "" });
    assert.match((await shell(["operators", "list"])).stdout, /^NAME +ROLE +CREATED +CHANGED.*\n(.*\n)*dora +operator /);
    assert.deepEqual(await shell(["operators", "remove", "dora"]), { code: 0, stdout: "dora is removed\n", stderr: "" });
    assert.deepEqual(await shell(["operators", "remove", "dora", "--json"]),
        { code: 1, stdout: "", stderr: "missionctl: there is no operator dora\n" });
    assert.equal((await shell(["operators", "role", "cleo", "boss"])).code, 2);
    assert.equal((await shell(["operators", "add", "eve", "--passphrase-stdin"])).code, 2);
});
