/** One ticking second for everything that shows an age, corrected by the server's clock. */
import { useSyncExternalStore } from "react";

const TICK_MS = 1000;
/** Differences below this are the network, not the clock. */
const SKEW_LEAST_MS = 2000;

let skewMs = 0;
let current = readClock();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function readClock(): number {
  return Math.floor((Date.now() + skewMs) / 1000);
}

/** Seconds by the server's clock. */
export function serverNow(): number {
  return (Date.now() + skewMs) / 1000;
}

/** Learns the server's clock from the Date header of an answer. */
export function learnClock(dateHeader: string | null): void {
  const at = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(at)) return;
  const difference = at - Date.now();
  skewMs = Math.abs(difference) > SKEW_LEAST_MS ? difference : 0;
}

function tick(): void {
  current = readClock();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function snapshot(): number {
  if (timer === undefined) current = readClock();
  return current;
}

/** The current second; the component draws again when it changes. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot);
}
