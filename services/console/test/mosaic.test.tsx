import { act, fireEvent, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { FilterBar } from "@/components/header/filter-bar";
import { Header } from "@/components/header/header";
import { Mosaic } from "@/components/mosaic/mosaic";
import { RunTable } from "@/components/table/run-table";
import { useUrl } from "@/lib/url";
import { useMatchingRuns, useTierGroups } from "@/store/hooks";
import { makeFleet, makeRun, nextFrame, renderWith, runFrame } from "./helpers";

const SESSION = { user: { name: "ada", role: "admin" }, csrfToken: "t", expiresAt: 0 };

function Page() {
  const [{ filters, density, view }] = useUrl();
  const runs = useMatchingRuns(filters);
  const groups = useTierGroups(runs);
  return (
    <>
      <Header session={SESSION} onSignedOut={() => undefined} shows="everything" />
      <FilterBar runs={runs} />
      {view === "table" ? <RunTable runs={runs} /> : <Mosaic groups={groups} density={density} />}
    </>
  );
}

const FULL = makeRun("tier3_security_analyst::t1", {
  actor: "tier3_security_analyst",
  persona: "security analyst",
  skill: "threat-model",
  provider: "openai",
  modelId: "gpt-5-nano",
  mcpServer: "github",
  mcpTool: "search_code",
  tokensIn: 1500,
  tokensOut: 999_999,
  costUsd: 0.0123,
  lastAction: "llm.call",
  lastMessage: "<img src=x onerror=alert(1)>",
});

function card(id: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[data-run="${CSS.escape(id)}"]`);
  if (found === null) throw new Error(`no card of ${id}`);
  return found;
}

/** The same agent with a signal just now, however long ago this file was read. */
function fresh(): typeof FULL {
  return { ...FULL, lastEventAt: Math.floor(Date.now() / 1000) };
}

describe("a card", () => {
  it.each(["pro", "balanced"])("tells who, with what and at what price in %s", (density) => {
    window.history.replaceState(null, "", `?density=${density}`);
    renderWith(makeFleet([fresh()]), <Page />);
    const text = card(FULL.id).textContent ?? "";
    for (const word of ["tier3_security_analyst", "security analyst", "threat-model", "openai", "gpt-5-nano", "github/search_code", "1.5K", "1000.0K", "$0.0123", "executing", "llm.call", "now", "1m"]) {
      expect(text).toContain(word);
    }
  });

  it("has a name for those who do not see it", () => {
    renderWith(makeFleet([fresh()]), <Page />);
    expect(screen.getByRole("button", { name: "tier3_security_analyst, executing, openai gpt-5-nano, 1.0M tokens, last signal now" })).toBeInTheDocument();
  });

  it("shows markup as the text that it is", () => {
    renderWith(makeFleet([FULL]), <Page />);
    expect(card(FULL.id).textContent).toContain("<img src=x onerror=alert(1)>");
    expect(document.querySelector("img")).toBeNull();
  });

  it.each([
    ["completed", "completed"],
    ["failed", "failed"],
    ["paused", "paused"],
    ["pending", "pending"],
    ["executing", "executing"],
  ])("tells %s by word and shape", (status, word) => {
    renderWith(makeFleet([makeRun("a", { status })]), <Page />);
    expect(card("a").textContent).toContain(word);
    expect(card("a").querySelector(`[data-glyph="${word}"]`)).not.toBeNull();
  });

  it("shows an executing run that has long been silent as lost", () => {
    renderWith(makeFleet([makeRun("a", { lastEventAt: Math.floor(Date.now() / 1000) - 3600 })]), <Page />);
    expect(card("a").textContent).toContain("lost");
  });

  it("changes when its run does, and no other card is drawn anew", async () => {
    const fleet = makeFleet([makeRun("a"), makeRun("b")]);
    renderWith(fleet, <Page />);
    const other = card("b").innerHTML;
    fleet.store.takeFrames([runFrame(makeRun("a", { lastEventId: 2, tokensIn: 2_000_000, status: "completed" }))]);
    await act(nextFrame);
    expect(card("a").textContent).toContain("completed");
    expect(card("a").textContent).toContain("2.0M");
    expect(card("b").innerHTML).toBe(other);
  });
});

describe("the densities", () => {
  it("change what is said, in the address and for next time", () => {
    window.history.replaceState(null, "", "?density=pro");
    renderWith(makeFleet([FULL]), <Page />);
    expect(card(FULL.id).textContent).toContain("$0.0123");
    fireEvent.click(screen.getByRole("radio", { name: "Minimal" }));
    expect(card(FULL.id).querySelector("[data-part=face]")?.textContent).not.toContain("$0.0123");
    expect(card(FULL.id).querySelector("[data-part=face]")?.textContent).not.toContain("gpt-5-nano");
    expect(card(FULL.id).querySelector("[data-part=face]")?.textContent).toContain("1.0M");
    expect(window.location.search).toContain("density=minimal");
    expect(window.localStorage.getItem("mc.density")).toBe("minimal");
  });

  it("draw only what is in sight of a thousand cards", () => {
    window.history.replaceState(null, "", "?density=pro");
    const runs = Array.from({ length: 1000 }, (_, i) => makeRun(`agent-${i}`));
    renderWith(makeFleet(runs), <Page />);
    const drawn = document.querySelectorAll("[data-run]").length;
    expect(drawn).toBeGreaterThan(20);
    expect(drawn).toBeLessThan(120);
  });
});

describe("the scope", () => {
  it("keeps agents of another root out of cards, totals and filters", async () => {
    const fleet = makeFleet([makeRun("a", { persona: "mine" })]);
    renderWith(fleet, <Page />);
    fleet.store.takeFrames([runFrame(makeRun("b", { rootTaskId: "root-b", persona: "theirs", tokensIn: 5_000_000 }))]);
    await act(nextFrame);
    expect(document.querySelectorAll("[data-run]")).toHaveLength(1);
    const totals = screen.getByLabelText("Totals of what is shown");
    expect(totals.querySelector('[data-total="agents"]')).toHaveTextContent("1");
    expect(totals.textContent).not.toContain("5.0M");
    fireEvent.click(screen.getByRole("button", { name: "Persona" }));
    expect(screen.getByRole("menuitemcheckbox", { name: /mine/ })).toBeInTheDocument();
    expect(screen.queryByText("theirs")).toBeNull();
  });
});

describe("the filters", () => {
  it("are taken from the address", () => {
    window.history.replaceState(null, "", "?status=failed");
    renderWith(makeFleet([makeRun("a"), makeRun("b", { status: "failed" })]), <Page />);
    expect([...document.querySelectorAll("[data-run]")].map((one) => one.getAttribute("data-run"))).toEqual(["b"]);
    expect(screen.getByText("1 of 2")).toBeInTheDocument();
  });

  it("are written to the address, and are undone by the back button", async () => {
    renderWith(makeFleet([makeRun("a", { provider: "openai" }), makeRun("b", { provider: "anthropic" })]), <Page />);
    fireEvent.click(screen.getByRole("button", { name: "Provider" }));
    fireEvent.click(screen.getByRole("menuitemcheckbox", { name: /anthropic/ }));
    expect(window.location.search).toContain("provider=anthropic");
    expect(document.querySelectorAll("[data-run]")).toHaveLength(1);
    await act(async () => {
      window.history.back();
      await new Promise((done) => window.addEventListener("popstate", done, { once: true }));
    });
    expect(document.querySelectorAll("[data-run]")).toHaveLength(2);
  });
});

describe("the table", () => {
  it("shows the same agents, sorted as the address says", () => {
    window.history.replaceState(null, "", "?view=table&sort=cost.desc&density=pro");
    renderWith(makeFleet([makeRun("cheap", { costUsd: 1 }), makeRun("free"), makeRun("dear", { costUsd: 9 })]), <Page />);
    expect([...document.querySelectorAll("[data-run]")].map((one) => one.getAttribute("data-run"))).toEqual(["dear", "cheap", "free"]);
    expect(screen.getByRole("columnheader", { name: /Cost/ })).toHaveAttribute("aria-sort", "descending");
  });
});
