/** Brings the output of a run into a terminal: what is stored first, then what arrives, each event once and in order. */
import type { AgentEventRecord } from "@/lib/generated/proto";
import { outputOf } from "@/lib/terminal";
import type { FetchEvents } from "@/store/timeline";

export interface TerminalScreen {
  write: (text: string) => void;
  reset: () => void;
}

export interface FeedState {
  load: "loading" | "ready" | "failed";
  isEmpty: boolean;
  hasOlder: boolean;
}

export const OUTPUT_PAGE = 500;
/** Output held for reading earlier parts, in characters; a flood beyond it pushes out the oldest. */
export const OUTPUT_MAX = 4_000_000;
/** One event may not write more than this at a time. */
const PIECE_MAX = 256 * 1024;

export class TerminalFeed {
  private held: AgentEventRecord[] = [];
  private size = 0;
  private state: FeedState = { load: "loading", isEmpty: true, hasOlder: false };
  private isClosed = false;

  constructor(
    private readonly fetchEvents: FetchEvents,
    private readonly screen: TerminalScreen,
    private readonly onState: (state: FeedState) => void,
  ) {}

  close(): void {
    this.isClosed = true;
  }

  /** Reads the newest output. */
  async load(): Promise<void> {
    this.set({ load: "loading" });
    await this.read({ limit: OUTPUT_PAGE });
  }

  /** Reads the page before the oldest output held, and writes everything anew. */
  async loadOlder(): Promise<void> {
    const first = this.held[0];
    if (first !== undefined && this.state.load !== "loading") await this.read({ beforeId: first.id, limit: OUTPUT_PAGE });
  }

  private async read(query: { beforeId?: number; limit: number }): Promise<void> {
    try {
      const page = await this.fetchEvents(query);
      if (this.isClosed) return;
      this.held = merge(page.items, this.held);
      this.size = this.held.reduce((sum, event) => sum + sizeOf(event), 0);
      this.rewrite();
      this.set({ load: "ready", isEmpty: this.held.length === 0, hasOlder: page.items.length >= query.limit });
    } catch {
      if (!this.isClosed) this.set({ load: "failed" });
    }
  }

  /** Takes output that the stream brought. */
  take(events: AgentEventRecord[]): void {
    const last = this.held.at(-1)?.id ?? 0;
    const fresh = events.filter((event) => event.id > last);
    if (fresh.length === 0 || this.isClosed) return;
    this.held.push(...fresh);
    for (const event of fresh) this.size += sizeOf(event);
    this.drop();
    if (this.state.load === "loading") return;
    this.screen.write(fresh.map(piece).join(""));
    if (this.state.isEmpty) this.set({ isEmpty: false });
  }

  private drop(): void {
    let gone = 0;
    while (this.size > OUTPUT_MAX && gone < this.held.length - 1) {
      this.size -= sizeOf(this.held[gone] as AgentEventRecord);
      gone += 1;
    }
    if (gone === 0) return;
    this.held.splice(0, gone);
    this.set({ hasOlder: true });
  }

  private rewrite(): void {
    this.screen.reset();
    this.screen.write(this.held.map(piece).join(""));
  }

  private set(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change };
    this.onState(this.state);
  }
}

function piece(event: AgentEventRecord): string {
  const text = outputOf(event);
  return text.length > PIECE_MAX ? `${text.slice(0, PIECE_MAX)}\r\n[${text.length - PIECE_MAX} characters more]\r\n` : text;
}

function sizeOf(event: AgentEventRecord): number {
  return event.payloadJson?.length ?? 0;
}

function merge(a: AgentEventRecord[], b: AgentEventRecord[]): AgentEventRecord[] {
  const byId = new Map<number, AgentEventRecord>();
  for (const event of [...a, ...b]) byId.set(event.id, event);
  return [...byId.values()].sort((one, other) => one.id - other.id);
}
