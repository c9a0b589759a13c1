import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ChevronsDown, Loader } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import { EventInspector } from "@/components/detail/event-inspector";
import { EventRow, ROW_HEIGHT } from "@/components/detail/event-row";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { formatCount } from "@/lib/format";
import { changeUrl } from "@/lib/url";
import type { Timeline, TimelineState } from "@/store/timeline";

const OVERSCAN = 12;
/** Closer to the end than this counts as being at the end, in pixels. */
const END_SLACK = 8;
/** Older events are read when fewer rows than this lie above. */
const OLDER_FROM_ROWS = 20;

interface TimelineViewProps {
  timeline: Timeline;
  state: TimelineState;
  selected: number | null;
}

/** Events of the run as they happen, newest at the bottom. What is being read never moves. */
export function TimelineView({ timeline, state, selected }: TimelineViewProps) {
  if (state.load === "loading") return <div aria-busy="true" className="h-full" />;
  if (state.load === "failed") {
    return (
      <Notice title="The events could not be read" action={<Button look="outline" onClick={() => void timeline.loadNewest()}>Try again</Button>}>
        {state.error}
      </Notice>
    );
  }
  if (state.events.length === 0) return <Notice title="No event is stored of this run">Older ones may have been archived.</Notice>;
  return (
    <div className="flex h-full flex-col">
      <div className="relative min-h-0 flex-1">
        <Rows timeline={timeline} state={state} selected={selected} />
        <NewPill timeline={timeline} state={state} />
      </div>
      {selected === null ? null : (
        <div className="h-[45%] min-h-40 shrink-0 border-t border-line-strong">
          <EventInspector events={state.events} eventId={selected} isClosable />
        </div>
      )}
    </div>
  );
}

function useStayInPlace(scroller: React.RefObject<HTMLDivElement | null>, state: TimelineState): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    if (state.isFollowing && !state.isHeld) element.scrollTop = element.scrollHeight;
    else if (state.prepended > 0) element.scrollTop += state.prepended * ROW_HEIGHT;
  }, [scroller, state]);
}

function Rows({ timeline, state, selected }: TimelineViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { events } = state;
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    getItemKey: (index) => events[index]?.id ?? index,
  });
  useStayInPlace(scroller, state);
  const followOnKey = useRef(() => timeline.setFollowing(true));
  followOnKey.current = () => timeline.setFollowing(!timeline.getState().isFollowing);
  useEffect(() => {
    const follow = (): void => followOnKey.current();
    document.addEventListener("mc:follow", follow);
    return () => document.removeEventListener("mc:follow", follow);
  }, []);

  const onScroll = (): void => {
    const element = scroller.current;
    if (element === null) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= END_SLACK;
    if (!state.isDetached) timeline.setFollowing(isAtEnd);
    if (element.scrollTop < OLDER_FROM_ROWS * ROW_HEIGHT) void timeline.loadOlder();
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const at = events.findIndex((one) => one.id === selected);
    const next = at === -1 ? events.length - 1 : Math.min(events.length - 1, Math.max(0, at + step));
    const target = events[next];
    if (target === undefined) return;
    timeline.setFollowing(false);
    changeUrl({ event: target.id });
    virtual.scrollToIndex(next, { align: "auto" });
  };
  return (
    <div
      ref={scroller}
      role="log"
      aria-label="Events, newest last"
      aria-live="off"
      aria-busy={state.isLoadingOlder}
      tabIndex={0}
      onScroll={onScroll}
      onPointerMove={() => timeline.setHeld(true)}
      onPointerLeave={() => timeline.setHeld(false)}
      onKeyDown={onKey}
      className="h-full overflow-y-auto outline-none [overflow-anchor:none] focus-visible:outline-1 focus-visible:-outline-offset-1"
    >
      {state.isLoadingOlder ? (
        <div className="absolute inset-x-0 top-0 z-10 flex justify-center py-1 text-faint">
          <Loader size={14} className="animate-spin" aria-label="Reading older events" />
        </div>
      ) : null}
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const event = events[item.index];
          return event === undefined ? null : (
            <EventRow key={item.key} event={event} top={item.start} isSelected={event.id === selected} />
          );
        })}
      </div>
    </div>
  );
}

/** How much arrived below what is being read, and the way there. */
function NewPill({ timeline, state }: { timeline: Timeline; state: TimelineState }) {
  if ((state.isFollowing && !state.isHeld) || (state.unseen === 0 && !state.isDetached)) return null;
  return (
    <Button
      look="primary"
      className="absolute bottom-3 left-1/2 h-7 -translate-x-1/2 rounded-full shadow-md shadow-black/20"
      data-new={state.unseen}
      onClick={() => {
        timeline.setHeld(false);
        timeline.setFollowing(true);
      }}
    >
      <ArrowDown size={13} />
      {state.unseen > 0 ? <span className="numbers">{formatCount(state.unseen)} new</span> : "Newest"}
    </Button>
  );
}

/** Keeps the newest event in sight. */
export function FollowSwitch({ timeline, state }: { timeline: Timeline; state: TimelineState }) {
  return (
    <button
      type="button"
      aria-pressed={state.isFollowing}
      title="Follow the newest event (f)"
      data-follow={state.isFollowing ? "on" : "off"}
      onClick={() => timeline.setFollowing(!state.isFollowing)}
      className={`flex h-7 items-center gap-1.5 self-center rounded-base px-2 text-body ${state.isFollowing ? "text-ink" : "text-faint hover:text-ink"}`}
    >
      <ChevronsDown size={14} className={state.isFollowing ? "text-accent" : ""} /> Follow
    </button>
  );
}
