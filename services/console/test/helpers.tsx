import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, type RenderResult } from "@testing-library/react";
import type { ReactElement } from "react";
import { blankEvent, blankRun } from "@/lib/blank";
import type { AgentEventRecord, AgentRunRecord } from "@/lib/generated/proto";
import type { Frame } from "@/lib/sse";
import { FleetContext } from "@/store/hooks";
import { FleetSession } from "@/store/session";

export const ROOT = "root-a";

export function makeRun(id: string, change: Partial<AgentRunRecord> = {}): AgentRunRecord {
  const now = Math.floor(Date.now() / 1000);
  return {
    ...blankRun(id),
    rootTaskId: ROOT,
    tier: 3,
    startedAt: now - 60,
    startedAtUs: (now - 60) * 1e6,
    lastEventAt: now,
    lastEventId: 1,
    ...change,
  };
}

export function makeEvent(id: number, runId: string, change: Partial<AgentEventRecord> = {}): AgentEventRecord {
  return { ...blankEvent(id, "llm.call"), runId, rootTaskId: ROOT, actor: runId, createdAt: 1, createdAtUs: id * 1000, ...change };
}

export function runFrame(run: AgentRunRecord): Frame {
  return { event: "agent_run", data: JSON.stringify(run), id: null, retry: null };
}

export function eventFrame(event: AgentEventRecord): Frame {
  return { event: "agent_event", data: JSON.stringify(event), id: String(event.id), retry: null };
}

/** A fleet with these runs in scope and no connection. */
export function makeFleet(runs: AgentRunRecord[]): FleetSession {
  const fleet = new FleetSession(() => undefined);
  fleet.store.setScope(ROOT);
  fleet.store.takeLoaded(runs, true);
  return fleet;
}

export function renderWith(fleet: FleetSession, element: ReactElement): RenderResult {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={queries}>
      <FleetContext value={fleet}>{element}</FleetContext>
    </QueryClientProvider>,
  );
}

/** Waits for the next drawing, when waiting frames are applied. */
export function nextFrame(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
}
