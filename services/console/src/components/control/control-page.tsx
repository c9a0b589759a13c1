import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { ChainCheck } from "@/components/control/chain-check";
import { OfRoots } from "@/components/control/of-roots";
import { HoldsInForce } from "@/components/control/holds-in-force";
import { ReceiptDetail } from "@/components/control/receipt-detail";
import { ReceiptState } from "@/components/control/receipt-state";
import { verbIcon } from "@/components/control/verb-icons";
import { Button } from "@/components/ui/button";
import { type ListColumn, ListTable } from "@/components/ui/list-table";
import { Notice } from "@/components/ui/notice";
import { Page, Panel } from "@/components/ui/page";
import { fetchReceipts, VERB_NAMES, type Verb } from "@/lib/control";
import { formatCount, formatMoment } from "@/lib/format";
import type { ControlReceipt } from "@/lib/generated/proto";
import { scopeWords } from "@/lib/holds";
import { changeUrl, useUrl } from "@/lib/url";
import { useControl } from "@/store/hooks";

const PAGE_ROWS = 50;

/** What the stream brought goes over what was listed; newest first. */
export function mergeReceipts(listed: ControlReceipt[], live: ControlReceipt[]): ControlReceipt[] {
  const byId = new Map(listed.map((receipt) => [receipt.id, receipt]));
  const oldest = listed.reduce((least, one) => Math.min(least, one.epoch), Number.POSITIVE_INFINITY);
  for (const receipt of live) if (byId.has(receipt.id) || receipt.epoch > oldest || listed.length === 0) byId.set(receipt.id, receipt);
  return [...byId.values()].sort((a, b) => b.epoch - a.epoch);
}

function columnsFor(everywhere: boolean, nameOf: (taskId: string) => string): ListColumn<ControlReceipt>[] {
  const verb = (one: ControlReceipt) => (
    <span className="inline-flex items-center gap-1.5 text-ink">
      <span className="text-faint">{verbIcon(one.verb as Verb, 14)}</span>
      {VERB_NAMES[one.verb as Verb] ?? one.verb}
      {one.verb === "pause" && one.mode !== "boundary" ? <span className="text-faint">{one.mode}</span> : null}
    </span>
  );
  const root: ListColumn<ControlReceipt> = { id: "root", label: "Root", width: "16%", cell: (one) => <span className="numbers text-dim">{one.rootTaskId ?? "all"}</span> };
  return [
    { id: "when", label: "When", width: "204px", cell: (one) => <span className="numbers text-dim">{formatMoment(one.createdAt)}</span> },
    { id: "verb", label: "Verb", width: "130px", cell: verb },
    ...(everywhere ? [root] : []),
    { id: "scope", label: "Scope", width: "22%", cell: (one) => <span title={scopeWords(one)}>{scopeWords(one, nameOf)}</span> },
    { id: "state", label: "State", width: "130px", cell: (one) => <ReceiptState receipt={one} /> },
    { id: "parts", label: "Parts", width: "76px", isNumber: true, cell: (one) => `${formatCount(one.acknowledged)}/${formatCount(one.expected)}` },
    { id: "who", label: "Who", width: "140px", cell: (one) => <span className="text-dim">{one.requestedBy ?? "platform"}</span> },
    { id: "why", label: "Why", width: "30%", cell: (one) => <span className="text-dim" title={one.reason ?? undefined}>{one.reason ?? "–"}</span> },
  ];
}

function Receipts() {
  const [{ root, everywhere, receipt: openId }] = useUrl();
  const [control, { version }] = useControl();
  const scope = everywhere ? null : root;
  const pages = useInfiniteQuery({
    queryKey: ["receipts", scope],
    queryFn: ({ pageParam }) => fetchReceipts(scope, pageParam, PAGE_ROWS),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < PAGE_ROWS ? undefined : last.at(-1)?.epoch),
  });
  const rows = useMemo(() => mergeReceipts(pages.data?.pages.flat() ?? [], control.receiptList()), [pages.data, control, version]);
  return (
    <Panel title="Receipts" note="one for each verb">
      <ChainCheck />
      {pages.isPending ? <div aria-busy="true" className="h-40" /> : null}
      {pages.error === null ? null : <Notice title="The receipts could not be read">{pages.error.message}</Notice>}
      {pages.isSuccess && rows.length === 0 ? (
        <Notice title="Nobody has paused or stopped anything yet">
          On the page Mission, Shift+P pauses the tree or the agent that is open, and shows beforehand how many it touches. From a terminal:{" "}
          <code className="numbers">missionctl control pause --root {root ?? "ROOT"}</code>.
        </Notice>
      ) : null}
      {rows.length === 0 ? null : (
        <ListTable
          label="Receipts"
          columns={columnsFor(everywhere, control.nameOfTask)}
          rows={rows}
          rowId={(one) => one.id}
          rowName={(one) => `${one.verb} ${scopeWords(one, control.nameOfTask)}, ${one.state}`}
          openId={openId}
          onOpen={(one) => changeUrl({ receipt: one.id === openId ? null : one.id }, "push")}
          detail={(one) => <ReceiptDetail id={one.id} />}
        />
      )}
      {pages.hasNextPage ? (
        <div className="flex justify-center border-t border-line py-2">
          <Button onClick={() => void pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
            Older
          </Button>
        </div>
      ) : null}
      {openId === null || rows.some((one) => one.id === openId) || pages.isPending ? null : (
        <div className="border-t border-line px-4 py-3">
          <ReceiptDetail id={openId} />
        </div>
      )}
    </Panel>
  );
}

/** What is in force, what was asked of whom, and the proof of what each part did. */
export default function ControlPage() {
  return (
    <Page title="Control" about="What is paused or stopped, who asked for it and why, and when each part acknowledged." actions={<OfRoots />}>
      <HoldsInForce />
      <Receipts />
    </Page>
  );
}
