/** Lays events that tell their latency on one axis of time. */
import type { AgentEventRecord } from "@/lib/generated/proto";
import { formatDuration } from "@/lib/format";

export interface Span {
  event: AgentEventRecord;
  name: string;
  /** Parts of the axis, 0 to 1. */
  left: number;
  width: number;
}

export interface Laid {
  spans: Span[];
  /** Ends of the axis, in microseconds. */
  from: number;
  to: number;
}

const TICKS = 4;

/** When a call began: spans are stamped at their start, native events where they end. */
export function startOf(event: AgentEventRecord): number {
  const at = event.createdAtUs ?? 0;
  const isStampedAtEnd = event.phase === "end" && !(event.adapterKind ?? "").startsWith("otlp");
  return isStampedAtEnd ? at - (event.latencyMs ?? 0) * 1000 : at;
}

function nameOf(event: AgentEventRecord): string {
  const what = event.mcpTool ?? event.modelId;
  return what === null ? event.action : `${event.action} ${what}`;
}

export function spansOf(events: AgentEventRecord[]): Laid {
  const timed = events.filter((event) => event.latencyMs !== null && event.createdAtUs !== null);
  const starts = timed.map(startOf);
  const from = timed.length === 0 ? 0 : starts.reduce((least, at) => Math.min(least, at));
  const to = timed.reduce((most, event, i) => Math.max(most, (starts[i] ?? 0) + (event.latencyMs ?? 0) * 1000), from + 1000);
  const spans = timed.map((event, i) => ({
    event,
    name: nameOf(event),
    left: ((starts[i] ?? from) - from) / (to - from),
    width: ((event.latencyMs ?? 0) * 1000) / (to - from),
  }));
  return { spans: spans.sort((a, b) => a.left - b.left), from, to };
}

/** Marks of the axis, counted from its start. */
export function spanTicks(from: number, to: number): { at: number; share: number; label: string }[] {
  return Array.from({ length: TICKS + 1 }, (_, i) => {
    const share = i / TICKS;
    const seconds = ((to - from) * share) / 1e6;
    return { at: i, share, label: i === 0 ? "0" : seconds < 10 ? `${seconds.toFixed(1)}s` : formatDuration(seconds) };
  });
}
