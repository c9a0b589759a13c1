import { Pause, Play, RotateCw } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { formatClock, formatCount } from "@/lib/format";
import type { FleetSnapshot } from "@/store/fleet";
import { useFleet, useFleetSnapshot } from "@/store/hooks";

export type LiveState = "connecting" | "live" | "catching up" | "paused by me" | "disconnected";

/** What the sign says; a pause of one's own is said before anything but the loss of the stream. */
export function liveState(fleet: FleetSnapshot): LiveState {
  const { phase } = fleet.connection;
  if (phase === "disconnected") return "disconnected";
  if (fleet.isPaused) return "paused by me";
  if (phase === "catching-up") return "catching up";
  return phase === "live" ? "live" : "connecting";
}

const LOOKS: Record<LiveState, string> = {
  connecting: "text-faint",
  live: "text-state-completed",
  "catching up": "text-state-executing",
  "paused by me": "text-state-paused",
  disconnected: "text-state-failed",
};

function Sign({ state }: { state: LiveState }) {
  const common = { viewBox: "0 0 16 16", width: 14, height: 14, stroke: "currentColor", fill: "none", strokeWidth: 1.75 };
  return (
    <svg {...common} strokeLinecap="round" aria-hidden="true">
      {state === "live" ? (
        <>
          <circle cx="8" cy="8" r="2.5" fill="currentColor" stroke="none" />
          <path d="M4 4a5.7 5.7 0 0 0 0 8M12 4a5.7 5.7 0 0 1 0 8" />
        </>
      ) : null}
      {state === "connecting" ? <circle cx="8" cy="8" r="5" strokeDasharray="3 2.3" /> : null}
      {state === "catching up" ? <path d="M3 4l4 4-4 4M8.5 4l4 4-4 4" /> : null}
      {state === "paused by me" ? <path d="M5.5 4v8M10.5 4v8" strokeWidth="2.25" /> : null}
      {state === "disconnected" ? <path d="M2.5 13.5l11-11M4 4.5a5.7 5.7 0 0 0 0 7M12 4.5a5.7 5.7 0 0 1 0 7" /> : null}
    </svg>
  );
}

function useSecondsUntil(at: number | null): number | null {
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    const count = (): void => setLeft(at === null ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [at]);
  return left;
}

function Lost({ fleet, onRetry }: { fleet: FleetSnapshot; onRetry: () => void }) {
  const { lostAt, retryAt, lastEventId } = fleet.connection;
  const left = useSecondsUntil(retryAt);
  const since = lostAt === null ? "" : formatClock(lostAt * 1000).slice(0, 8);
  return (
    <span className="flex shrink-0 items-center gap-2 whitespace-nowrap text-body text-dim">
      <span className="max-[1280px]:hidden" title={`Resumes after event ${lastEventId}; nothing is skipped`}>
        since <span className="numbers">{since}</span>,{" "}
        {left === null ? "trying" : <>retry in <span className="numbers">{left} s</span></>}
      </span>
      <Button look="outline" onClick={onRetry} className="h-6 px-2">
        <RotateCw size={12} /> Try now
      </Button>
    </span>
  );
}

/** Whether what is on the screen is what is happening. */
export function LiveSign() {
  const { store, retryNow } = useFleet();
  const fleet = useFleetSnapshot();
  const state = liveState(fleet);
  return (
    <div className="flex shrink-0 items-center gap-2 whitespace-nowrap">
      {state === "disconnected" ? <Lost fleet={fleet} onRetry={retryNow} /> : null}
      {fleet.isPaused && fleet.waiting > 0 ? (
        <span className="text-body text-dim">
          <span className="numbers">{formatCount(fleet.waiting)}</span> waiting
        </span>
      ) : null}
      <span role="status" data-live={state} className={`flex items-center gap-1.5 text-body font-medium ${LOOKS[state]}`}>
        <Sign state={state} />
        {state}
      </span>
      <IconButton
        label={fleet.isPaused ? "Resume the view (Space)" : "Pause the view (Space)"}
        aria-pressed={fleet.isPaused}
        onClick={() => store.setPaused(!fleet.isPaused)}
      >
        {fleet.isPaused ? <Play size={14} /> : <Pause size={14} />}
      </IconButton>
    </div>
  );
}
