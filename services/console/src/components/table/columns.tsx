import type { ReactNode } from "react";
import { mcpName } from "@/components/mosaic/card-faces";
import { StateWord } from "@/components/ui/glyph";
import { useNow } from "@/lib/clock";
import { formatAge, formatCost, formatCount, formatDuration, formatTokenCount } from "@/lib/format";
import type { AgentRunRecord } from "@/lib/generated/proto";
import type { Density } from "@/lib/url";
import { lastSignal, runDuration } from "@/lib/status";
import { useShown } from "@/store/hooks";

export interface Column {
  id: string;
  label: string;
  /** A track of the grid. */
  width: string;
  isNumber: boolean;
  /** What is sorted by; undefined goes last. */
  value: (run: AgentRunRecord) => string | number | undefined;
  cell: (run: AgentRunRecord) => ReactNode;
}

function State({ run }: { run: AgentRunRecord }) {
  const { state, count } = useShown(run);
  return <StateWord state={state} count={count} />;
}

function Age({ run }: { run: AgentRunRecord }) {
  return formatAge(useNow() - lastSignal(run));
}

function Duration({ run }: { run: AgentRunRecord }) {
  return formatDuration(runDuration(run, useNow()));
}

function text(id: string, label: string, width: string, value: (run: AgentRunRecord) => string | null): Column {
  return {
    id,
    label,
    width,
    isNumber: false,
    value: (run) => value(run) ?? undefined,
    cell: (run) => <span className="text-dim">{value(run) ?? "–"}</span>,
  };
}

function count(id: string, label: string, width: string, value: (run: AgentRunRecord) => number, show: (n: number) => string): Column {
  return { id, label, width, isNumber: true, value, cell: (run) => show(value(run)) };
}

/** Columns that some densities leave out. */
const LEFT_OUT: Record<string, Density[]> = {
  skill: ["minimal"],
  persona: ["minimal"],
  mcp: ["minimal"],
  events: ["balanced", "minimal"],
  started: ["balanced", "minimal"],
  duration: ["minimal"],
  cost: ["minimal"],
  tokensout: ["minimal"],
};

/** Columns that a density shows: the fewer, the wider. */
export function columnsOf(density: Density): Column[] {
  return COLUMNS.filter((column) => LEFT_OUT[column.id]?.includes(density) !== true);
}

export const COLUMNS: Column[] = [
  {
    id: "actor",
    label: "Agent",
    width: "minmax(160px, 2fr)",
    isNumber: false,
    value: (run) => run.actor,
    cell: (run) => <span className="font-medium text-ink">{run.actor}</span>,
  },
  { id: "status", label: "Status", width: "112px", isNumber: false, value: (run) => run.status, cell: (run) => <State run={run} /> },
  count("tier", "Tier", "36px", (run) => run.tier ?? 9, (tier) => (tier === 9 ? "–" : `T${tier}`)),
  text("model", "Model", "minmax(120px, 1.3fr)", (run) => run.modelId),
  text("persona", "Persona", "minmax(90px, 1fr)", (run) => run.persona),
  text("skill", "Skill", "minmax(80px, 0.8fr)", (run) => run.skill),
  text("mcp", "MCP", "minmax(90px, 1fr)", mcpName),
  count("tokensin", "In", "60px", (run) => run.tokensIn, formatTokenCount),
  count("tokensout", "Out", "60px", (run) => run.tokensOut, formatTokenCount),
  {
    id: "cost",
    label: "Cost",
    width: "68px",
    isNumber: true,
    value: (run) => run.costUsd ?? undefined,
    cell: (run) => formatCost(run.costUsd),
  },
  count("events", "Events", "56px", (run) => run.eventCount ?? 0, formatCount),
  { id: "duration", label: "Duration", width: "72px", isNumber: true, value: (run) => (run.endedAt ?? lastSignal(run)) - run.startedAt, cell: (run) => <Duration run={run} /> },
  { id: "started", label: "Started", width: "60px", isNumber: true, value: (run) => run.startedAtUs, cell: (run) => <Started run={run} /> },
  { id: "signal", label: "Signal", width: "52px", isNumber: true, value: lastSignal, cell: (run) => <Age run={run} /> },
];

function Started({ run }: { run: AgentRunRecord }) {
  return formatAge(useNow() - run.startedAt);
}
