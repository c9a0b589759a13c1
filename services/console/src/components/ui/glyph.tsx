import type { DisplayState } from "@/lib/status";

const COLOURS: Record<DisplayState, string> = {
  pending: "text-state-pending",
  executing: "text-state-executing",
  pausing: "text-state-pausing",
  paused: "text-state-paused",
  completed: "text-state-completed",
  failed: "text-state-failed",
  stopping: "text-state-stopping",
  stopped: "text-state-stopped",
  unenforced: "text-state-unenforced",
  lost: "text-state-lost",
};

export function stateColour(state: DisplayState): string {
  return COLOURS[state];
}

function Shape({ state, isStill }: { state: DisplayState; isStill: boolean }) {
  switch (state) {
    case "pending":
      return <circle cx="8" cy="8" r="5" fill="none" strokeWidth="1.75" />;
    case "executing":
      return (
        <>
          <circle cx="8" cy="8" r="3" fill="currentColor" stroke="none" />
          <circle cx="8" cy="8" r="6" fill="none" strokeWidth="1.5" strokeOpacity="0.3" />
          {isStill ? null : <path d="M8 2a6 6 0 0 1 6 6" fill="none" strokeWidth="1.75" />}
        </>
      );
    case "pausing":
      return <path d="M5.5 3.5v9" strokeWidth="2.5" fill="none" strokeDasharray="2 1.6" />;
    case "paused":
      return <path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.5" fill="none" />;
    case "completed":
      return <path d="M3 8.5l3.25 3.25L13 4.75" strokeWidth="2" fill="none" />;
    case "failed":
      return <path d="M4 4l8 8M12 4l-8 8" strokeWidth="2.25" fill="none" />;
    case "stopped":
      return <rect x="3.75" y="3.75" width="8.5" height="8.5" rx="1" fill="currentColor" stroke="none" />;
    case "stopping":
      return <rect x="3.75" y="3.75" width="8.5" height="8.5" rx="1" fill="none" strokeWidth="1.75" strokeDasharray="3.2 2.2" />;
    case "unenforced":
      return <path d="M5.5 3.5v4M5.5 11v1.5M10.5 3.5v1.5M10.5 8.5v4M2.5 13.5l11-11" strokeWidth="1.75" fill="none" />;
    case "lost":
      return <circle cx="8" cy="8" r="5" fill="none" strokeWidth="2" strokeDasharray="4.4 3.45" />;
  }
}

/** The sign of a state: a shape of its own, so that colour is never needed to tell it. */
export function StateGlyph({ state, size = 14, isStill = false }: { state: DisplayState; size?: number; isStill?: boolean }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${COLOURS[state]} ${state === "executing" && !isStill ? "glyph-turn" : ""}`}
      data-glyph={state}
      aria-hidden="true"
    >
      <Shape state={state} isStill={isStill} />
      {state === "pausing" ? <path d="M10.5 3.5v9" strokeWidth="2.5" fill="none" /> : null}
    </svg>
  );
}

/** Sign and word together. */
export function StateWord({ state, count = "", className = "", isStill = false }: { state: DisplayState; count?: string; className?: string; isStill?: boolean }) {
  return (
    <span className={`inline-flex items-center gap-1.5 ${COLOURS[state]} ${className}`}>
      <StateGlyph state={state} isStill={isStill} />
      <span>
        {state}
        {count === "" ? null : <span className="numbers"> {count}</span>}
      </span>
    </span>
  );
}
