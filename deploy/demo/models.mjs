/*
 *  models - whom the fleet asks, always through the router
 *
 *  With a provider's key in the vault the real models answer; else an Ollama on this machine; else
 *  simulated providers in this process, which speak the real wire formats and fail now and then so
 *  that a fallback can be watched. Rows that the demo adds for them go when it ends.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startProviders } from "../../tests/fakes/providers.mjs";

const ROUTER = process.env.MC_ROUTER_URL;
const MISSIONCTL = process.env.MISSIONCTL;
const OLLAMA = process.env.OLLAMA_HOST?.startsWith("http") ? process.env.OLLAMA_HOST : "http://127.0.0.1:11434";
const PROTOCOLS = ["openai", "anthropic"];
const FAULT_EVERY = 25; /* calls of the simulation */
const FAULTS = ["overloaded", "server_error"];
const ANSWER_MS_MAX = 120_000;

const missionctl = async (...words) => (await promisify(execFile)(MISSIONCTL, words)).stdout;

async function hasOllama() {
    try {
        const answer = await fetch(`${OLLAMA}/api/tags`, { signal: AbortSignal.timeout(500) });
        return answer.ok ? (await answer.json()).models?.[0]?.name : undefined;
    } catch {
        return undefined;
    }
}

/* Puts the simulation in the place of providers that have no key. */
async function simulate(providers) {
    const fake = await startProviders({ isOpen: true, defaults: { firstByteMs: 350, frameMs: 25 } });
    const taken = PROTOCOLS.filter((name) => providers.find((row) => row.name === name)?.source !== "added");
    for (const name of taken)
        await missionctl("providers", "add", name, "--protocol", name, "--adapter", `${name}-compatible`,
            "--base-url", `${fake[name].url}/v1`);
    const close = async () => {
        for (const name of taken) await missionctl("providers", "remove", name).catch(() => undefined);
        await fake.stop();
    };
    return { fake, close, about: "simulated models answer: no provider has a key" };
}

async function open() {
    if (!ROUTER || !MISSIONCTL) return null;
    const providers = JSON.parse(await missionctl("providers", "list", "--json"));
    const rows = providers.items ?? providers;
    if (rows.some((row) => PROTOCOLS.includes(row.name) && row.hasSecret))
        return { close: async () => undefined, about: "real models answer, with the keys in the vault" };
    const model = await hasOllama();
    if (!model) return simulate(rows);
    await missionctl("providers", "add", "ollama", "--protocol", "openai", "--adapter", "ollama", "--base-url", `${OLLAMA}/v1`);
    return { model: `ollama/${model}`, close: async () => undefined, about: `Ollama answers with ${model}` };
}

const models = await open().catch((error) => {
    console.error(`demo: no model will be asked: ${error.stderr?.trim() || error.message}`);
    return null;
});
if (models) console.log(`demo: ${models.about}`);

export const closeModels = async () => models?.close();

const identity = (agent) => Object.fromEntries(Object.entries({
    "x-mc-run": agent.run, "x-mc-root": agent.root, "x-mc-task": agent.task, "x-mc-tier": String(agent.tier),
    "x-mc-actor": agent.actor, "x-mc-persona": agent.persona, "x-mc-skill": agent.skill, "x-mc-parent-run": agent.parentRun,
}).filter(([, value]) => value));

let calls = 0;

/* The simulation says what it is told to; a real model makes up its own mind. */
function promptOf(question, answer) {
    if (!models.fake) return question;
    if (++calls % FAULT_EVERY === 0)
        models.fake[PROTOCOLS[(calls / FAULT_EVERY) % 2]].plan([{ fault: FAULTS[(calls / FAULT_EVERY) % FAULTS.length] }]);
    return `${question}\n\n[[fake ${JSON.stringify({ text: answer })}]]`;
}

async function post(path, agent, headers, body) {
    const answer = await fetch(`${ROUTER}${path}`, {
        method: "POST", signal: AbortSignal.timeout(ANSWER_MS_MAX), body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...identity(agent), ...headers },
    });
    const text = await answer.text();
    if (!answer.ok) console.error(`demo: ${agent.actor}: the router answers ${answer.status}: ${text.slice(0, 200)}`);
    return answer.ok ? text : null;
}

/* Asks as an OpenAI client, streamed. answer is what the simulation says. */
export async function askChat(agent, model, question, answer) {
    if (!models) return null;
    return post("/v1/chat/completions", agent, {}, {
        model: models.model ?? model, stream: true, messages: [{ role: "user", content: promptOf(question, answer) }],
    });
}

/* The same as an Anthropic client, whole. */
export async function askMessages(agent, model, question, answer) {
    if (!models) return null;
    return post("/v1/messages", agent, { "anthropic-version": "2023-06-01" }, {
        model: models.model ?? model, max_tokens: 1024, messages: [{ role: "user", content: promptOf(question, answer) }],
    });
}
