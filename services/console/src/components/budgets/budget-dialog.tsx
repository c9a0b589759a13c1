import { type FormEvent, useState } from "react";
import { useBudgetsChanged } from "@/components/budgets/use-budgets";
import { Button } from "@/components/ui/button";
import { Choice } from "@/components/ui/choice";
import { Dialog } from "@/components/ui/dialog";
import { Fault, Field } from "@/components/ui/field";
import { type BudgetForm, type BudgetScope, type BudgetUnit, PERIODS, readForm, SCOPE_NAMES, SCOPE_TYPES, setBudget, UNIT_NAMES, UNITS } from "@/lib/budgets";
import type { BudgetRecord } from "@/lib/generated/proto";
import { useUrl } from "@/lib/url";
import { useFleet } from "@/store/hooks";

const ID_LABELS: Record<BudgetScope, string> = { install: "", key: "Id of the key", agent: "Actor", tree: "Root task", task: "Id of the task" };

function firstForm(budget: BudgetRecord | null, root: string | null): BudgetForm {
  if (budget === null) return { scopeType: "tree", scopeId: root ?? "", unit: "tokens", limit: "", period: "total", graceTokens: "" };
  return {
    scopeType: budget.scopeType as BudgetScope, scopeId: budget.scopeId ?? "", unit: budget.unit as BudgetUnit, limit: String(budget.limit),
    period: budget.period, graceTokens: budget.graceTokens === null ? "" : String(budget.graceTokens),
  };
}

function ScopeFields({ form, onChange }: { form: BudgetForm; onChange: (change: Partial<BudgetForm>) => void }) {
  const [{ root }] = useUrl();
  const { store } = useFleet();
  const actors = form.scopeType === "agent" ? [...new Set(store.list().map((run) => run.actor))].slice(0, 200) : [];
  return (
    <>
      <Choice
        label="Of"
        value={form.scopeType}
        options={SCOPE_TYPES.map((value) => ({ value, label: SCOPE_NAMES[value] }))}
        onChange={(scopeType) => onChange({ scopeType, scopeId: scopeType === "tree" ? (root ?? "") : "" })}
      />
      {form.scopeType === "install" ? null : (
        <Field label={ID_LABELS[form.scopeType]} maxLength={200} list={actors.length > 0 ? "actors" : undefined} value={form.scopeId} onChange={(event) => onChange({ scopeId: event.target.value })} />
      )}
      {actors.length === 0 ? null : (
        <datalist id="actors">
          {actors.map((actor) => (
            <option key={actor} value={actor} />
          ))}
        </datalist>
      )}
    </>
  );
}

function AmountFields({ form, isNew, onChange }: { form: BudgetForm; isNew: boolean; onChange: (change: Partial<BudgetForm>) => void }) {
  return (
    <>
      {isNew ? (
        <>
          <Choice label="Of what" value={form.unit} options={UNITS.map((value) => ({ value, label: UNIT_NAMES[value] }))} onChange={(unit) => onChange({ unit })} />
          {form.unit === "concurrency" ? null : (
            <Choice
              label="Period"
              value={form.period}
              options={PERIODS.map((value) => ({ value, label: value === "total" ? "In all" : `Each ${value} (UTC)` }))}
              onChange={(period) => onChange({ period })}
            />
          )}
        </>
      ) : null}
      <div className="grid grid-cols-2 gap-3">
        <Field label={`Limit, ${UNIT_NAMES[form.unit].toLowerCase()}`} inputMode="decimal" autoFocus={!isNew} value={form.limit} onChange={(event) => onChange({ limit: event.target.value })} />
        {form.unit !== "tokens" ? null : (
          <Field
            label="Grace tokens"
            inputMode="numeric"
            placeholder="as set"
            value={form.graceTokens}
            onChange={(event) => onChange({ graceTokens: event.target.value })}
            help="Beyond the limit, so that an agent can write its summary."
          />
        )}
      </div>
    </>
  );
}

/** Makes a budget, or changes the limit of one. */
export function BudgetDialog({ budget, onClose }: { budget: BudgetRecord | null; onClose: () => void }) {
  const [{ root }] = useUrl();
  const [form, setForm] = useState(() => firstForm(budget, root));
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useBudgetsChanged();
  const isNew = budget === null;
  const change = (part: Partial<BudgetForm>): void => {
    setForm({ ...form, ...part });
    setFault(null);
  };
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const read = readForm(form);
    if ("fault" in read) {
      setFault(read.fault);
      return;
    }
    setBusy(true);
    setBudget(read.order)
      .then(() => {
        changed();
        onClose();
      })
      .catch((reason: unknown) => setFault(reason instanceof Error ? reason.message : String(reason)))
      .finally(() => setBusy(false));
  };
  const title = isNew ? "New budget" : `Change the limit of ${budget.scopeId ?? "the installation"}`;
  return (
    <Dialog label={title} onClose={onClose} className="w-[520px]">
      <form onSubmit={send} className="flex flex-col gap-4 p-4" autoComplete="off" noValidate>
        <h2 className="truncate text-title font-semibold">{title}</h2>
        {isNew ? <ScopeFields form={form} onChange={change} /> : null}
        <AmountFields form={form} isNew={isNew} onChange={change} />
        <p className="text-small text-faint">There is one limit for each scope, unit and period: setting it again changes it. What was spent stays counted.</p>
        {fault === null ? null : <Fault>{fault}</Fault>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy}>
            {isNew ? "Set budget" : "Change limit"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
