import { useMemo } from "react";
import { type Scope, scopeId, scopeOfFilters } from "@/lib/control";
import { useMarks } from "@/lib/acting";
import { tierKey } from "@/lib/status";
import { useUrl } from "@/lib/url";
import { useFleet, useFleetSnapshot, useMatchingRuns } from "@/store/hooks";

/** Every scope that can be named just now: the tree, its tiers, the open agent, the marked ones, what the filters say. */
export function useScopes(asked?: Scope): Scope[] {
  const [{ run, filters }] = useUrl();
  const { store } = useFleet();
  const { version } = useFleetSnapshot();
  const matching = useMatchingRuns(filters);
  const marks = useMarks();
  return useMemo(() => {
    const scopes: Scope[] = [{ kind: "tree" }];
    const tiers = new Set(store.list().map((one) => tierKey(one.tier)));
    for (const tier of [1, 2, 3]) if (tiers.has(String(tier))) scopes.push({ kind: "tier", tier });
    if (run !== null && store.run(run) !== undefined) scopes.push({ kind: "agent", runId: run });
    if (marks.size > 0) scopes.push({ kind: "selection", runIds: [...marks] });
    const filtered = scopeOfFilters(filters, matching);
    if (filtered !== null && filtered.kind !== "tier") scopes.push(filtered);
    if (asked === undefined) return scopes;
    const rest = scopes.filter((one) => scopeId(one) !== scopeId(asked));
    return [asked, ...rest];
  }, [store, version, run, filters, matching, marks, asked]);
}
