import { BudgetBar } from "@/components/budgets/budget-bar";
import { budgetOfTask } from "@/lib/budgets";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { useTask } from "@/store/hooks";

/** The token budget of an agent's task, at the foot of its card. */
export function TaskBar({ run }: { run: AgentRunRecord }) {
  const task = useTask(run.taskId);
  if (task === undefined || task.tokenBudget <= 0) return null;
  return (
    <span className="absolute inset-x-0 bottom-0" data-part="budget">
      <BudgetBar budget={budgetOfTask(task)} name="Token budget" className="h-0.5 rounded-none" />
    </span>
  );
}
