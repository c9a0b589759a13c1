import { act, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Mosaic } from "@/components/mosaic/mosaic";
import { TreeControl } from "@/components/control/tree-control";
import type { AgentRunRecord, ControlHold, TaskRecord } from "@/lib/generated/proto";
import { covers, holdCount, holdState, type Lineage, shownState, strongest } from "@/lib/holds";
import { useTierGroups } from "@/store/hooks";
import type { FleetSession } from "@/store/session";
import { holdsFrame, makeFleet, makeHold, makePart, makeRun, renderWith, runFrame, nextFrame } from "./helpers";

const NOW = Math.floor(Date.now() / 1000);

function lineageOf(tasks: Record<string, string | null>, runs: AgentRunRecord[] = []): Lineage {
  return {
    task: (id) => (id in tasks ? ({ parentId: tasks[id] } as Pick<TaskRecord, "parentId">) : undefined),
    run: (id) => runs.find((run) => run.id === id),
  };
}

describe("a hold covers", () => {
  const lineage = lineageOf({ root: null, lead: "root", worker: "lead", other: "root" });
  const worker = makeRun("w", { taskId: "worker", provider: "openai", persona: "tester" });
  const rows: [string, Partial<ControlHold>, boolean][] = [
    ["the tree", {}, true],
    ["another tree", { rootTaskId: "root-b" }, false],
    ["all trees", { rootTaskId: null }, true],
    ["its tier", { scopeType: "tier", tier: 3 }, true],
    ["another tier", { scopeType: "tier", tier: 2 }, false],
    ["its own task as an agent", { scopeType: "agent", agentTaskId: "worker" }, true],
    ["an agent above it", { scopeType: "agent", agentTaskId: "lead" }, true],
    ["an agent beside it", { scopeType: "agent", agentTaskId: "other" }, false],
    ["its task", { scopeType: "task", agentTaskId: "worker" }, true],
    ["the task above it, which is not its own", { scopeType: "task", agentTaskId: "lead" }, false],
    ["a filter that fits", { scopeType: "filter", provider: "openai", persona: "tester" }, true],
    ["a filter of which one word does not fit", { scopeType: "filter", provider: "openai", persona: "lead" }, false],
    ["a filter that names the run", { scopeType: "filter", runId: "w" }, true],
    ["a filter that names another run", { scopeType: "filter", provider: "openai", runId: "x" }, false],
    ["a filter without words", { scopeType: "filter" }, false],
    ["a filter by spending, which is not known here", { scopeType: "filter", provider: "openai", spendUsdPerMinute: 1 }, false],
    ["a fence", { kind: "fence" }, false],
    ["a drain that came after it", { mode: "drain", createdAt: worker.startedAt + 1 }, false],
    ["a drain that was there before it", { mode: "drain", createdAt: worker.startedAt - 1 }, true],
    ["a word that nobody knows", { scopeType: "galaxy" }, false],
  ];
  it.each(rows)("%s", (_what, change, expected) => {
    expect(covers(makeHold(change), worker, lineage)).toBe(expected);
  });

  it("runs that were started by one below the task", () => {
    const child = makeRun("child", { taskId: null, parentRunId: "w" });
    expect(covers(makeHold({ scopeType: "agent", agentTaskId: "lead" }), child, lineageOf({ root: null, lead: "root", worker: "lead" }, [worker]))).toBe(true);
  });

  it("and ends in a cycle of parents", () => {
    const inCycle = makeRun("c", { taskId: "a", parentRunId: "c" });
    expect(covers(makeHold({ scopeType: "agent", agentTaskId: "z" }), inCycle, lineageOf({ a: "b", b: "a" }, [inCycle]))).toBe(false);
  });
});

describe("the word of a hold", () => {
  it.each([
    ["pause", "pausing", "pausing"],
    ["pause", "paused", "paused"],
    ["pause", "unenforced", "unenforced"],
    ["pause", null, "pausing"],
    ["pause", "PAUSED!", "pausing"],
    ["stop", "stopping", "stopping"],
    ["stop", "stopped", "stopped"],
    ["stop", null, "stopping"],
  ])("of a %s that says %s is %s", (kind, state, word) => {
    expect(holdState(makeHold({ kind, state }))).toBe(word);
  });

  it("counts only while something is missing", () => {
    expect(holdCount(makeHold({ partsSettled: 1, partsTotal: 3 }))).toBe("1/3");
    expect(holdCount(makeHold({ state: "paused", partsSettled: 3, partsTotal: 3 }))).toBe("");
  });

  it("is that of the strongest, and of equals that of the one that is not done", () => {
    const paused = makeHold({ id: "a", state: "paused" });
    const pausing = makeHold({ id: "b" });
    const stopping = makeHold({ id: "c", kind: "stop", state: "stopping" });
    expect(strongest([paused, pausing])?.id).toBe("b");
    expect(strongest([pausing, stopping, paused])?.id).toBe("c");
    expect(strongest([])).toBeUndefined();
  });
});

describe("the state of an agent", () => {
  const run = makeRun("a");
  const part = makePart("a");

  it("is paused only when the hold says so and something holds its process", () => {
    const of = (state: string | null, enforcer = true) => shownState(run, makeHold({ state }), enforcer ? part : undefined, NOW).state;
    expect(of("paused")).toBe("paused");
    expect(of("paused", false)).toBe("unenforced");
    expect(of("pausing")).toBe("pausing");
    expect(of("unenforced")).toBe("unenforced");
    expect(of(null)).toBe("pausing");
  });

  it("is what the hold says, whatever the run says of itself", () => {
    expect(shownState(makeRun("a", { status: "paused" }), makeHold(), part, NOW).state).toBe("pausing");
  });

  it("of one that is over stays, unless a stop came before its end", () => {
    const stop = makeHold({ kind: "stop", state: "stopped", createdAt: NOW - 10 });
    const ended = (status: string, endedAt: number) => shownState(makeRun("a", { status, endedAt }), stop, undefined, NOW).state;
    expect(ended("failed", NOW - 5)).toBe("stopped");
    expect(ended("failed", NOW - 50)).toBe("failed");
    expect(ended("completed", NOW - 5)).toBe("completed");
    expect(shownState(makeRun("a", { status: "failed", endedAt: NOW }), makeHold({ state: "paused" }), undefined, NOW).state).toBe("failed");
  });
});

function Cards() {
  return <Mosaic groups={useTierGroups([makeRun("a"), makeRun("b")])} density="pro" />;
}

const stateOf = (id: string): string | null => document.querySelector(`[data-run="${id}"]`)?.getAttribute("data-state") ?? null;

async function hear(fleet: FleetSession, ...holds: ControlHold[]): Promise<void> {
  await act(async () => {
    fleet.control.takeFrames([holdsFrame(...holds)]);
    await nextFrame();
  });
}

describe("on the cards", () => {
  it("pausing shows its count by word and shape, paused once all have acknowledged, and nothing after the resume", async () => {
    const fleet = makeFleet([makeRun("a"), makeRun("b")]);
    fleet.control.takeParts([makePart("a")]);
    renderWith(fleet, <Cards />);
    await hear(fleet, makeHold({ partsSettled: 1, partsTotal: 3 }));
    const card = document.querySelector('[data-run="a"]');
    expect(card).toHaveTextContent("pausing 1/3");
    expect(card?.querySelector('[data-glyph="pausing"]')).not.toBeNull();
    expect(screen.getByRole("button", { name: /^a, pausing 1\/3/ })).toBeInTheDocument();
    await hear(fleet, makeHold({ state: "paused", partsSettled: 3, partsTotal: 3 }));
    expect(stateOf("a")).toBe("paused");
    expect(stateOf("b")).toBe("unenforced");
    await hear(fleet);
    expect(stateOf("a")).toBe("executing");
  });

  it("a part that is gone takes paused away again", async () => {
    const fleet = makeFleet([makeRun("a")]);
    fleet.control.takeParts([makePart("a")]);
    renderWith(fleet, <Cards />);
    await hear(fleet, makeHold({ state: "paused", partsSettled: 2, partsTotal: 2 }));
    expect(stateOf("a")).toBe("paused");
    act(() => fleet.control.takeParts([makePart("a", { state: "gone" })]));
    expect(stateOf("a")).toBe("unenforced");
  });

  it("a run that reports itself paused before the parts did is still pausing", async () => {
    const fleet = makeFleet([makeRun("a")]);
    fleet.control.takeParts([makePart("a")]);
    renderWith(fleet, <Cards />);
    await hear(fleet, makeHold());
    fleet.store.takeFrames([runFrame(makeRun("a", { status: "paused", lastEventId: 5 }))]);
    await act(nextFrame);
    expect(stateOf("a")).toBe("pausing");
  });

  it("an answer that is older than the stream is dropped", async () => {
    const fleet = makeFleet([makeRun("a")]);
    fleet.control.takeParts([makePart("a")]);
    renderWith(fleet, <Cards />);
    const mark = fleet.control.mark();
    await hear(fleet, makeHold());
    act(() => fleet.control.takeHolds([makeHold({ state: "paused" })], mark));
    expect(stateOf("a")).toBe("pausing");
  });

  it("holds of another root are not taken", async () => {
    const fleet = makeFleet([makeRun("a")]);
    renderWith(fleet, <Cards />);
    await hear(fleet, makeHold({ rootTaskId: "root-b", state: "paused" }));
    expect(fleet.control.getSnapshot().holds).toHaveLength(0);
    expect(stateOf("a")).toBe("executing");
  });
});

describe("the sign of the tree", () => {
  it("names the parts that have not acknowledged, and counts down to the limit", async () => {
    const fleet = makeFleet([makeRun("a")]);
    renderWith(fleet, <TreeControl />);
    await hear(fleet, makeHold({
      partsSettled: 1, partsTotal: 2, expiresAt: NOW + 90, reason: "Rate limit at the provider",
      missing: [{ partId: "run-slow", kind: "run", runId: "slow-one", instance: null, state: "gone", acknowledged: null, ackedAt: null, ackedAtUs: null, enforcement: null, held: null, cut: null, processes: null, note: null }],
    }));
    const sign = screen.getByRole("button", { name: /^Tree pausing \(1\/2\)/ });
    act(() => sign.click());
    const missing = await screen.findByRole("list", { name: "Parts that have not acknowledged" });
    expect(missing).toHaveTextContent("slow-one");
    expect(missing).toHaveTextContent("gone");
    expect(screen.getByText("Rate limit at the provider")).toBeInTheDocument();
    expect(document.querySelector('[data-part="countdown"]')).toHaveTextContent(/resumes in 1m \d\ds/);
    expect(screen.getByRole("button", { name: "Resume tree" })).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Pause tree" })).toBeNull();
  });

  it("says that what it shows is the last that was heard, until control answers again", async () => {
    const fleet = makeFleet([makeRun("a")]);
    renderWith(fleet, <TreeControl />);
    await hear(fleet, makeHold({ state: "paused", partsSettled: 2 }));
    act(() => fleet.control.takeFault("control is not running"));
    expect(screen.getByText("control is away, last known")).toBeInTheDocument();
    act(() => fleet.control.takeParts([]));
    expect(screen.queryByText(/control is away/)).toBeNull();
  });

  it("says that nothing is known when control is away, and offers no verb to who may only look", () => {
    const fleet = makeFleet([]);
    fleet.control.takeFault("control is not running");
    renderWith(fleet, <TreeControl />, "viewer");
    expect(screen.getByText("control not known")).toBeInTheDocument();
    expect(screen.queryByRole("button")).toBeNull();
  });
});
