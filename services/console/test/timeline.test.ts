import { describe, expect, it, vi } from "vitest";
import type { AgentEventRecord } from "@/lib/generated/proto";
import { PAGE_EVENTS, Timeline, WINDOW_MAX } from "@/store/timeline";
import { makeEvent } from "./helpers";

/** A run of so many events, read as the gateway answers: newest first, below beforeId. */
function makeSource(count: number) {
  return vi.fn(async ({ beforeId, limit }: { beforeId?: number; limit: number }) => {
    const newest = Math.min(count, (beforeId ?? count + 1) - 1);
    const items: AgentEventRecord[] = [];
    for (let id = newest; id >= 1 && items.length < limit; id -= 1) items.push(makeEvent(id, "a"));
    return { items, nextCursor: null };
  });
}

const ids = (timeline: Timeline): number[] => timeline.getState().events.map((event) => event.id);

describe("the timeline of a run", () => {
  it("reads one page, oldest first, and knows that there is more", async () => {
    const timeline = new Timeline(makeSource(1000));
    await timeline.loadNewest();
    expect(ids(timeline)).toHaveLength(PAGE_EVENTS);
    expect(ids(timeline).at(-1)).toBe(1000);
    expect(timeline.getState().hasOlder).toBe(true);
  });

  it("joins what arrived while the page was read, each event once", async () => {
    const timeline = new Timeline(makeSource(3));
    const loaded = timeline.loadNewest();
    timeline.append([makeEvent(3, "a"), makeEvent(4, "a")]);
    await loaded;
    expect(ids(timeline)).toEqual([1, 2, 3, 4]);
  });

  it("puts older pages in front and says by how many rows", async () => {
    const timeline = new Timeline(makeSource(250));
    await timeline.loadNewest();
    await timeline.loadOlder();
    expect(ids(timeline)[0]).toBe(1);
    expect(timeline.getState()).toMatchObject({ prepended: 50, hasOlder: false });
  });

  it("counts what arrives below what is being read, and goes there when asked", async () => {
    const timeline = new Timeline(makeSource(10));
    await timeline.loadNewest();
    timeline.setFollowing(false);
    timeline.append([makeEvent(11, "a"), makeEvent(12, "a")]);
    expect(timeline.getState().unseen).toBe(2);
    timeline.setFollowing(true);
    expect(timeline.getState()).toMatchObject({ unseen: 0, isFollowing: true });
  });

  it("holds still while it is pointed at, and follows again after", async () => {
    const timeline = new Timeline(makeSource(10));
    await timeline.loadNewest();
    timeline.setHeld(true);
    timeline.append([makeEvent(11, "a")]);
    expect(timeline.getState()).toMatchObject({ isFollowing: true, unseen: 1 });
    timeline.setHeld(false);
    expect(timeline.getState()).toMatchObject({ isFollowing: true, unseen: 0 });
    expect(ids(timeline).at(-1)).toBe(11);
  });

  it("takes every event once however often it is sent", async () => {
    const timeline = new Timeline(makeSource(5));
    await timeline.loadNewest();
    timeline.append([makeEvent(6, "a")]);
    timeline.append([makeEvent(6, "a"), makeEvent(5, "a")]);
    expect(ids(timeline)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("stays within its window while following", async () => {
    const timeline = new Timeline(makeSource(PAGE_EVENTS));
    await timeline.loadNewest();
    for (let id = PAGE_EVENTS + 1; id <= WINDOW_MAX + 500; id += 1) timeline.append([makeEvent(id, "a")]);
    expect(ids(timeline)).toHaveLength(WINDOW_MAX);
    expect(ids(timeline).at(-1)).toBe(WINDOW_MAX + 500);
    expect(timeline.getState().hasOlder).toBe(true);
  });

  it("lets go of the tail rather than of what is being read, and reads it anew later", async () => {
    const timeline = new Timeline(makeSource(PAGE_EVENTS));
    await timeline.loadNewest();
    timeline.setFollowing(false);
    const many = Array.from({ length: WINDOW_MAX }, (_, i) => makeEvent(PAGE_EVENTS + 1 + i, "a"));
    timeline.append(many);
    expect(ids(timeline)[0]).toBe(1);
    expect(timeline.getState()).toMatchObject({ isDetached: true, unseen: WINDOW_MAX });
    timeline.setFollowing(true);
    await vi.waitFor(() => expect(timeline.getState().isDetached).toBe(false));
  });

  it("shows a page as it happened, and late news where they arrive", async () => {
    const items = [makeEvent(3, "a", { createdAtUs: 10 }), makeEvent(2, "a", { createdAtUs: 30 }), makeEvent(1, "a", { createdAtUs: 20 })];
    const timeline = new Timeline(async () => ({ items, nextCursor: null }));
    await timeline.loadNewest();
    expect(ids(timeline)).toEqual([3, 1, 2]);
    timeline.append([makeEvent(5, "a", { createdAtUs: 6 }), makeEvent(4, "a", { createdAtUs: 5 })]);
    expect(ids(timeline)).toEqual([3, 1, 2, 4, 5]);
  });

  it("reads what its window has let go of again", async () => {
    const timeline = new Timeline(makeSource(WINDOW_MAX + 100));
    await timeline.loadNewest();
    while (timeline.getState().hasOlder && ids(timeline).length < WINDOW_MAX) await timeline.loadOlder();
    timeline.append(Array.from({ length: 50 }, (_, i) => makeEvent(WINDOW_MAX + 101 + i, "a")));
    const first = ids(timeline)[0] ?? 0;
    await timeline.loadOlder();
    expect(ids(timeline)[0]).toBeLessThan(first);
    expect(new Set(ids(timeline)).size).toBe(ids(timeline).length);
  });

  it("says why it could not read", async () => {
    const timeline = new Timeline(() => Promise.reject(new Error("The database cannot be reached just now")));
    await timeline.loadNewest();
    expect(timeline.getState()).toMatchObject({ load: "failed", error: "The database cannot be reached just now" });
  });
});
