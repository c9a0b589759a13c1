/*
 *  compose - docker-compose.yml as people use it, on a real Docker Engine
 *
 *  One stack with three ingest containers for all tests, which build on one another: it comes up,
 *  is used, loses PostgreSQL and a container, goes down and comes up again.
 */
import assert from "node:assert/strict";
import net from "node:net";
import { before, test } from "node:test";
import { startProvider } from "../fakes/providers.mjs";
import { waitFor } from "../system/harness.mjs";
import { request } from "../system/request.mjs";
import { openEvents } from "../system/stream.mjs";
import { addressOf, compose, containers, docker, inside, serviceOf } from "./engine.mjs";

const gateway = { url: `http://127.0.0.1:${process.env.MC_GATEWAY_PORT}` };
const models = `http://127.0.0.1:${process.env.MC_ROUTER_PORT}/v1`;
const telemetry = `http://127.0.0.1:${process.env.MC_INGEST_PORT}`;
const always = ["postgres", "ingest", "telemetry", "control", "vault", "budget", "router", "gateway"];
const SCALE = 3;
const login = {}; /* of the first operator: username, passphrase */
const keys = {}; /* by role */
const sent = new Map(); /* eventUid of what was acknowledged, and by which container */

const json = { "content-type": "application/json" };
const bearer = (role) => ({ authorization: `Bearer ${keys[role]}` });

async function up() {
    await compose("up", "--detach", "--scale", `ingest=${SCALE}`);
    await waitFor(async () => {
        const found = await containers(null, "status=running");
        const healthy = found.filter((one) => one.State.Health?.Status === "healthy");
        return healthy.length === always.length - 1 + SCALE;
    }, { deadlineMs: 180_000, what: "every container is healthy" });
}

const urlOf = (container) => `http://${addressOf(container)}:4318`;

async function post(url, events, headers = {}) {
    return request(`${url}/v1/events`, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(events) });
}

/* Sends count events and remembers what was acknowledged. */
async function send(url, name, count, headers = {}) {
    const events = Array.from({ length: count }, () => ({
        eventUid: crypto.randomUUID(), actor: name, action: "work", rootTaskId: "compose", message: `by ${name}`,
    }));
    const answer = await post(url, events, headers);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.accepted, count);
    for (const event of events) sent.set(event.eventUid, name);
    return events;
}

async function read(path, headers = bearer("viewer")) {
    const answer = await request(`${gateway.url}${path}`, { headers });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

async function readAll(path) {
    const items = [];
    for (let cursor = ""; cursor !== null;) {
        const page = await read(`${path}&limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        items.push(...page.items);
        cursor = page.nextCursor;
    }
    return items;
}

/* Every acknowledged event is in the store, each once. */
async function assertAllStored() {
    const items = await waitFor(async () => {
        const found = await readAll("/api/v1/events?rootTaskId=compose");
        return found.length >= sent.size && found;
    }, { deadlineMs: 60_000, what: `${sent.size} events are in the store` });
    assert.equal(items.length, sent.size);
    assert.deepEqual(items.map((item) => item.actor).sort(), [...sent.values()].sort());
}

async function makeKey(role) {
    const [one] = await containers("gateway");
    const made = await inside(one, "missionctl", "keys", "create", "--role", role, "--name", `compose ${role}`);
    assert.equal(made.code, 0, made.text);
    return made.text.trim();
}

async function command(name, input) {
    const answer = await request(`${gateway.url}/api/v1/commands/${name}`, {
        method: "POST", headers: { ...json, ...bearer("admin") }, body: JSON.stringify({ input }),
    });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

/* As the kernel would: docker kill counts as asked for, and the first process of a container cannot
 * be killed from within. */
async function crash(container) {
    await docker("run", "--rm", "--pid", "host", "--user", "0:0", process.env.MC_IMAGE, "sh", "-c", `kill -KILL ${container.State.Pid}`);
}

async function signIn() {
    return request(`${gateway.url}/api/v1/auth/login`, { method: "POST", headers: json, body: JSON.stringify(login) });
}

before(up, { timeout: 300_000 });

test("each service has containers of its own, ingest three, and all are healthy", async () => {
    const found = await containers(null, "status=running");
    assert.deepEqual(found.map(serviceOf).sort(), [...always, "ingest", "ingest"].sort());
    for (const name of ["init", "migrate"])
        assert.deepEqual((await containers(name)).map((one) => one.State.ExitCode), [0], name);
});

test("what is published is on loopback alone", async () => {
    for (const one of await containers(null, "status=running"))
        for (const bindings of Object.values(one.NetworkSettings.Ports))
            for (const binding of bindings ?? []) assert.equal(binding.HostIp, "127.0.0.1", serviceOf(one));
});

test("no container is root, has a capability, can get one, or can write outside its volumes", async () => {
    for (const one of await containers(null, "status=running")) {
        const name = serviceOf(one);
        const status = (await inside(one, "cat", "/proc/self/status")).text;
        assert.match(status, /^Uid:\t([1-9]\d*)\t\1\t\1\t\1$/m, name);
        assert.match(status, /^CapEff:\t0+$/m, name);
        assert.match(status, /^CapBnd:\t0+$/m, name);
        assert.match(status, /^NoNewPrivs:\t1$/m, name);
        assert.equal(one.HostConfig.ReadonlyRootfs, true, name);
        for (const path of ["/probe", "/usr/bin/probe", "/opt/probe", "/var/probe"])
            assert.notEqual((await inside(one, "touch", path)).code, 0, `${name} can write ${path}`);
        const changes = (await docker("diff", one.Id)).split("\n").filter((line) => line.startsWith("A"));
        assert.deepEqual(changes.filter((line) => !/^A \/(etc\/mission-control|tmp|run|var\/run)/.test(line)), [], name);
    }
});

test("secrets are files that only those who need them have, and in no environment", async () => {
    const [postgres] = await containers("postgres");
    const password = (await inside(postgres, "cat", "/etc/mission-control/database/password")).text.trim();
    assert.match(password, /^[\w-]{32}$/);
    for (const one of await containers()) {
        assert.ok(!JSON.stringify(one).includes(password), serviceOf(one));
        const volumes = one.Mounts.map((mount) => mount.Destination);
        const expected = { init: true, postgres: true, migrate: true, ingest: true, control: true, vault: true, budget: true, router: true, gateway: true };
        assert.equal(volumes.includes("/etc/mission-control/database"), Boolean(expected[serviceOf(one)]), serviceOf(one));
    }
    const [gatewayContainer] = await containers("gateway");
    const list = (await inside(gatewayContainer, "ls", "-l", "/etc/mission-control/bus")).text;
    assert.match(list, /^-rw------- .* gateway\.key_secret$/m);
});

test("the image has no compiler and no source in it", async () => {
    const [one] = await containers("gateway");
    for (const program of ["gcc", "make", "npm", "git", "curl"])
        assert.notEqual((await inside(one, program, "--version")).code, 0, program);
    const found = (await inside(one, "find", "/opt/mission-control", "-name", "*.c", "-o", "-name", "*.ts")).text;
    assert.equal(found, "");
});

test("the console is served", async () => {
    const page = await request(`${gateway.url}/`);
    assert.equal(page.status, 200);
    const [, script] = /src="(\/[^"]+\.js)"/.exec(page.text) ?? [];
    assert.ok(script, page.text);
    assert.equal((await request(`${gateway.url}${script}`)).status, 200);
});

test("the first login is where the log says, and is gone once used", async () => {
    const log = await compose("logs", "--no-color", "gateway");
    assert.match(log, /event=first_operator name=admin file=\/var\/lib\/mission-control\/first-login/);
    const file = (await compose("exec", "-T", "gateway", "cat", "/var/lib/mission-control/first-login")).trim();
    [login.username, login.passphrase] = file.split(" ");
    assert.ok(!log.includes(login.passphrase));
    const wrong = await request(`${gateway.url}/api/v1/auth/login`, {
        method: "POST", headers: json, body: JSON.stringify({ ...login, passphrase: "guess" }),
    });
    assert.equal(wrong.status, 401);
    const right = await signIn();
    assert.equal(right.status, 200, right.text);
    assert.equal(right.json.user.role, "admin");
    const [one] = await containers("gateway");
    assert.notEqual((await inside(one, "cat", "/var/lib/mission-control/first-login")).code, 0);
});

test("missionctl in the container makes keys", async () => {
    for (const role of ["admin", "viewer"]) keys[role] = await makeKey(role);
    assert.match(keys.viewer, /^mck_/);
    assert.equal((await request(`${gateway.url}/api/v1/roots`)).status, 401);
    assert.deepEqual((await read("/api/v1/roots")).items, []);
});

test("every ingest container takes events, live clients see those of all, and they are stored once", async () => {
    const stream = await openEvents(gateway, { query: "rootTaskId=compose&kinds=event", headers: bearer("viewer") });
    const all = await containers("ingest", "status=running");
    assert.equal(all.length, SCALE);
    for (const [index, one] of all.entries()) {
        const events = await send(urlOf(one), `ingest_${index + 1}`, 20);
        const again = await post(urlOf(one), events);
        assert.equal(again.json.accepted + again.json.duplicates, 20, again.text);
    }
    await stream.until(() => stream.of("agent_event").length >= sent.size, `${sent.size} live events`);
    assert.equal(new Set(stream.ids).size, sent.size);
    assert.equal(stream.ids.length, sent.size);
    stream.close();
    await assertAllStored();
});

test("the one address of telemetry is served by all of them", async () => {
    const [one] = await containers("telemetry");
    assert.equal((await request(`${telemetry}/readyz`)).status, 200);
    for (let i = 0; i < 12; i++) await send(telemetry, "telemetry", 5);
    const counts = await Promise.all((await containers("ingest", "status=running")).map(async (container) => {
        const metrics = (await request(`${urlOf(container)}/metrics`)).text;
        return Number(/^mc_ingest_accepted_events_total (\d+)$/m.exec(metrics)?.[1]);
    }));
    for (const count of counts) assert.ok(count > 20, `accepted: ${counts}, health of the balancer ${one.State.Health.Status}`);
    await assertAllStored();
});

test("OTLP goes through the same address", async () => {
    const span = {
        traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174", name: "invoke_agent planner",
        startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n), endTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n + 5_000_000n),
        attributes: [["gen_ai.operation.name", "invoke_agent"], ["gen_ai.agent.name", "planner"], ["mc.root_task.id", "compose-otlp"]]
            .map(([key, stringValue]) => ({ key, value: { stringValue } })),
    };
    const answer = await request(`${telemetry}/v1/traces`, {
        method: "POST", headers: json, body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    });
    assert.equal(answer.status, 200, answer.text);
    const runs = await waitFor(async () => {
        const { items } = await read("/api/v1/runs?rootTaskId=compose-otlp");
        return items.length > 0 && items;
    }, { what: "the run of the span" });
    assert.deepEqual(runs.map((run) => run.status), ["completed"]);
});

test("control answers over the bus, and writes flags to its volume", async () => {
    const task = await command("create_task", { tier: 1, domain: "compose", objective: "be seen", tokenBudget: 1000 });
    assert.equal(task.status, "pending");
    const { flags } = await command("set_runtime_flags", { telemetryRetentionDays: 9 });
    assert.equal(flags.telemetryRetentionDays, 9);
    const [one] = await containers("control");
    assert.match((await inside(one, "cat", "/etc/mission-control/settings/env")).text, /^AOP_TELEMETRY_RETENTION_DAYS=9$/m);
});

test("from the first agent key on, every ingest container asks for one", async () => {
    keys.agent = await makeKey("agent");
    for (const one of await containers("ingest", "status=running")) {
        await waitFor(async () => (await post(urlOf(one), [])).status === 401, { what: `${one.Name} asks for a key` });
        await send(urlOf(one), "with_key", 3, bearer("agent"));
    }
    await assertAllStored();
});

/* A simulated provider on this machine, where containers of that network reach it. */
async function openProvider(key, address) {
    const fake = await startProvider("openai", { keys: [key] });
    const relay = net.createServer((socket) => {
        const onward = net.connect(fake.port, "127.0.0.1");
        for (const end of [socket, onward]) end.on("error", () => [socket, onward].forEach((one) => one.destroy()));
        socket.pipe(onward).pipe(socket);
    });
    await new Promise((resolve) => relay.listen(0, address, resolve));
    return {
        fake, url: `http://${address}:${relay.address().port}/v1`,
        stop: () => (relay.close(), fake.down()),
    };
}

test("the vault opens by its key file, and lends a key to the router for a model call", async () => {
    const secret = "sk-simulated-compose-00000001";
    const [router] = await containers("router");
    const provider = await openProvider(secret, Object.values(router.NetworkSettings.Networks)[0].Gateway);
    try {
        const [vault] = await containers("vault");
        const status = JSON.parse((await inside(vault, "missionctl", "vault", "status", "--json")).text);
        assert.equal(status.isSealed, false, JSON.stringify(status));
        assert.match((await inside(vault, "cat", "/proc/1/limits")).text, /^Max core file size +0 +0/m);
        await command("set_provider_secret", { provider: "simulated", secret });
        const made = await request(`${gateway.url}/api/v1/providers`, {
            method: "POST", headers: { ...json, ...bearer("admin") },
            body: JSON.stringify({ name: "simulated", protocol: "openai", baseUrl: provider.url, secret: "simulated" }),
        });
        assert.equal(made.status, 200, made.text);
        const call = (body) => request(`${models}/chat/completions`, {
            method: "POST", headers: { ...json, ...(keys.agent ? bearer("agent") : {}) },
            body: JSON.stringify({ model: "simulated/gpt-5-nano", messages: [{ role: "user", content: "hello" }], ...body }),
        });
        provider.fake.plan({ text: "From a container.", times: 0 });
        const answer = await waitFor(async () => {
            const said = await call({});
            if (said.status !== 200) throw new Error(said.text);
            return said;
        }, { what: "a model answers" });
        assert.equal(answer.json.choices[0].message.content, "From a container.");
        const streamed = await call({ stream: true });
        assert.match(streamed.text, /data: \[DONE\]/);
        assert.ok(provider.fake.requests.every((one) => one.key === secret));
        await waitFor(async () => (await read("/api/v1/events?action=llm.call&limit=10")).items.some((item) => item.phase === "end"),
            { what: "the call is in the store" });
    } finally {
        await provider.stop();
    }
});

test("a container that is killed while PostgreSQL is away loses nothing, another takes its spool over", async () => {
    await compose("stop", "postgres");
    const all = await containers("ingest", "status=running");
    for (const [index, one] of all.entries()) await send(urlOf(one), `while_away_${index + 1}`, 50, bearer("agent"));

    await docker("kill", "--signal", "KILL", all[0].Id);
    await docker("rm", "--force", all[0].Id);
    for (let i = 0; i < 6; i++) await send(telemetry, "one_is_gone", 5, bearer("agent"));

    await compose("start", "postgres");
    await up();
    const now = await containers("ingest", "status=running");
    assert.equal(now.length, SCALE);
    assert.ok(!now.some((one) => one.Id === all[0].Id));
    const spools = (await inside(now[0], "ls", "/var/lib/mission-control/spool")).text.split("\n").filter((name) => name.endsWith(".db"));
    assert.deepEqual(spools.sort(), ["ingest-1.db", "ingest-2.db", "ingest-3.db"]);
    await assertAllStored();
});

test("a service that crashes is started again", async () => {
    const [one] = await containers("control");
    await crash(one);
    const isAgain = async () => {
        const [now] = await containers("control", "status=running");
        return now && now.State.Health.Status === "healthy" && now.RestartCount === one.RestartCount + 1;
    };
    await waitFor(isAgain, { deadlineMs: 60_000, what: "control is healthy" });
    assert.equal((await command("get_runtime_flags", {})).telemetryRetentionDays, 9);
});

test("stopped in time, and down and up again keeps everything", async () => {
    await compose("stop");
    for (const name of always)
        for (const one of await containers(name)) assert.equal(one.State.ExitCode, 0, `${name}: ${one.State.Error}`);
    await compose("down");
    assert.deepEqual(await containers(), []);
    await up();
    await assertAllStored();
    assert.equal((await signIn()).status, 200);
    assert.equal((await command("get_runtime_flags", {})).telemetryRetentionDays, 9);
    assert.equal((await command("get_tasks", {})).length, 1);
    assert.equal((await post(telemetry, [])).status, 401);
    await send(telemetry, "after_all", 5, bearer("agent"));
    await assertAllStored();
});
