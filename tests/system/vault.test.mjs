/*
 *  vault.test - the life of the vault: made, opened, used, rotated, sealed, attacked
 *
 *      node --test tests/system/vault.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
    appendFileSync, chmodSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync,
    writeFileSync,
} from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { IS_SANITIZED, openStack, ROOT, waitFor } from "./harness.mjs";
import { scanMemory } from "./memory_scan.mjs";
import { request } from "./request.mjs";

const PASSPHRASE = "a long passphrase of the vault";
const SECRET = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz";
const OTHER = "sk-other-zyxwvutsrqponmlkjihgfedcba9876543210";
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/* A program with text on its standard input: { code, stdout, stderr }. */
function run(stack, program, args, input = "") {
    return new Promise((resolve) => {
        const child = spawn(path.join(ROOT, "build", program), args, { cwd: stack.dir, env: stack.env() });
        const out = { stdout: "", stderr: "" };
        child.stdout.on("data", (data) => (out.stdout += data));
        child.stderr.on("data", (data) => (out.stderr += data));
        child.on("close", (code) => resolve({ code, ...out }));
        child.stdin.on("error", () => {});
        child.stdin.end(input);
    });
}

class World {
    constructor(stack) {
        this.stack = stack;
        this.folder = path.join(stack.dir, "var/vault");
    }

    static async open(name, settings = {}) {
        const stack = await openStack(name, { settings });
        writeFileSync(path.join(stack.dir, ".env"), "AOP_DEV_MODE=true\n");
        const world = new World(stack);
        world.vault = await stack.start("vault");
        return world;
    }

    file(name) {
        return path.join(this.folder, name);
    }

    /* missionctl vault ..., as JSON; throws its words. */
    async ctl(args, input = "") {
        const { code, stdout, stderr } = await run(this.stack, "missionctl", [...args, "--json"], input);
        if (code !== 0) throw new Error(stderr.trim());
        return JSON.parse(stdout);
    }

    status() {
        return this.ctl(["vault", "status"]);
    }

    async isOpen() {
        return waitFor(async () => !(await this.status()).isSealed, { what: "the vault is open" });
    }

    /* The gateway has found the vault that runs now. */
    reached() {
        return waitFor(async () => (await this.command("get_provider_secret_status", { provider: "x" })).status === 200,
            { what: "the gateway reaches the vault" });
    }

    /* Lease answers, as the leaser prints them. */
    async lease(name, count = 1) {
        const { stdout } = await run(this.stack, "test-leaser", [name, String(count)]);
        return stdout.trim().split("\n").map((line) => JSON.parse(line));
    }

    async leased(name) {
        const [answer] = await this.lease(name);
        assert.ok(answer.sha256, JSON.stringify(answer));
        return answer;
    }

    async refusedLease(name) {
        const [answer] = await this.lease(name);
        assert.ok(answer.code, JSON.stringify(answer));
        return answer;
    }

    /* Gateway and control, and a login. */
    async openDoor() {
        this.control = await this.stack.start("control");
        this.gateway = await this.stack.start("gateway");
        const file = path.join(this.stack.dir, "var/first-login");
        await waitFor(() => existsSync(file), { what: "the first login" });
        [this.operator, this.passphrase] = readFileSync(file, "utf8").trim().split(" ");
        this.login = await this.logIn();
    }

    async logIn() {
        const answer = await request(`${this.gateway.url}/api/v1/auth/login`, {
            method: "POST", headers: { "content-type": "application/json" },
            body: JSON.stringify({ username: this.operator, passphrase: this.passphrase }),
        });
        assert.equal(answer.status, 200, answer.text);
        return {
            cookie: answer.headers["set-cookie"][0].split(";")[0], "x-mc-csrf": answer.json.csrfToken,
        };
    }

    command(name, input, headers = this.login) {
        return request(`${this.gateway.url}/api/v1/commands/${name}`, {
            method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ input }),
        });
    }

    async confirm(provider, operation, headers = this.login) {
        const answer = await this.command("confirm_provider_secret_access",
            { provider, operation, passphrase: this.passphrase }, headers);
        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.json.expiresAt > Date.now() / 1000);
        return answer.json.confirmationToken;
    }

    set(provider, secret, sessionToken, headers) {
        return this.command("set_provider_secret", { provider, secret, sessionToken }, headers);
    }

    reveal(provider, sessionToken, headers) {
        return this.command("reveal_provider_secret", { provider, sessionToken }, headers);
    }
}

function refused(answer, status, code, message = /./) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.error.code, code);
    assert.match(answer.json.error.message, message);
}

describe("a vault of a key file", () => {
    let world;
    before(async () => {
        world = await World.open("vault-file", { AOP_LOGIN_ATTEMPTS_MAX: "5" });
        await world.openDoor();
    });
    after(() => world?.stack.close());

    test("makes itself at the first start, with files that only their owner reads", async () => {
        await world.isOpen();
        assert.equal(statSync(world.folder).mode & 0o777, 0o700);
        for (const name of ["key", "recovery-key", "generation", "audit.log", "audit.head"])
            assert.equal(statSync(world.file(name)).mode & 0o777, 0o600, name);
        const { openedBy, keyring } = await world.status();
        assert.equal(openedBy, "key file");
        assert.equal(keyring, 1);
    });

    test("a first value needs no confirmation, and is leased", async () => {
        const before = await world.command("get_provider_secret_status", { provider: "openai" });
        assert.deepEqual(before.json,
            { provider: "openai", configured: false, backend: "mission-control-vault", developerMode: true });
        const answer = await world.set("openai", SECRET);
        assert.deepEqual(answer.json,
            { provider: "openai", configured: true, confirmationRequired: false, confirmationToken: null });
        const lease = await world.leased("openai");
        assert.equal(lease.sha256, sha256(SECRET));
        assert.equal(lease.version, 1);
        assert.ok(lease.expiresAt > Date.now() * 1000 + 290e6);
        const after_ = await world.command("get_provider_secret_status", { provider: "openai" });
        assert.equal(after_.json.configured, true);
    });

    test("a lease of what there is not is refused by name", async () => {
        const { code, message } = await world.refusedLease("nobody");
        assert.equal(code, "not_found");
        assert.match(message, /nobody/);
    });

    test("overwriting and revealing need a confirmed session", async () => {
        refused(await world.set("openai", OTHER), 403, "confirmation_required");
        refused(await world.reveal("openai"), 403, "confirmation_required");
        refused(await world.reveal("openai", "0".repeat(64)), 403, "confirmation_required");
        const token = await world.confirm("openai", "reveal");
        const shown = await world.reveal("openai", token);
        assert.deepEqual(shown.json, { provider: "openai", secret: SECRET });
    });

    test("a token is used once, and is bound to operation, provider, session and version", async () => {
        const once = await world.confirm("openai", "reveal");
        assert.equal((await world.reveal("openai", once)).status, 200);
        refused(await world.reveal("openai", once), 403, "confirmation_required");

        refused(await world.set("openai", OTHER, await world.confirm("openai", "reveal")), 403, "confirmation_required");

        assert.equal((await world.set("anthropic", SECRET)).status, 200);
        refused(await world.reveal("anthropic", await world.confirm("openai", "reveal")), 403, "confirmation_required");

        const second = await world.logIn();
        const stolen = await world.confirm("openai", "reveal");
        refused(await world.reveal("openai", stolen, second), 403, "confirmation_required");
        refused(await world.reveal("openai", stolen), 403, "confirmation_required", /used/);

        const older = await world.confirm("openai", "reveal");
        const write = await world.confirm("openai", "overwrite");
        assert.equal((await world.set("openai", OTHER, write)).status, 200);
        refused(await world.reveal("openai", older), 403, "confirmation_required");
        assert.equal((await world.reveal("openai", await world.confirm("openai", "reveal"))).json.secret, OTHER);
    });

    test("a new value is what is leased from then on", async () => {
        const lease = await world.leased("openai");
        assert.equal(lease.version, 2);
        assert.equal(lease.sha256, sha256(OTHER));
    });

    test("only a login confirms, with the right passphrase", async () => {
        const local = { "x-mc-local": readFileSync(path.join(world.stack.dir, "var/local-token"), "utf8").trim() };
        const input = { provider: "openai", operation: "reveal", passphrase: world.passphrase };
        refused(await world.command("confirm_provider_secret_access", input, local), 403, "forbidden", /login/);
        refused(await world.command("confirm_provider_secret_access", { ...input, operation: "steal" }), 400, "bad_input");
        refused(await world.command("confirm_provider_secret_access", { ...input, passphrase: "wrong" }),
            401, "bad_credentials");
    });

    test("without Developer Mode nothing is shown or overwritten, at once", async () => {
        const token = await world.confirm("openai", "reveal");
        assert.equal((await world.command("set_runtime_flags", { devMode: false })).status, 200);
        const state = async () => (await world.command("get_provider_secret_status", { provider: "openai" })).json;
        await waitFor(async () => !(await state()).developerMode, { what: "Developer Mode is off" });
        refused(await world.reveal("openai", token), 403, "forbidden", /Developer Mode/);
        refused(await world.set("openai", SECRET, token), 403, "forbidden", /Developer Mode/);
        assert.equal((await world.command("set_runtime_flags", { devMode: true })).status, 200);
        await waitFor(async () => (await state()).developerMode, { what: "Developer Mode is on" });
    });

    test("secrets of the command line: list, status, overwrite, reveal, remove", async () => {
        const file = path.join(world.stack.dir, "operator");
        writeFileSync(file, `${world.passphrase}\n`, { mode: 0o600 });
        const login = ["--operator", world.operator, "--passphrase-file", file];
        await world.ctl(["secrets", "set", "cli"], "first value\n");
        await world.ctl(["secrets", "set", "cli", ...login], "second value\n");
        const shown = await world.ctl(["secrets", "reveal", "cli", ...login]);
        assert.deepEqual(shown, { provider: "cli", secret: "second value" });
        const names = (await world.ctl(["secrets", "list"])).map(({ name, version }) => `${name} ${version}`);
        assert.ok(names.includes("cli 2"), names.join());
        assert.equal((await world.ctl(["secrets", "status", "cli"])).configured, true);
        await world.ctl(["secrets", "remove", "cli"]);
        assert.equal((await world.refusedLease("cli")).code, "not_found");
    });

    test("keys of .env are taken over once", async () => {
        appendFileSync(path.join(world.stack.dir, ".env"), "GEMINI_API_KEY=from-env-123\n");
        assert.deepEqual(await world.ctl(["secrets", "import-env"]), { imported: 1 });
        assert.deepEqual(await world.ctl(["secrets", "import-env"]), { imported: 0 });
        assert.equal((await world.leased("gemini")).sha256, sha256("from-env-123"));
    });

    test("sealed it refuses at once and says why; its key file opens it again", async () => {
        await world.ctl(["vault", "seal"]);
        const { code, message } = await world.refusedLease("openai");
        assert.equal(code, "vault_sealed");
        assert.match(message, /sealed.*unseal/);
        refused(await world.reveal("openai", "x"), 503, "vault_sealed");
        refused(await world.set("new", SECRET), 503, "vault_sealed");
        assert.equal((await world.command("get_provider_secret_status", { provider: "openai" })).json.configured, true);
        assert.equal((await world.ctl(["vault", "unseal"])).isSealed, false);
        await world.leased("openai");
    });

    test("rotated keys open everything, and a vault killed meanwhile is whole", async () => {
        const { keyring } = await world.ctl(["vault", "rotate"]);
        assert.equal(keyring, 2);
        assert.equal((await world.leased("openai")).sha256, sha256(OTHER));
        for (const delay of [0, 1, 2, 4, 6, 9, 14]) {
            const rotating = run(world.stack, "missionctl", ["vault", "rotate"]);
            await new Promise((resolve) => setTimeout(resolve, 3 + delay));
            await world.vault.kill("SIGKILL");
            await rotating;
            await world.vault.start();
            await world.isOpen();
            assert.match((await world.ctl(["vault", "verify"])).note, /whole/);
            assert.equal((await world.leased("openai")).sha256, sha256(OTHER));
        }
    });

    /* Ends the vault while PostgreSQL holds a rotation back; resolves with how it ended. */
    async function endWhileHeldBack(signal) {
        const lock = spawn("psql", ["-XqAt", "-d", world.stack.database.url], { stdio: ["pipe", "pipe", "ignore"] });
        lock.stdin.write("BEGIN; LOCK TABLE aop_vault_secrets IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n");
        await new Promise((resolve) => lock.stdout.once("data", resolve));
        const rotating = run(world.stack, "missionctl", ["vault", "rotate"]);
        await waitFor(async () => await world.stack.database.number(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'vault'") > 0,
            { what: "the change waits" });
        const end = await world.vault.kill(signal);
        assert.notEqual((await rotating).code, 0);
        lock.stdin.end("COMMIT;\n");
        await new Promise((resolve) => lock.on("close", resolve));
        return end;
    }

    for (const [signal, end] of [["SIGKILL", "SIGKILL"], ["SIGTERM", 0]])
        test(`ended by ${signal} while the store holds its change back, it has the old store or the new`, async () => {
            const before = await world.status();
            assert.equal(await endWhileHeldBack(signal), end);
            await world.vault.start();
            await world.isOpen();
            const now = await world.status();
            assert.ok(now.generation - before.generation <= 1, `${before.generation} ${now.generation}`);
            assert.match((await world.ctl(["vault", "verify"])).note, /whole/);
            await world.reached();
        });

    test("no secret lies in the store, in a log, in an event or in what a process shows", async () => {
        const hidden = [SECRET, OTHER, world.passphrase, "second value", "from-env-123"];
        const dump = await new Promise((resolve) => {
            const child = spawn("pg_dump", ["-d", world.stack.database.url]);
            let text = "";
            child.stdout.on("data", (data) => (text += data));
            child.on("close", () => resolve(text));
        });
        assert.match(dump, /aop_vault_secrets/);
        const places = { dump };
        for (const service of [world.vault, world.gateway, world.control]) {
            places[`${service.name} log`] = service.log();
            for (const name of ["cmdline", "environ"])
                places[`${service.name} ${name}`] = readFileSync(`/proc/${service.pid}/${name}`, "utf8");
            const limits = readFileSync(`/proc/${service.pid}/limits`, "utf8");
            assert.match(limits, /Max core file size\s+0\s+0/);
        }
        for (const name of readdirSync(world.folder)) {
            if (name === "admin.sock") continue;
            const bytes = readFileSync(world.file(name));
            places[name] = bytes.toString("latin1");
        }
        for (const [place, text] of Object.entries(places))
            for (const secret of hidden) {
                assert.ok(!text.includes(secret), `${place} has ${secret}`);
                assert.ok(!text.includes(Buffer.from(secret).toString("base64").slice(0, 20)), place);
                assert.ok(!text.includes(Buffer.from(secret).toString("hex")), place);
            }
    });

    test("no process holds a secret or a passphrase in what a core dump would have", { skip: IS_SANITIZED }, async () => {
        const value = "sk-memory-0123456789-abcdefghijklmnop";
        const next = "sk-memory-9876543210-ponmlkjihgfedcba";
        const hidden = [value, next, world.passphrase];
        const clean = (when) => {
            for (const service of [world.vault, world.gateway, world.control])
                assert.deepEqual(scanMemory(service.pid, hidden), [], `${service.name} ${when}`);
        };
        assert.equal((await world.set("memory", value)).status, 200);
        clean("after a first value");
        assert.equal((await world.leased("memory")).sha256, sha256(value));
        clean("after a lease");
        const token = await world.confirm("memory", "reveal");
        clean("after a confirmation");
        assert.equal((await world.reveal("memory", token)).json.secret, value);
        clean("after a reveal");
        assert.equal((await world.set("memory", next, await world.confirm("memory", "overwrite"))).status, 200);
        clean("after a change");
    });

    test("what was done is in the audit log of everybody too", async () => {
        const rows = await world.stack.database.rows("SELECT actor, action, target_id, details FROM aop_audit_log");
        for (const action of ["secret_set", "secret_reveal", "secret_lease", "secret_confirm", "vault_rotate", "vault_seal"])
            assert.ok(rows.some((row) => row.action === action), action);
        assert.ok(rows.some((row) => row.action === "secret_reveal" && row.actor === world.operator
            && /refused/.test(row.details)));
    });

    test("too many wrong tokens, and too many wrong passphrases, must wait", async () => {
        for (let i = 0; i < 5; i++)
            refused(await world.reveal("openai", "f".repeat(64)), 403, "confirmation_required");
        refused(await world.reveal("openai", "f".repeat(64)), 429, "too_many_attempts");
        const wrong = { provider: "openai", operation: "reveal", passphrase: "wrong" };
        for (let i = 0; i < 5; i++) {
            const answer = await world.command("confirm_provider_secret_access", wrong);
            if (answer.status === 429) break;
            refused(answer, 401, "bad_credentials");
        }
        const answer = await world.command("confirm_provider_secret_access", { ...wrong, passphrase: world.passphrase });
        refused(answer, 429, "too_many_attempts");
        assert.ok(Number(answer.headers["retry-after"]) > 0);
    });
});

describe("a vault of a passphrase", () => {
    let world, recovery;
    before(async () => {
        world = await World.open("vault-words", {
            AOP_VAULT_KEY_FILE: "none", AOP_LOGIN_ATTEMPTS_MAX: "3", AOP_LOGIN_LOCK_SECONDS: "8",
        });
    });
    after(() => world?.stack.close());

    test("waits until it is made, and tells the recovery key once", async () => {
        assert.match((await world.status()).reason, /no vault yet/);
        assert.equal((await world.refusedLease("openai")).code, "vault_sealed");
        await assert.rejects(world.ctl(["vault", "init"], "short\n"), /12 to 1024 bytes/);
        const made = await world.ctl(["vault", "init"], `${PASSPHRASE}\n`);
        assert.equal(made.isSealed, false);
        assert.match(made.recoveryKey, /^([0-9a-f]{8}-){7}[0-9a-f]{8}$/);
        recovery = made.recoveryKey;
        assert.equal((await world.status()).recoveryKey, undefined);
        await assert.rejects(world.ctl(["vault", "init"], `${PASSPHRASE}\n`), /already/);
    });

    test("is sealed after a restart, and opened by the right passphrase only", async () => {
        await world.vault.restart("SIGTERM");
        assert.equal((await world.status()).isSealed, true);
        await assert.rejects(world.ctl(["vault", "unseal"], "not the passphrase\n"), /not the one/);
        await world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`);
        await world.isOpen();
    });

    test("is opened by the recovery key too", async () => {
        await world.ctl(["vault", "seal"]);
        await assert.rejects(world.ctl(["vault", "unseal", "--recovery"], "00\n"), /64 hex digits/);
        await world.ctl(["vault", "unseal", "--recovery"], `${recovery}\n`);
        await world.isOpen();
    });

    test("takes another passphrase; the old one and the old recovery key are worth nothing", async () => {
        const next = "another long passphrase";
        await assert.rejects(world.ctl(["vault", "passphrase"], `wrong wrong wrong\n${next}\n`), /not the one/);
        const made = await world.ctl(["vault", "passphrase"], `${PASSPHRASE}\n${next}\n`);
        assert.notEqual(made.recoveryKey, recovery);
        await world.ctl(["vault", "seal"]);
        await assert.rejects(world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), /not the one/);
        await assert.rejects(world.ctl(["vault", "unseal", "--recovery"], `${recovery}\n`), /not the one/);
        await world.ctl(["vault", "unseal"], `${next}\n`);
        await world.ctl(["vault", "passphrase"], `${next}\n${PASSPHRASE}\n`);
    });

    test("too many wrong passphrases must wait, the right one too", async () => {
        await world.ctl(["vault", "seal"]);
        for (let i = 0; i < 3; i++)
            await assert.rejects(world.ctl(["vault", "unseal"], "not the passphrase\n"), /not the one/);
        await assert.rejects(world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), /try again in [1-8] seconds/);
        await waitFor(() => world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), { what: "the wait is over" });
    });

    test("an older store in the place of the newer one is refused, unless it is accepted", async () => {
        const { database } = world.stack;
        await world.ctl(["vault", "export", path.join(world.stack.dir, "snapshot")]);
        await database.query("CREATE TABLE yesterday AS SELECT * FROM aop_vault; "
            + "CREATE TABLE yesterday_rows AS SELECT * FROM aop_vault_secrets");
        await world.ctl(["vault", "rotate"]);
        await world.vault.kill("SIGTERM");
        await database.query("DELETE FROM aop_vault; INSERT INTO aop_vault SELECT * FROM yesterday; "
            + "DELETE FROM aop_vault_secrets; INSERT INTO aop_vault_secrets SELECT * FROM yesterday_rows");
        await world.vault.start();
        await assert.rejects(world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), /older store.*--accept-generation/);
        assert.match((await world.status()).reason, /older store/);
        const { generation } = await world.status();
        await assert.rejects(world.ctl(["vault", "unseal", "--accept-generation", String(generation + 1)],
            `${PASSPHRASE}\n`), /older store/);
        await world.ctl(["vault", "unseal", "--accept-generation", String(generation)], `${PASSPHRASE}\n`);
        await world.isOpen();
        /* The chain went on under keys that the older store does not have. */
        await assert.rejects(world.ctl(["vault", "rotate"]), /audit/);
        await world.ctl(["vault", "audit", "restart"]);
        await world.ctl(["vault", "audit", "verify"]);
    });

    test("a store that goes back while the vault is open seals it", async () => {
        await world.ctl(["vault", "rotate"]);
        await world.stack.database.query("DELETE FROM aop_vault; INSERT INTO aop_vault SELECT * FROM yesterday");
        await waitFor(async () => /went back/.test((await world.status()).reason ?? ""), { what: "it is sealed" });
        const { generation } = await world.status();
        await world.ctl(["vault", "unseal", "--accept-generation", String(generation)], `${PASSPHRASE}\n`);
        await world.ctl(["vault", "audit", "restart"]);
    });

    test("a lost file of the generation must be confirmed", async () => {
        await world.ctl(["vault", "seal"]);
        rmSync(world.file("generation"));
        await assert.rejects(world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), /--accept-generation/);
        const { generation } = await world.status();
        await world.ctl(["vault", "unseal", "--accept-generation", String(generation)], `${PASSPHRASE}\n`);
    });

    test("every changed byte of a row or of the header is noticed", async () => {
        const { database } = world.stack;
        await world.ctl(["vault", "rotate"]);
        const [{ header }] = await database.rows("SELECT encode(header, 'hex') AS header FROM aop_vault");
        for (const at of [0, 9, 10, 13, 25, 45, 58, 61, 100, 125, 182, 190, header.length / 2 - 1]) {
            await world.ctl(["vault", "seal"]);
            await database.query(`UPDATE aop_vault SET header = set_byte(header, ${at}, get_byte(header, ${at}) # 1)`);
            await world.vault.restart();
            await assert.rejects(world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), /./, `byte ${at}`);
            await database.query(`UPDATE aop_vault SET header = decode('${header}', 'hex')`);
            await world.vault.restart();
            await world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`);
        }
    });

    test("a snapshot is ciphertext, and is imported into a sealed vault of the same keys", async () => {
        const file = path.join(world.stack.dir, "snapshot");
        await assert.rejects(world.ctl(["vault", "import", file]), /while the vault is sealed/);
        await world.ctl(["vault", "seal"]);
        await world.ctl(["vault", "import", file]);
        await assert.rejects(world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), /./);
        const { generation } = await world.status();
        const report = await world.ctl(["vault", "unseal", "--accept-generation", String(generation)], `${PASSPHRASE}\n`);
        assert.equal(report.isSealed, false);
    });
});

describe("the audit chain of a vault", () => {
    let world;
    const lines = () => readFileSync(world.file("audit.log"), "utf8").split("\n");
    before(async () => {
        world = await World.open("vault-audit", { AOP_SECRET_LEASE_SECONDS: "60" });
        await world.openDoor();
        await world.isOpen();
        assert.equal((await world.set("openai", SECRET)).status, 200);
        await world.lease("openai", 5);
    });
    after(() => world?.stack.close());

    /* Does it to the log of a stopped vault, and puts the log back. */
    async function tampered(change, words) {
        await world.vault.kill("SIGTERM");
        const kept = readFileSync(world.file("audit.log"));
        change();
        await world.vault.start();
        await world.isOpen();
        assert.match((await world.status()).auditProblem ?? "", words);
        await assert.rejects(world.ctl(["vault", "audit", "verify"]), words);
        await world.reached();
        refused(await world.set("another", SECRET), 503, "audit_unwritable");
        await world.vault.kill("SIGTERM");
        writeFileSync(world.file("audit.log"), kept);
        await world.vault.start();
        await world.isOpen();
        await world.ctl(["vault", "audit", "verify"]);
        await world.reached();
    }

    test("is whole, and goes on over a kill", async () => {
        const { auditRecords } = await world.ctl(["vault", "audit", "verify"]);
        assert.ok(auditRecords >= 7, String(auditRecords));
        await world.vault.restart("SIGKILL");
        await world.isOpen();
        const { auditRecords: more } = await world.ctl(["vault", "audit", "verify"]);
        assert.ok(more > auditRecords);
    });

    test("shows a record that was changed", () => tampered(() => {
        const text = readFileSync(world.file("audit.log"), "utf8");
        writeFileSync(world.file("audit.log"), text.replace('"actor":"leaser"', '"actor":"nobody"'));
    }, /changed/));

    test("shows a record that was taken out", () => tampered(() => {
        const all = lines();
        all.splice(3, 1);
        writeFileSync(world.file("audit.log"), all.join("\n"));
    }, /record \d+ is not where/));

    test("shows records in another order", () => tampered(() => {
        const all = lines();
        [all[3], all[4]] = [all[4], all[3]];
        writeFileSync(world.file("audit.log"), all.join("\n"));
    }, /record \d+ is not where/));

    test("shows an end that was cut off", () => tampered(() => {
        const all = lines();
        writeFileSync(world.file("audit.log"), `${all.slice(0, -3).join("\n")}\n`);
    }, /ends at record/));

    test("shows a log that was deleted while nobody looked", () => tampered(() => {
        rmSync(world.file("audit.log"));
    }, /deleted/));

    test("when its file is deleted under it, changes stop at once, leases that are held go on", async () => {
        await world.leased("openai");
        renameSync(world.file("audit.log"), world.file("aside"));
        refused(await world.set("late", SECRET), 503, "audit_unwritable", /deleted/);
        refused(await world.command("confirm_provider_secret_access",
            { provider: "openai", operation: "reveal", passphrase: world.passphrase }), 503, "audit_unwritable");
        assert.equal((await world.leased("openai")).sha256, sha256(SECRET));
        assert.match((await world.status()).auditProblem, /deleted/);
        await world.ctl(["vault", "audit", "restart"]);
        assert.equal((await world.set("late", SECRET)).status, 200);
        await world.ctl(["vault", "audit", "verify"]);
    });

    test("a disk that is full refuses changes and mends by itself", async () => {
        const size = statSync(world.file("audit.log")).size;
        const limit = (bytes) => new Promise((resolve) =>
            spawn("prlimit", ["--pid", String(world.vault.pid), `--fsize=${bytes}:unlimited`]).on("close", resolve));
        await world.leased("openai");
        await limit(size + 20);
        refused(await world.set("full", SECRET), 503, "audit_unwritable");
        assert.equal((await world.leased("openai")).sha256, sha256(SECRET));
        await limit("unlimited");
        assert.equal((await world.set("full", SECRET)).status, 200);
        await world.ctl(["vault", "audit", "verify"]);
    });

    test("a key file that others can read opens nothing", async () => {
        chmodSync(world.file("key"), 0o644);
        await world.vault.restart("SIGTERM");
        await waitFor(async () => /open to others/.test((await world.status()).reason ?? ""), { what: "it says so" });
        chmodSync(world.file("key"), 0o600);
        await world.ctl(["vault", "unseal"]);
    });

    test("of two on one store one is in charge, and the other takes over when it is gone", async () => {
        const state = async (vault) => (await request(`${vault.url}/readyz`)).text;
        const away = path.join(world.stack.dir, "elsewhere");
        cpSync(path.join(world.stack.dir, "var"), away, { recursive: true, filter: (file) => !/^bus$|\.sock$/.test(path.basename(file)) });
        const other = await world.stack.start("vault", { AOP_INSTANCE: "other", AOP_VAR_DIR: away }, "/healthz");
        await waitFor(async () => /another vault is in charge of this store; this one stands by/.test(await state(other)), { what: "the other stands by" });
        assert.equal((await world.leased("openai")).sha256, sha256(SECRET), "the first goes on");
        assert.equal((await world.status()).isSealed, false);
        assert.equal(await other.metric("sealed"), 1);

        await world.vault.kill("SIGKILL");
        await waitFor(async () => await other.metric("sealed") === 0, { what: "the other is in charge, and open" });
        world.vault.readyPath = "/healthz";
        await world.vault.start();
        world.vault.readyPath = "/readyz";
        await waitFor(async () => /another vault is in charge/.test(await state(world.vault)), { what: "the first stands by" });
        await assert.rejects(world.ctl(["vault", "unseal"], `${PASSPHRASE}\n`), /another vault is in charge/);
        assert.match((await world.refusedLease("openai")).message, /another vault is in charge/);
        assert.equal(await other.kill("SIGTERM"), 0);
        await world.isOpen();
        assert.equal((await world.leased("openai")).sha256, sha256(SECRET));
    });

    test("a second one in the same folder does not start", async () => {
        await assert.rejects(world.stack.start("vault", { AOP_INSTANCE: "twin" }), /another vault runs in/);
        assert.equal((await world.status()).isSealed, false);
    });

    test("an empty store where there was a vault is not made anew", async () => {
        await world.vault.kill("SIGTERM");
        await world.stack.database.query("DELETE FROM aop_vault; DELETE FROM aop_vault_secrets");
        await world.vault.start();
        await waitFor(async () => /has had a vault/.test((await world.status()).reason ?? ""), { what: "it says so" });
        truncateSync(world.file("audit.head"), 0);
    });
});
