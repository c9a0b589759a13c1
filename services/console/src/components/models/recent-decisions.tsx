import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { DecisionView } from "@/components/models/decision-view";
import { type ListColumn, ListTable } from "@/components/ui/list-table";
import { Notice } from "@/components/ui/notice";
import { Panel } from "@/components/ui/page";
import { formatClock } from "@/lib/format";
import type { RouteDecision } from "@/lib/generated/proto";
import { fetchDecisions } from "@/lib/models";

const EVERY_MS = 3000;
const SHOWN = 25;

const COLUMNS: ListColumn<RouteDecision>[] = [
  { id: "at", label: "Time", width: "12%", cell: (one) => <span className="numbers text-dim">{formatClock(one.madeAtUs)}</span> },
  { id: "asked", label: "Asked", width: "22%", cell: (one) => <span className="numbers">{one.asked}</span> },
  {
    id: "choice",
    label: "Answered by",
    width: "30%",
    cell: (one) => (one.modelId === null ? <span className="text-state-failed">nobody could</span> : `${one.provider ?? ""}/${one.modelId}`),
  },
  { id: "list", label: "From", width: "16%", cell: (one) => <span className="text-dim">{one.list}</span> },
  {
    id: "kind",
    label: "",
    width: "20%",
    cell: (one) => <span className="text-dim">{one.isFallback ? "not the first of its list" : one.isRouted ? "first choice" : "asked by name"}</span>,
  },
];

/** What the router decided last, with the whole reasoning behind each row. */
export function RecentDecisions() {
  const [openId, setOpenId] = useState<string | null>(null);
  const decisions = useQuery({ queryKey: ["decisions"], queryFn: () => fetchDecisions(SHOWN), refetchInterval: EVERY_MS });
  const rows = decisions.data ?? [];
  return (
    <Panel title="Last decisions" note="a row opens to every candidate's terms">
      {decisions.error === null ? null : <Notice title="The decisions could not be read">{decisions.error.message}</Notice>}
      {decisions.isSuccess && rows.length === 0 ? <Notice title="No call has been routed yet">Point OPENAI_BASE_URL or ANTHROPIC_BASE_URL of an agent at the router.</Notice> : null}
      {rows.length === 0 ? null : (
        <ListTable
          label="Last decisions"
          columns={COLUMNS}
          rows={rows}
          rowId={(one) => one.id}
          openId={openId}
          onOpen={(one) => setOpenId(openId === one.id ? null : one.id)}
          detail={(one) => <DecisionView decision={one} />}
        />
      )}
    </Panel>
  );
}
