/**
 * The part of a run's events that is held here: a window with its newest end at the tail of the run, or further back
 * where somebody has scrolled. A run is never read whole.
 */
import type { Page } from "@/lib/api";
import type { AgentEventRecord } from "@/lib/generated/proto";

export interface TimelineState {
  /** As they happened, without a gap; what arrives late stands where it arrived, so that no row ever moves. */
  events: AgentEventRecord[];
  hasOlder: boolean;
  /** The tail of the run is not held: newer events exist beyond the window. */
  isDetached: boolean;
  /** Events that arrived below what is being read. */
  unseen: number;
  isFollowing: boolean;
  /** Somebody points at the rows: they stay where they are until the pointer leaves. */
  isHeld: boolean;
  load: "loading" | "ready" | "failed";
  error: string | null;
  isLoadingOlder: boolean;
  /** Rows that were put in front by the last change, so that the view can stay where it is. */
  prepended: number;
}

export type FetchEvents = (query: { beforeId?: number; limit: number }) => Promise<Page<AgentEventRecord>>;

/** Events held at most. */
export const WINDOW_MAX = 2000;
/** Events read at a time. */
export const PAGE_EVENTS = 200;

const START: TimelineState = {
  events: [],
  hasOlder: false,
  isDetached: false,
  unseen: 0,
  isFollowing: true,
  isHeld: false,
  load: "loading",
  error: null,
  isLoadingOlder: false,
  prepended: 0,
};

export class Timeline {
  private state: TimelineState = START;
  private early: AgentEventRecord[] = [];
  /** Everything of the run with a lower id than this is not held. */
  private floor = 0;
  private newest = 0;
  private listeners = new Set<() => void>();
  private turn = 0;

  constructor(private readonly fetchEvents: FetchEvents) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getState = (): TimelineState => this.state;

  /** Reads the newest events; what the stream brings meanwhile is joined on. */
  async loadNewest(): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    this.set({ load: this.state.events.length > 0 ? "ready" : "loading" });
    try {
      const page = await this.fetchEvents({ limit: PAGE_EVENTS });
      if (turn !== this.turn) return;
      this.floor = lowest(page.items);
      this.newest = highest(page.items);
      const events = [...inTime(page.items), ...this.freshOf(this.early.splice(0))];
      this.set({
        events,
        hasOlder: page.items.length >= PAGE_EVENTS,
        isDetached: false,
        unseen: 0,
        isFollowing: true,
        load: "ready",
        error: null,
        prepended: 0,
      });
    } catch (error) {
      if (turn === this.turn) this.set({ load: "failed", error: wordsOf(error) });
    }
  }

  /** Reads the page before the oldest event held. */
  async loadOlder(): Promise<void> {
    if (this.state.load !== "ready" || this.state.isLoadingOlder || !this.state.hasOlder) return;
    const turn = this.turn;
    this.set({ isLoadingOlder: true });
    try {
      const page = await this.fetchEvents({ beforeId: this.floor, limit: PAGE_EVENTS });
      if (turn !== this.turn) return;
      this.putInFront(page.items);
    } catch (error) {
      if (turn === this.turn) this.set({ isLoadingOlder: false, error: wordsOf(error) });
    }
  }

  private putInFront(page: AgentEventRecord[]): void {
    const held = new Set(this.state.events.map((event) => event.id));
    const older = inTime(page.filter((event) => !held.has(event.id)));
    if (page.length > 0) this.floor = Math.min(this.floor, lowest(page));
    const joined = [...older, ...this.state.events];
    const isOver = joined.length > WINDOW_MAX;
    this.set({
      events: isOver ? joined.slice(0, WINDOW_MAX) : joined,
      isDetached: this.state.isDetached || isOver,
      hasOlder: page.length >= PAGE_EVENTS,
      isLoadingOlder: false,
      prepended: older.length,
      error: null,
    });
  }

  /** Takes events of the stream. */
  append(arrived: AgentEventRecord[]): void {
    if (this.state.load === "loading") {
      this.early = [...this.early, ...arrived].slice(-WINDOW_MAX);
      return;
    }
    const fresh = this.freshOf(arrived);
    if (fresh.length === 0) return;
    const unseen = this.state.unseen + fresh.length;
    if (this.state.isDetached) this.set({ unseen, prepended: 0 });
    else if (this.state.isFollowing && !this.state.isHeld) this.followWith(fresh);
    else this.addBelow(fresh, unseen);
  }

  /** What has not been taken yet, in the order of time. */
  private freshOf(arrived: AgentEventRecord[]): AgentEventRecord[] {
    const fresh = new Map<number, AgentEventRecord>();
    for (const event of arrived) if (event.id > this.newest) fresh.set(event.id, event);
    this.newest = Math.max(this.newest, highest([...fresh.values()]));
    return inTime([...fresh.values()]);
  }

  private followWith(fresh: AgentEventRecord[]): void {
    const joined = [...this.state.events, ...fresh];
    const dropped = joined.splice(0, Math.max(0, joined.length - WINDOW_MAX));
    if (dropped.length > 0) this.floor = Math.max(this.floor, highest(dropped) + 1);
    this.set({ events: joined, hasOlder: this.state.hasOlder || dropped.length > 0, prepended: 0 });
  }

  private addBelow(fresh: AgentEventRecord[], unseen: number): void {
    const joined = [...this.state.events, ...fresh];
    const isOver = joined.length > WINDOW_MAX;
    this.set({ events: isOver ? joined.slice(0, WINDOW_MAX) : joined, isDetached: isOver, unseen, prepended: 0 });
  }

  /** Keeps the newest event in sight, or leaves the view where it is. */
  setFollowing(isFollowing: boolean): void {
    if (isFollowing && this.state.isDetached) {
      void this.loadNewest();
      return;
    }
    if (isFollowing === this.state.isFollowing && (!isFollowing || this.state.unseen === 0)) return;
    this.set({ isFollowing, unseen: isFollowing ? 0 : this.state.unseen, prepended: 0 });
  }

  /** Holds the rows still while they are pointed at. */
  setHeld(isHeld: boolean): void {
    if (isHeld === this.state.isHeld) return;
    const { isFollowing, isDetached } = this.state;
    this.set({ isHeld, unseen: !isHeld && isFollowing ? 0 : this.state.unseen, prepended: 0 });
    if (!isHeld && isFollowing && isDetached) void this.loadNewest();
  }

  private set(change: Partial<TimelineState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}

function inTime(events: AgentEventRecord[]): AgentEventRecord[] {
  return [...events].sort((a, b) => (a.createdAtUs ?? 0) - (b.createdAtUs ?? 0) || a.id - b.id);
}

function lowest(events: AgentEventRecord[]): number {
  return events.length === 0 ? 0 : events.reduce((least, event) => Math.min(least, event.id), Number.MAX_SAFE_INTEGER);
}

function highest(events: AgentEventRecord[]): number {
  return events.reduce((most, event) => Math.max(most, event.id), 0);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
