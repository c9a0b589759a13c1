import { CircleCheck, CircleSlash } from "lucide-react";
import { useState } from "react";
import { ModelDetail } from "@/components/models/model-detail";
import { type ListColumn, ListTable } from "@/components/ui/list-table";
import { formatCost, formatCount, formatLatency } from "@/lib/format";
import { formatPercent, formatPrice, listOf, type ModelRow, type PriceStep } from "@/lib/models";

/** A number between 0 and 1 as a bar with its figure. */
function Meter({ value, text }: { value: number; text: string }) {
  return (
    <span className="flex items-center justify-end gap-2">
      <span className="h-1 w-12 overflow-hidden rounded-full bg-hover">
        <span className="block h-full rounded-full bg-accent" style={{ width: `${Math.min(1, Math.max(0, value)) * 100}%` }} />
      </span>
      <span className="w-11 text-right">{text}</span>
    </span>
  );
}

function Availability({ row }: { row: ModelRow }) {
  const { isAvailable, exclusion, reason } = row.model;
  return (
    <span className={`flex items-center gap-1.5 ${isAvailable ? "text-state-completed" : "text-state-paused"}`} title={reason ?? "a call would go out now"}>
      {isAvailable ? <CircleCheck size={13} aria-hidden="true" /> : <CircleSlash size={13} aria-hidden="true" />}
      <span className="truncate">{isAvailable ? "available" : (exclusion ?? "left out").replaceAll("_", " ")}</span>
    </span>
  );
}

function firstPrice(row: ModelRow): string {
  const step = listOf<PriceStep>(row.model.prices)[0];
  return step === undefined ? "unknown" : `${formatPrice(step.input)} / ${formatPrice(step.output)}`;
}

const COLUMNS: ListColumn<ModelRow>[] = [
  {
    id: "model",
    label: "Model",
    width: "22%",
    cell: (row) => (
      <span className="font-medium" title={row.id}>
        <span className="font-normal text-dim">{row.model.provider}/</span>
        {row.model.modelId}
      </span>
    ),
  },
  { id: "state", label: "State", width: "14%", cell: (row) => <Availability row={row} /> },
  { id: "tiers", label: "Tiers", width: "8%", cell: (row) => <span className="numbers text-dim">{listOf<number>(row.model.tiers).map((tier) => `T${tier}`).join(" ")}</span> },
  { id: "score", label: "Score", width: "12%", isNumber: true, cell: (row) => <Meter value={row.model.score} text={row.model.score.toFixed(3)} /> },
  { id: "share", label: "Share of calls", width: "11%", isNumber: true, cell: (row) => (row.health === null ? "" : `${formatPercent(row.share)}`) },
  { id: "calls", label: "Calls", width: "7%", isNumber: true, cell: (row) => (row.health === null ? "" : formatCount(row.health.totalCalls)) },
  {
    id: "failed",
    label: "Failed",
    width: "7%",
    isNumber: true,
    cell: (row) => (row.health === null ? "" : <span className={row.health.failedCalls > 0 ? "text-state-failed" : "text-faint"}>{formatCount(row.health.failedCalls)}</span>),
  },
  { id: "latency", label: "Latency", width: "8%", isNumber: true, cell: (row) => (row.health === null || row.health.totalCalls === 0 ? "" : formatLatency(row.health.avgLatencyMs)) },
  { id: "cost", label: "A call", width: "10%", isNumber: true, cell: (row) => (row.health === null || row.health.totalCalls === 0 ? "" : formatCost(row.health.avgCostUsd)) },
  { id: "price", label: "$ in / out", width: "13%", isNumber: true, cell: firstPrice },
];

/** Every model of the registry in one line each. */
export function ModelTable({ rows }: { rows: ModelRow[] }) {
  const [openId, setOpenId] = useState<string | null>(null);
  return (
    <ListTable
      label="Models"
      columns={COLUMNS}
      rows={rows}
      rowId={(row) => row.id}
      openId={openId}
      onOpen={(row) => setOpenId(openId === row.id ? null : row.id)}
      detail={(row) => <ModelDetail row={row} />}
    />
  );
}
