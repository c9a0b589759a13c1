import { SCOPE_NAMES, type BudgetScope, UNIT_NAMES, type BudgetUnit } from "@/lib/budgets";
import type { BudgetRecord, TaskRecord } from "@/lib/generated/proto";

export function unitName(unit: string): string {
  return UNIT_NAMES[unit as BudgetUnit] ?? unit;
}

export function scopeName(scopeType: string): string {
  return SCOPE_NAMES[scopeType as BudgetScope] ?? scopeType;
}

export function periodName(period: string): string {
  return period === "total" ? "in all" : `a ${period}`;
}

/** `Tree, tokens a day`; a task by its name where that is known. */
export function budgetTitle(budget: Pick<BudgetRecord, "scopeType" | "unit" | "period">, task?: TaskRecord): string {
  return `${task === undefined ? scopeName(budget.scopeType) : `T${task.tier} ${task.domain}`}, ${unitName(budget.unit).toLowerCase()}${budget.unit === "concurrency" ? "" : ` ${periodName(budget.period)}`}`;
}
