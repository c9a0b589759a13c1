import { useEffect, useRef } from "react";
import { MissingParts, openReceipt } from "@/components/control/hold-sign";
import { verbIcon } from "@/components/control/verb-icons";
import { Button } from "@/components/ui/button";
import { Fault } from "@/components/ui/field";
import { ReceiptState } from "@/components/control/receipt-state";
import { type Verb, type VerbOutcome } from "@/lib/control";
import { plural } from "@/lib/format";
import type { ControlReceipt } from "@/lib/generated/proto";
import { scopeWords } from "@/lib/holds";
import { useControl } from "@/store/hooks";

const SHOWN_MAX = 8;

function Line({ receipt }: { receipt: ControlReceipt }) {
  const [control] = useControl();
  const missing = (receipt.parts ?? []).filter((part) => part.state !== "acknowledged");
  return (
    <li className="flex flex-col gap-1" data-receipt={receipt.id}>
      <div className="flex items-center gap-3 text-body">
        <ReceiptState receipt={receipt} />
        <span className="min-w-0 flex-1 truncate text-dim">{scopeWords(receipt, control.nameOfTask)}</span>
        <span className="numbers text-faint">
          {receipt.acknowledged}/{receipt.expected}
        </span>
      </div>
      <MissingParts missing={missing} />
    </li>
  );
}

interface VerbOutcomeProps {
  verb: Verb;
  title: string;
  outcome: VerbOutcome;
  onClose: () => void;
}

/** What came of it, live: the receipt follows the parts as they acknowledge. */
export function VerbOutcomeView({ verb, title, outcome, onClose }: VerbOutcomeProps) {
  const [control] = useControl();
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  const receipts = outcome.receipts.map((receipt) => control.receipt(receipt.id) ?? receipt);
  return (
    <div className="flex flex-col gap-4 p-4">
      <h2 className="flex items-center gap-2 text-title font-semibold">
        <span className="text-dim">{verbIcon(verb, 17)}</span>
        <span className="min-w-0 truncate">{title}</span>
      </h2>
      {receipts.length === 0 ? null : (
        <ul aria-label="Receipts" className="flex flex-col gap-2">
          {receipts.slice(0, SHOWN_MAX).map((receipt) => (
            <Line key={receipt.id} receipt={receipt} />
          ))}
          {receipts.length > SHOWN_MAX ? <li className="text-small text-faint">and {plural(receipts.length - SHOWN_MAX, "receipt")} more</li> : null}
        </ul>
      )}
      {outcome.faults.length === 0 ? null : <Fault>{outcome.faults.slice(0, SHOWN_MAX).join("; ")}</Fault>}
      <div className="flex justify-end gap-2">
        {receipts[0] === undefined ? null : (
          <Button
            look="outline"
            onClick={() => {
              onClose();
              openReceipt(receipts.length === 1 ? (receipts[0]?.id ?? null) : null);
            }}
          >
            {receipts.length === 1 ? "Open receipt" : "Open receipts"}
          </Button>
        )}
        <Button ref={close} look="primary" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  );
}
