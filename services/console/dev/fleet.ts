/** A simulated fleet: three tiers that plan, call models and tools, write to terminals, finish and sometimes fail. */
import type { Model, NativeEvent } from "./model.ts";

interface Agent {
  actor: string;
  tier: number;
  persona: string;
  skill: string | null;
  provider: string;
  modelId: string;
  mcpServer: string | null;
  mcpTool: string | null;
  taskId: string;
  parentRunId: string | null;
  state: "pending" | "executing" | "paused" | "completed" | "failed";
}

const MODELS: [string, string][] = [
  ["openai", "gpt-5-nano"],
  ["openai", "gpt-5-mini"],
  ["anthropic", "claude-sonnet-4-5"],
  ["anthropic", "claude-haiku-4-5"],
  ["mistral_ai", "mistral-medium-3"],
  ["gcp.gemini", "gemini-2.5-flash"],
];

const DOMAINS = ["frontend", "backend", "database", "security", "delivery", "quality"];
const SPECIALTIES = ["reviewer", "analyst", "tester", "refactorer", "documenter", "profiler"];
const TOOLS: [string, string][] = [
  ["github", "search_code"],
  ["postgres", "explain"],
  ["filesystem", "read_file"],
  ["browser", "snapshot"],
];
const SKILLS = ["threat-model", "sql-tuning", "api-design", "a11y-audit", "release-notes", "load-test"];
const WORK = [
  "Read src/checkout/session.ts and its tests",
  "Three callers pass an unchecked redirect address",
  "Compared both index plans: the partial index is 14x faster",
  "Wrote a failing test for the rounding of refunds",
  "Drafted the migration; waiting for the domain lead's answer",
  "Tool answered 214 matches in 31 files",
  "Summarised findings for the lead",
  "The cart endpoint answers in 38 ms at p95",
];

let seed = 7;
function random(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function makeAgents(root: string, leads: number, specialists: number): Agent[] {
  const agents: Agent[] = [];
  const add = (tier: number, actor: string, persona: string, parent: string | null): Agent => {
    const [provider, modelId] = tier === 1 ? ["anthropic", "claude-sonnet-4-5"] : pick(MODELS);
    const tool = tier === 3 && random() < 0.7 ? pick(TOOLS) : null;
    const agent: Agent = {
      actor, tier, persona, provider, modelId,
      skill: tier === 3 ? pick(SKILLS) : tier === 2 ? "split-work" : "plan",
      mcpServer: tool?.[0] ?? null,
      mcpTool: tool?.[1] ?? null,
      taskId: `${root}-t${agents.length}`,
      parentRunId: parent,
      state: "executing",
    };
    agents.push(agent);
    return agent;
  };
  const first = add(1, "tier1_orchestrator", "orchestrator", null);
  add(1, "tier1_reviewer", "release reviewer", null);
  for (let i = 0; i < leads; i += 1) {
    const domain = DOMAINS[i % DOMAINS.length] as string;
    add(2, `tier2_${domain}_lead`, `${domain} lead`, runId(first));
  }
  for (let i = 0; i < specialists; i += 1) {
    const lead = agents[2 + (i % leads)] as Agent;
    const what = SPECIALTIES[(i + Math.floor(i / DOMAINS.length)) % SPECIALTIES.length] as string;
    const domain = DOMAINS[i % DOMAINS.length] as string;
    add(3, `tier3_${domain}_${what}`, `${domain} ${what}`, runId(lead));
  }
  return agents;
}

function runId(agent: Agent): string {
  return `${agent.actor}::${agent.taskId}`;
}

function base(agent: Agent, root: string): NativeEvent {
  return {
    actor: agent.actor, action: "", rootTaskId: root, taskId: agent.taskId, tier: agent.tier, runId: runId(agent),
    persona: agent.persona, skill: agent.skill, provider: agent.provider, modelId: agent.modelId,
    parentRunId: agent.parentRunId,
  };
}

function modelCall(agent: Agent, root: string): NativeEvent {
  const tokensIn = Math.floor(400 + random() * 9000);
  const tokensOut = Math.floor(40 + random() * 1200);
  return {
    ...base(agent, root), action: "llm.call", phase: "end", isPart: true, status: "completed", message: pick(WORK),
    latencyMs: Math.floor(300 + random() * 6000), tokensIn, tokensOut, tokenDelta: tokensIn + tokensOut,
    costUsd: Number((tokensIn * 2e-7 + tokensOut * 8e-7).toFixed(9)),
    payload: {
      request: {
        model: agent.modelId, temperature: 0.2,
        headers: { authorization: "Bearer x", "x-request": "a1" },
        messages: [
          { role: "system", content: `You are the ${agent.persona}.` },
          { role: "user", content: "<b>Check</b> the session <script>alert(1)</script> code" },
        ],
      },
      response: { finish_reasons: ["stop"], usage: { input_tokens: tokensIn, output_tokens: tokensOut, cached: null } },
      connection: "https://user:[REDACTED:url-password]@db.internal/app",
      is_stream: true,
    },
  };
}

function toolCall(agent: Agent, root: string): NativeEvent {
  const hasFailed = random() < 0.12;
  return {
    ...base(agent, root), action: "mcp.tools/call", phase: "end", isPart: true,
    status: hasFailed ? "failed" : "completed", mcpServer: agent.mcpServer, mcpTool: agent.mcpTool,
    message: hasFailed ? `${agent.mcpTool}: rate limit reached, trying again` : `${agent.mcpTool} answered`,
    latencyMs: Math.floor(20 + random() * 900), retryCount: hasFailed ? 1 : 0,
    payload: { arguments: { query: "redirect_uri", limit: 20 }, result: { matches: Math.floor(random() * 300) } },
  };
}

const TERMINAL = [
  "\u001b[1m$ npm test -- session\u001b[0m\r\n",
  "\u001b[32m ✓\u001b[0m keeps the cart when the session is renewed \u001b[2m(12 ms)\u001b[0m\r\n",
  "\u001b[32m ✓\u001b[0m refuses a redirect to another host \u001b[2m(4 ms)\u001b[0m\r\n",
  "\u001b[31m ✗\u001b[0m rounds refunds to the cent\r\n   \u001b[38;2;255;180;84mexpected 10.01, got 10.00\u001b[0m\r\n",
  "\u001b]8;;https://example.org/\u0007a link that must not act\u001b]8;;\u0007 \u001b]52;c;aGVsbG8=\u0007\r\n",
  "\u001b[48;2;30;60;90m\u001b[97m INFO \u001b[0m worker 3 ready\r\n",
];

/** Text without its escapes, as a producer writes it beside the raw output. */
function plain(data: string): string {
  const escapes = new RegExp("\u001b(?:\\[[0-9;]*m|\\][^\u0007]*\u0007)", "g");
  return data.replace(escapes, "").trim();
}

function terminalOutput(agent: Agent, root: string): NativeEvent {
  const data = pick(TERMINAL);
  return {
    ...base(agent, root), action: "terminal.output", phase: "progress", isPart: true, status: "executing",
    message: plain(data),
    payload: { stream: "pty", data },
  };
}

function step(model: Model, agent: Agent, root: string): void {
  const dice = random();
  if (agent.tier === 3 && dice < 0.3) model.take(terminalOutput(agent, root));
  else if (agent.mcpServer !== null && dice < 0.55) model.take(toolCall(agent, root));
  else if (dice < 0.9) model.take(modelCall(agent, root));
  else model.take({ ...base(agent, root), action: "plan", phase: "progress", isPart: true, message: pick(WORK) });
}

function finish(model: Model, agent: Agent, root: string): void {
  const hasFailed = random() < 0.25;
  agent.state = hasFailed ? "failed" : "completed";
  model.take({
    ...base(agent, root), action: "agent.run", phase: "end", status: agent.state,
    message: hasFailed ? "Gave up: the provider refused 3 times (429 rate limit)" : "Done: findings handed to the lead",
  });
}

function fill(model: Model, root: string, agents: Agent[], startedAgoS: number, steps: number): void {
  const start = Date.now() * 1000 - startedAgoS * 1e6;
  for (const [i, agent] of agents.entries()) {
    const at = start + i * 2e6;
    model.take({ ...base(agent, root), action: "agent.run", phase: "start", status: "executing", message: "Started", createdAtUs: at });
  }
  for (let i = 0; i < steps; i += 1) step(model, pick(agents), root);
}

/** Starts the simulated fleets; they go on until the process ends. */
export function startFleet(model: Model, eventsPerSecond: number, specialists: number): void {
  const main = makeAgents("checkout", 8, specialists);
  const second = makeAgents("search-index", 2, 6);
  model.labels.set("checkout", "Harden the checkout service before the autumn release");
  model.labels.set("search-index", "Rebuild the product search index without downtime");
  model.labels.set("docs-sweep", "Bring the public API documentation up to date");
  const docs = makeAgents("docs-sweep", 2, 3);
  fill(model, "docs-sweep", docs, 9000, 60);
  for (const agent of docs) finish(model, agent, "docs-sweep");
  fill(model, "search-index", second, 900, 200);
  fill(model, "checkout", main, 1500, 900);
  for (const agent of main.slice(14, 22)) finish(model, agent, "checkout");
  for (const agent of main.slice(24, 26)) {
    agent.state = "paused";
    model.take({ ...base(agent, "checkout"), action: "control.pause", phase: "control", status: "paused", message: "Paused by operator" });
  }
  const waiting = main[30] as Agent;
  waiting.state = "pending";
  model.take({ ...base(waiting, "checkout"), action: "agent.queued", status: "pending", message: "Waiting for a slot" });
  const active = (agents: Agent[]): Agent[] => agents.filter((agent) => agent.state === "executing");
  const perTick = Math.max(1, Math.round(eventsPerSecond / 100));
  setInterval(() => {
    for (let i = 0; i < perTick; i += 1) step(model, pick(active(main)), "checkout");
  }, (1000 * perTick) / eventsPerSecond);
  setInterval(() => step(model, pick(active(second)), "search-index"), 2500);
}
