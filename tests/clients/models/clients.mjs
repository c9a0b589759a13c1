/*
 *  clients - the programs of this folder, and how one is run
 *
 *      const seen = await runClient(CLIENTS[0], { baseUrl, key, model });
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const HERE = path.dirname(fileURLToPath(import.meta.url));
const PYTHON = path.resolve(HERE, "../../../build/models-python/bin/python");
const PROGRAM_MS_MAX = 90_000;

const row = (name, program, api) => ({ name: `${name} (${api})`, program, api, protocol: api === "messages" ? "anthropic" : "openai" });

export const CLIENTS = [
    row("openai for Node", "openai.mjs", "chat"),
    row("openai for Node", "openai.mjs", "responses"),
    row("@anthropic-ai/sdk", "anthropic.mjs", "messages"),
    row("Vercel AI SDK", "vercel.mjs", "chat"),
    row("Vercel AI SDK", "vercel.mjs", "responses"),
    row("Vercel AI SDK", "vercel.mjs", "messages"),
    row("LangChain", "langchain.mjs", "chat"),
    row("LangChain", "langchain.mjs", "responses"),
    row("LangChain", "langchain.mjs", "messages"),
    row("OpenAI Agents SDK", "agents.mjs", "chat"),
    row("OpenAI Agents SDK", "agents.mjs", "responses"),
    row("openai for Python", "openai_python.py", "chat"),
    row("openai for Python", "openai_python.py", "responses"),
    row("anthropic for Python", "anthropic_python.py", "messages"),
];

/* Why the program cannot run here, or null. */
export function missing(client) {
    const needed = client.program.endsWith(".py") ? PYTHON : path.join(HERE, "node_modules/openai");
    return existsSync(needed) ? null : "its SDK is not installed: run tests/clients/models/install";
}

/* What the program saw: { plain, stream, ... }, see cases.mjs. */
export async function runClient(client, { baseUrl, key, model }) {
    const program = client.program.endsWith(".py") ? PYTHON : process.execPath;
    const { stdout } = await run(program, [path.join(HERE, client.program)], {
        cwd: HERE, timeout: PROGRAM_MS_MAX, maxBuffer: 1 << 24,
        env: {
            PATH: process.env.PATH, HOME: HERE, LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1", NODE_NO_WARNINGS: "1",
            MODELS_BASE_URL: baseUrl, MODELS_KEY: key, MODELS_MODEL: model, MODELS_API: client.api,
        },
    });
    return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}
