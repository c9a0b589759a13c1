/** Hard limits and requests for more: what they say, and how they are set. */
import { get, post, remove } from "@/lib/api";
import { command } from "@/lib/command";
import { formatCost, formatCount, formatDuration, formatTokenCount } from "@/lib/format";
import type { BudgetDecision, BudgetOrder, BudgetRecord, BudgetRequestRecord, TaskRecord } from "@/lib/generated/proto";

export const SCOPE_TYPES = ["install", "key", "agent", "tree", "task"] as const;
export type BudgetScope = (typeof SCOPE_TYPES)[number];

export const SCOPE_NAMES: Record<BudgetScope, string> = {
  install: "Installation",
  key: "API key",
  agent: "Agent",
  tree: "Tree",
  task: "Task",
};

export const UNITS = ["tokens", "usd", "requests", "seconds", "concurrency"] as const;
export type BudgetUnit = (typeof UNITS)[number];

export const UNIT_NAMES: Record<BudgetUnit, string> = {
  tokens: "Tokens",
  usd: "Dollars",
  requests: "Requests",
  seconds: "Seconds of calls",
  concurrency: "Calls at once",
};

export const PERIODS = ["total", "day", "month"] as const;

/** From this share on a budget is near its end. */
const NEAR_PERCENT = 80;
const WHOLE = 100;

/** An amount in the unit of its budget. */
export function formatAmount(amount: number, unit: string): string {
  if (unit === "usd") return formatCost(amount);
  if (unit === "tokens") return formatTokenCount(Math.round(amount));
  if (unit === "seconds") return formatDuration(amount);
  return formatCount(Math.round(amount));
}

export interface BarParts {
  /** Of the limit, 0 to 100; both together are at most 100. */
  spentPercent: number;
  reservedPercent: number;
  tone: "calm" | "near" | "over";
  words: string;
}

export type Amounts = Pick<BudgetRecord, "spent" | "reserved" | "limit" | "unit">;

/** Calls at once are never spent: those under way are what is used of them. */
export function usedOf({ spent, reserved, unit }: Amounts): { spent: number; reserved: number } {
  return unit === "concurrency" ? { spent: spent + reserved, reserved: 0 } : { spent, reserved };
}

/** A limit of 0 is used up from the beginning; what is over a limit fills the bar and no more. */
export function barOf(budget: Amounts): BarParts {
  const { limit, unit } = budget;
  const { spent, reserved } = usedOf(budget);
  const share = (amount: number): number => (limit > 0 ? (Math.max(0, amount) / limit) * WHOLE : WHOLE);
  const used = share(spent);
  const spentPercent = Math.min(WHOLE, used);
  const reservedPercent = limit > 0 ? Math.min(WHOLE - spentPercent, share(reserved)) : 0;
  const tone = used >= WHOLE ? "over" : used + share(reserved) >= NEAR_PERCENT ? "near" : "calm";
  const held = reserved > 0 ? `, ${formatAmount(reserved, unit)} reserved` : "";
  const done = unit === "concurrency" ? "in use" : "spent";
  const words = `${formatAmount(spent, unit)} of ${formatAmount(limit, unit)} ${done}${held}, ${Math.floor(used)} %`;
  return { spentPercent, reservedPercent, tone, words };
}

/** The token budget of a task as a budget. */
export function budgetOfTask(task: TaskRecord): BudgetRecord {
  return {
    id: `task:${task.id}`, scopeType: "task", scopeId: task.id, unit: "tokens", limit: task.tokenBudget, period: "total", graceTokens: null,
    spent: task.tokenUsage, reserved: 0, lost: 0, remaining: task.tokenBudget - task.tokenUsage,
    percent: task.tokenBudget > 0 ? Math.floor((task.tokenUsage * WHOLE) / task.tokenBudget) : null,
    periodStart: null, periodStartUs: null, createdAt: task.createdAt, createdAtUs: task.createdAtUs,
    updatedAt: task.updatedAt, updatedAtUs: task.updatedAtUs, isRemoved: null, rootTaskId: task.rootTaskId,
  };
}

/** Whether it is the token budget of a task, which is changed by requests, not here. */
export function isTaskBudget(budget: BudgetRecord): boolean {
  return budget.id.startsWith("task:");
}

// --- how it goes on ---------------------------------------------------------------------------

/** One look at a budget: when, in seconds, and how much was spent. */
export interface Sample {
  at: number;
  spent: number;
}

/** A forecast needs so many looks over so many seconds; fewer say nothing. */
const SAMPLES_LEAST = 3;
const SPAN_LEAST_S = 60;
/** What is spent on average counts once a period has lasted this long. */
const AVERAGE_FROM_S = 600;
const SAMPLES_MAX = 120;

/** Adds a look; what was seen before a reset of the period is forgotten. */
export function addSample(samples: Sample[], next: Sample): Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && next.spent < last.spent) return [next];
  if (last !== undefined && next.at <= last.at) return samples;
  return [...samples, next].slice(-SAMPLES_MAX);
}

/** Spent in a second, by what was seen or else on average; null where there is not enough to say. */
export function rateOf(budget: BudgetRecord, samples: Sample[], now: number): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first !== undefined && last !== undefined && samples.length >= SAMPLES_LEAST && last.at - first.at >= SPAN_LEAST_S) {
    return (last.spent - first.spent) / (last.at - first.at);
  }
  const since = budget.periodStart ?? budget.createdAt;
  if (since === null || now - since < AVERAGE_FROM_S) return null;
  return budget.spent / (now - since);
}

function periodEnd(budget: BudgetRecord): number | null {
  if (budget.periodStart === null || budget.period === "total") return null;
  const start = new Date(budget.periodStart * 1000);
  const end = budget.period === "day" ? Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate() + 1) : Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
  return end / 1000;
}

/** What follows from the rate, in words; null where there is not enough to say. */
export function forecast(budget: BudgetRecord, samples: Sample[], now: number): string | null {
  if (budget.unit === "concurrency" || budget.limit <= 0) return null;
  const left = budget.limit - budget.spent;
  if (left <= 0) return "used up";
  const rate = rateOf(budget, samples, now);
  if (rate === null) return null;
  if (rate <= 0) return budget.spent > 0 ? "nothing spent lately" : null;
  const end = periodEnd(budget);
  const runsOut = left / rate;
  if (end === null || now + runsOut < end) return `used up in ${formatDuration(runsOut)}`;
  const share = Math.round(((budget.spent + rate * Math.max(0, end - now)) / budget.limit) * WHOLE);
  return `${share} % at the end of the ${budget.period}`;
}

// --- what is typed into the form --------------------------------------------------------------

export interface BudgetForm {
  scopeType: BudgetScope;
  scopeId: string;
  unit: BudgetUnit;
  limit: string;
  period: string;
  graceTokens: string;
}

const MOST: Record<BudgetUnit, number> = { tokens: 1e12, usd: 9e6, requests: 1e12, seconds: 1e12, concurrency: 1e6 };

/** The order that a form amounts to, or what is wrong with which field. */
export function readForm(form: BudgetForm): { order: BudgetOrder } | { field: keyof BudgetForm; fault: string } {
  const scopeId = form.scopeId.trim();
  if (form.scopeType !== "install" && scopeId === "") return { field: "scopeId", fault: `Say which ${SCOPE_NAMES[form.scopeType].toLowerCase()}.` };
  const limit = Number(form.limit.trim());
  if (form.limit.trim() === "" || !Number.isFinite(limit)) return { field: "limit", fault: "The limit is a number." };
  if (limit < 0) return { field: "limit", fault: "A limit is not below 0." };
  if (limit > MOST[form.unit]) return { field: "limit", fault: `The limit is at most ${formatCount(MOST[form.unit])}.` };
  const isWhole = form.unit === "usd" || form.unit === "seconds" || Number.isInteger(limit);
  if (!isWhole) return { field: "limit", fault: `${UNIT_NAMES[form.unit]} are whole.` };
  const order: BudgetOrder = { scopeType: form.scopeType, unit: form.unit, limit };
  if (form.scopeType !== "install") order.scopeId = scopeId;
  if (form.unit !== "concurrency") order.period = form.period;
  if (form.unit !== "tokens" || form.graceTokens.trim() === "") return { order };
  const grace = Number(form.graceTokens.trim());
  if (!Number.isInteger(grace) || grace < 0 || grace > 1e9) return { field: "graceTokens", fault: "Grace tokens are a whole number, 0 or more." };
  return { order: { ...order, graceTokens: grace } };
}

// --- what the gateway says --------------------------------------------------------------------

const BUDGETS_MAX = 500;

export function fetchBudgets(): Promise<BudgetRecord[]> {
  return command("list_budgets", { limit: BUDGETS_MAX });
}

export async function fetchBudgetsAbove(query: { runId?: string; rootTaskId?: string }): Promise<BudgetRecord[]> {
  return (await get<{ items: BudgetRecord[] }>("/api/v1/budget", query)).items;
}

export function setBudget(order: BudgetOrder): Promise<BudgetRecord> {
  return post("/api/v1/budgets", order);
}

export function removeBudget(id: string): Promise<void> {
  return remove(`/api/v1/budgets/${encodeURIComponent(id)}`);
}

export function fetchRequests(status: string | null, limit: number): Promise<BudgetRequestRecord[]> {
  return command("list_task_budget_requests", status === null ? { limit } : { status, limit });
}

export function resolveRequest(decision: BudgetDecision): Promise<BudgetRequestRecord> {
  return command("resolve_task_budget_request", { ...decision });
}

export function fetchTask(id: string): Promise<TaskRecord> {
  return get(`/api/v1/tasks/${encodeURIComponent(id)}`);
}
