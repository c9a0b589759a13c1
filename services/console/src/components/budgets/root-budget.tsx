import { BudgetBar } from "@/components/budgets/budget-bar";
import { budgetTitle } from "@/components/budgets/budget-title";
import { useBudgetsAbove } from "@/components/budgets/use-budgets";
import { barOf, formatAmount } from "@/lib/budgets";
import type { BudgetRecord } from "@/lib/generated/proto";
import { changeUrl, useUrl } from "@/lib/url";

function fill(budget: BudgetRecord): number {
  const bar = barOf(budget);
  return bar.spentPercent + bar.reservedPercent;
}

/** The budget above the root that is nearest to its end. */
export function RootBudget() {
  const [{ root }] = useUrl();
  const budgets = useBudgetsAbove(root === null ? null : { rootTaskId: root });
  const [tightest] = [...budgets].sort((a, b) => fill(b) - fill(a));
  if (tightest === undefined) return null;
  const title = budgetTitle(tightest);
  return (
    <button
      type="button"
      data-part="root-budget"
      title={`${title}: ${barOf(tightest).words}`}
      onClick={() => changeUrl({ page: "budgets" }, "push")}
      className="flex h-7 w-32 shrink-0 flex-col justify-center gap-1 rounded-base px-2 hover:bg-hover max-[1280px]:hidden"
    >
      <span className="sr-only">Budgets of the root. Nearest to its end: {title}, </span>
      <span className="numbers flex w-full justify-between text-small/[12px] text-dim">
        <span>{formatAmount(tightest.spent, tightest.unit)}</span>
        <span className="sr-only"> of </span>
        <span className="text-faint">{formatAmount(tightest.limit, tightest.unit)}</span>
      </span>
      <BudgetBar budget={tightest} name={title} className="h-1" />
    </button>
  );
}
