import { useMutation } from "@tanstack/react-query";
import { Link2, Link2Off } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Fault } from "@/components/ui/field";
import { Panel } from "@/components/ui/page";
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
    <Panel title="Chain" note="each entry holds the hash of the one before it">
      <div className="flex items-center gap-4 px-4 py-3">
        <Button look="outline" onClick={() => check.mutate()} disabled={check.isPending}>
          <Link2 size={14} aria-hidden="true" /> Verify the chain
        </Button>
        <div className="min-w-0 flex-1">
          {check.data === undefined ? null : <Finding check={check.data} />}
          {check.error === null ? null : <Fault>{check.error.message}</Fault>}
          {check.isIdle ? <p className="text-body text-faint">Not verified yet. It reads every entry from the first on.</p> : null}
        </div>
      </div>
    </Panel>
  );
}
