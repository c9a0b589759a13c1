import { describe, expect, it, vi } from "vitest";
import type { RunMove } from "@/lib/generated/proto";
import type { Frame } from "@/lib/sse";
import { WAITING_EVENTS_MAX } from "@/store/fleet";
import { eventFrame, makeEvent, makeFleet, makeRun, nextFrame, ROOT, runFrame } from "./helpers";

describe("the scope of a root", () => {
  it("never takes runs or events of another root", async () => {
    const { store } = makeFleet([makeRun("a"), makeRun("foreign", { rootTaskId: "root-b" })]);
    const onEvents = vi.fn();
    store.subscribeEvents("a", { onEvents, onGap: vi.fn() });
    store.takeFrames([
      runFrame(makeRun("b", { rootTaskId: "root-b" })),
      runFrame(makeRun("c", { rootTaskId: null })),
      eventFrame(makeEvent(9, "a", { rootTaskId: "root-b", message: "from elsewhere" })),
    ]);
    await nextFrame();
    expect(store.list().map((run) => run.id)).toEqual(["a"]);
    expect(store.getSnapshot().waiting).toBe(0);
    expect(onEvents).not.toHaveBeenCalled();
    expect(store.run("a")?.lastMessage).toBeNull();
  });

  it("takes what names no root only where the root is the global one", async () => {
    const { store } = makeFleet([]);
    store.setScope("global");
    store.takeFrames([runFrame(makeRun("a", { rootTaskId: null })), runFrame(makeRun("b", { rootTaskId: ROOT }))]);
    await nextFrame();
    expect(store.list().map((run) => run.id)).toEqual(["a"]);
  });

  it("forgets everything when another root is chosen", () => {
    const { store } = makeFleet([makeRun("a")]);
    store.takeFrames([runFrame(makeRun("b"))]);
    store.setScope("root-b");
    expect(store.list()).toEqual([]);
    expect(store.getSnapshot().load).toBe("loading");
  });
});

function moveFrame(move: Partial<RunMove>): Frame {
  const whole = { rootTaskId: ROOT, runId: null, newRootTaskId: ROOT, newRunId: null, ...move };
  return { event: "run_moved", data: JSON.stringify(whole), id: null, retry: null };
}

describe("runs that are elsewhere now", () => {
  it("drops the card of a run that became part of another, and takes the row of that one", async () => {
    const { store } = makeFleet([makeRun("provisional"), makeRun("other")]);
    const onChange = vi.fn();
    store.subscribeRun("provisional", onChange);
    store.takeFrames([runFrame(makeRun("late")), moveFrame({ runId: "provisional", newRunId: "real" }), moveFrame({ runId: "late", newRunId: "real" }), runFrame(makeRun("real"))]);
    await nextFrame();
    expect(store.list().map((run) => run.id)).toEqual(["other", "real"]);
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it("drops all of a root that was joined to another, but not of any other root", async () => {
    const { store } = makeFleet([makeRun("a"), makeRun("b")]);
    store.takeFrames([moveFrame({ rootTaskId: "root-b", newRootTaskId: ROOT }), moveFrame({ rootTaskId: "root-b", runId: "a" })]);
    await nextFrame();
    expect(store.list()).toHaveLength(2);
    store.takeFrames([moveFrame({ newRootTaskId: "root-b" })]);
    await nextFrame();
    expect(store.list()).toEqual([]);
  });

  it("waits while the view is paused", async () => {
    const { store } = makeFleet([makeRun("a")]);
    store.setPaused(true);
    store.takeFrames([moveFrame({ runId: "a", newRunId: "b" })]);
    await nextFrame();
    expect(store.list()).toHaveLength(1);
    store.setPaused(false);
    expect(store.list()).toEqual([]);
  });
});

describe("changes of the stream", () => {
  it("apply together at the next drawing", async () => {
    const { store } = makeFleet([makeRun("a")]);
    const onChange = vi.fn();
    store.subscribe(onChange);
    store.takeFrames([runFrame(makeRun("a", { lastEventId: 2, tokensIn: 5 })), runFrame(makeRun("a", { lastEventId: 3, tokensIn: 9 }))]);
    expect(store.run("a")?.tokensIn).toBe(0);
    await nextFrame();
    expect(store.run("a")?.tokensIn).toBe(9);
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it("never replace a run by an older version of it", async () => {
    const { store } = makeFleet([makeRun("a", { lastEventId: 10, status: "completed" })]);
    store.takeFrames([runFrame(makeRun("a", { lastEventId: 4, status: "executing" }))]);
    await nextFrame();
    expect(store.run("a")?.status).toBe("completed");
  });

  it("show the last action of an event before the run itself arrives", async () => {
    const { store } = makeFleet([makeRun("a")]);
    store.takeFrames([eventFrame(makeEvent(5, "a", { action: "tool.call", message: "read a file", mcpServer: "files" }))]);
    await nextFrame();
    expect(store.run("a")).toMatchObject({ lastAction: "tool.call", lastMessage: "read a file", mcpServer: "files" });
  });

  it("wait while the view is paused, are counted, and all show when it goes on", async () => {
    const { store } = makeFleet([makeRun("a")]);
    store.setPaused(true);
    store.takeFrames([runFrame(makeRun("a", { lastEventId: 2, tokensIn: 5 })), eventFrame(makeEvent(2, "a"))]);
    await nextFrame();
    expect(store.getSnapshot().waiting).toBe(2);
    expect(store.run("a")?.tokensIn).toBe(0);
    store.setPaused(false);
    expect(store.run("a")?.tokensIn).toBe(5);
    expect(store.getSnapshot().waiting).toBe(0);
  });

  it("are bounded while they wait, and the gap is told", () => {
    const { store } = makeFleet([makeRun("a")]);
    const listener = { onEvents: vi.fn(), onGap: vi.fn() };
    store.subscribeEvents("a", listener);
    store.setPaused(true);
    for (let id = 2; id < WAITING_EVENTS_MAX + 10; id += 1) store.takeFrames([eventFrame(makeEvent(id, "a"))]);
    store.setPaused(false);
    expect(listener.onGap).toHaveBeenCalledTimes(1);
    expect(listener.onEvents.mock.calls[0]?.[0].length).toBeLessThanOrEqual(WAITING_EVENTS_MAX);
  });

  it("that are not JSON are passed over", async () => {
    const { store } = makeFleet([makeRun("a")]);
    store.takeFrames([{ event: "agent_run", data: "{", id: null, retry: null }, { event: "agent_event", data: "null", id: "3", retry: null }]);
    await nextFrame();
    expect(store.list()).toHaveLength(1);
  });
});
