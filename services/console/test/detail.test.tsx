import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DetailPanel } from "@/components/detail/detail-panel";
import type { AgentEventRecord } from "@/lib/generated/proto";
import { useUrl } from "@/lib/url";
import { eventFrame, makeEvent, makeFleet, makeRun, nextFrame, renderWith } from "./helpers";

function Page() {
  const [{ run }] = useUrl();
  return run === null ? null : <DetailPanel runId={run} />;
}

function answer(events: AgentEventRecord[]): void {
  vi.stubGlobal("fetch", async (path: string) => new Response(JSON.stringify({ items: path.startsWith("/api/v1/events") ? [...events].reverse() : [], nextCursor: null })));
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const PAYLOAD = JSON.stringify({ headers: { authorization: "Bearer [REDACTED:bearer-token]" }, html: "<b>bold</b>", count: 3 });

describe("the timeline", () => {
  it("shows what is stored, and what arrives while it is open", async () => {
    window.history.replaceState(null, "", "?run=a");
    answer([makeEvent(1, "a", { action: "agent.run", message: "Started" })]);
    const fleet = makeFleet([makeRun("a")]);
    renderWith(fleet, <Page />);
    expect(await screen.findByText("Started")).toBeInTheDocument();
    fleet.store.takeFrames([
      eventFrame(makeEvent(2, "a", { message: "Just now", latencyMs: 1500, tokensIn: 1200, tokensOut: 30 })),
      eventFrame(makeEvent(3, "b", { message: "Of another run" })),
    ]);
    await act(nextFrame);
    expect(screen.getByText("Just now")).toBeInTheDocument();
    expect(screen.getByText("1.5 s")).toBeInTheDocument();
    expect(screen.queryByText("Of another run")).toBeNull();
  });

  it("shows an event whole when it is chosen, and keeps it in the address", async () => {
    window.history.replaceState(null, "", "?run=a");
    answer([makeEvent(1, "a", { message: "<script>alert(1)</script>", payloadJson: PAYLOAD })]);
    renderWith(makeFleet([makeRun("a")]), <Page />);
    fireEvent.click(await screen.findByText("<script>alert(1)</script>"));
    expect(window.location.search).toContain("event=1");
    expect(document.querySelector('[data-inspected="1"]')).not.toBeNull();
    expect(document.querySelector("script")).toBeNull();
  });

  it("says so where a run is not in the root in scope", async () => {
    window.history.replaceState(null, "", "?run=foreign");
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify(makeRun("foreign", { rootTaskId: "root-b", actor: "spy" }))));
    renderWith(makeFleet([makeRun("a")]), <Page />);
    expect(await screen.findByText("This agent is not in the root in scope")).toBeInTheDocument();
    expect(screen.queryByText("spy")).toBeNull();
  });
});

describe("the payload", () => {
  it("is a tree with paths to copy, and labels what a rule has hidden", async () => {
    window.history.replaceState(null, "", "?run=a&tab=payload&event=1");
    answer([makeEvent(1, "a", { payloadJson: PAYLOAD })]);
    renderWith(makeFleet([makeRun("a")]), <Page />);
    expect(await screen.findByText("hidden by bearer-token")).toHaveAttribute("data-masked", "bearer-token");
    expect(screen.getByRole("button", { name: "Copy the path $.headers.authorization" })).toBeInTheDocument();
    expect(screen.getByText("<b>bold</b>")).toBeInTheDocument();
    expect(screen.getByText("3")).toBeInTheDocument();
  });

  it("that is not JSON is shown as it is, with the reason", async () => {
    window.history.replaceState(null, "", "?run=a&tab=payload&event=1");
    answer([makeEvent(1, "a", { payloadJson: "{broken" })]);
    renderWith(makeFleet([makeRun("a")]), <Page />);
    expect(await screen.findByText("{broken")).toBeInTheDocument();
    expect(screen.getByText(/Not JSON/)).toBeInTheDocument();
  });
});

describe("the waterfall", () => {
  it("shows the calls that tell their latency, and only these", async () => {
    window.history.replaceState(null, "", "?run=a&tab=waterfall");
    answer([makeEvent(1, "a", { action: "plan" }), makeEvent(2, "a", { latencyMs: 250, modelId: "gpt-5-nano" })]);
    renderWith(makeFleet([makeRun("a")]), <Page />);
    expect(await screen.findByText("llm.call gpt-5-nano")).toBeInTheDocument();
    expect(document.querySelectorAll("[data-span]")).toHaveLength(1);
  });
});
