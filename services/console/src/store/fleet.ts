/**
 * The runs of one root, kept up to date by its live stream.
 *
 * Frames are collected and applied once for each drawn frame, so a thousand changes cost one drawing. Only records of
 * the root in scope are ever kept. While the view is paused they wait; the stream goes on.
 */
import type { ConnectionState } from "@/lib/connection";
import type { AgentEventRecord, AgentRunRecord, RunMove } from "@/lib/generated/proto";
import type { Frame } from "@/lib/sse";
import { scheduleFrame } from "@/lib/schedule";

export interface FleetSnapshot {
  /** Changes whenever anything was applied. */
  version: number;
  root: string | null;
  load: "idle" | "loading" | "ready" | "failed";
  loadError: string | null;
  /** Whether every run of the root is held here. */
  isComplete: boolean;
  isPaused: boolean;
  /** Changes that wait while the view is paused. */
  waiting: number;
  connection: ConnectionState;
}

export interface EventListener {
  onEvents: (events: AgentEventRecord[]) => void;
  /** Events were left out; what is shown has to be read again. */
  onGap: () => void;
}

/** Runs held at most; the oldest finished ones go first. */
export const RUNS_MAX = 4000;
/** Events that may wait for one drawing, or for the end of a pause. */
export const WAITING_EVENTS_MAX = 10_000;

const NO_ROOT = "global";
const NOT_CONNECTED: ConnectionState = { phase: "connecting", lastEventId: 0, lostAt: null, retryAt: null };

export class FleetStore {
  private runs = new Map<string, AgentRunRecord>();
  private sorted: AgentRunRecord[] | null = null;
  private snapshot: FleetSnapshot = FleetStore.empty(null);
  private listeners = new Set<() => void>();
  private runListeners = new Map<string, Set<() => void>>();
  private eventListeners = new Map<string, Set<EventListener>>();
  private waitingRuns = new Map<string, AgentRunRecord>();
  /** Ids of runs that are gone; null: all that are held. */
  private waitingMoves: (string | null)[] = [];
  private waitingEvents: AgentEventRecord[] = [];
  private waitingCount = 0;
  private hasGap = false;
  private isScheduled = false;

  private static empty(root: string | null): FleetSnapshot {
    return {
      version: 0,
      root,
      load: root === null ? "idle" : "loading",
      loadError: null,
      isComplete: false,
      isPaused: false,
      waiting: 0,
      connection: NOT_CONNECTED,
    };
  }

  /** Forgets everything and takes another root into scope. */
  setScope(root: string | null): void {
    this.runs.clear();
    this.sorted = null;
    this.clearWaiting();
    this.snapshot = { ...FleetStore.empty(root), version: this.snapshot.version + 1 };
    this.notifyAll();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): FleetSnapshot => this.snapshot;

  subscribeRun(id: string, listener: () => void): () => void {
    return addTo(this.runListeners, id, listener);
  }

  subscribeEvents(runId: string, listener: EventListener): () => void {
    return addTo(this.eventListeners, runId, listener);
  }

  run(id: string): AgentRunRecord | undefined {
    return this.runs.get(id);
  }

  /** Every run in scope, oldest start first; a new list only when something changed. */
  list(): AgentRunRecord[] {
    this.sorted ??= [...this.runs.values()].sort(byStart);
    return this.sorted;
  }

  /** Takes runs read from the server; what the stream brought meanwhile stays. */
  takeLoaded(runs: AgentRunRecord[], isComplete: boolean): void {
    for (const run of runs) if (this.belongs(run.rootTaskId)) this.putRun(run);
    this.snapshot = { ...this.snapshot, load: "ready", loadError: null, isComplete };
    this.changed();
  }

  takeLoadError(message: string): void {
    const load = this.runs.size > 0 ? "ready" : "failed";
    this.snapshot = { ...this.snapshot, load, loadError: message };
    this.changed();
  }

  /** Takes frames of the stream; they show at the next drawing. */
  takeFrames(frames: Frame[]): void {
    for (const frame of frames) {
      if (frame.event === "agent_run") this.queueRun(frame.data);
      else if (frame.event === "run_moved") this.queueMove(frame.data);
      else if (frame.event === "agent_event") this.queueEvent(frame.data);
    }
    if (this.waitingCount > 0) this.schedule();
  }

  setConnection(connection: ConnectionState): void {
    this.snapshot = { ...this.snapshot, connection };
    this.notify();
  }

  setPaused(isPaused: boolean): void {
    if (this.snapshot.isPaused === isPaused) return;
    this.snapshot = { ...this.snapshot, isPaused };
    if (isPaused) this.notify();
    else this.apply();
  }

  private belongs(rootTaskId: string | null): boolean {
    return this.snapshot.root !== null && (rootTaskId ?? NO_ROOT) === this.snapshot.root;
  }

  private queueRun(text: string): void {
    const run = parse<AgentRunRecord>(text);
    if (run === null || typeof run.id !== "string" || !this.belongs(run.rootTaskId)) return;
    this.waitingRuns.set(run.id, run);
    this.waitingCount += 1;
  }

  /** A run that is elsewhere now: its row goes, whether it is held or waits. */
  private queueMove(text: string): void {
    const move = parse<RunMove>(text);
    if (move === null || !this.belongs(move.rootTaskId)) return;
    if (move.runId === null) this.waitingRuns.clear();
    else this.waitingRuns.delete(move.runId);
    this.waitingMoves.push(move.runId);
    this.waitingCount += 1;
  }

  private queueEvent(text: string): void {
    const event = parse<AgentEventRecord>(text);
    if (event === null || typeof event.id !== "number" || !this.belongs(event.rootTaskId)) return;
    this.waitingEvents.push(event);
    this.waitingCount += 1;
    if (this.waitingEvents.length <= WAITING_EVENTS_MAX) return;
    this.waitingEvents = this.waitingEvents.slice(-WAITING_EVENTS_MAX / 2);
    this.hasGap = true;
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    scheduleFrame(() => {
      this.isScheduled = false;
      if (this.snapshot.isPaused) this.showWaiting();
      else this.apply();
    });
  }

  private showWaiting(): void {
    this.snapshot = { ...this.snapshot, waiting: this.waitingCount };
    this.notify();
  }

  private apply(): void {
    const runs = this.waitingRuns;
    const moves = this.waitingMoves;
    const events = this.waitingEvents;
    const hasGap = this.hasGap;
    this.clearWaiting();
    const touched = new Set<string>();
    for (const id of moves) for (const gone of this.remove(id)) touched.add(gone);
    for (const run of runs.values()) if (this.putRun(run)) touched.add(run.id);
    for (const event of events) if (this.noteAction(event)) touched.add(event.runId ?? "");
    this.evict();
    this.snapshot = { ...this.snapshot, waiting: 0 };
    this.changed(touched);
    this.deliver(events, hasGap);
  }

  private clearWaiting(): void {
    this.waitingRuns = new Map();
    this.waitingMoves = [];
    this.waitingEvents = [];
    this.waitingCount = 0;
    this.hasGap = false;
  }

  /** Drops a run, or all of them; tells which. */
  private remove(id: string | null): string[] {
    const gone = id === null ? [...this.runs.keys()] : this.runs.has(id) ? [id] : [];
    for (const one of gone) this.runs.delete(one);
    if (gone.length > 0) this.sorted = null;
    return gone;
  }

  /** Keeps the newer of two versions of a run. */
  private putRun(run: AgentRunRecord): boolean {
    const held = this.runs.get(run.id);
    if (held !== undefined && (run.lastEventId ?? 0) < (held.lastEventId ?? 0)) return false;
    this.runs.set(run.id, run);
    this.sorted = null;
    return true;
  }

  /** Shows what an event did on the card of its run until the run's own row arrives. */
  private noteAction(event: AgentEventRecord): boolean {
    const run = event.runId === null ? undefined : this.runs.get(event.runId);
    if (run === undefined || event.id <= (run.lastEventId ?? 0)) return false;
    this.runs.set(run.id, {
      ...run,
      lastAction: event.action,
      lastMessage: event.message ?? run.lastMessage,
      lastEventAt: Math.max(event.createdAt ?? 0, run.lastEventAt ?? 0),
      mcpServer: event.mcpServer ?? run.mcpServer,
      mcpTool: event.mcpTool ?? run.mcpTool,
    });
    this.sorted = null;
    return true;
  }

  private evict(): void {
    if (this.runs.size <= RUNS_MAX) return;
    for (const run of this.list()) {
      if (this.runs.size <= RUNS_MAX * 0.9) break;
      if (run.endedAt !== null) this.runs.delete(run.id);
    }
    this.sorted = null;
    this.snapshot = { ...this.snapshot, isComplete: false };
  }

  private deliver(events: AgentEventRecord[], hasGap: boolean): void {
    if (this.eventListeners.size === 0) return;
    const byRun = new Map<string, AgentEventRecord[]>();
    for (const event of events) {
      if (event.runId === null || !this.eventListeners.has(event.runId)) continue;
      const list = byRun.get(event.runId);
      if (list === undefined) byRun.set(event.runId, [event]);
      else list.push(event);
    }
    if (hasGap) for (const set of this.eventListeners.values()) for (const one of set) one.onGap();
    for (const [id, list] of byRun) for (const one of this.eventListeners.get(id) ?? []) one.onEvents(list);
  }

  private changed(touched?: Set<string>): void {
    this.snapshot = { ...this.snapshot, version: this.snapshot.version + 1 };
    if (touched === undefined) {
      this.notifyAll();
      return;
    }
    this.notify();
    for (const id of touched) for (const listener of this.runListeners.get(id) ?? []) listener();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }

  private notifyAll(): void {
    this.notify();
    for (const set of this.runListeners.values()) for (const listener of set) listener();
  }
}

function byStart(a: AgentRunRecord, b: AgentRunRecord): number {
  return a.startedAtUs - b.startedAtUs || (a.id < b.id ? -1 : 1);
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

function addTo<T>(map: Map<string, Set<T>>, key: string, value: T): () => void {
  const set = map.get(key) ?? new Set<T>();
  set.add(value);
  map.set(key, set);
  return () => {
    set.delete(value);
    if (set.size === 0 && map.get(key) === set) map.delete(key);
  };
}
