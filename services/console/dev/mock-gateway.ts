/**
 * Answers the API of the gateway in the development server, from a simulated fleet. Not part of the build.
 *
 * MC_MOCK=empty starts without any run; MC_MOCK_RATE sets events a second and
 * MC_MOCK_SPECIALISTS the size of the fleet; the sign-in is operator / mission.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import type { AgentEventRecord, AgentRunRecord } from "../src/lib/generated/proto";
import { startFleet } from "./fleet.ts";
import { Model, type NativeEvent } from "./model.ts";

const SESSION = { user: { name: "operator", role: "admin" }, csrfToken: "mock-token", expiresAt: 4_000_000_000 };
const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";
const REPLAY_MAX = 5000;

const model = new Model();
let isStarted = false;
let isCut = false;
const streams = new Set<ServerResponse>();

function start(): void {
  if (isStarted) return;
  isStarted = true;
  if (process.env.MC_MOCK !== "empty") startFleet(model, Number(process.env.MC_MOCK_RATE ?? 8), Number(process.env.MC_MOCK_SPECIALISTS ?? 30));
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  answer(response, status, { error: { code, message } });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function eventPasses(event: AgentEventRecord, query: URLSearchParams): boolean {
  const root = query.get("rootTaskId");
  if (root !== null && (event.rootTaskId ?? "global") !== root) return false;
  const plain = ["runId", "taskId", "actor", "action", "provider", "modelId", "persona", "skill", "mcpServer"] as const;
  for (const name of plain) {
    const wanted = query.get(name);
    if (wanted !== null && event[name] !== wanted) return false;
  }
  const before = query.get("beforeId");
  const since = query.get("sinceId");
  return (before === null || event.id < Number(before)) && (since === null || event.id > Number(since));
}

function runPasses(run: AgentRunRecord, query: URLSearchParams): boolean {
  const root = query.get("rootTaskId");
  if (root !== null && (run.rootTaskId ?? "global") !== root) return false;
  const status = query.get("status");
  if (status !== null && !status.split(",").includes(run.status)) return false;
  return ["provider", "modelId", "persona", "skill", "mcpServer"].every((name) => {
    const wanted = query.get(name);
    return wanted === null || run[name as "provider"] === wanted;
  });
}

function listEvents(query: URLSearchParams): { items: AgentEventRecord[]; nextCursor: null } {
  const limit = Math.min(2000, Number(query.get("limit") ?? 250));
  const items: AgentEventRecord[] = [];
  for (let i = model.events.length - 1; i >= 0 && items.length < limit; i -= 1) {
    const event = model.events[i] as AgentEventRecord;
    if (eventPasses(event, query)) items.push(event);
  }
  return { items, nextCursor: null };
}

function listRuns(query: URLSearchParams): { items: AgentRunRecord[]; nextCursor: string | null } {
  const limit = Math.min(500, Number(query.get("limit") ?? 80));
  const from = Number(query.get("cursor") ?? 0);
  const all = [...model.runs.values()].filter((run) => runPasses(run, query)).sort((a, b) => b.startedAtUs - a.startedAtUs);
  const next = from + limit;
  return { items: all.slice(from, next), nextCursor: next < all.length ? String(next) : null };
}

function facets(root: string | null): Record<string, { value: string | number; count: number }[]> {
  const names = ["tier", "status", "provider", "modelId", "persona", "skill", "mcpServer", "actor"] as const;
  const result: Record<string, { value: string | number; count: number }[]> = {};
  for (const name of names) {
    const counts = new Map<string | number, number>();
    for (const run of model.runs.values()) {
      const value = run[name];
      if ((run.rootTaskId ?? "global") === root && value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    result[name] = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
  }
  return result;
}

function stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  if (isCut) {
    response.destroy();
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const resume = request.headers["last-event-id"] ?? query.get("lastEventId");
  const send = (event: AgentEventRecord): void => {
    response.write(`id: ${event.id}\nevent: agent_event\ndata: ${JSON.stringify(event)}\n\n`);
  };
  response.write(`retry: 1000\nid: ${model.headId}\nevent: ready\ndata: {"lastEventId": ${model.headId}}\n\n`);
  if (resume !== undefined && resume !== null) {
    const missed = model.events.filter((event) => event.id > Number(resume) && eventPasses(event, query));
    for (const event of missed.slice(-REPLAY_MAX)) send(event);
    response.write(`id: ${model.headId}\nevent: live\ndata: {"lastEventId": ${model.headId}}\n\n`);
  }
  const listener = (event: AgentEventRecord, run: AgentRunRecord): void => {
    if (eventPasses(event, query)) send(event);
    if (runPasses(run, query)) response.write(`event: agent_run\ndata: ${JSON.stringify(run)}\n\n`);
  };
  const beat = setInterval(() => response.write(": hb\n\n"), 15_000);
  model.listeners.add(listener);
  streams.add(response);
  response.on("close", () => {
    clearInterval(beat);
    model.listeners.delete(listener);
    streams.delete(response);
  });
}

async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { username, passphrase } = JSON.parse(await bodyOf(request)) as { username?: string; passphrase?: string };
  if (username !== "operator" || passphrase !== "mission") {
    refuse(response, 401, "bad_credentials", "The name or the passphrase is wrong");
    return;
  }
  answer(response, 200, SESSION, { "Set-Cookie": "mc_session=mock; HttpOnly; SameSite=Strict; Path=/" });
}

async function takeEvents(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await bodyOf(request)) as NativeEvent | NativeEvent[];
  const events = Array.isArray(body) ? body : [body];
  for (const event of events) model.take(event);
  answer(response, 200, { accepted: events.length, duplicates: 0, rejected: [] });
}

/** Development only: drops every stream, and refuses new ones until asked again. */
function cutStreams(response: ServerResponse, query: URLSearchParams): void {
  isCut = query.get("on") === "1";
  if (isCut) for (const one of streams) one.destroy();
  answer(response, 200, { isCut });
}

function services(): unknown {
  const one = (service: string): unknown => ({
    service, instance: `${service}-1`, isReady: true, reason: null, version: "0.1.0", startedAt: 0, startedAtUs: 0,
  });
  return { items: ["ingest", "gateway", "control"].map(one) };
}

/** What commands answer here: nothing is in force, nothing is limited. */
const COMMANDS: Record<string, unknown> = {
  list_holds: [], list_control_parts: [], list_receipts: [], list_budgets: [], list_task_budget_requests: [], list_models: [], list_providers: [],
  list_route_decisions: [], verify_receipts: { isWhole: true, entries: 0, receipts: 0, brokenSeq: null, brokenReceipt: null, hash: null },
};

/** Lists that are empty here. */
const EMPTY = new Set(["/api/v1/tasks", "/api/v1/budget", "/api/v1/model-health"]);

function read(response: ServerResponse, path: string, query: URLSearchParams): void {
  const run = /^\/api\/v1\/runs\/(.+)$/.exec(path);
  const event = /^\/api\/v1\/events\/(\d+)$/.exec(path);
  const search = (query.get("search") ?? "").toLowerCase();
  let found: unknown;
  if (path === "/api/v1/roots") {
    const items = model.roots().filter((root) => `${root.rootTaskId} ${root.label ?? ""}`.toLowerCase().includes(search));
    found = { items, nextCursor: null };
  } else if (path === "/api/v1/runs") found = listRuns(query);
  else if (path === "/api/v1/events") found = listEvents(query);
  else if (path === "/api/v1/facets") found = facets(query.get("rootTaskId"));
  else if (path === "/api/v1/services") found = services();
  else if (path.startsWith("/api/v1/commands/")) found = COMMANDS[path.split("/").at(-1) ?? ""];
  else if (EMPTY.has(path)) found = { items: [], nextCursor: null };
  else if (run !== null) found = model.runs.get(decodeURIComponent(run[1] ?? ""));
  else if (event !== null) found = model.events.find((one) => one.id === Number(event[1]));
  if (found === undefined) refuse(response, 404, "not_found", `Nothing is at ${path}`);
  else answer(response, 200, found);
}

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const path = url.pathname;
  const isSignedIn = (request.headers.cookie ?? "").includes("mc_session=mock");
  if (path === "/v1/events") await takeEvents(request, response);
  else if (path.startsWith("/v1/")) answer(response, 200, {});
  else if (path === "/mock/cut") cutStreams(response, url.searchParams);
  else if (path === "/api/v1/auth/login") await login(request, response);
  else if (!isSignedIn) refuse(response, 401, "unauthenticated", "No valid session came with the request");
  else if (path === "/api/v1/auth/session") answer(response, 200, SESSION);
  else if (path === "/api/v1/auth/logout") answer(response, 204, undefined, { "Set-Cookie": "mc_session=; Max-Age=0; Path=/" });
  else if (path === "/api/v1/stream") stream(request, response, url.searchParams);
  else read(response, path, url.searchParams);
}

type Next = () => void;

function handle(request: IncomingMessage, response: ServerResponse, next: Next): void {
  if (!/^\/(api|mock|v1)\//.test(request.url ?? "")) {
    next();
    return;
  }
  start();
  route(request, response).catch((error: unknown) => refuse(response, 500, "internal", String(error)));
}

/** The plugin: the same answers under `vite` and `vite preview`, the latter with the gateway's security policy. */
export function mockGateway(): Plugin {
  return {
    name: "mock-gateway",
    configureServer: (server) => {
      server.middlewares.use(handle);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", CSP);
        next();
      });
      server.middlewares.use(handle);
    },
  };
}
