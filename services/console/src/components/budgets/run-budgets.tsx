import { BudgetBar } from "@/components/budgets/budget-bar";
import { budgetTitle } from "@/components/budgets/budget-title";
import { useBudgetsAbove } from "@/components/budgets/use-budgets";
import { formatAmount } from "@/lib/budgets";
import { useControl } from "@/store/hooks";

/** Every budget that an agent draws on, with what is left of it. */
export function RunBudgets({ runId }: { runId: string }) {
  const budgets = useBudgetsAbove({ runId });
  const [control] = useControl();
  if (budgets.length === 0) return null;
  return (
    <ul aria-label="Budgets of the agent" className="mt-3 grid grid-cols-2 gap-x-4 gap-y-2">
      {budgets.map((budget) => {
        const title = budgetTitle(budget, budget.scopeType === "task" && budget.scopeId !== null ? control.task(budget.scopeId) : undefined);
        return (
          <li key={budget.id} className="min-w-0" data-budget={budget.id}>
            <span className="flex items-baseline justify-between gap-2 text-small">
              <span className="truncate text-faint">{title}</span>
              <span className="numbers shrink-0 text-dim">{formatAmount(Math.max(0, budget.remaining), budget.unit)} left</span>
            </span>
            <BudgetBar budget={budget} name={title} className="mt-1 h-1.5" />
          </li>
        );
      })}
    </ul>
  );
}
