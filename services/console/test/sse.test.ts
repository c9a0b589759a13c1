import { describe, expect, it } from "vitest";
import { FrameReader } from "@/lib/sse";

const TEXT = ': hb\n\nretry: 1000\nevent: ready\ndata: {"lastEventId": 7}\n\nid: 8\nevent: agent_event\ndata: {"id":8}\n\n';

describe("FrameReader", () => {
  it("reads frames however the text is cut", () => {
    const whole = new FrameReader().push(TEXT);
    expect(whole.map((frame) => [frame.event, frame.data, frame.id])).toEqual([
      ["ready", '{"lastEventId": 7}', null],
      ["agent_event", '{"id":8}', "8"],
    ]);
    const reader = new FrameReader();
    expect([...TEXT].flatMap((letter) => reader.push(letter))).toEqual(whole);
  });

  it("takes all three ends of a line, also when one is cut in two", () => {
    const reader = new FrameReader();
    expect(reader.push("data: a\r")).toEqual([]);
    expect(reader.push("\n\r\ndata: b\rdata: c\n\n").map((frame) => frame.data)).toEqual(["a", "b\nc"]);
  });

  it("skips comments and frames without data", () => {
    expect(new FrameReader().push(": hb\n\nevent: live\n\n")).toEqual([]);
  });

  it("refuses a line that never ends", () => {
    const reader = new FrameReader();
    expect(() => reader.push(`data: ${"x".repeat(9 * 1024 * 1024)}`)).toThrow("too long");
  });
});
