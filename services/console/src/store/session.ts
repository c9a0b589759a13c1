/** Joins the store, the stream and the first reading of the root in scope. */
import { ApiError, fetchRuns } from "@/lib/api";
import { Connection, type ConnectionState } from "@/lib/connection";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { FleetStore } from "@/store/fleet";

/** Runs read at a time, and pages read at most; beyond that the filters have to help. */
const PAGE_RUNS = 500;
const PAGES_MAX = 4;

export class FleetSession {
  readonly store = new FleetStore();
  private connection: Connection | null = null;
  private root: string | null = null;
  private query: Record<string, string> = {};
  private loading: AbortController | null = null;
  private lastPhase: ConnectionState["phase"] = "connecting";
  private hasLoaded = false;

  constructor(private readonly onUnauthenticated: () => void) {}

  /** Shows another root: what was held of the one before is forgotten. */
  open(root: string | null): void {
    if (root === this.root) return;
    this.close();
    this.root = root;
    this.store.setScope(root);
    if (root === null) return;
    const query = new URLSearchParams({ rootTaskId: root, kinds: "event,run" });
    this.connection = new Connection(`/api/v1/stream?${query.toString()}`, {
      onFrames: (frames) => this.store.takeFrames(frames),
      onState: (state) => this.onState(state),
      onUnauthenticated: this.onUnauthenticated,
    });
  }

  close(): void {
    this.connection?.close();
    this.loading?.abort();
    this.connection = null;
    this.root = null;
    this.hasLoaded = false;
    this.lastPhase = "connecting";
  }

  retryNow = (): void => this.connection?.retryNow();

  /** Filters that the server should apply where the root has more runs than are held. */
  narrow(query: Record<string, string>): void {
    const isSame = JSON.stringify(query) === JSON.stringify(this.query);
    this.query = query;
    if (!isSame && this.hasLoaded && !this.store.getSnapshot().isComplete) void this.load();
  }

  /** Runs are read once the stream stands, so that nothing falls between the two. */
  private onState(state: ConnectionState): void {
    this.store.setConnection(state);
    const before = this.lastPhase;
    this.lastPhase = state.phase;
    if (state.phase === "live" && (before !== "live" || !this.hasLoaded)) void this.load();
    else if (state.phase === "disconnected" && !this.hasLoaded) void this.load();
  }

  private async load(): Promise<void> {
    const root = this.root;
    if (root === null) return;
    this.loading?.abort();
    const abort = new AbortController();
    this.loading = abort;
    try {
      await this.readPages(root, abort.signal);
      this.hasLoaded = true;
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) this.onUnauthenticated();
      this.store.takeLoadError(error instanceof Error ? error.message : String(error));
    }
  }

  private async readPages(root: string, signal: AbortSignal): Promise<void> {
    const isNarrowed = Object.keys(this.query).length > 0 && this.hasLoaded;
    const filters = isNarrowed ? this.query : {};
    let cursor: string | null = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer: { items: AgentRunRecord[]; nextCursor: string | null } = await fetchRuns(
        { ...filters, rootTaskId: root, limit: PAGE_RUNS, cursor },
        signal,
      );
      cursor = answer.nextCursor;
      this.store.takeLoaded(answer.items, cursor === null && !isNarrowed);
      if (cursor === null) return;
    }
  }
}
