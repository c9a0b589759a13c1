/** Everything a person has chosen lives in the address, so that a link or a reload shows the same. */
import { useCallback, useSyncExternalStore } from "react";
import { type Filters, parseFilters, writeFilters } from "@/lib/filters";
import { parseSorting, type Sorting, writeSorting } from "@/lib/sorting";
import { preference } from "@/lib/preferences";

export const DENSITIES = ["pro", "balanced", "minimal"] as const;
export type Density = (typeof DENSITIES)[number];

export const VIEWS = ["mosaic", "table"] as const;
export type View = (typeof VIEWS)[number];

/** Where a page lies; the first is the start page. */
export const PAGES = ["mission", "control", "budgets", "models", "secrets"] as const;
export type Page = (typeof PAGES)[number];

export const TABS = ["timeline", "waterfall", "terminal", "payload"] as const;
export type Tab = (typeof TABS)[number];

export const THEMES = ["system", "dark", "light"] as const;
export type Theme = (typeof THEMES)[number];

export interface UrlState {
  page: Page;
  root: string | null;
  view: View;
  density: Density;
  theme: Theme;
  filters: Filters;
  sorting: Sorting;
  run: string | null;
  tab: Tab;
  event: number | null;
  /** Receipt that is open on the page of control. */
  receipt: string | null;
  /** Whether control and budgets are shown of all roots. */
  everywhere: boolean;
}

export type UrlChange = Partial<UrlState>;

function oneOf<T extends string>(words: readonly T[], asked: string | null, otherwise: T): T {
  return words.find((word) => word === asked) ?? otherwise;
}

function readEventId(text: string | null): number | null {
  const id = text === null ? Number.NaN : Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

/** The path of a page. */
export function pagePath(page: Page): string {
  return page === "mission" ? "/" : `/${page}`;
}

/** Reads the state out of a path and a query string; what is missing comes from this person's preferences. */
export function parseUrl(search: string, pathname = "/"): UrlState {
  const query = new URLSearchParams(search);
  return {
    page: oneOf(PAGES, pathname.split("/")[1] ?? "", "mission"),
    root: query.get("root"),
    view: oneOf(VIEWS, query.get("view"), "mosaic"),
    density: oneOf(DENSITIES, query.get("density") ?? preference("density"), "balanced"),
    theme: oneOf(THEMES, query.get("theme") ?? preference("theme"), "system"),
    filters: parseFilters(query),
    sorting: parseSorting(query.get("sort")),
    run: query.get("run"),
    tab: oneOf(TABS, query.get("tab"), "timeline"),
    event: readEventId(query.get("event")),
    receipt: query.get("receipt"),
    everywhere: query.get("of") === "all",
  };
}

/** Writes the state as a query string in one fixed order; defaults are left out. */
export function writeUrl(state: UrlState): string {
  const query = new URLSearchParams();
  if (state.root !== null) query.set("root", state.root);
  if (state.view !== "mosaic") query.set("view", state.view);
  query.set("density", state.density);
  if (state.theme !== "system") query.set("theme", state.theme);
  writeFilters(query, state.filters);
  const sort = writeSorting(state.sorting);
  if (sort !== null) query.set("sort", sort);
  if (state.run !== null) {
    query.set("run", state.run);
    query.set("tab", state.tab);
    if (state.event !== null) query.set("event", String(state.event));
  }
  if (state.receipt !== null && state.page === "control") query.set("receipt", state.receipt);
  if (state.everywhere && (state.page === "control" || state.page === "budgets")) query.set("of", "all");
  return `?${query.toString()}`;
}

const listeners = new Set<() => void>();
let cachedAddress: string | null = null;
let cachedState: UrlState = parseUrl("");

function snapshot(): UrlState {
  const { pathname, search } = window.location;
  if (cachedAddress !== pathname + search) {
    cachedAddress = pathname + search;
    cachedState = parseUrl(search, pathname);
  }
  return cachedState;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** The state as it is now, outside of components. */
export function urlState(): UrlState {
  return snapshot();
}

/** Changes part of the state; `push` makes a step that the back button undoes. */
export function changeUrl(change: UrlChange, how: "push" | "replace" = "replace"): void {
  const state = { ...snapshot(), ...change };
  const address = `${pagePath(state.page)}${writeUrl(state)}`;
  if (address === window.location.pathname + window.location.search) return;
  if (how === "push") window.history.pushState(null, "", address);
  else window.history.replaceState(null, "", address);
  for (const listener of listeners) listener();
}

/** The state in the address, and a function that changes part of it. */
export function useUrl(): [UrlState, typeof changeUrl] {
  const state = useSyncExternalStore(subscribe, snapshot);
  return [state, useCallback(changeUrl, [])];
}
