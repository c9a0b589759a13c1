/** The states of a run as the console shows them: the stored word, and what silence makes of it. */
import type { AgentRunRecord } from "@/lib/generated/proto";

export const STORED_STATUSES = ["executing", "pending", "paused", "failed", "completed"] as const;

export const DISPLAY_STATES = [
  "pending",
  "executing",
  "pausing",
  "paused",
  "completed",
  "failed",
  "stopping",
  "stopped",
  "unenforced",
  "lost",
] as const;

export type DisplayState = (typeof DISPLAY_STATES)[number];

/** Silence after which an executing run is shown as lost, in seconds. */
export const LOST_AFTER_S = 600;

const known = new Set<string>(DISPLAY_STATES);

/** The state to show for a stored word; an unknown word counts as pending. */
export function displayState(status: string | null): DisplayState {
  return status !== null && known.has(status) ? (status as DisplayState) : "pending";
}

/** Time of the last sign of life of a run, in seconds. */
export function lastSignal(run: AgentRunRecord): number {
  return run.lastEventAt ?? run.endedAt ?? run.startedAt;
}

/** The state to show for a run at a moment: an executing run that has been silent is lost. */
export function runState(run: AgentRunRecord, now: number): DisplayState {
  const state = displayState(run.status);
  if (state === "executing" && now - lastSignal(run) > LOST_AFTER_S) return "lost";
  return state;
}

/** Seconds that a run has taken, or has taken so far. */
export function runDuration(run: AgentRunRecord, now: number): number {
  const state = runState(run, now);
  const end = run.endedAt ?? (state === "executing" || state === "pending" || state === "paused" ? now : lastSignal(run));
  return Math.max(0, end - run.startedAt);
}

export const TIER_NAMES: Record<string, string> = {
  "1": "Orchestrators",
  "2": "Domain leads",
  "3": "Specialists",
  none: "No tier",
};

/** Key of the tier group of a run: 1, 2, 3 or none. */
export function tierKey(tier: number | null): string {
  return tier === null ? "none" : String(tier);
}
