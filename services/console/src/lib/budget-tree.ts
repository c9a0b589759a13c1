/** Budgets in the order of who draws on whom. */
import type { BudgetRecord, TaskRecord } from "@/lib/generated/proto";

export interface BudgetNode {
  id: string;
  /** What the budgets below are of. */
  scopeType: string;
  scopeId: string | null;
  depth: number;
  budgets: BudgetRecord[];
}

const ORDER = ["install", "key", "agent", "tree"];
const DEPTH_MAX = 8;

function nodesOf(budgets: BudgetRecord[], scopeType: string, depth: number): BudgetNode[] {
  const byScope = new Map<string, BudgetNode>();
  for (const budget of budgets) {
    if (budget.scopeType !== scopeType) continue;
    const id = `${scopeType}:${budget.scopeId ?? ""}`;
    const node = byScope.get(id) ?? { id, scopeType, scopeId: budget.scopeId, depth, budgets: [] };
    node.budgets.push(budget);
    byScope.set(id, node);
  }
  return [...byScope.values()].sort((a, b) => ((a.scopeId ?? "") < (b.scopeId ?? "") ? -1 : 1));
}

/** How many tasks with a budget lie above a task; a cycle ends. */
function depthOf(taskId: string, taskOf: (id: string) => Pick<TaskRecord, "parentId"> | undefined, has: (id: string) => boolean): number {
  let depth = 0;
  let id = taskOf(taskId)?.parentId ?? null;
  for (let i = 0; id !== null && i < DEPTH_MAX * DEPTH_MAX; i += 1) {
    if (has(id)) depth += 1;
    id = taskOf(id)?.parentId ?? null;
  }
  return Math.min(depth, DEPTH_MAX);
}

/** Installation, keys and agents first, then each tree with its tasks, the parents above their children. */
export function treeOfBudgets(budgets: BudgetRecord[], taskOf: (id: string) => TaskRecord | undefined): BudgetNode[] {
  const nodes = ORDER.flatMap((scopeType) => nodesOf(budgets, scopeType, 0));
  const tasks = nodesOf(budgets, "task", 1);
  const withBudget = new Map(tasks.map((node) => [node.scopeId ?? "", node]));
  for (const node of tasks) node.depth = 1 + depthOf(node.scopeId ?? "", taskOf, (id) => withBudget.has(id));
  const placed: BudgetNode[] = [];
  const place = (parent: string | null, rest: BudgetNode[]): void => {
    for (const node of rest.filter((one) => nearest(one.scopeId ?? "") === parent)) {
      if (placed.includes(node)) continue;
      placed.push(node);
      place(node.scopeId, rest);
    }
  };
  /** The next task above that has a budget of its own. */
  const nearest = (id: string): string | null => {
    let at = taskOf(id)?.parentId ?? null;
    for (let i = 0; at !== null && i < DEPTH_MAX * DEPTH_MAX; i += 1) {
      if (withBudget.has(at)) return at;
      at = taskOf(at)?.parentId ?? null;
    }
    return null;
  };
  place(null, tasks);
  return [...nodes, ...placed, ...tasks.filter((node) => !placed.includes(node))];
}
