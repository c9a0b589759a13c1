import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { BudgetBar } from "@/components/budgets/budget-bar";
import { DecisionDialog } from "@/components/budgets/decision-dialog";
import { usePendingRequests } from "@/components/budgets/use-budgets";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Panel } from "@/components/ui/page";
import { useNow } from "@/lib/clock";
import { fetchRequests, fetchTask } from "@/lib/budgets";
import { formatAge, formatCount, formatTokenCount, plural } from "@/lib/format";
import type { BudgetRequestRecord, TaskRecord } from "@/lib/generated/proto";
import { useMay } from "@/lib/role";
import { useUrl } from "@/lib/url";
import { useControl } from "@/store/hooks";

const DECIDED_SHOWN = 8;

/** The task of a request: that of the root in scope is here already. */
function useTaskOf(id: string): TaskRecord | undefined {
  const [control] = useControl();
  const held = control.task(id);
  const asked = useQuery({ queryKey: ["task", id], queryFn: () => fetchTask(id), enabled: held === undefined, retry: false });
  return held ?? asked.data;
}

function Pending({ request, onDecide }: { request: BudgetRequestRecord; onDecide: (decision: "approve" | "reject") => void }) {
  const task = useTaskOf(request.taskId);
  const now = useNow();
  const mayDecide = useMay("operator");
  const usage = { spent: task?.tokenUsage ?? request.currentUsage, reserved: 0, limit: task?.tokenBudget ?? request.currentBudget, unit: "tokens" };
  const name = task?.objective ?? request.taskId;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_180px_auto] items-center gap-x-6 border-t border-line px-4 py-2.5 first:border-t-0" data-request={request.id}>
      <div className="min-w-0">
        <p className="truncate text-body font-medium text-ink" title={request.taskId}>
          {name}
        </p>
        <p className="truncate text-body text-dim" title={request.reason}>
          {request.reason}
        </p>
        <p className="text-small text-faint">
          {task === undefined ? null : `T${task.tier} ${task.domain}, ${task.status}, `}asked by {request.requestedBy}, <span className="numbers">{formatAge(now - request.createdAt)}</span> ago
        </p>
      </div>
      <div className="min-w-0">
        <p className="numbers text-right text-title font-medium text-ink" title={`${formatCount(request.requestedIncrement)} tokens`}>
          +{formatTokenCount(request.requestedIncrement)}
        </p>
        <BudgetBar budget={usage} name="Token budget of the task" className="h-1.5" />
        <p className="numbers mt-0.5 text-right text-small text-faint">
          {formatTokenCount(usage.spent)} of {formatTokenCount(usage.limit)} used
        </p>
      </div>
      {mayDecide ? (
        <div className="flex gap-1.5">
          <Button look="outline" onClick={() => onDecide("reject")} aria-label={`Reject the request for ${name}`}>
            Reject
          </Button>
          <Button look="primary" onClick={() => onDecide("approve")} aria-label={`Approve the request for ${name}`}>
            Approve
          </Button>
        </div>
      ) : (
        <span />
      )}
    </li>
  );
}

function Decided() {
  const decided = useQuery({ queryKey: ["budget-requests", "all"], queryFn: () => fetchRequests(null, 50) });
  const rows = (decided.data ?? []).filter((request) => request.status !== "pending").slice(0, DECIDED_SHOWN);
  if (rows.length === 0) return null;
  return (
    <details className="border-t border-line">
      <summary className="cursor-pointer px-4 py-2 text-body text-dim hover:text-ink">Decided lately</summary>
      <ul aria-label="Requests decided lately" className="pb-2">
        {rows.map((request) => (
          <li key={request.id} className="flex items-baseline gap-3 px-4 py-0.5 text-body">
            <span className={`w-20 shrink-0 ${request.status === "approved" ? "text-state-completed" : "text-state-failed"}`}>{request.status}</span>
            <span className="numbers w-20 shrink-0 text-right">{request.approvedIncrement === null ? "–" : `+${formatTokenCount(request.approvedIncrement)}`}</span>
            <span className="numbers w-24 shrink-0 text-faint">of {formatTokenCount(request.requestedIncrement)}</span>
            <span className="min-w-0 flex-1 truncate text-dim">{request.resolutionNote ?? request.reason}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Requests for more tokens that wait for a person. */
export function ApprovalInbox() {
  const [{ everywhere }] = useUrl();
  const [control] = useControl();
  const pending = usePendingRequests();
  const [deciding, setDeciding] = useState<{ request: BudgetRequestRecord; decision: "approve" | "reject" } | null>(null);
  const all = pending.data ?? [];
  const shown = everywhere ? all : all.filter((request) => control.task(request.taskId) !== undefined);
  const elsewhere = all.length - shown.length;
  return (
    <Panel title="Approvals" note={elsewhere === 0 ? "requests for more tokens that are beyond what is granted by itself" : `${plural(elsewhere, "request")} more in other roots`}>
      {pending.isPending ? <div aria-busy="true" className="h-12" /> : null}
      {pending.error === null ? null : <Notice title="The requests could not be read">{pending.error.message}</Notice>}
      {pending.isSuccess && shown.length === 0 ? <p className="px-4 py-3 text-body text-faint">No request waits for a decision.</p> : null}
      {shown.length === 0 ? null : (
        <ul aria-label="Requests that wait">
          {shown.map((request) => (
            <Pending key={request.id} request={request} onDecide={(decision) => setDeciding({ request, decision })} />
          ))}
        </ul>
      )}
      <Decided />
      {deciding === null ? null : <DecisionDialog request={deciding.request} first={deciding.decision} onClose={() => setDeciding(null)} />}
    </Panel>
  );
}
