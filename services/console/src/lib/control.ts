/** Verbs: what they do, on which scope, and what they would touch. */
import { get } from "@/lib/api";
import { command } from "@/lib/command";
import { filterCount, type Filters } from "@/lib/filters";
import type { AgentRunRecord, ControlHold, ControlPart, ControlReceipt, ReceiptCheck, ScopeAction, TaskRecord } from "@/lib/generated/proto";
import { isActive } from "@/lib/holds";
import { TIER_NAMES } from "@/lib/status";
import type { ControlStore } from "@/store/control";

export const VERBS = ["pause", "resume", "stop", "restart"] as const;
export type Verb = (typeof VERBS)[number];

export const VERB_NAMES: Record<Verb, string> = { pause: "Pause", resume: "Resume", stop: "Stop", restart: "Restart" };

/** The key of each verb, with Shift. */
export const VERB_KEYS: Record<Verb, string> = { pause: "P", resume: "R", stop: "S", restart: "T" };

/** What cannot be taken back asks a second time. */
export const DESTRUCTIVE: Record<Verb, boolean> = { pause: false, resume: false, stop: true, restart: true };

/** From so many agents on the second step asks to type the verb. */
export const TYPED_FROM = 10;

export const PAUSE_MODES = [
  { value: "boundary", label: "Boundary", does: "Calls under way finish, the next one waits; processes that call nothing go on." },
  { value: "now", label: "Now", does: "Calls under way are cut at once, and supervised processes are frozen." },
  { value: "drain", label: "Drain", does: "What runs goes on to its end; no new agent begins." },
  { value: "quarantine", label: "Quarantine", does: "Models, tools and network are out of reach; the processes stay alive." },
] as const;
export type PauseMode = (typeof PAUSE_MODES)[number]["value"];

/** Limits of a pause that are offered, in minutes. */
export const LIMITS_MIN = [5, 30, 120, 480] as const;

/** Words of a filter that the service knows; agents that come later and fit are in it too. */
export type ScopeFilter = Partial<Record<"provider" | "modelId" | "persona" | "skill" | "mcpServer", string>>;

export type Scope =
  | { kind: "tree" }
  | { kind: "tier"; tier: number }
  | { kind: "agent"; runId: string }
  | { kind: "selection"; runIds: string[] }
  | { kind: "filter"; filter: ScopeFilter }
  /** Agents that the filters show, when those cannot be said as one filter. */
  | { kind: "shown"; runIds: string[] };

export function scopeId(scope: Scope): string {
  return scope.kind === "tier" ? `tier-${scope.tier}` : scope.kind;
}

/** The filters as one filter of the service, or null where it has no words for them. */
export function scopeFilterOf(filters: Filters): ScopeFilter | null {
  const names = { provider: "provider", model: "modelId", persona: "persona", skill: "skill", mcp: "mcpServer" } as const;
  const filter: ScopeFilter = {};
  for (const [facet, name] of Object.entries(names)) {
    const values = filters[facet as keyof typeof names];
    if (values.length > 1) return null;
    if (values[0] !== undefined) filter[name] = values[0];
  }
  const count = Object.keys(filter).length;
  return count > 0 && count === filterCount(filters) ? filter : null;
}

/** The scope that the filters amount to, or null where none is set. */
export function scopeOfFilters(filters: Filters, runs: AgentRunRecord[]): Scope | null {
  if (filterCount(filters) === 0) return null;
  const filter = scopeFilterOf(filters);
  if (filter !== null) return { kind: "filter", filter };
  const tier = Number(filters.tier[0]);
  if (filterCount(filters) === 1 && filters.tier.length === 1 && tier >= 1 && tier <= 3) return { kind: "tier", tier };
  return { kind: "shown", runIds: runs.map((run) => run.id) };
}

type Order = Pick<ScopeAction, "rootTaskId" | "tier" | "agentTaskId" | "provider" | "modelId" | "persona" | "skill" | "mcpServer"> & { scopeType: string };

function agentOrders(root: string, runIds: string[], store: ControlStore): Order[] {
  const tasks = new Set<string>();
  for (const id of runIds) {
    const task = store.lineage.run(id)?.taskId;
    if (task != null) tasks.add(task);
  }
  return [...tasks].map((agentTaskId) => ({ rootTaskId: root, scopeType: "agent", agentTaskId }));
}

/** One command for each part of the scope: several agents are several commands. */
export function ordersOf(root: string, scope: Scope, store: ControlStore): Order[] {
  switch (scope.kind) {
    case "tree":
      return [{ rootTaskId: root, scopeType: "tree" }];
    case "tier":
      return [{ rootTaskId: root, scopeType: "tier", tier: scope.tier }];
    case "filter":
      return [{ rootTaskId: root, scopeType: "filter", ...scope.filter }];
    case "agent":
      return agentOrders(root, [scope.runId], store);
    default:
      return agentOrders(root, scope.runIds, store);
  }
}

/** What a verb on a scope would touch. */
export interface Reach {
  runs: AgentRunRecord[];
  /** Of those, agents that run, wait or are paused. */
  agents: number;
  /** Agents whose process a supervisor or the agent itself holds, as strongly as the machine allows. */
  strong: number;
  weak: number;
  /** Nothing holds their process. */
  unenforced: number;
  /** Agents without a task: nothing can be said of them alone. */
  nameless: number;
  /** Routers and proxies that must acknowledge as well. */
  boundaries: number;
}

export function reachOf(root: string, scope: Scope, verb: Verb, store: ControlStore): Reach {
  const found = new Map<string, AgentRunRecord>();
  for (const order of ordersOf(root, scope, store)) for (const run of store.runsIn(order)) found.set(run.id, run);
  const all = [...found.values()];
  // A restart is for what was stopped too, as long as something is there to begin it again.
  const runs = all.filter((run) => isActive(run) || (verb === "restart" && store.enforcer(run.id) !== undefined));
  const strengths = runs.map((run) => store.enforcer(run.id)?.enforcement ?? "none");
  const wanted = scope.kind === "agent" ? [scope.runId] : "runIds" in scope ? scope.runIds : [];
  return {
    runs,
    agents: runs.length,
    strong: strengths.filter((one) => one === "strong").length,
    weak: strengths.filter((one) => one === "weak").length,
    unenforced: strengths.filter((one) => one !== "strong" && one !== "weak").length,
    nameless: wanted.filter((id) => (store.lineage.run(id)?.taskId ?? null) === null).length,
    boundaries: store.partList().filter((part) => (part.kind === "router" || part.kind === "mcp-proxy") && part.state !== "gone").length,
  };
}

/** The scope as the object of a verb: `tree`, `tier 2`, `3 agents`. */
export function scopeObject(scope: Scope, store: ControlStore): string {
  switch (scope.kind) {
    case "tree":
      return "tree";
    case "tier":
      return `tier ${scope.tier} ${(TIER_NAMES[String(scope.tier)] ?? "").toLowerCase()}`.trim();
    case "agent":
      return store.lineage.run(scope.runId)?.actor ?? "agent";
    case "selection":
      return scope.runIds.length === 1 ? "1 selected agent" : `${scope.runIds.length} selected agents`;
    case "filter":
      return `all with ${Object.values(scope.filter).join(", ")}`;
    case "shown":
      return scope.runIds.length === 1 ? "the agent shown" : `the ${scope.runIds.length} agents shown`;
  }
}

export interface VerbOptions {
  reason: string;
  mode: PauseMode;
  /** Minutes; null: as the installation has it. */
  limitMin: number | null;
  onExpiry: "resume" | "stop";
}

export interface VerbOutcome {
  receipts: ControlReceipt[];
  faults: string[];
}

function actionOf(verb: Verb, order: Order, options: VerbOptions): Record<string, unknown> {
  const action: Record<string, unknown> = { ...order, action: verb };
  if (options.reason.trim() !== "") action.reason = options.reason.trim();
  if (verb !== "pause") return action;
  action.mode = options.mode;
  if (options.limitMin !== null) action.expiresSeconds = options.limitMin * 60;
  action.onExpiry = options.onExpiry;
  return action;
}

/** Does it, one command after the other; what was refused is told beside what was done. */
export async function doVerb(verb: Verb, orders: Order[], options: VerbOptions): Promise<VerbOutcome> {
  const outcome: VerbOutcome = { receipts: [], faults: [] };
  for (const order of orders) {
    try {
      outcome.receipts.push(await command<ControlReceipt>("control_scope", actionOf(verb, order, options)));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      outcome.faults.push(orders.length === 1 ? message : `${order.agentTaskId ?? order.scopeType}: ${message}`);
    }
  }
  return outcome;
}

export function fetchHolds(rootTaskId: string): Promise<ControlHold[]> {
  return command("list_holds", { rootTaskId });
}

export function fetchParts(rootTaskId: string): Promise<ControlPart[]> {
  return command("list_control_parts", { rootTaskId });
}

export function fetchReceipts(rootTaskId: string | null, beforeEpoch: number | null, limit: number): Promise<ControlReceipt[]> {
  const input: Record<string, unknown> = { limit };
  if (rootTaskId !== null) input.rootTaskId = rootTaskId;
  if (beforeEpoch !== null) input.beforeEpoch = beforeEpoch;
  return command("list_receipts", input);
}

export function fetchReceipt(id: string): Promise<ControlReceipt> {
  return get(`/api/v1/control/receipts/${encodeURIComponent(id)}`);
}

export function verifyReceipts(): Promise<ReceiptCheck> {
  return command("verify_receipts");
}

const TASKS_AT_ONCE = 500;
const TASK_PAGES_MAX = 4;

export async function fetchTasks(rootTaskId: string): Promise<TaskRecord[]> {
  const tasks: TaskRecord[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < TASK_PAGES_MAX; page += 1) {
    const answer: { items: TaskRecord[]; nextCursor: string | null } = await get("/api/v1/tasks", { rootTaskId, limit: TASKS_AT_ONCE, cursor });
    tasks.push(...answer.items);
    cursor = answer.nextCursor;
    if (cursor === null) break;
  }
  return tasks;
}
