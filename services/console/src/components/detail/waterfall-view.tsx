import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { EventInspector } from "@/components/detail/event-inspector";
import { toggleEvent } from "@/components/detail/event-row";
import { StateGlyph } from "@/components/ui/glyph";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { formatLatency } from "@/lib/format";
import { displayState } from "@/lib/status";
import { type Span, spansOf, spanTicks } from "@/lib/waterfall";
import type { Timeline, TimelineState } from "@/store/timeline";

const ROW_HEIGHT = 24;
const OVERSCAN = 12;

const BAR_COLOURS: Record<string, string> = {
  failed: "bg-state-failed",
  completed: "bg-state-executing/75",
};

interface WaterfallViewProps {
  timeline: Timeline;
  state: TimelineState;
  selected: number | null;
}

function Axis({ spans }: { spans: { from: number; to: number } }) {
  return (
    <div className="relative h-6 shrink-0 border-b border-line text-small text-faint" aria-hidden="true">
      <div className="absolute inset-y-0 left-[38%] right-4">
        {spanTicks(spans.from, spans.to).map((tick) => (
          <span key={tick.at} className={`numbers absolute top-1 whitespace-nowrap ${tick.share === 0 ? "" : tick.share === 1 ? "-translate-x-full" : "-translate-x-1/2"}`} style={{ left: `${tick.share * 100}%` }}>
            {tick.label}
          </span>
        ))}
      </div>
    </div>
  );
}

function Bar({ span }: { span: Span }) {
  const colour = BAR_COLOURS[span.event.status ?? ""] ?? "bg-state-pending";
  const isRight = span.left + span.width > 0.8;
  return (
    <span className="relative h-full min-w-0 flex-1">
      <span className={`absolute top-[7px] h-2.5 min-w-[3px] rounded-xs ${colour}`} style={{ left: `${span.left * 100}%`, width: `${span.width * 100}%` }} />
      <span
        className="numbers absolute top-0 whitespace-nowrap leading-6 text-faint"
        style={isRight ? { right: `${(1 - span.left) * 100}%`, paddingRight: 6 } : { left: `${(span.left + span.width) * 100}%`, paddingLeft: 6 }}
      >
        {formatLatency(span.event.latencyMs ?? 0)}
      </span>
    </span>
  );
}

function Rows({ spans, selected }: { spans: Span[]; selected: number | null }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: spans.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  });
  return (
    <div ref={scroller} role="list" aria-label="Calls by time" tabIndex={0} className="min-h-0 flex-1 overflow-y-auto">
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const span = spans[item.index];
          if (span === undefined) return null;
          return (
            <div
              key={span.event.id}
              role="listitem"
              data-span={span.event.id}
              onClick={() => toggleEvent(span.event.id)}
              className={`absolute inset-x-0 flex cursor-pointer items-center pl-4 pr-4 text-small ${span.event.id === selected ? "bg-accent-wash" : "hover:bg-hover"}`}
              style={{ top: item.start, height: ROW_HEIGHT }}
            >
              <span className="flex w-[calc(38%-10px)] shrink-0 items-center gap-2 pr-3">
                <StateGlyph state={displayState(span.event.status)} size={11} isStill />
                <span className="min-w-0 truncate text-ink">{span.name}</span>
              </span>
              <Bar span={span} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** How long each call took, on one clock. Only events that tell their latency can stand here. */
export function WaterfallView({ timeline, state, selected }: WaterfallViewProps) {
  const laid = useMemo(() => spansOf(state.events), [state.events]);
  if (state.load === "loading") return <div aria-busy="true" className="h-full" />;
  if (laid.spans.length === 0) {
    return <Notice title="No event here tells how long it took">Model and tool calls do, where the agent reports them.</Notice>;
  }
  return (
    <div className="flex h-full flex-col">
      {state.hasOlder ? (
        <div className="flex shrink-0 items-center justify-between border-b border-line px-4 py-1 text-small text-faint">
          Older calls are not shown yet
          <Button className="h-6" onClick={() => void timeline.loadOlder()} disabled={state.isLoadingOlder}>
            Read older
          </Button>
        </div>
      ) : null}
      <Axis spans={laid} />
      <Rows spans={laid.spans} selected={selected} />
      {selected === null ? null : (
        <div className="h-[45%] min-h-40 shrink-0 border-t border-line-strong">
          <EventInspector events={state.events} eventId={selected} isClosable />
        </div>
      )}
    </div>
  );
}
