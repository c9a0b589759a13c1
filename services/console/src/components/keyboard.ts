/** The keys of the console. They do nothing while somebody types. */
import { useEffect, useRef } from "react";
import { SEARCH_ID } from "@/components/header/filter-bar";
import { askVerb, clearMarks, currentMarks, toggleMark } from "@/lib/acting";
import { type Scope, VERB_KEYS, VERBS } from "@/lib/control";
import { focusRun } from "@/lib/focus-run";
import { showOverlay } from "@/lib/overlay";
import { useMay } from "@/lib/role";
import { changeUrl, urlState } from "@/lib/url";
import { type TierGroup, useFleet } from "@/store/hooks";
import type { FleetStore } from "@/store/fleet";

export const KEYS: { keys: string[]; does: string }[] = [
  { keys: ["j", "k"], does: "Next and previous agent" },
  { keys: ["Enter"], does: "Open the agent" },
  { keys: ["Esc"], does: "Close what is open" },
  { keys: ["[", "]"], does: "Previous and next sibling of the open agent" },
  { keys: ["u"], does: "Parent of the open agent" },
  { keys: ["1", "2", "3", "4"], does: "Timeline, waterfall, terminal, payload" },
  { keys: ["↑", "↓"], does: "Previous and next event in the timeline" },
  { keys: ["f"], does: "Follow the newest event" },
  { keys: ["/"], does: "Filter by text" },
  { keys: ["Space"], does: "Pause or resume the view (never an agent)" },
  { keys: ["x"], does: "Mark the agent, for a verb on several" },
  { keys: ["Shift", "P"], does: "Pause what is marked, open or focused; else the tree" },
  { keys: ["Shift", "R"], does: "Resume it" },
  { keys: ["Shift", "S"], does: "Stop it, after a second step" },
  { keys: ["Shift", "T"], does: "Restart it, after a second step" },
  { keys: ["Menu"], does: "Verbs of the focused agent" },
  { keys: ["Ctrl", "K"], does: "Commands" },
  { keys: ["?"], does: "This list" },
];

const TABS_BY_KEY = { "1": "timeline", "2": "waterfall", "3": "terminal", "4": "payload" } as const;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function isWidget(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("dialog, [role=dialog], [role=menu], [role=listbox]") !== null;
}

/** The run that the keys start from: the open one, else the focused card. */
function currentRun(): string | null {
  const focused = document.activeElement?.closest("[data-run]")?.getAttribute("data-run");
  return urlState().run ?? focused ?? null;
}

function goTo(id: string | undefined): void {
  if (id === undefined) return;
  if (urlState().run !== null) changeUrl({ run: id, event: null });
  focusRun(id);
}

function move(order: string[], step: 1 | -1): void {
  const current = currentRun();
  const at = current === null ? -1 : order.indexOf(current);
  if (at === -1) goTo(order[step === 1 ? 0 : order.length - 1]);
  else goTo(order[Math.min(order.length - 1, Math.max(0, at + step))]);
}

/** Runs with the same parent, or of the same tier where no parent is known. */
function siblings(store: FleetStore, order: string[], id: string): string[] {
  const run = store.run(id);
  if (run === undefined) return [];
  return order.filter((other) => {
    const one = store.run(other);
    return one !== undefined && one.parentRunId === run.parentRunId && one.tier === run.tier;
  });
}

function moveSibling(store: FleetStore, order: string[], step: 1 | -1): void {
  const { run } = urlState();
  if (run === null) return;
  const row = siblings(store, order, run);
  goTo(row[(row.indexOf(run) + step + row.length) % row.length]);
}

function goToParent(store: FleetStore): void {
  const { run } = urlState();
  const parent = run === null ? null : store.run(run)?.parentRunId;
  if (parent != null && store.run(parent) !== undefined) goTo(parent);
}

/** Closes the panel and goes back to the card it came from. */
export function closePanel(): void {
  const { run } = urlState();
  if (run === null) return;
  changeUrl({ run: null, event: null }, "push");
  focusRun(run);
}

/** What the keys of the verbs are about: the marked agents, the open or focused one, else the tree. */
function scopeOfKeys(store: FleetStore): Scope {
  const marks = currentMarks();
  if (marks.size > 0) return { kind: "selection", runIds: [...marks] };
  const current = currentRun();
  return current !== null && store.run(current) !== undefined ? { kind: "agent", runId: current } : { kind: "tree" };
}

function mark(): boolean {
  const current = currentRun();
  if (current === null) return false;
  toggleMark(current);
  return true;
}

function closeOne(): void {
  if (urlState().run === null) clearMarks();
  else closePanel();
}

function act(key: string, store: FleetStore, order: string[]): boolean {
  switch (key) {
    case "j":
      move(order, 1);
      return true;
    case "k":
      move(order, -1);
      return true;
    case "[":
      moveSibling(store, order, -1);
      return true;
    case "]":
      moveSibling(store, order, 1);
      return true;
    case "u":
      goToParent(store);
      return true;
    case "Escape":
      closeOne();
      return true;
    case "x":
      return mark();
    case "/":
      document.getElementById(SEARCH_ID)?.focus();
      return true;
    case " ":
      store.setPaused(!store.getSnapshot().isPaused);
      return true;
    case "?":
      showOverlay("keys");
      return true;
    case "f":
      document.dispatchEvent(new CustomEvent("mc:follow"));
      return true;
  }
  const tab = TABS_BY_KEY[key as keyof typeof TABS_BY_KEY];
  if (tab === undefined || urlState().run === null) return false;
  changeUrl({ tab });
  return true;
}

/** Does what a key does, for the buttons that stand for one. */
export function press(key: string): void {
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

/** Listens for the keys while the agents are shown. */
export function useKeyboard(groups: TierGroup[]): void {
  const { store } = useFleet();
  const mayAct = useMay("operator");
  const order = useRef<string[]>([]);
  order.current = groups.flatMap((group) => group.ids);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || isWidget(event.target)) return;
      const isOnButton = event.target instanceof HTMLButtonElement && !event.target.hasAttribute("data-run");
      if (event.key === " " && isOnButton) return;
      const verb = event.shiftKey && mayAct ? VERBS.find((one) => VERB_KEYS[one] === event.key.toUpperCase()) : undefined;
      if (verb !== undefined) {
        event.preventDefault();
        askVerb(verb, scopeOfKeys(store));
        return;
      }
      if (act(event.key, store, order.current)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [store, mayAct]);
}
