import { act, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BudgetBar } from "@/components/budgets/budget-bar";
import BudgetsPage from "@/components/budgets/budgets-page";
import { readIncrement } from "@/components/budgets/decision-dialog";
import { addSample, barOf, type BudgetForm, forecast, formatAmount, readForm, type Sample } from "@/lib/budgets";
import { treeOfBudgets } from "@/lib/budget-tree";
import type { BudgetRecord, BudgetRequestRecord, TaskRecord } from "@/lib/generated/proto";
import { makeFleet, renderWith, ROOT } from "./helpers";

const NOW = 1_800_000_000;

function makeBudget(change: Partial<BudgetRecord> = {}): BudgetRecord {
  return {
    id: "b1", scopeType: "tree", scopeId: ROOT, unit: "tokens", limit: 1000, period: "total", graceTokens: null, spent: 0, reserved: 0, lost: 0,
    remaining: 1000, percent: 0, periodStart: null, periodStartUs: null, createdAt: NOW - 1200, createdAtUs: null, updatedAt: null, updatedAtUs: null,
    isRemoved: null, rootTaskId: ROOT, ...change,
  };
}

function makeTask(id: string, change: Partial<TaskRecord> = {}): TaskRecord {
  return {
    id, parentId: null, tier: 3, domain: "backend", objective: `Objective of ${id}`, status: "executing", tokenBudget: 5000, tokenUsage: 4000,
    contextEfficiencyRatio: 0, riskFactor: 0, complianceScore: 0, checksumBefore: null, checksumAfter: null, errorMessage: null, retryCount: 0,
    createdAt: 1, createdAtUs: 1, updatedAt: 1, updatedAtUs: 1, rootTaskId: ROOT, ...change,
  };
}

describe("a bar", () => {
  const rows: [Partial<BudgetRecord>, number, number, string, string][] = [
    [{ spent: 0 }, 0, 0, "calm", "0 of 1.0K spent, 0 %"],
    [{ spent: 799 }, 79.9, 0, "calm", "799 of 1.0K spent, 79 %"],
    [{ spent: 800 }, 80, 0, "near", "800 of 1.0K spent, 80 %"],
    [{ spent: 500, reserved: 300 }, 50, 30, "near", "500 of 1.0K spent, 300 reserved, 50 %"],
    [{ spent: 999 }, 99.9, 0, "near", "999 of 1.0K spent, 99 %"],
    [{ spent: 1000 }, 100, 0, "over", "1.0K of 1.0K spent, 100 %"],
    [{ spent: 900, reserved: 300 }, 90, 10, "near", "900 of 1.0K spent, 300 reserved, 90 %"],
    [{ spent: 2500, reserved: 100 }, 100, 0, "over", "2.5K of 1.0K spent, 100 reserved, 250 %"],
    [{ limit: 0 }, 100, 0, "over", "0 of 0 spent, 100 %"],
    [{ limit: 0, reserved: 5 }, 100, 0, "over", "0 of 0 spent, 5 reserved, 100 %"],
    [{ unit: "concurrency", limit: 10, reserved: 4 }, 40, 0, "calm", "4 of 10 in use, 40 %"],
    [{ unit: "usd", limit: 2, spent: 0.5 }, 25, 0, "calm", "$0.5000 of $2.00 spent, 25 %"],
  ];
  it.each(rows)("of %j", (change, spent, reserved, tone, words) => {
    const bar = barOf(makeBudget(change));
    expect([bar.spentPercent, bar.reservedPercent, bar.tone, bar.words]).toEqual([spent, reserved, tone, words]);
    expect(bar.spentPercent + bar.reservedPercent).toBeLessThanOrEqual(100);
  });

  it("tells in words what it shows", () => {
    renderWith(makeFleet([]), <BudgetBar budget={makeBudget({ spent: 900, reserved: 300 })} name="Tree, tokens" />);
    const bar = screen.getByRole("img", { name: "Tree, tokens: 900 of 1.0K spent, 300 reserved, 90 %" });
    expect(bar.querySelector("[data-bar-reserved]")).toHaveStyle({ width: "10%" });
  });
});

describe("a forecast", () => {
  const seen = (...spent: number[]): Sample[] => spent.map((one, i) => ({ at: NOW - (spent.length - 1 - i) * 60, spent: one }));
  const day = { period: "day", periodStart: Date.UTC(2027, 0, 15) / 1000 };
  it.each([
    ["nothing where too little was seen", makeBudget({ createdAt: NOW - 30, spent: 10 }), seen(10), null],
    ["the average, once it has been there for long", makeBudget({ spent: 400 }), [], "used up in 30m 00s"],
    ["what was seen lately before the average", makeBudget({ spent: 400 }), seen(280, 340, 400), "used up in 10m 00s"],
    ["that nothing was spent lately", makeBudget({ spent: 400 }), seen(400, 400, 400), "nothing spent lately"],
    ["nothing of what was never used", makeBudget({ spent: 0 }), [], null],
    ["that it is used up", makeBudget({ spent: 1000 }), [], "used up"],
    ["nothing of calls at once", makeBudget({ unit: "concurrency", spent: 5 }), [], null],
    ["the end of the day, when it lasts that long", makeBudget({ ...day, limit: 100_000, spent: 1000 }), seen(998, 999, 1000), "2 % at the end of the day"],
  ])("says %s", (_what, budget, samples, expected) => {
    expect(forecast(budget, samples, NOW)).toBe(expected);
  });

  it("forgets what it saw when a period begins anew", () => {
    expect(addSample([{ at: 1, spent: 500 }], { at: 2, spent: 3 })).toEqual([{ at: 2, spent: 3 }]);
    expect(addSample([{ at: 2, spent: 3 }], { at: 2, spent: 3 })).toHaveLength(1);
  });
});

describe("the form", () => {
  const form: BudgetForm = { scopeType: "tree", scopeId: ROOT, unit: "tokens", limit: "1000", period: "day", graceTokens: "" };
  const bad: [Partial<BudgetForm>, keyof BudgetForm][] = [
    [{ scopeId: " " }, "scopeId"], [{ limit: "" }, "limit"], [{ limit: "many" }, "limit"], [{ limit: "-1" }, "limit"], [{ limit: "0.5" }, "limit"],
    [{ limit: "1e13" }, "limit"], [{ limit: "Infinity" }, "limit"], [{ unit: "usd", limit: "1e12" }, "limit"], [{ graceTokens: "-1" }, "graceTokens"],
    [{ graceTokens: "1.5" }, "graceTokens"],
  ];
  it.each(bad)("refuses %j at its field", (change, field) => {
    const read = readForm({ ...form, ...change });
    expect("fault" in read ? read.field : read).toBe(field);
  });

  const good: [Partial<BudgetForm>, object][] = [
    [{}, { scopeType: "tree", scopeId: ROOT, unit: "tokens", limit: 1000, period: "day" }],
    [{ limit: "0" }, { scopeType: "tree", scopeId: ROOT, unit: "tokens", limit: 0, period: "day" }],
    [{ scopeType: "install" }, { scopeType: "install", unit: "tokens", limit: 1000, period: "day" }],
    [{ unit: "usd", limit: " 0.25 " }, { scopeType: "tree", scopeId: ROOT, unit: "usd", limit: 0.25, period: "day" }],
    [{ unit: "concurrency", limit: "8" }, { scopeType: "tree", scopeId: ROOT, unit: "concurrency", limit: 8 }],
    [{ graceTokens: "500" }, { scopeType: "tree", scopeId: ROOT, unit: "tokens", limit: 1000, period: "day", graceTokens: 500 }],
  ];
  it.each(good)("reads %j", (change, order) => {
    expect(readForm({ ...form, ...change })).toEqual({ order });
  });

  it.each([["", "whole"], ["x", "whole"], ["0", "at least 1"], ["-3", "at least 1"], ["101", "Not more"]])("refuses to grant %j", (text, word) => {
    expect(readIncrement(text, 100)).toContain(word);
  });

  it("grants what was asked for, and less", () => {
    expect([readIncrement("100", 100), readIncrement(" 1 ", 100)]).toEqual([100, 1]);
  });
});

describe("amounts", () => {
  it.each([[1500, "tokens", "1.5K"], [0.5, "usd", "$0.5000"], [90, "seconds", "1m 30s"], [12_000, "requests", "12,000"]])("%s %s", (amount, unit, text) => {
    expect(formatAmount(amount, unit)).toBe(text);
  });
});

describe("the tree of budgets", () => {
  it("puts the installation first, and parents above their children, over tasks that have none", () => {
    const tasks = new Map([makeTask("root"), makeTask("lead", { parentId: "root" }), makeTask("none", { parentId: "lead" }), makeTask("worker", { parentId: "none" })].map((task) => [task.id, task]));
    const of = (scopeType: string, scopeId: string | null): BudgetRecord => makeBudget({ id: `${scopeType}${scopeId}`, scopeType, scopeId });
    const nodes = treeOfBudgets([of("task", "worker"), of("task", "root"), of("tree", ROOT), of("task", "lead"), of("install", null), of("agent", "a")], (id) => tasks.get(id));
    expect(nodes.map((node) => [node.id, node.depth])).toEqual([["install:", 0], ["agent:a", 0], [`tree:${ROOT}`, 0], ["task:root", 1], ["task:lead", 2], ["task:worker", 3]]);
  });

  it("leaves nobody out in a cycle of parents", () => {
    const tasks = new Map([makeTask("a", { parentId: "b" }), makeTask("b", { parentId: "a" })].map((task) => [task.id, task]));
    const nodes = treeOfBudgets(["a", "b"].map((id) => makeBudget({ id, scopeType: "task", scopeId: id })), (id) => tasks.get(id));
    expect(nodes.map((node) => node.scopeId).sort()).toEqual(["a", "b"]);
  });
});

interface Asked {
  path: string;
  method: string;
  body: Record<string, unknown> | null;
}

const REQUEST: BudgetRequestRecord = {
  id: "r1", taskId: "lead", requestedBy: "tier2_lead", reason: "The load test needs more", requestedIncrement: 2900, currentBudget: 5000, currentUsage: 4900,
  status: "pending", approvedIncrement: null, resolutionNote: null, createdAt: 1, createdAtUs: 1, updatedAt: 1, updatedAtUs: 1, resolvedAt: null, resolvedAtUs: null,
  rootTaskId: ROOT,
};

/** A gateway with one budget and one request, and another root's of each. */
function gateway(): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    const body = init?.body === undefined ? null : (JSON.parse(String(init.body)) as Record<string, unknown>);
    asked.push({ path, method: init?.method ?? "GET", body });
    const name = path.split("?")[0]?.split("/").at(-1) ?? "";
    const answers: Record<string, unknown> = {
      list_budgets: [makeBudget({ spent: 690, limit: 1000 }), makeBudget({ id: "b2", scopeId: "root-b", rootTaskId: "root-b" })],
      list_task_budget_requests: [REQUEST, { ...REQUEST, id: "r2", taskId: "elsewhere", rootTaskId: "root-b" }],
      resolve_task_budget_request: { ...REQUEST, status: "approved" },
      budgets: makeBudget(),
      tasks: { items: [], nextCursor: null },
      elsewhere: makeTask("elsewhere", { rootTaskId: "root-b" }),
    };
    return new Response(JSON.stringify(answers[name] ?? {}), { status: name in answers ? 200 : 404 });
  });
  return asked;
}

function openPage(role = "admin"): Asked[] {
  window.history.replaceState(null, "", `/budgets?root=${ROOT}`);
  const asked = gateway();
  const fleet = makeFleet([]);
  fleet.control.takeTasks([makeTask("lead", { tier: 2 })]);
  renderWith(fleet, <BudgetsPage />, role);
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe("the page of budgets", () => {
  it("shows those of the root in scope and their tasks, and all when asked", async () => {
    openPage();
    const tree = await screen.findByRole("list", { name: "Tree of budgets" });
    expect(await within(tree).findByText(ROOT)).toBeInTheDocument();
    expect(within(tree).getByText("Objective of lead")).toBeInTheDocument();
    expect(within(tree).queryByText("root-b")).toBeNull();
    fireEvent.click(screen.getByRole("radio", { name: "All roots" }));
    expect(within(tree).getByText("root-b")).toBeInTheDocument();
    expect(window.location.search).toContain("of=all");
  });

  it("grants a part, with the reason, and resumes the task", async () => {
    const asked = openPage("operator");
    fireEvent.click(await screen.findByRole("button", { name: "Approve the request for Objective of lead" }));
    fireEvent.change(screen.getByLabelText("Tokens to grant"), { target: { value: "1000" } });
    fireEvent.change(screen.getByLabelText("Reason"), { target: { value: "A third first" } });
    fireEvent.click(screen.getByRole("button", { name: "Approve part" }));
    await vi.waitFor(() => {
      const sent = asked.find((one) => one.path.endsWith("resolve_task_budget_request"));
      expect(sent?.body?.input).toEqual({ requestId: "r1", decision: "approve", approvedIncrement: 1000, resumeTask: true, reason: "A third first" });
    });
  });

  it("counts what waits in other roots, and shows it when asked", async () => {
    openPage();
    expect(await screen.findByText("1 request more in other roots")).toBeInTheDocument();
    expect(document.querySelectorAll("[data-request]")).toHaveLength(1);
    fireEvent.click(screen.getByRole("radio", { name: "All roots" }));
    expect(document.querySelectorAll("[data-request]")).toHaveLength(2);
  });

  it("sets nothing that makes no sense", async () => {
    const asked = openPage();
    fireEvent.click(await screen.findByRole("button", { name: "New budget" }));
    fireEvent.change(screen.getByLabelText("Limit, tokens"), { target: { value: "0.5" } });
    fireEvent.click(screen.getByRole("button", { name: "Set budget" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Tokens are whole.");
    expect(asked.some((one) => one.method === "POST" && one.path.endsWith("/budgets"))).toBe(false);
    fireEvent.change(screen.getByLabelText("Limit, tokens"), { target: { value: "5000" } });
    await act(async () => fireEvent.click(screen.getByRole("button", { name: "Set budget" })));
    expect(asked.find((one) => one.method === "POST" && one.path.endsWith("/budgets"))?.body).toEqual({ scopeType: "tree", scopeId: ROOT, unit: "tokens", limit: 5000, period: "total" });
  });

  it("offers nothing to who may only look", async () => {
    openPage("viewer");
    await screen.findByRole("list", { name: "Tree of budgets" });
    await screen.findByText("The load test needs more");
    for (const name of [/Approve/, /Reject/, /New budget/, /^Change/, /^Remove/]) expect(screen.queryByRole("button", { name })).toBeNull();
  });
});
