/** Joins the stores, the stream and the first reading of the root in scope. */
import { ApiError, fetchRuns } from "@/lib/api";
import { fetchHolds, fetchParts, fetchTasks } from "@/lib/control";
import { Connection, type ConnectionState } from "@/lib/connection";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { ControlStore } from "@/store/control";
import { FleetStore } from "@/store/fleet";

/** Runs read at a time, and pages read at most; beyond that the filters have to help. */
const PAGE_RUNS = 500;
const PAGES_MAX = 4;

/** Parts come and go without a word on the stream: they are asked for so often, and soon after a change of holds. */
const PARTS_EVERY_MS = 5000;
const PARTS_SOON_MS = 300;

export class FleetSession {
  readonly store = new FleetStore();
  readonly control = new ControlStore(this.store);
  private partsTimer: ReturnType<typeof setTimeout> | undefined;
  private stopPartsNews: (() => void) | null = null;
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
    this.control.setScope(root);
    if (root === null) return;
    this.stopPartsNews = this.control.onPartsNews(() => this.readPartsIn(PARTS_SOON_MS));
    const query = new URLSearchParams({ rootTaskId: root });
    this.connection = new Connection(`/api/v1/stream?${query.toString()}`, {
      onFrames: (frames) => {
        this.store.takeFrames(frames);
        this.control.takeFrames(frames);
      },
      onState: (state) => this.onState(state),
      onUnauthenticated: this.onUnauthenticated,
    });
  }

  close(): void {
    this.connection?.close();
    this.loading?.abort();
    clearTimeout(this.partsTimer);
    this.partsTimer = undefined;
    this.stopPartsNews?.();
    this.stopPartsNews = null;
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
    if (state.phase === "live" && (before !== "live" || !this.hasLoaded)) {
      void this.load();
      void this.loadControl();
    } else if (state.phase === "disconnected" && !this.hasLoaded) void this.load();
  }

  /** Without control the agents still show; what is in force is then not known. */
  private async loadControl(): Promise<void> {
    const { root, control } = this;
    if (root === null) return;
    const mark = control.mark();
    try {
      control.takeHolds(await fetchHolds(root), mark);
    } catch (error) {
      if (this.root === root) control.takeFault(error instanceof Error ? error.message : String(error));
    }
    await this.readTasks();
    this.readPartsIn(0);
  }

  /** Budgets of tasks change without a word from control. */
  readTasks = async (): Promise<void> => {
    const { root } = this;
    if (root === null) return;
    const tasks = await fetchTasks(root).catch(() => []);
    if (this.root === root) this.control.takeTasks(tasks);
  };

  private readPartsIn(ms: number): void {
    clearTimeout(this.partsTimer);
    this.partsTimer = setTimeout(() => void this.readParts(), ms);
  }

  private async readParts(): Promise<void> {
    const { root } = this;
    if (root === null) return;
    try {
      const parts = await fetchParts(root);
      if (this.root === root) this.control.takeParts(parts);
    } catch (error) {
      if (this.root === root) this.control.takeFault(error instanceof Error ? error.message : String(error));
    }
    if (this.root === root) this.readPartsIn(PARTS_EVERY_MS);
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
