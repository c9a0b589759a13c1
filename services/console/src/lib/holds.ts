/** What is in force on an agent: which hold covers it, and the word that may be said of it. */
import type { AgentRunRecord, ControlHold, ControlPart, TaskRecord } from "@/lib/generated/proto";
import { displayState, type DisplayState, runState } from "@/lib/status";

/** Who is below whom, as far as tasks and runs say. */
export interface Lineage {
  task: (id: string) => Pick<TaskRecord, "parentId"> | undefined;
  run: (id: string) => AgentRunRecord | undefined;
}

/** The part that holds the process of a run; undefined: nothing does. */
export type Enforcers = (runId: string) => ControlPart | undefined;

/** More generations than any tree has: a cycle ends here. */
const GENERATIONS_MAX = 48;

function isTaskBelow(lineage: Lineage, taskId: string | null, wanted: string): boolean {
  let id = taskId;
  for (let i = 0; id !== null && i < GENERATIONS_MAX; i += 1) {
    if (id === wanted) return true;
    id = lineage.task(id)?.parentId ?? null;
  }
  return false;
}

/** Whether a run works on the task or below it, or was started by one that does. */
function isBelow(lineage: Lineage, run: AgentRunRecord, wanted: string): boolean {
  let at: AgentRunRecord | undefined = run;
  for (let i = 0; at !== undefined && i < GENERATIONS_MAX; i += 1) {
    if (isTaskBelow(lineage, at.taskId, wanted)) return true;
    at = at.parentRunId === null ? undefined : lineage.run(at.parentRunId);
  }
  return false;
}

const WORDS = ["provider", "modelId", "persona", "skill", "mcpServer"] as const;

function passesFilter(scope: Scoped, run: AgentRunRecord): boolean {
  const runId = scope.runId ?? "";
  const wanted = WORDS.filter((word) => (scope[word] ?? null) !== null && scope[word] !== "");
  // Who spends how much is known to the service alone: of such a scope nothing is said here.
  if ((scope.spendUsdPerMinute ?? null) !== null || (wanted.length === 0 && runId === "")) return false;
  return (runId === "" || run.id === runId) && wanted.every((word) => run[word] === scope[word]);
}

/** What a hold, a receipt and a command have in common. */
export interface Scoped {
  rootTaskId?: string | null;
  scopeType: string;
  tier?: number | null;
  agentTaskId?: string | null;
  provider?: string | null;
  modelId?: string | null;
  persona?: string | null;
  skill?: string | null;
  mcpServer?: string | null;
  /** Of a filter: that run alone. */
  runId?: string | null;
  spendUsdPerMinute?: number | null;
}

/** Whether a run is in a scope. */
export function isInScope(scope: Scoped, run: AgentRunRecord, lineage: Lineage): boolean {
  const root = scope.rootTaskId ?? null;
  if (root !== null && root !== "" && (run.rootTaskId ?? "") !== root) return false;
  switch (scope.scopeType) {
    case "tree":
      return true;
    case "tier":
      return run.tier !== null && run.tier === scope.tier;
    case "task":
      return run.taskId !== null && run.taskId === scope.agentTaskId;
    case "agent":
      return scope.agentTaskId != null && isBelow(lineage, run, scope.agentTaskId);
    case "filter":
      return passesFilter(scope, run);
  }
  return false;
}

/** Whether a hold covers a run: a drain leaves those alone that were there before it, a fence is of runs that are over. */
export function covers(hold: ControlHold, run: AgentRunRecord, lineage: Lineage): boolean {
  if (hold.kind === "fence") return false;
  if (hold.kind === "pause" && hold.mode === "drain" && run.startedAt <= (hold.createdAt ?? 0)) return false;
  return isInScope(hold, run, lineage);
}

const MODE_STRENGTH: Record<string, number> = { drain: 1, quarantine: 2, boundary: 3, now: 4 };

function strength(hold: ControlHold): number {
  return hold.kind === "stop" ? 9 : (MODE_STRENGTH[hold.mode] ?? 3);
}

function isSettled(hold: ControlHold): boolean {
  return hold.state === "paused" || hold.state === "stopped";
}

/** The hold that counts: the strongest, and of equals the one that is not done yet. */
export function strongest(holds: ControlHold[]): ControlHold | undefined {
  return [...holds].sort((a, b) => strength(b) - strength(a) || Number(isSettled(a)) - Number(isSettled(b)) || b.epoch - a.epoch)[0];
}

/** The words that a hold may say. A word that is not known is not believed. */
export function holdState(hold: ControlHold): DisplayState {
  const word = hold.state ?? "";
  if (word === "paused" || word === "stopped" || word === "unenforced") return word;
  return hold.kind === "stop" ? "stopping" : "pausing";
}

/** `2/5` while parts have not acknowledged; empty once all have. */
export function holdCount(hold: ControlHold): string {
  const state = holdState(hold);
  return state === "pausing" || state === "stopping" ? `${hold.partsSettled ?? 0}/${hold.partsTotal ?? 0}` : "";
}

export interface Shown {
  state: DisplayState;
  /** `2/5` beside pausing and stopping. */
  count: string;
  /** The hold that the state comes from. */
  hold: ControlHold | null;
}

/** An agent that is over needs no hold: only a stop says how it came to be so. */
function endedState(run: AgentRunRecord, hold: ControlHold, own: DisplayState): DisplayState {
  const isStopped = hold.kind === "stop" && own === "failed" && (run.endedAt ?? 0) >= (hold.createdAt ?? Number.POSITIVE_INFINITY);
  return isStopped ? holdState(hold) : own;
}

/**
 * The state to show for a run. A hold goes before what the run says of itself, and `paused` is said of a hold only
 * once every part has acknowledged it, and of an agent only when something holds its process.
 */
export function shownState(run: AgentRunRecord, hold: ControlHold | undefined, enforcer: ControlPart | undefined, now: number): Shown {
  const own = runState(run, now);
  if (hold === undefined) return { state: own, count: "", hold: null };
  if (own === "completed" || own === "failed") {
    const state = endedState(run, hold, own);
    return { state, count: state === own ? "" : holdCount(hold), hold: state === own ? null : hold };
  }
  const state = holdState(hold);
  if (enforcer === undefined && (state === "paused" || state === "stopped")) return { state: "unenforced", count: "", hold };
  return { state, count: holdCount(hold), hold };
}

/** Runs that a verb can still reach: those that are not over. */
export function isActive(run: AgentRunRecord): boolean {
  const state = displayState(run.status);
  return state !== "completed" && state !== "failed" && state !== "stopped";
}

/** What a part that has not acknowledged is called. */
export function partName(part: { partId?: string; id?: string; kind: string; runId: string | null }): string {
  return part.runId ?? part.partId ?? part.id ?? part.kind;
}

/** The scope in words: `Tree`, `Tier 2`, `Agent tier3_x`, `Filter provider openai`. */
export function scopeWords(scope: Scoped, nameOf: (taskId: string) => string = (id) => id): string {
  switch (scope.scopeType) {
    case "tree":
      return "Tree";
    case "tier":
      return `Tier ${scope.tier ?? "?"}`;
    case "agent":
    case "task":
      return `Agent ${scope.agentTaskId == null ? "?" : nameOf(scope.agentTaskId)}`;
  }
  const names = { provider: "provider", modelId: "model", persona: "persona", skill: "skill", mcpServer: "MCP server" };
  const words = WORDS.filter((word) => (scope[word] ?? null) !== null).map((word) => `${names[word]} ${scope[word]}`);
  if (scope.runId != null && scope.runId !== "") words.push(`run ${scope.runId}`);
  if (scope.spendUsdPerMinute != null) words.push(`over $${scope.spendUsdPerMinute} a minute`);
  return words.join(", ") || "Filter";
}
