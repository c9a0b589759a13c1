import { useMutation } from "@tanstack/react-query";
import { Link2, Link2Off } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Fault } from "@/components/ui/field";
import { verifyReceipts } from "@/lib/control";
import { plural } from "@/lib/format";
import type { ReceiptCheck } from "@/lib/generated/proto";

function Finding({ check }: { check: ReceiptCheck }) {
  if (check.isWhole) {
    return (
      <p role="status" data-chain="whole" className="flex min-w-0 items-center gap-2 text-body text-state-completed">
        <Link2 size={15} className="shrink-0" aria-hidden="true" />
        <span>
          Whole: {plural(check.entries, "entry", "entries")}, {plural(check.receipts, "receipt")}
        </span>
        <span className="numbers truncate text-small text-faint" title={check.hash ?? ""}>
          {check.hash ?? ""}
        </span>
      </p>
    );
  }
  const where = check.brokenSeq === null ? `receipt ${check.brokenReceipt ?? "?"}` : `entry ${check.brokenSeq}`;
  return (
    <p role="alert" data-chain="broken" className="flex items-center gap-2 text-body text-state-failed">
      <Link2Off size={15} className="shrink-0" aria-hidden="true" />
      Broken at {where}: it does not say what it said when it was written.
    </p>
  );
}

/** Checks every entry of the chain against the one before it. */
export function ChainCheck() {
  const check = useMutation({ mutationFn: verifyReceipts });
  return (
    <div className="flex items-center gap-4 border-b border-line px-4 py-2">
      <Button look="outline" onClick={() => check.mutate()} disabled={check.isPending}>
        <Link2 size={14} aria-hidden="true" /> Verify the chain
      </Button>
      <div className="min-w-0 flex-1">
        {check.data === undefined ? null : <Finding check={check.data} />}
        {check.error === null ? null : <Fault>{check.error.message}</Fault>}
        {check.isIdle ? <p className="text-body text-faint">Each entry holds the hash of the one before it: none can be changed or taken away unseen.</p> : null}
      </div>
    </div>
  );
}
