/*
 *  contenders - what stands between a client and a provider, each ready to be measured
 *
 *      { name, port, pid, head, model }      head: header lines that its calls need
 *
 *  direct   upstream itself
 *  nginx    proxy_pass with kept connections and no buffering
 *  portkey  the npm package @portkey-ai/gateway
 *  bare     our router as small as it can be: no keys, a model by its name, telemetry that nobody takes
 *  full     our router with an agent's key, the scoring of eight candidates, a provider's key from the
 *           vault, metering, and telemetry stored by ingest in PostgreSQL
 */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openRouter } from "../clients/router.mjs";
import { freePort, openStack, ROOT, waitFor } from "../system/harness.mjs";
import { request } from "../system/request.mjs";
import { FOLDER, MEASURED_CORE, onCore, OTHER_CORE, pin } from "./pinned.mjs";

const CANDIDATES = 8;
const PORTKEY = "node_modules/@portkey-ai/gateway/build/start-server.js";
const LEAST_BYTES = "65536"; /* the least that AOP_ROUTER_TELEMETRY_BYTES_MAX may be */

const children = [];

function start(name, cwd, program, options) {
    const log = openSync(path.join(FOLDER, `${name}.log`), "w");
    const child = spawn(program, options.map(String), { cwd, stdio: ["ignore", log, log] });
    children.push(child);
    return child.pid;
}

const answers = (port) => waitFor(async () => (await request(`http://127.0.0.1:${port}/`)).status > 0,
    { what: `port ${port} answers` });

async function startUpstream() {
    const port = await freePort();
    start("upstream", ROOT, ...onCore(OTHER_CORE, path.join(ROOT, "build/bench/upstream"), port));
    await waitFor(async () => (await request(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" })).status === 200,
        { what: "upstream answers" });
    return port;
}

async function startNginx(upstream) {
    const port = await freePort();
    const folder = path.join(FOLDER, "nginx");
    mkdirSync(folder, { recursive: true });
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
    writeFileSync(path.join(folder, "nginx.conf"), `
daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
events { worker_connections 4096; }
http {
    access_log off; keepalive_requests 1000000000; tcp_nodelay on; ${temporary.join(" ")}
    upstream provider { server 127.0.0.1:${upstream}; keepalive 1024; keepalive_requests 1000000000; }
    server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
    }
}
`);
    const pid = start("nginx", folder, ...onCore(MEASURED_CORE, "nginx", "-p", folder, "-c", `${folder}/nginx.conf`));
    await answers(port);
    return { name: "nginx", port, pid, head: [], model: "gpt-4.1" };
}

async function startPortkey(upstream) {
    const port = await freePort();
    const pid = start("portkey", path.join(ROOT, "tests/bench/portkey"), ...onCore(MEASURED_CORE, "node", PORTKEY, `--port=${port}`, "--headless"));
    await answers(port);
    const head = ["Authorization: Bearer sk-bench", "x-portkey-provider: openai", `x-portkey-custom-host: http://127.0.0.1:${upstream}/v1`];
    return { name: "portkey", port, pid, head, model: "gpt-4.1" };
}

async function closeStack(stack) {
    await stack.close();
    rmSync(stack.dir, { recursive: true, force: true });
}

const profile = (_, i) => ({ provider: `provider-${i}`, modelId: `model-${i}` });
const numbered = (make) => Array.from({ length: CANDIDATES }, make);

async function startBare(upstream) {
    const stack = await openStack(`bench-router-${process.pid}`, {
        settings: { AOP_ROUTER_OPEN_ALONE: "true", AOP_ROUTER_TELEMETRY_BYTES_MAX: LEAST_BYTES, AOP_MODEL_CONFIG_PATH: path.join(FOLDER, "bare_models.json") },
    });
    stack.ports.AOP_ROUTER_PORT = String(await freePort());
    writeFileSync(path.join(FOLDER, "bare_models.json"), JSON.stringify({
        version: 2, defaultProvider: "provider-0", tiers: { 1: [profile(null, 0)] }, personaOverrides: {},
        providers: [{ name: "provider-0", adapter: "openai-compatible", baseUrl: `http://127.0.0.1:${upstream}/v1` }],
    }));
    const service = await stack.start("router");
    pin(service.pid, MEASURED_CORE);
    return { name: "bare", port: service.port, pid: service.pid, head: [], model: "model-0", service, close: () => closeStack(stack) };
}

async function startFull(upstream) {
    const router = await openRouter(`bench-${process.pid}`, {
        providers: numbered((_, i) => ({
            name: `provider-${i}`, protocol: "openai", adapter: "openai-compatible", baseUrl: `http://127.0.0.1:${upstream}/v1`, secret: "bench",
        })),
        secrets: { bench: "sk-bench-0000000000000000000000000001" },
        tiers: { 1: numbered((_, i) => [`provider-${i}`, `model-${i}`]) },
    });
    for (const service of router.stack.services) pin(service.pid, service === router.service ? MEASURED_CORE : OTHER_CORE);
    const { port, pid } = router.service;
    const head = [`Authorization: Bearer ${router.key}`, "x-mc-tier: 1"];
    return { name: "full", port, pid, head, model: "auto", service: router.service, stack: router.stack, close: () => closeStack(router.stack) };
}

/* Starts those that are named, and upstream. */
export async function openContenders(names) {
    mkdirSync(FOLDER, { recursive: true });
    process.on("exit", () => children.forEach((child) => child.kill()));
    const upstream = await startUpstream();
    const all = { direct: { name: "direct", port: upstream, head: [], model: "gpt-4.1" } };
    const starts = { nginx: startNginx, portkey: startPortkey, bare: startBare, full: startFull };
    for (const name of names) if (starts[name]) all[name] = await starts[name](upstream);
    return {
        all,
        async close() {
            for (const contender of Object.values(all)) await contender.close?.();
            children.forEach((child) => child.kill());
            rmSync(FOLDER, { recursive: true, force: true });
        },
    };
}
