import { Pencil, Trash2 } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { BudgetBar } from "@/components/budgets/budget-bar";
import { budgetTitle, periodName, scopeName, unitName } from "@/components/budgets/budget-title";
import { IconButton } from "@/components/ui/button";
import { addSample, barOf, forecast, formatAmount, isTaskBudget, type Sample, usedOf } from "@/lib/budgets";
import { treeOfBudgets, type BudgetNode } from "@/lib/budget-tree";
import { serverNow } from "@/lib/clock";
import type { BudgetRecord, TaskRecord } from "@/lib/generated/proto";
import { useControl } from "@/store/hooks";

const INDENT = 20;

/** What was seen of every budget while the page is open. */
function useSamples(budgets: BudgetRecord[]): Map<string, Sample[]> {
  const samples = useRef(new Map<string, Sample[]>());
  useEffect(() => {
    const at = Math.floor(serverNow());
    for (const { id, spent } of budgets) samples.current.set(id, addSample(samples.current.get(id) ?? [], { at, spent }));
  }, [budgets]);
  return samples.current;
}

interface LineProps {
  budget: BudgetRecord;
  depth: number;
  samples: Sample[];
  onEdit?: (budget: BudgetRecord) => void;
  onRemove?: (budget: BudgetRecord) => void;
}

function Line({ budget, depth, samples, onEdit, onRemove }: LineProps) {
  const { unit, limit, lost } = budget;
  const { spent, reserved } = usedOf(budget);
  const outlook = forecast(budget, samples, serverNow());
  const bar = barOf(budget);
  const title = budgetTitle(budget);
  return (
    <li className="grid grid-cols-[minmax(150px,1.1fr)_minmax(160px,2fr)_minmax(210px,1.5fr)_64px] items-center gap-x-4 py-1" data-budget={budget.id}>
      <span className="truncate text-body text-dim" style={{ paddingLeft: depth * INDENT }}>
        {unitName(unit)}
        {unit === "concurrency" ? null : <span className="text-faint"> {periodName(budget.period)}</span>}
      </span>
      <span className="flex items-center gap-3">
        <BudgetBar budget={budget} name={title} className="h-2" />
        <span className="numbers w-11 shrink-0 text-right text-small text-dim">{limit > 0 ? `${Math.floor((spent / limit) * 100)} %` : "–"}</span>
      </span>
      <span className="min-w-0">
        <span className="numbers block truncate text-body text-ink">
          {formatAmount(spent, unit)}
          <span className="text-faint"> of </span>
          {formatAmount(limit, unit)}
          {reserved > 0 ? <span className="text-faint">, {formatAmount(reserved, unit)} reserved</span> : null}
        </span>
        {outlook === null && lost <= 0 ? null : (
          <span className={`block truncate text-small ${bar.tone === "over" ? "text-state-failed" : "text-faint"}`} data-part="forecast">
            {lost > 0 ? `${formatAmount(lost, unit)} lost with a router until it settles. ` : ""}
            {outlook}
          </span>
        )}
      </span>
      <span className="flex justify-end">
        {onEdit === undefined || isTaskBudget(budget) ? null : (
          <IconButton label={`Change ${title}`} onClick={() => onEdit(budget)}>
            <Pencil size={13} />
          </IconButton>
        )}
        {onRemove === undefined || isTaskBudget(budget) ? null : (
          <IconButton label={`Remove ${title}`} onClick={() => onRemove(budget)}>
            <Trash2 size={13} />
          </IconButton>
        )}
      </span>
    </li>
  );
}

function nodeWords(node: BudgetNode, taskOf: (id: string) => TaskRecord | undefined): { name: string; note: string } {
  const task = node.scopeType === "task" && node.scopeId !== null ? taskOf(node.scopeId) : undefined;
  if (task !== undefined) return { name: task.objective, note: `T${task.tier} ${task.domain}` };
  return { name: node.scopeId ?? "Everything", note: scopeName(node.scopeType) };
}

interface BudgetTreeProps {
  budgets: BudgetRecord[];
  onEdit?: (budget: BudgetRecord) => void;
  onRemove?: (budget: BudgetRecord) => void;
}

/** Who draws on what: each budget below those that it counts in. */
export function BudgetTree({ budgets, onEdit, onRemove }: BudgetTreeProps) {
  const [control, { version }] = useControl();
  const samples = useSamples(budgets);
  const taskOf = (id: string): TaskRecord | undefined => control.task(id);
  const nodes = useMemo(() => treeOfBudgets(budgets, (id) => control.task(id)), [budgets, control, version]);
  return (
    <ul aria-label="Tree of budgets" className="overflow-x-auto">
      {nodes.map((node) => {
        const { name, note } = nodeWords(node, taskOf);
        return (
          <li key={node.id} className="min-w-[720px] border-t border-line px-4 py-1.5 first:border-t-0" data-budget-scope={node.id}>
            <div className="flex min-w-0 items-baseline gap-2" style={{ paddingLeft: node.depth * INDENT }}>
              <span className="shrink-0 text-small text-faint">{note}</span>
              <span className="truncate text-body font-medium text-ink" title={node.scopeId ?? undefined}>
                {name}
              </span>
            </div>
            <ul>
              {node.budgets.map((budget) => (
                <Line key={budget.id} budget={budget} depth={node.depth} samples={samples.get(budget.id) ?? []} onEdit={onEdit} onRemove={onRemove} />
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}
