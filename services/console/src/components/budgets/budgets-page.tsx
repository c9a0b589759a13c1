import { useMemo, useState } from "react";
import { ApprovalInbox } from "@/components/budgets/approval-inbox";
import { BudgetDialog } from "@/components/budgets/budget-dialog";
import { BudgetTree } from "@/components/budgets/budget-tree";
import { RemoveDialog } from "@/components/budgets/remove-dialog";
import { useBudgets } from "@/components/budgets/use-budgets";
import { OfRoots } from "@/components/control/of-roots";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Page, Panel } from "@/components/ui/page";
import { budgetOfTask } from "@/lib/budgets";
import type { BudgetRecord } from "@/lib/generated/proto";
import { useMay } from "@/lib/role";
import { useUrl } from "@/lib/url";
import { useControl } from "@/store/hooks";

type Open = { kind: "new" } | { kind: "edit" | "remove"; budget: BudgetRecord };

/** Budgets of the root in scope and those of no tree; or all that were set. */
function useShownBudgets(set: BudgetRecord[] | undefined): BudgetRecord[] {
  const [{ root, everywhere }] = useUrl();
  const [control, { version }] = useControl();
  return useMemo(() => {
    const own = (set ?? []).filter((budget) => {
      if (everywhere) return true;
      if (budget.scopeType === "tree") return budget.scopeId === root;
      return budget.scopeType !== "task" || (budget.scopeId !== null && control.task(budget.scopeId) !== undefined);
    });
    const ofTasks = control.taskList().filter((task) => task.tokenBudget > 0);
    return [...own, ...ofTasks.map(budgetOfTask)];
  }, [set, everywhere, root, control, version]);
}

/** Hard limits, what is left of them, and the requests for more that wait for a person. */
export default function BudgetsPage() {
  const [open, setOpen] = useState<Open | null>(null);
  const mayChange = useMay("admin");
  const budgets = useBudgets();
  const shown = useShownBudgets(budgets.data);
  const close = (): void => setOpen(null);
  return (
    <Page
      title="Budgets"
      about="Hard limits: no call starts that could go beyond one. A call draws on every budget above it."
      actions={
        <div className="flex items-center gap-2">
          <OfRoots />
          {mayChange ? (
            <Button look="primary" onClick={() => setOpen({ kind: "new" })}>
              New budget
            </Button>
          ) : null}
        </div>
      }
    >
      <ApprovalInbox />
      <Panel title="Budgets" note="spent, then reserved by calls under way; days and months end by UTC">
        {budgets.isPending ? <div aria-busy="true" className="h-40" /> : null}
        {budgets.error === null ? null : <Notice title="The budgets could not be read">{budgets.error.message}. Limits stay in force: routers spend what they hold and then refuse.</Notice>}
        {budgets.isSuccess && shown.length === 0 ? (
          <Notice title="Nothing is limited yet">
            Limit the tokens, dollars, requests, seconds or calls at once of a tree, an agent, a key or the whole installation. From a terminal:{" "}
            <code className="numbers">missionctl budget set --help</code>.
          </Notice>
        ) : null}
        {shown.length === 0 ? null : (
          <BudgetTree
            budgets={shown}
            onEdit={mayChange ? (budget) => setOpen({ kind: "edit", budget }) : undefined}
            onRemove={mayChange ? (budget) => setOpen({ kind: "remove", budget }) : undefined}
          />
        )}
      </Panel>
      {open?.kind === "new" || open?.kind === "edit" ? <BudgetDialog budget={open.kind === "edit" ? open.budget : null} onClose={close} /> : null}
      {open?.kind === "remove" ? <RemoveDialog budget={open.budget} onClose={close} /> : null}
    </Page>
  );
}
