import { CirclePause, Search, X } from "lucide-react";
import { VerbMenu } from "@/components/control/verb-menu";
import { FacetFilter } from "@/components/header/facet-filter";
import { Totals } from "@/components/header/totals";
import { TimeFilter } from "@/components/header/time-filter";
import { Button } from "@/components/ui/button";
import { scopeObject, scopeOfFilters } from "@/lib/control";
import { FACETS, filterCount, NO_FILTERS } from "@/lib/filters";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { useMay } from "@/lib/role";
import { changeUrl, useUrl } from "@/lib/url";
import { useFleet } from "@/store/hooks";

export const SEARCH_ID = "filter-text";

function TextFilter() {
  const [{ filters }] = useUrl();
  return (
    <label className="hairline flex h-7 w-44 shrink-0 items-center max-[1280px]:w-32 gap-1.5 rounded-base px-2 focus-within:shadow-[inset_0_0_0_1px_var(--accent)]">
      <Search size={13} className="shrink-0 text-faint" aria-hidden="true" />
      <input
        id={SEARCH_ID}
        type="search"
        aria-label="Filter agents by text"
        placeholder="Filter  /"
        className="min-w-0 flex-1 bg-transparent text-body outline-none [&::-webkit-search-cancel-button]:hidden"
        value={filters.text}
        onChange={(event) => changeUrl({ filters: { ...filters, text: event.target.value } })}
        onKeyDown={(event) => {
          if (event.key !== "Escape" && event.key !== "Enter") return;
          event.stopPropagation();
          event.currentTarget.blur();
        }}
      />
    </label>
  );
}

/** The verbs on what the filters show: as a filter of the service where it has the words, else on those agents. */
function FilteredVerbs({ runs }: { runs: AgentRunRecord[] }) {
  const [{ filters }] = useUrl();
  const { control } = useFleet();
  const scope = scopeOfFilters(filters, runs);
  if (!useMay("operator") || scope === null) return null;
  return (
    <VerbMenu label="Control of what is shown" scope={scope} object={scopeObject(scope, control)} className="size-7">
      <CirclePause size={15} />
    </VerbMenu>
  );
}

/** The filters, and what the root amounts to with them. */
export function FilterBar({ runs }: { runs: AgentRunRecord[] }) {
  const [{ filters }] = useUrl();
  return (
    <search>
      <div role="toolbar" aria-label="Filters" className="flex h-[var(--bar-height)] shrink-0 items-center gap-1 overflow-x-auto border-b border-line px-4 [scrollbar-width:none]">
        <TextFilter />
        <span className="w-1" />
        {FACETS.map((facet) => (
          <FacetFilter key={facet} facet={facet} />
        ))}
        <TimeFilter />
        {filterCount(filters) === 0 ? null : (
          <>
            <FilteredVerbs runs={runs} />
            <Button onClick={() => changeUrl({ filters: NO_FILTERS }, "push")} aria-label="Clear all filters">
              <X size={13} /> Clear
            </Button>
          </>
        )}
        <div className="flex-1" />
        <Totals runs={runs} />
      </div>
    </search>
  );
}
