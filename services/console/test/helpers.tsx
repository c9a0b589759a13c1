import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, type RenderResult } from "@testing-library/react";
import type { ReactElement } from "react";
import { blankEvent, blankRun } from "@/lib/blank";
import type { AgentEventRecord, AgentRunRecord, ControlHold, ControlPart } from "@/lib/generated/proto";
import { RoleContext } from "@/lib/role";
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
  fleet.control.setScope(ROOT);
  fleet.store.takeLoaded(runs, true);
  return fleet;
}

export function renderWith(fleet: FleetSession, element: ReactElement, role = "admin"): RenderResult {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={queries}>
      <FleetContext value={fleet}>
        <RoleContext value={role}>{element}</RoleContext>
      </FleetContext>
    </QueryClientProvider>,
  );
}

export function holdsFrame(...holds: ControlHold[]): Frame {
  return { event: "holds", data: JSON.stringify({ epoch: 1, holds }), id: null, retry: null };
}

export function makeHold(change: Partial<ControlHold> = {}): ControlHold {
  return {
    id: "0190f000-0000-7000-8000-0000000000aa", epoch: 3, rootTaskId: ROOT, scopeType: "tree", tier: null, agentTaskId: null, provider: null,
    modelId: null, persona: null, skill: null, mcpServer: null, spendUsdPerMinute: null, kind: "pause", mode: "boundary", reason: null,
    requestedBy: "ada", createdAt: 1_800_000_000, createdAtUs: 1_800_000_000_000_000, expiresAt: null, expiresAtUs: null, onExpiry: "resume",
    graceSeconds: null, receiptId: null, state: "pausing", partsSettled: 0, partsTotal: 2, missing: null, warnedAt: null, warnedAtUs: null, runId: null, ...change,
  };
}

/** A part that holds the process of a run. */
export function makePart(runId: string, change: Partial<ControlPart> = {}): ControlPart {
  return {
    id: `run-${runId}`, kind: "run", instance: "host", rootTaskId: ROOT, runId, taskId: null, enforcement: "strong", startedAt: null, startedAtUs: null,
    tier: 3, actor: runId, persona: null, skill: null, parentRunId: null, isLeaving: null, epoch: null, state: "here", seenAt: null, seenAtUs: null,
    verdict: null, acknowledged: null, ...change,
  };
}

/** Waits for the next drawing, when waiting frames are applied. */
export function nextFrame(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
}
