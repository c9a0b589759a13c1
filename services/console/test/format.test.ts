import { describe, expect, it } from "vitest";
import { formatAge, formatBytes, formatCost, formatDuration, formatLatency, formatTokenCount, plural } from "@/lib/format";

describe("formatTokenCount", () => {
  it.each([
    [0, "0"],
    [1, "1"],
    [999, "999"],
    [1000, "1.0K"],
    [1049, "1.0K"],
    [1050, "1.1K"],
    [1500, "1.5K"],
    [9999, "10.0K"],
    [10_000, "10.0K"],
    [99_949, "99.9K"],
    [999_900, "999.9K"],
    [999_949, "999.9K"],
    [999_950, "1000.0K"],
    [999_999, "1000.0K"],
    [1_000_000, "1.0M"],
    [1_000_001, "1.0M"],
    [1_050_000, "1.1M"],
    [2_000_000, "2.0M"],
    [999_999_999, "1000.0M"],
    [1_000_000_000, "1000.0M"],
    [Number.MAX_SAFE_INTEGER, "9007199254.7M"],
    [-1, "-1"],
    [-999, "-999"],
    [-1000, "-1000"],
    [-1500, "-1500"],
    [-1_000_000, "-1000000"],
  ])("writes %d as %s", (count, text) => {
    expect(formatTokenCount(count)).toBe(text);
  });
});

describe("other words", () => {
  it.each([
    [null, "–"],
    [0, "$0"],
    [0.00001, "<$0.0001"],
    [0.0042, "$0.0042"],
    [0.5, "$0.5000"],
    [1, "$1.00"],
    [12.345, "$12.35"],
    [1234, "$1.2K"],
    [-2, "-$2.00"],
  ])("writes a cost of %s as %s", (usd, text) => {
    expect(formatCost(usd)).toBe(text);
  });

  it.each([
    [-5, "0s"],
    [59, "59s"],
    [60, "1m 00s"],
    [134, "2m 14s"],
    [3599, "59m 59s"],
    [3600, "1h 00m"],
    [90_000, "1d 1h"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [0, "now"],
    [1.9, "now"],
    [2, "2s"],
    [59, "59s"],
    [60, "1m"],
    [3600, "1h"],
    [86_400, "1d"],
  ])("writes an age of %d as %s", (seconds, text) => {
    expect(formatAge(seconds)).toBe(text);
  });

  it("writes latencies, bytes and counts", () => {
    expect(formatLatency(999)).toBe("999 ms");
    expect(formatLatency(1000)).toBe("1.0 s");
    expect(formatLatency(60_000)).toBe("1m 00s");
    expect(formatBytes(1023)).toBe("1023 B");
    expect(formatBytes(1024)).toBe("1.0 KiB");
    expect(plural(1, "agent")).toBe("1 agent");
    expect(plural(1200, "agent")).toBe("1,200 agents");
  });
});
