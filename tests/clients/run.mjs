/*
 *  run - runs the client program of a dialect
 *
 *      OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node tests/clients/run.mjs DIALECT...
 *      node tests/clients/run.mjs --list
 *
 *  Starts the model API that the program talks to (fake_models.mjs) on a free loopback port
 *  and ends with the program's exit code. Programs are the rows of clients.json.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startFakeModels } from "./fake_models.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.resolve(HERE, "../..");
export const CLIENTS = JSON.parse(readFileSync(path.join(HERE, "clients.json"), "utf8"));

const PYTHON = process.env.MC_CLIENTS_PYTHON ?? path.join(ROOT, "build/clients-python/bin/python");
const INTERPRETERS = { node: process.execPath, python: PYTHON, sh: "/bin/sh" };
const PROGRAM_MS_MAX = 120_000;

/* Resolves with the program's exit code; the endpoint is the base URL of an OTLP receiver. */
export async function runClient(client, endpoint) {
    const models = await startFakeModels();
    const env = {
        PATH: process.env.PATH,
        HOME: process.env.MC_CLIENTS_HOME ?? path.join(ROOT, "build/clients-home"),
        LANG: "C.UTF-8",
        PYTHONDONTWRITEBYTECODE: "1",
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OPENAI_BASE_URL: `${models.url}/v1`,
        OPENAI_API_KEY: "not-a-key",
        ANTHROPIC_BASE_URL: models.url,
        ANTHROPIC_API_KEY: "not-a-key",
        ...client.env,
    };
    for (const name of ["OTEL_EXPORTER_OTLP_HEADERS", "MC_CLAUDE_CODE"])
        if (process.env[name]) env[name] = process.env[name];

    const program = path.join(HERE, client.program);
    const child = spawn(INTERPRETERS[client.language], [program], {
        cwd: HERE, env, stdio: ["ignore", "inherit", "inherit"], timeout: PROGRAM_MS_MAX,
    });
    const code = await new Promise((resolve) => {
        child.on("error", (error) => { console.error(error.message); resolve(127); });
        child.on("close", (status) => resolve(status ?? 124));
    });
    await models.stop();
    return code;
}

async function main(names) {
    if (names[0] === "--list") {
        for (const client of CLIENTS) console.log(`${client.dialect}\t${client.language}`);
        return 0;
    }
    const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    if (!endpoint || names.length === 0) {
        console.error("wanted: OTEL_EXPORTER_OTLP_ENDPOINT in the environment, and names from --list");
        return 2;
    }
    for (const name of names) {
        const client = CLIENTS.find((row) => row.dialect === name);
        if (!client) {
            console.error(`no client is called ${name}; --list names them`);
            return 2;
        }
        const code = await runClient(client, endpoint);
        if (code !== 0) return code;
    }
    return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main(process.argv.slice(2)));
