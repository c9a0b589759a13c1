/** How components read the store. */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { fetchEvents } from "@/lib/api";
import { type Filters, matches } from "@/lib/filters";
import type { AgentRunRecord, ControlPart, TaskRecord } from "@/lib/generated/proto";
import { serverNow, useNow } from "@/lib/clock";
import type { Shown } from "@/lib/holds";
import { tierKey } from "@/lib/status";
import type { ControlSnapshot, ControlStore } from "@/store/control";
import type { FleetSnapshot } from "@/store/fleet";
import type { FleetSession } from "@/store/session";
import { Timeline, type TimelineState } from "@/store/timeline";

export const FleetContext = createContext<FleetSession | null>(null);

export function useFleet(): FleetSession {
  const session = useContext(FleetContext);
  if (session === null) throw new Error("no fleet is in scope");
  return session;
}

export function useFleetSnapshot(): FleetSnapshot {
  const { store } = useFleet();
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

/** One run; the component draws again only when this run changes. */
export function useRun(id: string): AgentRunRecord | undefined {
  const { store } = useFleet();
  const subscribe = useCallback((listener: () => void) => store.subscribeRun(id, listener), [store, id]);
  return useSyncExternalStore(subscribe, () => store.run(id));
}

export interface TierGroup {
  tier: string;
  ids: string[];
}

/** Runs that pass the filters, oldest start first. */
export function useMatchingRuns(filters: Filters): AgentRunRecord[] {
  const { store } = useFleet();
  const { version } = useFleetSnapshot();
  const now = useNow();
  const clock = filters.time === "" ? 0 : now;
  return useMemo(
    () => store.list().filter((run) => matches(run, filters, clock || serverNow())),
    [store, version, filters, clock],
  );
}

const TIER_ORDER = ["1", "2", "3", "none"];

/** The same runs by tier; the same list as before while nothing came, went or moved. */
export function useTierGroups(runs: AgentRunRecord[]): TierGroup[] {
  const before = useRef<TierGroup[]>([]);
  return useMemo(() => {
    const groups = TIER_ORDER.map((tier) => ({ tier, ids: [] as string[] }));
    for (const run of runs) groups[TIER_ORDER.indexOf(tierKey(run.tier))]?.ids.push(run.id);
    const next = groups.filter((group) => group.ids.length > 0);
    if (!sameGroups(before.current, next)) before.current = next;
    return before.current;
  }, [runs]);
}

function sameGroups(a: TierGroup[], b: TierGroup[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((group, i) => {
    const other = b[i];
    return (
      other !== undefined &&
      group.tier === other.tier &&
      group.ids.length === other.ids.length &&
      group.ids.every((id, j) => id === other.ids[j])
    );
  });
}

/** The timeline of a run, read when it is opened and fed while it is. */
export function useTimeline(runId: string): [Timeline, TimelineState] {
  const { store } = useFleet();
  const timeline = useMemo(() => new Timeline((query) => fetchEvents({ ...query, runId })), [runId]);
  useEffect(() => {
    const stop = store.subscribeEvents(runId, {
      onEvents: (events) => timeline.append(events),
      onGap: () => void timeline.loadNewest(),
    });
    void timeline.loadNewest();
    return stop;
  }, [store, runId, timeline]);
  return [timeline, useSyncExternalStore(timeline.subscribe, timeline.getState)];
}

/** What is in force on the root in scope; the component draws again when any of it changes. */
export function useControl(): [ControlStore, ControlSnapshot] {
  const { control } = useFleet();
  return [control, useSyncExternalStore(control.subscribe, control.getSnapshot)];
}

/** The state of a run with what is in force on it. */
export function useShown(run: AgentRunRecord): Shown {
  const { control } = useFleet();
  const now = useNow();
  const hold = useSyncExternalStore(control.subscribe, () => control.holdOf(run));
  const enforcer = useEnforcer(run.id);
  return useMemo(() => control.shown(run, now), [control, run, now, hold, enforcer]);
}

/** The part that holds the process of a run, if one does. */
export function useEnforcer(runId: string): ControlPart | undefined {
  const { control } = useFleet();
  return useSyncExternalStore(control.subscribe, () => control.enforcer(runId));
}

/** A task of the root in scope; the component draws again only when this task changes. */
export function useTask(id: string | null): TaskRecord | undefined {
  const { control } = useFleet();
  return useSyncExternalStore(control.subscribe, () => (id === null ? undefined : control.task(id)));
}
