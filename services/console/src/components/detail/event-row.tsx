import { memo } from "react";
import { mcpName } from "@/components/mosaic/card-faces";
import { StateGlyph } from "@/components/ui/glyph";
import { formatClock, formatLatency, formatTokenCount } from "@/lib/format";
import type { AgentEventRecord } from "@/lib/generated/proto";
import { displayState } from "@/lib/status";
import { changeUrl, urlState } from "@/lib/url";

export const ROW_HEIGHT = 26;

/** A bar this long means a minute; shorter ones by the logarithm, so that 20 ms and 20 s can both be seen. */
const BAR_FULL_MS = 60_000;

/** Part of the full bar that a latency fills. */
export function latencyShare(ms: number): number {
  return Math.min(1, Math.log10(1 + ms) / Math.log10(1 + BAR_FULL_MS));
}

/** Shows an event below the timeline, or takes it away again. */
export function toggleEvent(id: number): void {
  changeUrl({ event: urlState().event === id ? null : id });
}

function Latency({ ms }: { ms: number }) {
  return (
    <span className="flex w-[92px] shrink-0 items-center justify-end gap-1.5" title="Latency">
      <span className="h-1 w-8 overflow-hidden rounded-full bg-hover">
        <span className="block h-full rounded-full bg-state-executing/70" style={{ width: `${latencyShare(ms) * 100}%` }} />
      </span>
      <span className="numbers w-14 text-right text-dim">{formatLatency(ms)}</span>
    </span>
  );
}

function Usage({ event }: { event: AgentEventRecord }) {
  if (event.tokensIn === null && event.tokensOut === null) return null;
  return (
    <span className="numbers shrink-0 text-dim" title="Tokens in / out">
      {formatTokenCount(event.tokensIn ?? 0)}
      <span className="text-faint"> / </span>
      {formatTokenCount(event.tokensOut ?? 0)}
    </span>
  );
}

/** One event in one line. */
export const EventRow = memo(function EventRow({ event, top, isSelected }: { event: AgentEventRecord; top: number; isSelected: boolean }) {
  const hasFailed = event.status === "failed";
  const tool = mcpName(event);
  return (
    <div
      data-event={event.id}
      onClick={() => toggleEvent(event.id)}
      className={`absolute inset-x-0 flex cursor-pointer items-center gap-2 px-4 text-small ${isSelected ? "bg-accent-wash" : hasFailed ? "bg-failed-wash hover:bg-hover" : "hover:bg-hover"}`}
      style={{ top, height: ROW_HEIGHT }}
    >
      <span className="numbers w-[82px] shrink-0 text-faint">{event.createdAtUs === null ? "" : formatClock(event.createdAtUs)}</span>
      <StateGlyph state={displayState(event.status)} size={11} isStill />
      <span className="sr-only">{event.status}</span>
      <span className="max-w-36 shrink-0 truncate font-medium text-ink">{event.action}</span>
      {tool === null ? null : <span className="max-w-36 shrink-0 truncate text-faint">{tool}</span>}
      <span dir="auto" className={`min-w-0 flex-1 truncate ${hasFailed ? "text-state-failed" : "text-dim"}`}>
        {event.message ?? ""}
      </span>
      <Usage event={event} />
      {event.latencyMs === null ? null : <Latency ms={event.latencyMs} />}
    </div>
  );
});
