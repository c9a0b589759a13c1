import { describe, expect, it } from "vitest";
import { jsonRows, maskedParts } from "@/lib/json-rows";

const NONE = new Set<string>();

describe("the payload as rows", () => {
  it("gives every member its path", () => {
    const rows = jsonRows({ a: { "b c": [true, null] }, d: 1 }, NONE);
    expect(rows.map((row) => row.path)).toEqual(["$", "$.a", '$.a["b c"]', '$.a["b c"][0]', '$.a["b c"][1]', "$.d"]);
  });

  it("walks only what is open", () => {
    const deep = { a: { b: { c: { d: 1 } } } };
    expect(jsonRows(deep, NONE).map((row) => row.name)).toEqual([null, "a", "b", "c"]);
    expect(jsonRows(deep, new Set(["$.a.b.c"])).map((row) => row.name)).toEqual([null, "a", "b", "c", "d"]);
    expect(jsonRows(deep, new Set(["$"]))).toHaveLength(1);
  });

  it("leaves long lists closed", () => {
    const rows = jsonRows({ list: Array.from({ length: 5000 }, (_, i) => i) }, NONE);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({ size: 5000, isOpen: false });
  });

  it("survives a document nested ten thousand deep", () => {
    const text = "[".repeat(5000) + "]".repeat(5000);
    expect(jsonRows(JSON.parse(text), NONE).length).toBeLessThan(10);
  });
});

describe("hidden parts", () => {
  it("are found with the rule that hid them", () => {
    expect(maskedParts("Bearer [REDACTED:bearer-token], then [REDACTED:aws.key_1]")).toEqual([
      { text: "Bearer ", rule: null },
      { text: "[REDACTED:bearer-token]", rule: "bearer-token" },
      { text: ", then ", rule: null },
      { text: "[REDACTED:aws.key_1]", rule: "aws.key_1" },
    ]);
  });

  it("are not seen where there are none", () => {
    expect(maskedParts("[REDACTED] nothing")).toEqual([{ text: "[REDACTED] nothing", rule: null }]);
    expect(maskedParts("")).toEqual([{ text: "", rule: null }]);
  });
});
