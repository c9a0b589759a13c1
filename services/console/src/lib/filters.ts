/** Which runs of the root are shown. */
import type { AgentRunRecord } from "@/lib/generated/proto";
import { lastSignal, tierKey } from "@/lib/status";

export const FACETS = ["tier", "status", "provider", "model", "persona", "skill", "mcp"] as const;
export type Facet = (typeof FACETS)[number];

export const TIME_PRESETS = ["5m", "15m", "1h", "6h", "24h", "7d", "30d"] as const;

export interface Filters {
  tier: string[];
  status: string[];
  provider: string[];
  model: string[];
  persona: string[];
  skill: string[];
  mcp: string[];
  /** A preset such as `15m`, or `<from>..<to>` in seconds; empty means any time. */
  time: string;
  text: string;
}

export const NO_FILTERS: Filters = {
  tier: [],
  status: [],
  provider: [],
  model: [],
  persona: [],
  skill: [],
  mcp: [],
  time: "",
  text: "",
};

export const FACET_NAMES: Record<Facet, string> = {
  tier: "Tier",
  status: "Status",
  provider: "Provider",
  model: "Model",
  persona: "Persona",
  skill: "Skill",
  mcp: "MCP",
};

const UNIT_S: Record<string, number> = { m: 60, h: 3600, d: 86400 };

/** Value of a run for a facet; null where the run has none. */
export function facetValue(run: AgentRunRecord, facet: Facet): string | null {
  switch (facet) {
    case "tier":
      return tierKey(run.tier);
    case "status":
      return run.status;
    case "provider":
      return run.provider;
    case "model":
      return run.modelId;
    case "persona":
      return run.persona;
    case "skill":
      return run.skill;
    case "mcp":
      return run.mcpServer;
  }
}

/** Seconds of a preset, or null where it is none. */
export function presetSeconds(time: string): number | null {
  const match = /^(\d{1,4})([mhd])$/.exec(time);
  if (match === null) return null;
  return Number(match[1]) * (UNIT_S[match[2] ?? ""] ?? 0);
}

/** The range that a time filter stands for at a moment; null means any time. */
export function timeRange(time: string, now: number): { from: number; to: number } | null {
  const preset = presetSeconds(time);
  if (preset !== null) return { from: now - preset, to: Number.POSITIVE_INFINITY };
  const match = /^(\d{1,12})\.\.(\d{1,12})$/.exec(time);
  return match === null ? null : { from: Number(match[1]), to: Number(match[2]) };
}

function matchesText(run: AgentRunRecord, text: string): boolean {
  const needle = text.toLowerCase();
  const fields = [run.actor, run.persona, run.skill, run.taskId, run.modelId, run.lastAction, run.lastMessage, run.mcpTool];
  return fields.some((field) => field !== null && field.toLowerCase().includes(needle));
}

/** Whether a run passes the filters at a moment. */
export function matches(run: AgentRunRecord, filters: Filters, now: number): boolean {
  for (const facet of FACETS) {
    const wanted = filters[facet];
    if (wanted.length === 0) continue;
    const value = facetValue(run, facet);
    if (value === null || !wanted.includes(value)) return false;
  }
  const range = timeRange(filters.time, now);
  if (range !== null && (lastSignal(run) < range.from || run.startedAt > range.to)) return false;
  return filters.text === "" || matchesText(run, filters.text);
}

/** How many filters are set. */
export function filterCount(filters: Filters): number {
  const facets = FACETS.filter((facet) => filters[facet].length > 0).length;
  return facets + (filters.time === "" ? 0 : 1) + (filters.text === "" ? 0 : 1);
}

/** Adds a value to a facet, or takes it away. */
export function toggleFacet(filters: Filters, facet: Facet, value: string): Filters {
  const values = filters[facet];
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  return { ...filters, [facet]: next };
}

/** Reads filters out of a query string: one parameter for each value. */
export function parseFilters(query: URLSearchParams): Filters {
  const time = query.get("time") ?? "";
  const filters: Filters = { ...NO_FILTERS, time: timeRange(time, 0) === null ? "" : time, text: query.get("q") ?? "" };
  for (const facet of FACETS) filters[facet] = [...new Set(query.getAll(facet))].filter((value) => value !== "");
  return filters;
}

/** Writes filters into a query string. */
export function writeFilters(query: URLSearchParams, filters: Filters): void {
  for (const facet of FACETS) for (const value of filters[facet]) query.append(facet, value);
  if (filters.time !== "") query.set("time", filters.time);
  if (filters.text !== "") query.set("q", filters.text);
}

/** The part of the filters that the server can apply, for roots with more runs than are held here. */
export function serverFilters(filters: Filters): Record<string, string> {
  const query: Record<string, string> = {};
  const names: Record<Facet, string> = {
    tier: "tier",
    status: "status",
    provider: "provider",
    model: "modelId",
    persona: "persona",
    skill: "skill",
    mcp: "mcpServer",
  };
  for (const facet of FACETS) {
    const [first, ...more] = filters[facet];
    if (first === undefined) continue;
    if (facet === "status") query[names.status] = filters.status.join(",");
    else if (more.length === 0 && !(facet === "tier" && first === "none")) query[names[facet]] = first;
  }
  return query;
}
