import { useQuery } from "@tanstack/react-query";
import { Check, ChevronDown } from "lucide-react";
import { useMemo, useState } from "react";
import { StateGlyph } from "@/components/ui/glyph";
import { Popover } from "@/components/ui/popover";
import { type Facets, fetchFacets } from "@/lib/api";
import { type Facet, FACET_NAMES, facetValue, toggleFacet } from "@/lib/filters";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { displayState, TIER_NAMES } from "@/lib/status";
import { changeUrl, useUrl } from "@/lib/url";
import { useFleet, useFleetSnapshot } from "@/store/hooks";

const SERVER_NAMES: Record<Facet, keyof Facets> = {
  tier: "tier",
  status: "status",
  provider: "provider",
  model: "modelId",
  persona: "persona",
  skill: "skill",
  mcp: "mcpServer",
};

/** Values longer than a list like this get a search of their own. */
const SEARCH_FROM = 9;

interface Option {
  value: string;
  count: number;
}

function countValues(runs: AgentRunRecord[], facet: Facet): Option[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    const value = facetValue(run, facet);
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, count }));
}

/** Counted here while every run is held here, else by the server. */
function useOptions(facet: Facet, chosen: string[]): Option[] {
  const { store } = useFleet();
  const { root, isComplete, version } = useFleetSnapshot();
  const facets = useQuery({
    queryKey: ["facets", root],
    queryFn: () => fetchFacets(root ?? ""),
    enabled: root !== null && !isComplete,
  });
  return useMemo(() => {
    const served = facets.data?.[SERVER_NAMES[facet]]?.map((one) => ({ value: String(one.value), count: one.count }));
    const options = isComplete || served === undefined ? countValues(store.list(), facet) : served;
    for (const value of chosen) if (!options.some((one) => one.value === value)) options.push({ value, count: 0 });
    return options.sort((a, b) => (facet === "tier" ? a.value.localeCompare(b.value) : b.count - a.count || a.value.localeCompare(b.value)));
  }, [store, version, isComplete, facets.data, facet, chosen]);
}

/** What a value is called. */
export function valueName(facet: Facet, value: string): string {
  if (facet !== "tier") return value;
  return value === "none" ? "No tier reported" : `T${value} ${TIER_NAMES[value] ?? ""}`;
}

function OptionLine({ facet, option, isChosen }: { facet: Facet; option: Option; isChosen: boolean }) {
  const [{ filters }] = useUrl();
  return (
    <button
      type="button"
      role="menuitemcheckbox"
      aria-checked={isChosen}
      className="flex h-8 w-full items-center gap-2.5 rounded-tight px-2 text-left text-body hover:bg-hover"
      onClick={() => changeUrl({ filters: toggleFacet(filters, facet, option.value) }, "push")}
    >
      <span className={`flex size-4 items-center justify-center rounded-tight border ${isChosen ? "border-accent bg-accent text-accent-ink" : "border-line-strong"}`}>
        {isChosen ? <Check size={12} strokeWidth={3} /> : null}
      </span>
      {facet === "status" ? <StateGlyph state={displayState(option.value)} /> : null}
      <span className="min-w-0 flex-1 truncate">{valueName(facet, option.value)}</span>
      <span className="numbers text-small text-faint">{option.count}</span>
    </button>
  );
}

function OptionList({ facet }: { facet: Facet }) {
  const [{ filters }] = useUrl();
  const [search, setSearch] = useState("");
  const options = useOptions(facet, filters[facet]);
  const shown = options.filter((option) => valueName(facet, option.value).toLowerCase().includes(search.toLowerCase()));
  return (
    <div className="w-64 p-1.5">
      {options.length < SEARCH_FROM ? null : (
        <input
          autoFocus
          aria-label={`Search ${FACET_NAMES[facet]}`}
          placeholder={`Search ${FACET_NAMES[facet].toLowerCase()}`}
          className="mb-1 h-8 w-full border-b border-line bg-transparent px-2 text-body outline-none"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      <div role="menu" aria-label={FACET_NAMES[facet]} className="max-h-80 overflow-y-auto">
        {shown.map((option) => (
          <OptionLine key={option.value} facet={facet} option={option} isChosen={filters[facet].includes(option.value)} />
        ))}
      </div>
      {shown.length === 0 ? <p className="px-2 py-3 text-body text-faint">No agent reports one</p> : null}
    </div>
  );
}

/** One filter: its name, and what is chosen. */
export function FacetFilter({ facet }: { facet: Facet }) {
  const [{ filters }] = useUrl();
  const chosen = filters[facet];
  const [first] = chosen;
  return (
    <Popover
      label={`${FACET_NAMES[facet]} filter`}
      trigger={
        <button
          type="button"
          data-facet={facet}
          className={`flex h-7 max-w-48 shrink-0 items-center gap-1 rounded-base px-2 text-body transition-colors duration-[var(--quick)] data-[state=open]:bg-hover ${first === undefined ? "text-dim hover:bg-hover hover:text-ink" : "bg-accent-wash text-ink"}`}
        >
          <span className={first === undefined ? "" : "text-dim"}>{FACET_NAMES[facet]}</span>
          {first === undefined ? (
            <ChevronDown size={12} className="text-faint" aria-hidden="true" />
          ) : (
            <span className="truncate font-medium">{chosen.length === 1 ? valueName(facet, first) : chosen.length}</span>
          )}
        </button>
      }
    >
      <OptionList facet={facet} />
    </Popover>
  );
}
