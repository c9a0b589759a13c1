import { fireEvent, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EventInspector } from "@/components/detail/event-inspector";
import { DecisionView } from "@/components/models/decision-view";
import ModelsPage from "@/components/models/models-page";
import type { ModelHealthRecord, ModelRecord, RouteCandidate, RouteDecision } from "@/lib/generated/proto";
import { decisionOf, formatPercent, formatPrice } from "@/lib/models";
import { makeEvent, makeFleet, makeRun, renderWith } from "./helpers";

function candidate(change: Partial<RouteCandidate>): RouteCandidate {
  return {
    provider: "openai", modelId: "gpt-5", order: 0, rank: null, isExcluded: false, exclusion: null, reason: null,
    untilAt: null, untilAtUs: null, quality: 0.4, success: 0.18, latency: 0.1, cost: 0.05, failure: 0.02, score: 0.71, ...change,
  };
}

const DECISION: RouteDecision = {
  id: "0190f000-0000-7000-8000-000000000001", madeAt: 1_800_000_000, madeAtUs: 1_800_000_000_000_000, registryVersion: 3,
  asked: "tier:2", persona: null, tier: 2, dialect: "chat", list: "tier:2", isRouted: true, isFallback: true,
  provider: "openai", modelId: "gpt-5", message: "openai/gpt-5 of 2",
  candidates: [
    candidate({ provider: "anthropic", modelId: "claude-sonnet", order: 0, isExcluded: true, exclusion: "circuit_open", reason: "its circuit is open for 12 s more" }),
    candidate({ order: 1, rank: 1 }),
  ],
};

function model(change: Partial<ModelRecord>): ModelRecord {
  return {
    provider: "openai", modelId: "gpt-5", isAvailable: true, exclusion: null, reason: null, tiers: [2], personas: [],
    capabilities: ["chat", "tools"], contextTokens: 400_000, outputTokensMax: 128_000,
    prices: [{ from: 0, input: 1.25, output: 10, cacheRead: 0.125, cacheWrite5m: null, cacheWrite1h: null }],
    batchPercent: 50, asOf: "2026-11-01", score: 0.81, ...change,
  };
}

function health(change: Partial<ModelHealthRecord>): ModelHealthRecord {
  return {
    provider: "openai", modelId: "gpt-5", totalCalls: 30, successCalls: 29, failedCalls: 1, avgLatencyMs: 900, avgCostUsd: 0.01,
    qualityScore: 0.8, lastError: "the upstream answered 529", lastUsedAt: null, lastUsedAtUs: null, updatedAt: 1, updatedAtUs: 1, ...change,
  };
}

/** Answers by the last part of the path. */
function answerWith(answers: Record<string, unknown>): void {
  vi.stubGlobal("fetch", async (path: string) => {
    const name = path.split("?")[0]?.split("/").at(-1) ?? "";
    return new Response(JSON.stringify(answers[name] ?? []), { status: name in answers ? 200 : 404 });
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a decision", () => {
  it("puts the chosen one first and says why the others were left out", () => {
    renderWith(makeFleet([]), <DecisionView decision={DECISION} />);
    const rows = within(screen.getByRole("list", { name: "Candidates" })).getAllByRole("listitem");
    expect(rows.map((row) => row.dataset.candidate)).toEqual(["openai/gpt-5", "anthropic/claude-sonnet"]);
    expect(within(rows[0] as HTMLElement).getByLabelText("chosen")).toBeInTheDocument();
    expect(rows[1]).toHaveTextContent("circuit_open");
    expect(rows[1]).toHaveTextContent("its circuit is open for 12 s more");
    expect(screen.getByText(/Not the first of its list/)).toBeInTheDocument();
  });

  it("tells every term of the score in words", () => {
    renderWith(makeFleet([]), <DecisionView decision={DECISION} />);
    expect(screen.getByRole("img", { name: "quality 0.400 + success 0.180 + latency 0.100 + cost 0.050 − failure 0.020 = 0.710" })).toBeInTheDocument();
  });

  it("is read out of the events of routing, and of no other", () => {
    const payloadJson = JSON.stringify(DECISION);
    expect(decisionOf(makeEvent(1, "a", { phase: "model_routing", payloadJson }))?.id).toBe(DECISION.id);
    expect(decisionOf(makeEvent(1, "a", { phase: "end", payloadJson }))).toBeNull();
    expect(decisionOf(makeEvent(1, "a", { phase: "model_routing", payloadJson: "{" }))).toBeNull();
    expect(decisionOf(makeEvent(1, "a", { phase: "model_routing", payloadJson: "{}" }))).toBeNull();
  });

  it("stands above the payload of its event", () => {
    const event = makeEvent(7, "a", { action: "model_selected", phase: "model_routing", payloadJson: JSON.stringify(DECISION) });
    renderWith(makeFleet([makeRun("a")]), <EventInspector events={[event]} eventId={7} />);
    expect(document.querySelector(`[data-decision="${DECISION.id}"]`)).not.toBeNull();
  });
});

describe("the page of models", () => {
  it("shows health, availability and share, and opens to the card", async () => {
    answerWith({
      list_models: [model({}), model({ provider: "anthropic", modelId: "claude-sonnet", isAvailable: false, exclusion: "no_secret", reason: "the vault has no secret \"anthropic\"", prices: null })],
      "model-health": { items: [health({}), health({ provider: "anthropic", modelId: "claude-sonnet", totalCalls: 10, failedCalls: 0 })] },
      explain_route: DECISION,
      list_route_decisions: [DECISION],
    });
    renderWith(makeFleet([]), <ModelsPage />);
    await screen.findByRole("table", { name: "Models" });
    const rowOf = (id: string): HTMLElement => document.querySelector(`tr[data-row="${id}"]`) as HTMLElement;
    const row = rowOf("openai/gpt-5");
    expect(row).toHaveTextContent("75 %");
    expect(row).toHaveTextContent("available");
    const other = rowOf("anthropic/claude-sonnet");
    expect(other).toHaveTextContent("no secret");
    expect(other).toHaveTextContent("unknown");
    fireEvent.click(row);
    expect(screen.getByRole("table", { name: "Prices" })).toHaveTextContent("01.2510.000.13unknown");
    expect(screen.getByText("the upstream answered 529")).toBeInTheDocument();
  });
});

describe("figures", () => {
  it.each([[null, "unknown"], [undefined, "unknown"], [0, "0.00"], [0.05, "0.0500"], [1.25, "1.25"], [150, "150"]])("writes the price %s as %s", (usd, text) => {
    expect(formatPrice(usd)).toBe(text);
  });

  it.each([[0, "0 %"], [0.004, "0.4 %"], [0.25, "25 %"], [1, "100 %"]])("writes the share %s as %s", (share, text) => {
    expect(formatPercent(share)).toBe(text);
  });
});
