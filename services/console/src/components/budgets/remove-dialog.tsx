import { type FormEvent, useState } from "react";
import { budgetTitle } from "@/components/budgets/budget-title";
import { useBudgetsChanged } from "@/components/budgets/use-budgets";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Fault } from "@/components/ui/field";
import { formatAmount, removeBudget } from "@/lib/budgets";
import type { BudgetRecord } from "@/lib/generated/proto";

/** Asks before a limit goes. */
export function RemoveDialog({ budget, onClose }: { budget: BudgetRecord; onClose: () => void }) {
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useBudgetsChanged();
  const send = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    removeBudget(budget.id)
      .then(() => {
        changed();
        onClose();
      })
      .catch((reason: unknown) => setFault(reason instanceof Error ? reason.message : String(reason)))
      .finally(() => setBusy(false));
  };
  return (
    <Dialog label="Remove the budget" onClose={onClose} className="w-[440px]">
      <form onSubmit={send} className="flex flex-col gap-3 p-4">
        <h2 className="text-title font-semibold">Remove the budget</h2>
        <p className="text-body text-dim">
          {budgetTitle(budget)}
          {budget.scopeId === null ? "" : ` of ${budget.scopeId}`}, <span className="numbers">{formatAmount(budget.limit, budget.unit)}</span>. From then on this limit holds no call back,
          and what was spent of it is forgotten.
        </p>
        {fault === null ? null : <Fault>{fault}</Fault>}
        <div className="flex justify-end gap-2">
          <Button autoFocus onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" look="danger" disabled={isBusy}>
            Remove
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
