import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { COLUMNS, type Column, columnsOf } from "@/components/table/columns";
import { openRun } from "@/components/mosaic/mosaic";
import { cardName } from "@/components/mosaic/agent-card";
import { serverNow } from "@/lib/clock";
import { openCardMenu, toggleMark, useMarks } from "@/lib/acting";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { useShown } from "@/store/hooks";
import { changeUrl, useUrl } from "@/lib/url";
import { useFocusRow } from "@/components/table/use-focus-row";

const ROW_HEIGHT = 30;
const OVERSCAN = 12;

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns });
const helper = createColumnHelper<typeof features, AgentRunRecord>();
const columns = helper.columns(
  COLUMNS.map((column) => helper.accessor(column.value, { id: column.id, header: column.label, sortUndefined: "last" })),
);

function templateOf(shown: Column[]): string {
  return shown.map((column) => column.width).join(" ");
}

/** While rows are being pointed at, they keep their places: only what stands in them changes. */
function useHeldOrder(sorted: AgentRunRecord[], isHeld: boolean): AgentRunRecord[] {
  const order = useRef<string[]>([]);
  return useMemo(() => {
    if (!isHeld) {
      order.current = sorted.map((run) => run.id);
      return sorted;
    }
    const runs = new Map(sorted.map((run) => [run.id, run]));
    const held = order.current.map((id) => runs.get(id)).filter((run) => run !== undefined);
    const seen = new Set(order.current);
    return [...held, ...sorted.filter((run) => !seen.has(run.id))];
  }, [sorted, isHeld]);
}

function useSortedRuns(runs: AgentRunRecord[]): AgentRunRecord[] {
  const [{ sorting }] = useUrl();
  const state = useMemo<SortingState>(() => [sorting], [sorting.id, sorting.desc]);
  const table = useTable({ features, columns, data: runs, state: { sorting: state }, getRowId: (run: AgentRunRecord) => run.id });
  const { rows } = table.getRowModel();
  return useMemo(() => rows.map((row) => row.original), [rows]);
}

function HeadCell({ column }: { column: Column }) {
  const [{ sorting }] = useUrl();
  const isSorted = sorting.id === column.id;
  return (
    <div
      role="columnheader"
      aria-sort={isSorted ? (sorting.desc ? "descending" : "ascending") : "none"}
      className={`min-w-0 ${column.isNumber ? "text-right" : ""}`}
    >
      <button
        type="button"
        className={`max-w-full truncate hover:text-ink ${isSorted ? "text-ink" : "text-faint"}`}
        onClick={() => changeUrl({ sorting: { id: column.id, desc: isSorted ? !sorting.desc : column.isNumber } })}
      >
        {column.label}
        {isSorted ? (sorting.desc ? " ↓" : " ↑") : ""}
      </button>
    </div>
  );
}

interface TableRowProps {
  run: AgentRunRecord;
  shown: Column[];
  top: number;
  isSelected: boolean;
}

function TableRow({ run, shown, top, isSelected }: TableRowProps) {
  const state = useShown(run);
  const isMarked = useMarks().has(run.id);
  return (
    <div
      role="row"
      data-run={run.id}
      data-status={run.status}
      data-state={state.state}
      aria-label={`${cardName(run, serverNow(), state)}${isMarked ? ", in the selection" : ""}`}
      aria-selected={isSelected}
      tabIndex={isSelected ? 0 : -1}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) toggleMark(run.id);
        else openRun(run.id);
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        openCardMenu({ runId: run.id, x: event.clientX, y: event.clientY });
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") openRun(run.id);
      }}
      className={`absolute inset-x-0 grid cursor-pointer items-center gap-x-4 px-4 text-body ${isSelected ? "bg-accent-wash" : "hover:bg-surface"} ${isMarked ? "outline-2 -outline-offset-2 outline-accent" : ""}`}
      style={{ top, height: ROW_HEIGHT, gridTemplateColumns: templateOf(shown) }}
    >
      {shown.map((column) => (
        <div key={column.id} role="gridcell" className={`min-w-0 truncate ${column.isNumber ? "numbers text-right" : ""}`}>
          {column.cell(run)}
        </div>
      ))}
    </div>
  );
}

/** The same agents as a table that can be sorted. */
export function RunTable({ runs }: { runs: AgentRunRecord[] }) {
  const [{ run: selected, density }] = useUrl();
  const shown = columnsOf(density);
  const [isHeld, setHeld] = useState(false);
  const sorted = useHeldOrder(useSortedRuns(runs), isHeld);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  });
  useFocusRow(sorted, (index) => virtual.scrollToIndex(index, { align: "auto" }));
  return (
    <div role="grid" aria-label="Agents" aria-rowcount={sorted.length} className="flex h-full flex-col overflow-x-auto" data-density={density}>
      <div role="row" className="grid h-8 min-w-[960px] shrink-0 items-center gap-x-4 border-b border-line px-4 text-small" style={{ gridTemplateColumns: templateOf(shown) }}>
        {shown.map((column) => (
          <HeadCell key={column.id} column={column} />
        ))}
      </div>
      <div ref={scroller} className="min-h-0 min-w-[960px] flex-1 overflow-y-auto" onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const run = sorted[item.index];
            return run === undefined ? null : <TableRow key={run.id} run={run} shown={shown} top={item.start} isSelected={run.id === selected} />;
          })}
        </div>
      </div>
    </div>
  );
}
