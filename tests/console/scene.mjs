/**
 * A fleet to be looked at: tasks of one root, agents that tell of themselves, agents under `missionctl run`, calls
 * through the router, budgets and requests for more. For pictures; the tests make their own.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { startProviders } from "../fakes/providers.mjs";
import { send } from "./fleet.mjs";

export const ROOT = "checkout-hardening";

const SECOND = 1_000_000;

const TASKS = [
  { id: ROOT, tier: 1, domain: "platform", objective: "Harden the checkout service before the autumn release", tokenBudget: 900_000 },
  { id: "checkout-security", parentId: ROOT, tier: 2, domain: "security", objective: "Close every open redirect and injection path", tokenBudget: 460_000 },
  { id: "checkout-backend", parentId: ROOT, tier: 2, domain: "backend", objective: "Make refunds exact and sessions short", tokenBudget: 260_000 },
  { id: "checkout-quality", parentId: ROOT, tier: 2, domain: "quality", objective: "Prove it under load, and write it down", tokenBudget: 180_000 },
];

const SPECIALISTS = [
  ["security", "analyst", "threat-model", "Three callers pass an unchecked redirect address"],
  ["security", "fuzzer", "fuzz-http", "41,200 requests, no crash, two slow paths"],
  ["security", "reviewer", "code-review", "Reading src/checkout/session.ts and its tests"],
  ["security", "patcher", "write-patch", "Redirects go through an allow list now"],
  ["backend", "refunds", "write-patch", "Rounds refunds to the cent, half to even"],
  ["backend", "sessions", "api-design", "Sessions end after 15 minutes of silence"],
  ["backend", "profiler", "sql-tuning", "The partial index is 14 times faster"],
  ["backend", "migrator", "migrate", "Drafted the migration; waiting for the lead's answer"],
  ["quality", "load-tester", "load-test", "The cart answers in 38 ms at p95"],
  ["quality", "tester", "write-tests", "Wrote a failing test for the rounding of refunds"],
  ["quality", "documenter", "release-notes", "Summarised what changed for operators"],
  ["quality", "accessibility", "a11y-audit", "Two buttons have no name"],
];

const MODELS = [["openai", "gpt-5-nano"], ["anthropic", "claude-haiku-4-5"], ["openai", "gpt-5-mini"]];

/** Asks the gateway as admin. */
export async function makeApi(url, missionctl) {
  const { stdout } = await promisify(execFile)(missionctl, ["keys", "create", "--role", "admin", "--name", "night-shift"]);
  const headers = { authorization: `Bearer ${stdout.trim()}`, "content-type": "application/json" };
  const ask = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  return { ask, command: (name, input = {}) => ask("POST", `/api/v1/commands/${name}`, { input }) };
}

const startOf = (agent, agoS) => ({ ...agent, action: "agent.run", phase: "start", status: "executing", message: "Started", createdAtUs: Date.now() * 1000 - agoS * SECOND });

function agents() {
  const all = [{ rootTaskId: ROOT, taskId: ROOT, runId: "tier1_orchestrator::checkout-hardening", tier: 1, actor: "tier1_orchestrator", persona: "orchestrator", skill: "plan", provider: "anthropic", modelId: "claude-sonnet-5" }];
  for (const domain of ["security", "backend", "quality"])
    all.push({ rootTaskId: ROOT, taskId: `checkout-${domain}`, runId: `tier2_${domain}_lead::checkout-${domain}`, parentRunId: all[0].runId, tier: 2, actor: `tier2_${domain}_lead`, persona: `${domain} lead`, skill: "split-work", provider: "anthropic", modelId: "claude-haiku-4-5" });
  for (const [i, [domain, what, skill]] of SPECIALISTS.entries()) {
    const [provider, modelId] = MODELS[i % MODELS.length];
    all.push({ rootTaskId: ROOT, taskId: `checkout-${domain}-${what}`, runId: `${ROOT}-${domain}-${what}`, parentRunId: `tier2_${domain}_lead::checkout-${domain}`, tier: 3, actor: `tier3_${domain}_${what.replace("-", "_")}`, persona: `${domain} ${what}`, skill, provider, modelId, mcpServer: "github", mcpTool: i % 2 ? "search_code" : "read_file" });
  }
  return all;
}

function eventsOf(agent, i) {
  const tokensIn = 3000 + ((i * 7919) % 20_000);
  const tokensOut = 300 + ((i * 1543) % 2400);
  const call = { ...agent, action: "llm.call", phase: "end", isPart: true, status: "completed", message: SPECIALISTS[i - 4]?.[3] ?? "Split the work and waits for answers", latencyMs: 400 + ((i * 997) % 4000), tokensIn, tokensOut, costUsd: Number((tokensIn * 4e-7 + tokensOut * 2e-6).toFixed(6)) };
  return [startOf(agent, 900 - i * 20), call];
}

/** Specialists whose processes `missionctl run` holds, so that control of them is enforced. */
const SUPERVISED = ["security-analyst", "security-patcher", "backend-refunds", "backend-sessions", "backend-migrator", "quality-load-tester", "quality-tester"];

function supervise(missionctl, agent) {
  const words = ["run", "--root", ROOT, "--task", agent.taskId, "--tier", String(agent.tier), "--actor", agent.actor, "--persona", agent.persona, "--skill", agent.skill, "--provider", agent.provider, "--model", agent.modelId];
  const child = spawn(missionctl, [...words, "--", "sh", "-c", 'i=0; while :; do i=$((i+1)); echo "step $i"; sleep 1; done'], { stdio: ["ignore", "pipe", "inherit"] });
  return { child, begun: once(child.stdout, "data"), ended: once(child, "close") };
}

async function limit({ ask, command }) {
  const budgets = [
    { scopeType: "install", unit: "usd", limit: 25, period: "day" },
    { scopeType: "install", unit: "concurrency", limit: 64 },
    { scopeType: "tree", scopeId: ROOT, unit: "usd", limit: 28, period: "total" },
    { scopeType: "tree", scopeId: ROOT, unit: "tokens", limit: 800_000, period: "day" },
    { scopeType: "agent", scopeId: "tier3_security_fuzzer", unit: "requests", limit: 64, period: "day" },
  ];
  for (const budget of budgets) await ask("POST", "/api/v1/budgets", budget);
  const requests = [
    ["checkout-security", "The fuzzer found two slow paths; following them needs another pass", 180_000],
    ["checkout-quality", "Load test at ten times the traffic, as the release asks for", 95_000],
  ];
  for (const [taskId, reason, requestedIncrement] of requests)
    await command("request_task_budget_increase", { taskId, requestedBy: `tier2_${taskId.slice(9)}_lead`, reason, requestedIncrement, autoApprove: false });
}

async function spend(router, agent, words) {
  const headers = { "content-type": "application/json", "x-mc-run": agent.runId, "x-mc-root": ROOT, "x-mc-task": agent.taskId, "x-mc-tier": String(agent.tier), "x-mc-actor": agent.actor };
  const answer = await fetch(`${router}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify({ model: "gpt-5-nano", max_completion_tokens: 900, messages: [{ role: "user", content: words }] }) });
  await answer.text();
  return answer.status;
}

/** What the agents have spent: [task, actor, calls, tokens of each, billionths of a dollar of each]. */
const SPENT = [
  ["checkout-security-fuzzer", "tier3_security_fuzzer", 31, 1500, 62_000_000],
  ["checkout-security-analyst", "tier3_security_analyst", 18, 1900, 71_000_000],
  ["checkout-security-patcher", "tier3_security_patcher", 9, 2100, 83_000_000],
  ["checkout-security", "tier2_security_lead", 12, 9000, 240_000_000],
  ["checkout-backend-refunds", "tier3_backend_refunds", 22, 2300, 91_000_000],
  ["checkout-backend-profiler", "tier3_backend_profiler", 7, 1800, 64_000_000],
  ["checkout-quality-load-tester", "tier3_quality_load_tester", 40, 1400, 52_000_000],
  ["checkout-quality-tester", "tier3_quality_tester", 11, 1700, 60_000_000],
];

/** And later, so that some of it comes near its end. */
const SPENT_LATER = [
  ["checkout-security-fuzzer", "tier3_security_fuzzer", 21, 1500, 62_000_000],
  ["checkout-quality-load-tester", "tier3_quality_load_tester", 36, 1600, 52_000_000],
  ["checkout-quality", "tier2_quality_lead", 12, 4600, 140_000_000],
];

/** A router that does nothing but spend; `hold` keeps what it reserved until it ends. */
function startSpender(how, at, [task, actor, count, tokens, usd]) {
  const program = new URL("../../build/test-spender", import.meta.url).pathname;
  const words = [how, `task=${task}`, `root=${ROOT}`, `actor=${actor}`, `count=${count}`, `tokens=${tokens}`, `usd=${usd}`];
  const child = spawn(program, words, { env: { ...process.env, AOP_INSTANCE: `scene${at}` }, stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  const answered = new Promise((done) => child.stdout.on("data", (chunk) => {
    said += chunk;
    if (said.includes('"all"')) done();
  }));
  return { child, answered, ended: once(child, "close") };
}

async function stopAll(runs, fake) {
  for (const { child } of runs) child.kill("SIGTERM");
  await Promise.all(runs.map(({ ended }) => ended));
  await fake.stop();
}

/** Puts the whole scene up; gives what ends it. */
export async function openScene({ url, ingest, router, missionctl }) {
  const fake = await startProviders();
  for (const name of ["openai", "anthropic"]) {
    await promisify(execFile)(missionctl, ["providers", "add", name, "--protocol", name, "--adapter", name, "--base-url", `${fake[name].url}/v1`, "--secret", name]);
    const set = execFile(missionctl, ["secrets", "set", name]);
    set.stdin.end("sk-simulated-0000000000000000\n");
    await once(set, "close");
  }
  const api = await makeApi(url, missionctl);
  for (const task of TASKS) await api.command("create_task", task);
  for (const [domain, what, , message] of SPECIALISTS)
    await api.command("create_task", { id: `checkout-${domain}-${what}`, parentId: `checkout-${domain}`, tier: 3, domain, objective: message, tokenBudget: 130_000 });
  const all = agents();
  const isSupervised = (agent) => SUPERVISED.some((name) => agent.runId.endsWith(name));
  await send(ingest, all.flatMap((agent, i) => (isSupervised(agent) ? [] : eventsOf(agent, i))));
  const runs = all.filter(isSupervised).map((agent) => supervise(missionctl, agent));
  await Promise.all(runs.map(({ begun }) => begun));
  await limit(api);
  fake.openai.plan([{ text: "Done.", usage: { input: 2400, output: 620 }, times: 0 }]);
  for (const agent of all.filter((one) => !isSupervised(one))) await spend(router, agent, "Look at the redirects of the checkout. ".repeat(200));
  for (const [at, what] of SPENT.entries()) await startSpender("settle", at, what).ended;
  const holder = startSpender("hold", SPENT.length, ["checkout-security-reviewer", "tier3_security_reviewer", 6, 6000, 240_000_000]);
  await holder.answered;
  const spendMore = async () => {
    for (const [at, what] of SPENT_LATER.entries()) await startSpender("settle", `${at}b`, what).ended;
  };
  return { api, spendMore, close: () => stopAll([...runs, holder], fake) };
}
