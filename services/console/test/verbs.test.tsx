import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mergeReceipts } from "@/components/control/control-page";
import { ackDelay } from "@/components/control/receipt-detail";
import { VerbDialog } from "@/components/control/verb-dialog";
import { askVerb, clearMarks, closeVerb, toggleMark } from "@/lib/acting";
import { ordersOf, reachOf, type Scope, scopeFilterOf, scopeOfFilters, type Verb } from "@/lib/control";
import { NO_FILTERS } from "@/lib/filters";
import type { ControlReceipt } from "@/lib/generated/proto";
import type { FleetSession } from "@/store/session";
import { makeFleet, makePart, makeRun, renderWith, ROOT } from "./helpers";

function makeReceipt(change: Partial<ControlReceipt> = {}): ControlReceipt {
  return {
    id: "0190f000-0000-7000-8000-0000000000bb", epoch: 4, rootTaskId: ROOT, scopeType: "tree", tier: null, agentTaskId: null, provider: null,
    modelId: null, persona: null, skill: null, mcpServer: null, spendUsdPerMinute: null, verb: "pause", mode: "boundary", reason: null,
    requestedBy: "ada", createdAt: 1, createdAtUs: 1_000_000, doneAt: null, doneAtUs: null, state: "pausing", acknowledged: 1, expected: 2,
    held: 0, cut: 0, tasksChanged: 0, parts: [], chainSeq: 1, hash: "ab", holdId: null, runId: null, ...change,
  };
}

/** Three agents that run, one that is over; two have a supervisor, one of them by signals. */
function fleetOfFour(): FleetSession {
  const fleet = makeFleet([
    makeRun("lead", { tier: 2, taskId: "t-lead", provider: "anthropic" }),
    makeRun("one", { taskId: "t-one", parentRunId: "lead", provider: "openai" }),
    makeRun("two", { taskId: "t-two", parentRunId: "lead", provider: "openai" }),
    makeRun("done", { taskId: "t-done", status: "completed" }),
  ]);
  fleet.control.takeParts([makePart("one"), makePart("two", { enforcement: "weak" }), makePart("", { id: "router-1", kind: "router", runId: null })]);
  return fleet;
}

const TREE: Scope = { kind: "tree" };

let sent: Record<string, unknown>[] = [];

beforeEach(() => {
  sent = [];
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    if (!path.endsWith("control_scope")) return new Response("{}", { status: 404 });
    const { input } = JSON.parse(String(init?.body)) as { input: Record<string, unknown> };
    sent.push(input);
    if (input.agentTaskId === "t-two") return new Response(JSON.stringify({ error: { code: "conflict", message: "it is stopped; restart it" } }), { status: 409 });
    return new Response(JSON.stringify(makeReceipt({ id: `r${sent.length}`, verb: String(input.action) })));
  });
});

afterEach(() => {
  act(() => {
    closeVerb();
    clearMarks();
  });
  vi.unstubAllGlobals();
});

function open(fleet: FleetSession, verb: Verb, scope: Scope): void {
  renderWith(fleet, <VerbDialog />);
  act(() => askVerb(verb, scope));
}

const touches = (): string => screen.getByRole("region", { name: "What it touches" }).textContent ?? "";
const submit = (name: string | RegExp): Promise<void> => act(async () => void fireEvent.click(screen.getByRole("button", { name })));

describe("the reach of a verb", () => {
  const rows: [string, Scope, Verb, number[]][] = [
    ["a tree, without those that are over", TREE, "pause", [3, 1, 1, 1]],
    ["a tier", { kind: "tier", tier: 3 }, "stop", [2, 1, 1, 0]],
    ["an agent with those below it", { kind: "agent", runId: "lead" }, "pause", [3, 1, 1, 1]],
    ["one agent", { kind: "agent", runId: "two" }, "pause", [1, 0, 1, 0]],
    ["a selection, each agent once", { kind: "selection", runIds: ["lead", "one"] }, "pause", [3, 1, 1, 1]],
    ["a filter", { kind: "filter", filter: { provider: "openai" } }, "pause", [2, 1, 1, 0]],
    ["a filter that nobody passes", { kind: "filter", filter: { provider: "mistral" } }, "pause", [0, 0, 0, 0]],
    ["a tier without agents", { kind: "tier", tier: 1 }, "stop", [0, 0, 0, 0]],
  ];
  it.each(rows)("on %s", (_what, scope, verb, [agents, strong, weak, unenforced]) => {
    const reach = reachOf(ROOT, scope, verb, fleetOfFour().control);
    expect([reach.agents, reach.strong, reach.weak, reach.unenforced]).toEqual([agents, strong, weak, unenforced]);
    expect(reach.boundaries).toBe(1);
  });

  it("follows a part that is gone", () => {
    const fleet = fleetOfFour();
    fleet.control.takeParts([makePart("one", { state: "gone" })]);
    expect(reachOf(ROOT, TREE, "pause", fleet.control).unenforced).toBe(3);
  });

  it("says who cannot be named", () => {
    const fleet = makeFleet([makeRun("loose", { taskId: null })]);
    const scope: Scope = { kind: "agent", runId: "loose" };
    expect(ordersOf(ROOT, scope, fleet.control)).toEqual([]);
    expect(reachOf(ROOT, scope, "pause", fleet.control).nameless).toBe(1);
  });
});

describe("filters as a scope", () => {
  it("are a filter of the service where it has words for them", () => {
    expect(scopeFilterOf({ ...NO_FILTERS, provider: ["openai"], model: ["gpt-5"], mcp: ["github"] })).toEqual({ provider: "openai", modelId: "gpt-5", mcpServer: "github" });
  });

  it.each([
    ["two of a kind", { provider: ["openai", "anthropic"] }],
    ["a status", { provider: ["openai"], status: ["failed"] }],
    ["a time", { provider: ["openai"], time: "5m" }],
    ["a text", { text: "x" }],
    ["nothing", {}],
  ])("are not, for %s", (_what, change) => {
    expect(scopeFilterOf({ ...NO_FILTERS, ...change })).toBeNull();
  });

  it("are the agents shown where there are no words, a tier where it is one", () => {
    expect(scopeOfFilters({ ...NO_FILTERS, status: ["failed"] }, [makeRun("a")])).toEqual({ kind: "shown", runIds: ["a"] });
    expect(scopeOfFilters({ ...NO_FILTERS, tier: ["2"] }, [])).toEqual({ kind: "tier", tier: 2 });
    expect(scopeOfFilters(NO_FILTERS, [])).toBeNull();
  });
});

describe("the dialog", () => {
  it("says how many it touches before it does anything, and again when the scope changes", () => {
    open(fleetOfFour(), "pause", TREE);
    expect(touches()).toMatch(/3agents1supervised1by signals1unenforced1router or proxy/);
    expect(touches()).toContain("calls through a router are held, the process is not");
    fireEvent.click(screen.getByRole("radio", { name: "tier 3 specialists" }));
    expect(touches()).toMatch(/2agents1supervised1by signals0unenforced/);
    expect(sent).toEqual([]);
  });

  it("sends mode, reason and limit of a pause, and shows the receipt", async () => {
    open(fleetOfFour(), "pause", TREE);
    fireEvent.click(screen.getByRole("radio", { name: /^Now/ }));
    fireEvent.click(screen.getByRole("radio", { name: "2 h" }));
    fireEvent.click(screen.getByRole("radio", { name: "stop" }));
    fireEvent.change(screen.getByLabelText("Reason"), { target: { value: " Rate limit " } });
    await submit("Pause tree");
    expect(sent).toEqual([{ rootTaskId: ROOT, scopeType: "tree", action: "pause", reason: "Rate limit", mode: "now", expiresSeconds: 7200, onExpiry: "stop" }]);
    expect(document.querySelector('[data-receipt-state="pausing"]')).not.toBeNull();
    expect(screen.getByRole("button", { name: "Open receipt" })).toBeInTheDocument();
  });

  it("explains each mode", () => {
    open(fleetOfFour(), "pause", TREE);
    for (const mode of ["Boundary", "Now", "Drain", "Quarantine"]) expect(screen.getByRole("radio", { name: new RegExp(`^${mode}.{20,}`) })).toBeInTheDocument();
  });

  it("stops only in a second step, which does not have the focus on its deed", async () => {
    open(fleetOfFour(), "stop", TREE);
    await submit("Go on…");
    expect(sent).toEqual([]);
    expect(screen.getByRole("list", { name: "Agents that it touches" })).toHaveTextContent("one");
    expect(screen.getByRole("button", { name: "Back" })).toHaveFocus();
    await submit("Stop 3 agents");
    expect(sent).toEqual([{ rootTaskId: ROOT, scopeType: "tree", action: "stop" }]);
  });

  it("has the verb typed out from ten agents on", async () => {
    open(makeFleet(Array.from({ length: 10 }, (_, i) => makeRun(`a${i}`))), "stop", TREE);
    await submit("Go on…");
    expect(screen.getByRole("button", { name: "Stop 10 agents" })).toBeDisabled();
    fireEvent.change(screen.getByLabelText('Type "stop" to go on'), { target: { value: "stop" } });
    expect(screen.getByRole("button", { name: "Stop 10 agents" })).toBeEnabled();
  });

  it("does several agents one by one, and tells what was refused beside what was done", async () => {
    act(() => {
      toggleMark("one");
      toggleMark("two");
    });
    open(fleetOfFour(), "resume", { kind: "selection", runIds: ["one", "two"] });
    await submit("Resume 2 selected agents");
    expect(sent.map((one) => one.agentTaskId)).toEqual(["t-one", "t-two"]);
    expect(screen.getByRole("alert")).toHaveTextContent("t-two: it is stopped; restart it");
    expect(document.querySelectorAll("[data-receipt]")).toHaveLength(1);
  });

  it("sends nothing where nobody can be named", () => {
    open(makeFleet([makeRun("loose", { taskId: null })]), "pause", { kind: "agent", runId: "loose" });
    expect(screen.getByRole("alert")).toHaveTextContent("has a task");
    expect(screen.getByRole("button", { name: "Pause loose" })).toBeDisabled();
  });
});

describe("receipts", () => {
  it("of the stream go over those that were listed, newest first", () => {
    const listed = [makeReceipt({ id: "b", epoch: 5 }), makeReceipt({ id: "a", epoch: 4 })];
    const live = [makeReceipt({ id: "a", epoch: 4, state: "paused" }), makeReceipt({ id: "c", epoch: 6 }), makeReceipt({ id: "old", epoch: 1 })];
    expect(mergeReceipts(listed, live).map((one) => [one.id, one.state])).toEqual([["c", "pausing"], ["b", "pausing"], ["a", "paused"]]);
  });

  it("tell times after the command", () => {
    expect(ackDelay({ createdAtUs: 1_000_000 }, { ackedAtUs: 1_004_250 })).toBe("4.3 ms");
    expect(ackDelay({ createdAtUs: 1_000_000 }, { ackedAtUs: 3_500_000 })).toBe("2,500 ms");
    expect(ackDelay({ createdAtUs: 1_000_000 }, { ackedAtUs: null })).toBe("–");
  });
});
