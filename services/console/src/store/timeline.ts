/**
 * The part of a run's events that is held here: a window with its newest end at the tail of the run, or further back
 * where somebody has scrolled. A run is never read whole.
 */
import type { Page } from "@/lib/api";
import type { AgentEventRecord } from "@/lib/generated/proto";

export interface TimelineState {
  /** Oldest first, without a gap. */
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
      const events = ascending(page.items);
      const late = this.early.splice(0);
      this.set({
        events: trimFront(join(events, late)),
        hasOlder: events.length >= PAGE_EVENTS,
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
    const first = this.state.events[0];
    if (first === undefined || this.state.isLoadingOlder || !this.state.hasOlder) return;
    const turn = this.turn;
    this.set({ isLoadingOlder: true });
    try {
      const page = await this.fetchEvents({ beforeId: first.id, limit: PAGE_EVENTS });
      if (turn !== this.turn) return;
      this.putInFront(ascending(page.items));
    } catch (error) {
      if (turn === this.turn) this.set({ isLoadingOlder: false, error: wordsOf(error) });
    }
  }

  private putInFront(older: AgentEventRecord[]): void {
    const joined = [...older, ...this.state.events];
    const isOver = joined.length > WINDOW_MAX;
    this.set({
      events: isOver ? joined.slice(0, WINDOW_MAX) : joined,
      isDetached: this.state.isDetached || isOver,
      hasOlder: older.length >= PAGE_EVENTS,
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
    const last = this.state.events.at(-1)?.id ?? 0;
    const fresh = arrived.filter((event) => event.id > last);
    if (fresh.length === 0) return;
    if (this.state.isDetached) {
      this.set({ unseen: this.state.unseen + fresh.length, prepended: 0 });
      return;
    }
    if (this.state.isFollowing && !this.state.isHeld) {
      const joined = join(this.state.events, fresh);
      const hasOlder = this.state.hasOlder || joined.length > WINDOW_MAX;
      this.set({ events: trimFront(joined), hasOlder, prepended: 0 });
      return;
    }
    const joined = join(this.state.events, fresh);
    const isOver = joined.length > WINDOW_MAX;
    this.set({
      events: isOver ? joined.slice(0, WINDOW_MAX) : joined,
      isDetached: isOver,
      unseen: this.state.unseen + fresh.length,
      prepended: 0,
    });
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

function ascending(newestFirst: AgentEventRecord[]): AgentEventRecord[] {
  return [...newestFirst].sort((a, b) => a.id - b.id);
}

function join(held: AgentEventRecord[], fresh: AgentEventRecord[]): AgentEventRecord[] {
  const last = held.at(-1)?.id ?? 0;
  return [...held, ...fresh.filter((event) => event.id > last).sort((a, b) => a.id - b.id)];
}

function trimFront(events: AgentEventRecord[]): AgentEventRecord[] {
  return events.length > WINDOW_MAX ? events.slice(-WINDOW_MAX) : events;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
