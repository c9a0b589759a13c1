import { StateGlyph, stateColour } from "@/components/ui/glyph";
import type { ControlReceipt } from "@/lib/generated/proto";
import type { DisplayState } from "@/lib/status";

const LOOKS: Record<string, DisplayState> = {
  pausing: "pausing",
  paused: "paused",
  resuming: "pending",
  running: "executing",
  stopping: "stopping",
  stopped: "stopped",
  restarting: "pending",
  restarted: "executing",
  unenforced: "unenforced",
};

/** Where a verb stands: word and shape. A word that is not known has the shape of nothing done. */
export function ReceiptState({ receipt }: { receipt: Pick<ControlReceipt, "state"> }) {
  const look = LOOKS[receipt.state] ?? "pending";
  const isOver = receipt.state === "superseded";
  return (
    <span className={`inline-flex items-center gap-1.5 ${isOver ? "text-faint" : stateColour(look)}`} data-receipt-state={receipt.state}>
      <StateGlyph state={look} size={13} isStill />
      {receipt.state}
    </span>
  );
}
