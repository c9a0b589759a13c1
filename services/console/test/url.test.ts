import { describe, expect, it } from "vitest";
import { matches, NO_FILTERS, parseFilters, serverFilters, timeRange, toggleFacet } from "@/lib/filters";
import { keepPreference } from "@/lib/preferences";
import { changeUrl, parseUrl, urlState, writeUrl } from "@/lib/url";
import { makeRun } from "./helpers";

const ADDRESS =
  "?root=r%2F1&view=table&density=pro&theme=light&tier=2&tier=3&status=failed&provider=openai&model=gpt-5-nano&persona=analyst&skill=sql&mcp=github&time=15m&q=refund&sort=cost.desc&run=a%3A%3At1&tab=payload&event=77";

describe("the address", () => {
  it("holds everything, and reads back as it was written", () => {
    expect(writeUrl(parseUrl(ADDRESS))).toBe(ADDRESS);
  });

  it("takes only what it knows", () => {
    const state = parseUrl("?density=huge&view=cube&tab=x&event=-4&time=tomorrow&sort=;drop&run=a");
    expect(state).toMatchObject({ density: "balanced", view: "mosaic", tab: "timeline", event: null, sorting: { id: "started", desc: true } });
    expect(state.filters.time).toBe("");
  });

  it("goes before what was chosen last time, which goes before the default", () => {
    keepPreference("density", "minimal");
    expect(parseUrl("").density).toBe("minimal");
    expect(parseUrl("?density=pro").density).toBe("pro");
  });

  it("keeps a step for the back button only where it is asked for", () => {
    const before = window.history.length;
    changeUrl({ filters: { ...NO_FILTERS, text: "a" } });
    expect(window.history.length).toBe(before);
    changeUrl({ run: "a" }, "push");
    expect(window.history.length).toBe(before + 1);
    expect(urlState().run).toBe("a");
  });
});

describe("filters", () => {
  const run = makeRun("tier3_security_analyst", {
    provider: "openai",
    modelId: "gpt-5-nano",
    persona: "analyst",
    skill: "sql",
    mcpServer: "github",
    lastMessage: "Refunds are rounded",
    startedAt: 1000,
    lastEventAt: 2000,
  });

  it.each([
    ["tier=3", true],
    ["tier=1&tier=3", true],
    ["tier=1", false],
    ["status=executing", true],
    ["status=failed", false],
    ["provider=openai&model=gpt-5-nano", true],
    ["provider=anthropic", false],
    ["persona=analyst&skill=sql&mcp=github", true],
    ["mcp=postgres", false],
    ["q=REFUND", true],
    ["q=invoice", false],
    ["time=15m", true],
    ["time=1500..1600", true],
    ["time=2100..2200", false],
    ["time=1..900", false],
  ])("with %s: %s", (query, isShown) => {
    expect(matches(run, parseFilters(new URLSearchParams(query)), 2100)).toBe(isShown);
  });

  it("add a value and take it away again", () => {
    const once = toggleFacet(NO_FILTERS, "tier", "2");
    expect(once.tier).toEqual(["2"]);
    expect(toggleFacet(once, "tier", "2").tier).toEqual([]);
  });

  it("go to the server as far as it can apply them", () => {
    const filters = parseFilters(new URLSearchParams("status=failed&status=paused&tier=1&tier=2&model=m&mcp=github"));
    expect(serverFilters(filters)).toEqual({ status: "failed,paused", modelId: "m", mcpServer: "github" });
  });

  it("understand presets and ranges of time", () => {
    expect(timeRange("5m", 1000)).toEqual({ from: 700, to: Number.POSITIVE_INFINITY });
    expect(timeRange("10..20", 0)).toEqual({ from: 10, to: 20 });
    expect(timeRange("5y", 0)).toBeNull();
  });
});
