/** A small fleet told by native events, for driving the console against a running stack. */
import { randomUUID } from "node:crypto";

const ESC = "\u001b";
const BEL = "\u0007";

/** Markup that would leave a trace if any of it were ever executed. */
export const HOSTILE = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>';

/** Output with colours, a link and a write to the clipboard: the text shows, the rest does nothing. */
export const TERMINAL_TEXT = `${ESC}[32mgreen line${ESC}[0m ${ESC}[38;2;250;180;80mtrue colour${ESC}[0m\r\n${ESC}]8;;https://example.org/${BEL}plain link${ESC}]8;;${BEL}${ESC}]52;c;aGVsbG8=${BEL}\r\n`;

/** Posts events to ingest and fails when any of them is not taken. */
export async function send(ingest, events, key) {
  const headers = { "Content-Type": "application/json" };
  if (key !== undefined) headers.Authorization = `Bearer ${key}`;
  const response = await fetch(`${ingest}/v1/events`, { method: "POST", headers, body: JSON.stringify(events) });
  const body = await response.json();
  if (!response.ok || body.accepted !== events.length) throw new Error(`ingest answered ${response.status} ${JSON.stringify(body)}`);
}

/** Builds events of the agents of one root. */
export function makeFleet() {
  const root = `console-${randomUUID()}`;
  const agent = (tier, actor, more) => ({
    rootTaskId: root,
    taskId: `${root}-${actor}`,
    runId: `${root}-${actor}`,
    tier,
    actor,
    ...more,
  });
  const lead = agent(2, "tier2_backend_lead", { persona: "backend lead", skill: "split-work", provider: "anthropic", modelId: "claude-haiku-4-5" });
  const analyst = agent(3, "tier3_security_analyst", {
    persona: "security analyst",
    skill: "threat-model",
    provider: "openai",
    modelId: "gpt-5-nano",
    mcpServer: "github",
    mcpTool: "search_code",
    parentRunId: `${root}-tier2_backend_lead`,
  });
  return { root, lead, analyst, orchestrator: agent(1, "tier1_orchestrator", { persona: "orchestrator" }), hostile: agent(3, HOSTILE, { persona: HOSTILE, runId: `${root}-hostile`, taskId: `${root}-hostile` }) };
}

const start = (agent) => ({ ...agent, action: "agent.run", phase: "start", status: "executing", message: "Started" });

/** What the fleet has done before the console is opened. */
export function firstEvents({ orchestrator, lead, analyst, hostile }) {
  const payload = { arguments: { query: "redirect" }, secret: "[REDACTED:test-rule]", html: HOSTILE, list: [1, true, null] };
  return [
    start(orchestrator),
    start(lead),
    start(analyst),
    { ...analyst, action: "llm.call", phase: "end", isPart: true, status: "completed", message: "First answer", latencyMs: 1500, tokensIn: 1500, tokensOut: 340, costUsd: 0.0123 },
    { ...analyst, action: "mcp.tools/call", phase: "end", isPart: true, status: "completed", message: "Found 214 matches", latencyMs: 90, payload },
    { ...analyst, action: "terminal.output", phase: "progress", isPart: true, status: "executing", message: "green line", payload: { stream: "pty", data: TERMINAL_TEXT } },
    { ...lead, action: "agent.run", phase: "end", status: "failed", message: "The provider refused three times" },
    { ...hostile, action: "llm.call", isPart: true, status: "executing", message: HOSTILE, payload: { note: HOSTILE } },
  ];
}

/** A model call that raises the tokens of an agent. */
export function modelCall(agent, message, tokensIn) {
  return { ...agent, action: "llm.call", phase: "end", isPart: true, status: "completed", message, latencyMs: 700, tokensIn, tokensOut: 10 };
}

/** More output of an agent. */
export function output(agent, data) {
  return { ...agent, action: "terminal.output", phase: "progress", isPart: true, status: "executing", message: data.trim(), payload: { stream: "stdout", data } };
}

/** An agent of another root, which must never show. */
export function foreignEvent() {
  const root = `console-foreign-${randomUUID()}`;
  return { rootTaskId: root, taskId: root, runId: root, tier: 3, actor: "tier3_foreign_agent", action: "agent.run", status: "executing", message: "Elsewhere", tokensIn: 7_000_000 };
}
