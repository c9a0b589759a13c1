import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { keepPreference, preference } from "@/lib/preferences";

const WIDTH_LEAST = 400;
const WIDTH_FIRST = 560;
const STEP = 24;
/** Room that the list keeps beside the panel. */
const LIST_LEAST = 360;

function clamp(width: number): number {
  const most = Math.max(WIDTH_LEAST, window.innerWidth - LIST_LEAST);
  return Math.round(Math.min(most, Math.max(WIDTH_LEAST, width)));
}

/** Width of the panel, kept for next time. */
export function usePanelWidth(): [number, (width: number) => void] {
  const [width, setWidth] = useState(() => clamp(Number(preference("panel")) || WIDTH_FIRST));
  const change = (next: number): void => {
    const clamped = clamp(next);
    setWidth(clamped);
    keepPreference("panel", String(clamped));
  };
  return [width, change];
}

interface ResizeHandleProps {
  width: number;
  onResize: (width: number) => void;
}

/** The edge between list and panel: dragged, or moved with the arrow keys. */
export function ResizeHandle({ width, onResize }: ResizeHandleProps) {
  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) onResize(window.innerWidth - event.clientX);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowLeft") onResize(width + STEP);
    else if (event.key === "ArrowRight") onResize(width - STEP);
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the details"
      aria-valuenow={width}
      aria-valuemin={WIDTH_LEAST}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={onKey}
      className="relative z-10 w-px shrink-0 cursor-col-resize touch-none bg-line-strong before:absolute before:inset-y-0 before:-left-1.5 before:w-3 hover:bg-accent focus-visible:bg-accent"
    />
  );
}
