/** Keeps one live stream open: reads it, notices when it dies, and takes it up again where it stopped. */
import { learnClock } from "@/lib/clock";
import { type Frame, FrameReader } from "@/lib/sse";

export type Phase = "connecting" | "catching-up" | "live" | "disconnected";

export interface ConnectionState {
  phase: Phase;
  /** Highest event id that has been seen. */
  lastEventId: number;
  /** When the stream was lost, in milliseconds; null while there is one. */
  lostAt: number | null;
  /** When the next try is made, in milliseconds; null while there is one or one is under way. */
  retryAt: number | null;
}

export interface ConnectionEvents {
  onFrames: (frames: Frame[]) => void;
  onState: (state: ConnectionState) => void;
  /** The session is over; somebody has to sign in again. */
  onUnauthenticated: () => void;
}

/** The server says something at least every 15 s; after this long it is taken for gone. */
const SILENCE_MAX_MS = 40_000;
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 15_000;

export class Connection {
  private state: ConnectionState = { phase: "connecting", lastEventId: 0, lostAt: null, retryAt: null };
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private closed = false;
  private hasBeenReady = false;

  constructor(
    private readonly url: string,
    private readonly events: ConnectionEvents,
  ) {
    window.addEventListener("online", this.retryNow);
    void this.open();
  }

  /** Ends it for good. */
  close(): void {
    this.closed = true;
    window.removeEventListener("online", this.retryNow);
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.abort?.abort();
  }

  /** Tries at once instead of waiting. */
  retryNow = (): void => {
    if (this.closed || this.state.phase !== "disconnected") return;
    clearTimeout(this.timer);
    void this.open();
  };

  /** Remembers where to resume. */
  advance(eventId: number): void {
    if (eventId > this.state.lastEventId) this.state = { ...this.state, lastEventId: eventId };
  }

  private set(change: Partial<ConnectionState>): void {
    this.state = { ...this.state, ...change };
    this.events.onState(this.state);
  }

  private async open(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    if (this.state.phase === "disconnected") this.set({ retryAt: null });
    this.watchSilence(abort);
    try {
      const response = await fetch(this.url, { headers: this.headers(), signal: abort.signal, credentials: "same-origin" });
      learnClock(response.headers.get("Date"));
      if (response.status === 401) {
        this.close();
        this.events.onUnauthenticated();
        return;
      }
      if (!response.ok || response.body === null) throw new Error(`the stream answered ${response.status}`);
      await this.read(response.body, abort);
    } catch {
      // Every end of the stream is handled alike below.
    }
    if (!this.closed && this.abort === abort) this.lose();
  }

  private headers(): Record<string, string> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.hasBeenReady) headers["Last-Event-ID"] = String(this.state.lastEventId);
    return headers;
  }

  private async read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const frames = new FrameReader();
    for (;;) {
      this.watchSilence(abort);
      const { done, value } = await reader.read();
      if (done || this.closed) return;
      const arrived = frames.push(decoder.decode(value, { stream: true }));
      if (arrived.length > 0) this.take(arrived);
    }
  }

  private watchSilence(abort: AbortController): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => abort.abort(), SILENCE_MAX_MS);
  }

  private take(frames: Frame[]): void {
    this.events.onFrames(frames);
    for (const frame of frames) {
      if (frame.event === "ready") this.onReady(frame);
      else if (frame.event === "live") this.set({ phase: "live" });
      else if (frame.id !== null) this.advance(Number(frame.id));
    }
  }

  private onReady(frame: Frame): void {
    const isResume = this.hasBeenReady;
    this.hasBeenReady = true;
    this.tries = 0;
    const head = readLastEventId(frame.data);
    const isBehind = isResume && head > this.state.lastEventId;
    // What lies between the two is still to come, so a resume does not move the place to resume from; a store that
    // begins anew does.
    if (!isResume || head < this.state.lastEventId) this.state = { ...this.state, lastEventId: head };
    this.set({ phase: isBehind ? "catching-up" : "live", lostAt: null, retryAt: null });
  }

  private lose(): void {
    clearTimeout(this.silence);
    const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(this.tries, 5));
    this.tries += 1;
    const now = Date.now();
    this.set({ phase: "disconnected", lostAt: this.state.lostAt ?? now, retryAt: now + wait });
    this.timer = setTimeout(() => void this.open(), wait);
  }
}

function readLastEventId(data: string): number {
  try {
    const id = (JSON.parse(data) as { lastEventId?: unknown }).lastEventId;
    return typeof id === "number" && Number.isSafeInteger(id) ? id : 0;
  } catch {
    return 0;
  }
}
