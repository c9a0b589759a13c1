import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { PartName } from "@/components/control/hold-sign";
import { CopyButton } from "@/components/ui/copy-button";
import { type ListColumn, ListTable } from "@/components/ui/list-table";
import { Notice } from "@/components/ui/notice";
import { ReceiptState } from "@/components/control/receipt-state";
import { fetchReceipt } from "@/lib/control";
import { formatClock, formatCount } from "@/lib/format";
import type { ControlReceipt, ReceiptPart } from "@/lib/generated/proto";
import { scopeWords } from "@/lib/holds";
import { useControl } from "@/store/hooks";

const PARTS_MAX = 200;

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-small text-faint">{name}</dt>
      <dd className="truncate text-body text-ink">{children}</dd>
    </div>
  );
}

/** Milliseconds after the command; "–" where there was no acknowledgement. */
export function ackDelay(receipt: Pick<ControlReceipt, "createdAtUs">, part: Pick<ReceiptPart, "ackedAtUs">): string {
  if (part.ackedAtUs === null) return "–";
  const ms = (part.ackedAtUs - receipt.createdAtUs) / 1000;
  return `${ms < 10 ? ms.toFixed(1) : formatCount(Math.round(ms))} ms`;
}

function count(value: number | null): string {
  return value === null ? "–" : formatCount(value);
}

const PART_LOOKS: Record<string, string> = { acknowledged: "text-state-completed", waiting: "text-state-pausing", failed: "text-state-failed", gone: "text-state-lost" };

function columnsFor(receipt: ControlReceipt): ListColumn<ReceiptPart>[] {
  return [
    { id: "kind", label: "Part", width: "96px", cell: (part) => <span className="text-dim">{part.kind}</span> },
    { id: "name", label: "Name", width: "30%", cell: (part) => <PartName part={part} /> },
    {
      id: "state",
      label: "State",
      width: "176px",
      cell: (part) => (
        <span className={PART_LOOKS[part.state] ?? "text-dim"}>
          {part.state}
          {part.acknowledged === null ? null : <span className="text-dim"> {part.acknowledged}</span>}
          {part.enforcement === "weak" ? <span className="text-faint"> by signals</span> : null}
        </span>
      ),
    },
    { id: "after", label: "After", width: "84px", isNumber: true, cell: (part) => ackDelay(receipt, part) },
    { id: "held", label: "Held", width: "70px", isNumber: true, cell: (part) => count(part.held) },
    { id: "cut", label: "Cut", width: "70px", isNumber: true, cell: (part) => count(part.cut) },
    { id: "processes", label: "Processes", width: "92px", isNumber: true, cell: (part) => count(part.processes) },
    { id: "note", label: "Note", width: "30%", cell: (part) => <span className="text-dim" title={part.note ?? undefined}>{part.note ?? ""}</span> },
  ];
}

function Facts({ receipt }: { receipt: ControlReceipt }) {
  const [control] = useControl();
  const took = receipt.doneAtUs === null ? "not done" : `${formatCount(Math.round((receipt.doneAtUs - receipt.createdAtUs) / 1000))} ms`;
  return (
    <dl className="grid grid-cols-4 gap-x-6 gap-y-2">
      <Fact name="State">
        <span className="inline-flex items-center gap-1.5">
          <ReceiptState receipt={receipt} />
          <span className="numbers text-dim">{receipt.acknowledged}/{receipt.expected}</span>
        </span>
      </Fact>
      <Fact name="Scope">{scopeWords(receipt, control.nameOfTask)}</Fact>
      <Fact name="Asked by">{receipt.requestedBy ?? "the platform"}</Fact>
      <Fact name="At">
        <span className="numbers">{formatClock(receipt.createdAtUs)}</span>
      </Fact>
      <Fact name="All acknowledged after">
        <span className="numbers">{took}</span>
      </Fact>
      <Fact name="Calls held, cut">
        <span className="numbers">
          {formatCount(receipt.held)}, {formatCount(receipt.cut)}
        </span>
      </Fact>
      <Fact name="Tasks changed">
        <span className="numbers">{formatCount(receipt.tasksChanged)}</span>
      </Fact>
      <Fact name="Entry in the chain">
        <span className="numbers" title={receipt.hash ?? ""}>
          {receipt.chainSeq ?? "–"} {receipt.hash?.slice(0, 12) ?? ""}
        </span>
      </Fact>
    </dl>
  );
}

/** What each part did, and when. */
export function ReceiptDetail({ id }: { id: string }) {
  const [control] = useControl();
  const live = control.receipt(id);
  const asked = useQuery({ queryKey: ["receipt", id, live?.acknowledged, live?.state], queryFn: () => fetchReceipt(id), placeholderData: (before) => before, retry: false });
  const receipt = asked.data ?? live;
  if (receipt === undefined || receipt.id !== id) {
    return asked.error === null ? <div aria-busy="true" className="h-24" /> : <Notice title="This receipt could not be read">{asked.error.message}</Notice>;
  }
  const parts = receipt.parts ?? [];
  return (
    <section aria-label="Receipt" className="flex flex-col gap-3 whitespace-normal" data-receipt-open={id}>
      <div className="flex items-center gap-1 text-small text-faint">
        <span className="numbers">{receipt.id}</span>
        <CopyButton text={receipt.id} label="Copy the id of the receipt" className="size-6" />
      </div>
      {receipt.reason === null || receipt.reason === "" ? null : <p className="break-words text-body text-ink">{receipt.reason}</p>}
      <Facts receipt={receipt} />
      {parts.length === 0 ? (
        <p className="text-body text-state-unenforced">No part was there to enforce it.</p>
      ) : (
        <ListTable label="Acknowledgements" columns={columnsFor(receipt)} rows={parts.slice(0, PARTS_MAX)} rowId={(part) => part.partId} />
      )}
      {parts.length > PARTS_MAX ? <p className="text-small text-faint">and {parts.length - PARTS_MAX} more parts</p> : null}
    </section>
  );
}
