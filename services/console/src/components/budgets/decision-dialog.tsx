import { type FormEvent, useState } from "react";
import { useBudgetsChanged } from "@/components/budgets/use-budgets";
import { Button } from "@/components/ui/button";
import { Choice } from "@/components/ui/choice";
import { Dialog } from "@/components/ui/dialog";
import { Fault, Field } from "@/components/ui/field";
import { resolveRequest } from "@/lib/budgets";
import { formatCount } from "@/lib/format";
import type { BudgetDecision, BudgetRequestRecord } from "@/lib/generated/proto";

type Decision = "approve" | "reject";

/** What was typed as tokens to grant: all, part, or what is wrong with it. */
export function readIncrement(text: string, asked: number): number | string {
  const value = Number(text.trim());
  if (text.trim() === "" || !Number.isSafeInteger(value)) return "The tokens to grant are a whole number.";
  if (value < 1) return "Grant at least 1 token, or reject the request.";
  return value > asked ? `Not more than was asked for: ${formatCount(asked)}.` : value;
}

interface FormState {
  decision: Decision;
  tokens: string;
  reason: string;
  doesResume: boolean;
}

function decisionOf(request: BudgetRequestRecord, form: FormState): BudgetDecision | string {
  const reason = form.reason.trim() === "" ? {} : { reason: form.reason.trim() };
  if (form.decision === "reject") return { requestId: request.id, decision: "reject", ...reason };
  const tokens = readIncrement(form.tokens, request.requestedIncrement);
  if (typeof tokens === "string") return tokens;
  return { requestId: request.id, decision: "approve", approvedIncrement: tokens, resumeTask: form.doesResume, ...reason };
}

/** Decides a request: whole, in part, or not. */
export function DecisionDialog({ request, first, onClose }: { request: BudgetRequestRecord; first: Decision; onClose: () => void }) {
  const [form, setForm] = useState<FormState>({ decision: first, tokens: String(request.requestedIncrement), reason: "", doesResume: true });
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useBudgetsChanged();
  const change = (part: Partial<FormState>): void => {
    setForm({ ...form, ...part });
    setFault(null);
  };
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const decision = decisionOf(request, form);
    if (typeof decision === "string") {
      setFault(decision);
      return;
    }
    setBusy(true);
    resolveRequest(decision)
      .then(onClose)
      .catch((reason: unknown) => setFault(reason instanceof Error ? reason.message : String(reason)))
      .finally(() => {
        setBusy(false);
        changed();
      });
  };
  const isApproval = form.decision === "approve";
  const isPart = isApproval && Number(form.tokens) < request.requestedIncrement;
  return (
    <Dialog label="Decide the request" onClose={onClose} className="w-[460px]">
      <form onSubmit={send} className="flex flex-col gap-4 p-4" autoComplete="off" noValidate>
        <h2 className="text-title font-semibold">
          {isApproval ? "Approve" : "Reject"} <span className="numbers">{formatCount(request.requestedIncrement)}</span> tokens
        </h2>
        <p className="break-words text-body text-dim">{request.reason}</p>
        <Choice
          label="Decision"
          value={form.decision}
          options={[
            { value: "approve", label: "Approve" },
            { value: "reject", label: "Reject" },
          ]}
          onChange={(decision) => change({ decision })}
        />
        {isApproval ? (
          <>
            <Field
              label="Tokens to grant"
              inputMode="numeric"
              autoFocus
              value={form.tokens}
              onChange={(event) => change({ tokens: event.target.value })}
              help={isPart ? "A part of what was asked for." : "All that was asked for."}
            />
            <label className="flex cursor-pointer items-center gap-2 text-body text-ink">
              <input type="checkbox" className="accent-accent" checked={form.doesResume} onChange={(event) => change({ doesResume: event.target.checked })} />
              Resume the task if it is paused
            </label>
          </>
        ) : null}
        <Field label="Reason" maxLength={8192} value={form.reason} placeholder="Stands with the request and in the audit log" onChange={(event) => change({ reason: event.target.value })} />
        {fault === null ? null : <Fault>{fault}</Fault>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look={isApproval ? "primary" : "danger"} disabled={isBusy}>
            {isApproval ? (isPart ? "Approve part" : "Approve") : "Reject"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
