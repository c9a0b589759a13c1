/** Which window lies over the page: the command palette, the list of keys, or none. */
import { useSyncExternalStore } from "react";

export type Overlay = "palette" | "keys" | null;

let current: Overlay = null;
const listeners = new Set<() => void>();

export function showOverlay(next: Overlay): void {
  current = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useOverlay(): Overlay {
  return useSyncExternalStore(subscribe, () => current);
}
