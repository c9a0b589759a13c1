/** An in-memory stand-in for ingest and the gateway's reads, for development without the stack. */
import type { AgentEventRecord, AgentRunRecord, RootSummary } from "../src/lib/generated/proto";

export type NativeEvent = Partial<AgentEventRecord> & { actor: string; action: string; payload?: unknown };

const EVENTS_MAX = 60_000;

export type Listener = (event: AgentEventRecord, run: AgentRunRecord) => void;

export class Model {
  events: AgentEventRecord[] = [];
  runs = new Map<string, AgentRunRecord>();
  labels = new Map<string, string>();
  listeners = new Set<Listener>();
  private lastId = 1000;

  get headId(): number {
    return this.lastId;
  }

  /** Stores an event and brings its run up to date. */
  take(native: NativeEvent): void {
    const event = this.toRecord(native);
    this.events.push(event);
    if (this.events.length > EVENTS_MAX) this.events.splice(0, EVENTS_MAX / 10);
    const run = this.upsertRun(event);
    for (const listener of this.listeners) listener(event, run);
  }

  private toRecord(native: NativeEvent): AgentEventRecord {
    const us = native.createdAtUs ?? (native.createdAt != null ? native.createdAt * 1e6 : Date.now() * 1000);
    const { payload, ...rest } = native;
    this.lastId += 1;
    const record = {
      eventUid: null, rootTaskId: null, taskId: null, tier: null, phase: null, message: null, provider: null,
      modelId: null, persona: null, skill: null, mcpServer: null, mcpTool: null, latencyMs: null, retryCount: null,
      tokensIn: null, tokensOut: null, tokenDelta: null, costUsd: null, parentRunId: null, adapterKind: "native",
      isPart: null, isRollup: null,
      payloadJson: payload === undefined ? null : redact(JSON.stringify(payload)),
      ...rest,
      runId: native.runId ?? `${native.actor}::${native.taskId ?? "global"}`,
      status: native.status ?? statusOf(native.action),
      id: this.lastId,
      createdAtUs: us,
      createdAt: Math.floor(us / 1e6),
      receivedAt: Math.floor(Date.now() / 1000),
      receivedAtUs: Date.now() * 1000,
    };
    return record as AgentEventRecord;
  }

  private upsertRun(event: AgentEventRecord): AgentRunRecord {
    const id = event.runId ?? "";
    const old = this.runs.get(id);
    const at = event.createdAtUs ?? 0;
    const isTerminal = event.isPart !== true && (event.status === "completed" || event.status === "failed");
    const startedAtUs = Math.min(old?.startedAtUs ?? at, at);
    const endedAtUs = isTerminal ? at : (old?.endedAtUs ?? null);
    const run = {
      id,
      rootTaskId: event.rootTaskId ?? old?.rootTaskId ?? null,
      taskId: event.taskId ?? old?.taskId ?? null,
      tier: event.tier ?? old?.tier ?? null,
      actor: event.actor,
      persona: event.persona ?? old?.persona ?? null,
      skill: event.skill ?? old?.skill ?? null,
      provider: event.provider ?? old?.provider ?? null,
      modelId: event.modelId ?? old?.modelId ?? null,
      adapterKind: event.adapterKind ?? old?.adapterKind ?? null,
      status: event.isPart === true ? (old?.status ?? "executing") : (event.status ?? old?.status ?? "executing"),
      startedAt: Math.floor(startedAtUs / 1e6),
      startedAtUs,
      endedAt: endedAtUs === null ? null : Math.floor(endedAtUs / 1e6),
      endedAtUs,
      tokensIn: (old?.tokensIn ?? 0) + (event.tokensIn ?? 0),
      tokensOut: (old?.tokensOut ?? 0) + (event.tokensOut ?? 0),
      tokenDelta: (old?.tokenDelta ?? 0) + (event.tokenDelta ?? 0),
      costUsd: event.costUsd === null ? (old?.costUsd ?? null) : (old?.costUsd ?? 0) + event.costUsd,
      metadataJson: null,
      parentRunId: event.parentRunId ?? old?.parentRunId ?? null,
      lastEventAt: event.createdAt,
      lastEventAtUs: at,
      lastAction: event.action,
      lastMessage: event.message ?? old?.lastMessage ?? null,
      mcpServer: event.mcpServer ?? old?.mcpServer ?? null,
      mcpTool: event.mcpTool ?? old?.mcpTool ?? null,
      eventCount: (old?.eventCount ?? 0) + 1,
      errorCount: (old?.errorCount ?? 0) + (event.status === "failed" ? 1 : 0),
      tierDerived: event.tier === null,
      lastEventId: event.id,
    } as AgentRunRecord;
    this.runs.set(id, run);
    return run;
  }

  roots(): RootSummary[] {
    const byRoot = new Map<string, AgentRunRecord[]>();
    for (const run of this.runs.values()) {
      const root = run.rootTaskId ?? "global";
      byRoot.set(root, [...(byRoot.get(root) ?? []), run]);
    }
    const roots = [...byRoot].map(([root, runs]) => this.summary(root, runs));
    return roots.sort((a, b) => b.lastEventAtUs - a.lastEventAtUs);
  }

  private summary(rootTaskId: string, runs: AgentRunRecord[]): RootSummary {
    const sum = (pick: (run: AgentRunRecord) => number): number => runs.reduce((total, run) => total + pick(run), 0);
    const first = Math.min(...runs.map((run) => run.startedAtUs));
    const last = Math.max(...runs.map((run) => run.lastEventAtUs ?? run.startedAtUs));
    const activeCount = runs.filter((run) => ["pending", "executing", "paused"].includes(run.status)).length;
    return {
      rootTaskId,
      label: this.labels.get(rootTaskId) ?? null,
      status: activeCount > 0 ? "executing" : "completed",
      runCount: runs.length,
      activeCount,
      failedCount: runs.filter((run) => run.status === "failed").length,
      tokensIn: sum((run) => run.tokensIn),
      tokensOut: sum((run) => run.tokensOut),
      costUsd: sum((run) => run.costUsd ?? 0),
      firstEventAt: Math.floor(first / 1e6),
      firstEventAtUs: first,
      lastEventAt: Math.floor(last / 1e6),
      lastEventAtUs: last,
    };
  }
}

function statusOf(action: string): string {
  if (/started|executing/.test(action)) return "executing";
  if (action.includes("pause")) return "paused";
  if (/failed|error|stopped/.test(action)) return "failed";
  if (/completed|applied|finished/.test(action)) return "completed";
  return "executing";
}

function redact(text: string): string {
  return text
    .replace(/("(?:api_key|apiKey|authorization|password|token)":)"(?!\[REDACTED)[^"]*"/gi, '$1"[REDACTED:secret-key]"')
    .replace(/sk-[A-Za-z0-9_-]{16,}/g, "[REDACTED:openai-key]");
}
