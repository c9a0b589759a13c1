/** What a person is about to do: the agents they marked, the verb that is asked about, the menu of a card. */
import { useSyncExternalStore } from "react";
import type { Scope, Verb } from "@/lib/control";

/** A value that lives outside of components and tells those that show it. */
function makeCell<T>(first: T): { get: () => T; set: (next: T) => void; use: () => T } {
  let value = first;
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = (): T => value;
  const set = (next: T): void => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of listeners) listener();
  };
  return { get, set, use: () => useSyncExternalStore(subscribe, get) };
}

export interface VerbQuestion {
  verb: Verb;
  scope: Scope;
}

const question = makeCell<VerbQuestion | null>(null);

/** Opens the dialog; nothing is done before it is confirmed there. */
export function askVerb(verb: Verb, scope: Scope): void {
  question.set({ verb, scope });
}

export function closeVerb(): void {
  question.set(null);
}

export const useVerbQuestion = question.use;

const NONE: ReadonlySet<string> = new Set();
const marked = makeCell<ReadonlySet<string>>(NONE);

/** Marks a run, or takes the mark off. */
export function toggleMark(runId: string): void {
  const next = new Set(marked.get());
  if (!next.delete(runId)) next.add(runId);
  marked.set(next.size === 0 ? NONE : next);
}

export function clearMarks(): void {
  marked.set(NONE);
}

export const useMarks = marked.use;
export const currentMarks = marked.get;

export interface CardMenuPlace {
  runId: string;
  x: number;
  y: number;
}

const menu = makeCell<CardMenuPlace | null>(null);

export const openCardMenu = (place: CardMenuPlace): void => menu.set(place);
export const closeCardMenu = (): void => menu.set(null);
export const useCardMenu = menu.use;
