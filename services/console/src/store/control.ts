/**
 * What is in force on the root in scope: holds, the parts that enforce them, receipts, and the tasks that say who is
 * below whom. Holds are told whole, so the last set that was heard is what counts.
 */
import { type Enforcers, covers, isInScope, type Lineage, type Shown, shownState, strongest } from "@/lib/holds";
import type { AgentRunRecord, BudgetRecord, ControlHold, ControlPart, ControlReceipt, TaskRecord } from "@/lib/generated/proto";
import type { Frame } from "@/lib/sse";
import type { FleetStore } from "@/store/fleet";

export interface ControlSnapshot {
  /** Changes whenever anything did. */
  version: number;
  /** Whether the holds have been heard of at all. */
  isKnown: boolean;
  /** Why they could not be read, when they could not. */
  fault: string | null;
  holds: ControlHold[];
}

/** Receipts kept beside what the server lists. */
const RECEIPTS_MAX = 200;

const BUDGET_FRAMES = new Set(["budget", "budget_request", "task"]);

export class ControlStore {
  private root: string | null = null;
  private snapshot: ControlSnapshot = { version: 0, isKnown: false, fault: null, holds: [] };
  private tasks = new Map<string, TaskRecord>();
  private partsByRun = new Map<string, ControlPart>();
  private parts: ControlPart[] = [];
  /** Parts that went in good order: what they had stopped stays so. */
  private leftByRun = new Map<string, ControlPart>();
  private receipts = new Map<string, ControlReceipt>();
  private listeners = new Set<() => void>();
  private budgetListeners = new Set<() => void>();
  private partsListeners = new Set<() => void>();
  /** Counts the sets of holds that were heard, so that an answer asked for before one is dropped. */
  private heard = 0;
  private cache = new Map<string, { run: AgentRunRecord; version: number; hold: ControlHold | undefined }>();

  constructor(private readonly fleet: FleetStore) {}

  readonly lineage: Lineage = { task: (id) => this.tasks.get(id), run: (id) => this.fleet.run(id) };
  readonly enforcer: Enforcers = (runId) => this.partsByRun.get(runId);

  /** Forgets everything and takes another root into scope. */
  setScope(root: string | null): void {
    this.root = root;
    this.tasks.clear();
    this.partsByRun.clear();
    this.leftByRun.clear();
    this.parts = [];
    this.receipts.clear();
    this.heard += 1;
    this.set({ isKnown: false, fault: null, holds: [] });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Told when budgets or requests for more may have changed. */
  onBudgetNews(listener: () => void): () => void {
    this.budgetListeners.add(listener);
    return () => this.budgetListeners.delete(listener);
  }

  /** Told when the parts should be asked for again. */
  onPartsNews(listener: () => void): () => void {
    this.partsListeners.add(listener);
    return () => this.partsListeners.delete(listener);
  }

  getSnapshot = (): ControlSnapshot => this.snapshot;

  /** To be asked before the holds are read, and given back with them. */
  mark(): number {
    return this.heard;
  }

  takeHolds(holds: ControlHold[], mark: number): void {
    if (mark !== this.heard) return;
    this.set({ isKnown: true, fault: null, holds: holds.filter((hold) => this.concerns(hold.rootTaskId)) });
  }

  takeFault(message: string): void {
    this.set({ fault: message });
  }

  takeParts(parts: ControlPart[]): void {
    for (const [runId, part] of this.partsByRun) this.leftByRun.set(runId, part);
    this.parts = parts;
    this.partsByRun.clear();
    for (const part of parts) {
      if (part.runId === null || (part.kind !== "run" && part.kind !== "agent")) continue;
      this.leftByRun.delete(part.runId);
      if (part.state !== "gone" && part.enforcement !== "none") this.partsByRun.set(part.runId, part);
    }
    this.set({ fault: null });
  }

  takeTasks(tasks: TaskRecord[]): void {
    for (const task of tasks) if (this.belongs(task)) this.tasks.set(task.id, task);
    this.set({});
  }

  takeReceipt(receipt: ControlReceipt): void {
    this.receipts.delete(receipt.id);
    this.receipts.set(receipt.id, receipt);
    for (const id of this.receipts.keys()) {
      if (this.receipts.size <= RECEIPTS_MAX) break;
      this.receipts.delete(id);
    }
    this.set({});
  }

  takeFrames(frames: Frame[]): void {
    let hasBudgetNews = false;
    for (const frame of frames) {
      if (frame.event === "holds") this.takeHoldSet(frame.data);
      else if (frame.event === "receipt") this.takeReceiptText(frame.data);
      else if (frame.event === "task") this.takeTaskText(frame.data);
      else if (frame.event === "budget") this.takeBudgetText(frame.data);
      hasBudgetNews ||= BUDGET_FRAMES.has(frame.event);
    }
    if (hasBudgetNews) for (const listener of this.budgetListeners) listener();
  }

  task(id: string): TaskRecord | undefined {
    return this.tasks.get(id);
  }

  /** Who works on a task; where nobody does, what it is for. */
  nameOfTask = (id: string): string => this.fleet.list().find((run) => run.taskId === id)?.actor ?? this.tasks.get(id)?.objective ?? id;

  taskList(): TaskRecord[] {
    return [...this.tasks.values()];
  }

  partList(): ControlPart[] {
    return this.parts;
  }

  receipt(id: string): ControlReceipt | undefined {
    return this.receipts.get(id);
  }

  receiptList(): ControlReceipt[] {
    return [...this.receipts.values()];
  }

  /** The hold that counts for a run; the same object while nothing about it changed. */
  holdOf(run: AgentRunRecord): ControlHold | undefined {
    const kept = this.cache.get(run.id);
    if (kept !== undefined && kept.run === run && kept.version === this.snapshot.version) return kept.hold;
    const { holds } = this.snapshot;
    const hold = holds.length === 0 ? undefined : strongest(holds.filter((one) => covers(one, run, this.lineage)));
    this.cache.set(run.id, { run, version: this.snapshot.version, hold });
    return hold;
  }

  /** The state to show for a run. */
  shown(run: AgentRunRecord, now: number): Shown {
    const hold = this.holdOf(run);
    const enforcer = this.enforcer(run.id) ?? (hold?.kind === "stop" ? this.leftByRun.get(run.id) : undefined);
    return shownState(run, hold, enforcer, now);
  }

  /** The hold of exactly a scope of the root: the tree, a tier, an agent. */
  holdOfScope(scopeType: string, value: number | string | null = null): ControlHold | undefined {
    const own = this.snapshot.holds.filter((hold) => {
      if (hold.kind === "fence" || hold.scopeType !== scopeType) return false;
      return scopeType === "tier" ? hold.tier === value : scopeType !== "agent" || hold.agentTaskId === value;
    });
    return strongest(own);
  }

  /** Runs of the root that are in a scope. */
  runsIn(scope: Parameters<typeof isInScope>[0]): AgentRunRecord[] {
    return this.fleet.list().filter((run) => isInScope(scope, run, this.lineage));
  }

  private concerns(rootTaskId: string | null): boolean {
    return this.root !== null && (rootTaskId === null || rootTaskId === "" || rootTaskId === this.root);
  }

  private belongs(task: TaskRecord): boolean {
    return this.root !== null && (task.rootTaskId ?? task.id) === this.root;
  }

  private takeHoldSet(text: string): void {
    const set = parse<{ holds: ControlHold[] | null }>(text);
    if (set === null) return;
    this.heard += 1;
    this.takeHolds(set.holds ?? [], this.heard);
    for (const listener of this.partsListeners) listener();
  }

  private takeReceiptText(text: string): void {
    const receipt = parse<ControlReceipt>(text);
    if (receipt !== null && typeof receipt.id === "string" && this.concerns(receipt.rootTaskId)) this.takeReceipt(receipt);
  }

  private takeTaskText(text: string): void {
    const task = parse<TaskRecord>(text);
    if (task !== null && typeof task.id === "string") this.takeTasks([task]);
  }

  /** The token budget of a task comes as a budget of its own. */
  private takeBudgetText(text: string): void {
    const budget = parse<BudgetRecord>(text);
    const task = budget?.scopeType === "task" && budget.unit === "tokens" && budget.id === `task:${budget.scopeId}` ? this.tasks.get(budget.scopeId ?? "") : undefined;
    if (budget !== null && task !== undefined) this.takeTasks([{ ...task, tokenBudget: budget.limit, tokenUsage: budget.spent }]);
  }

  private set(change: Partial<ControlSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change, version: this.snapshot.version + 1 };
    this.cache.clear();
    for (const listener of this.listeners) listener();
  }
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
