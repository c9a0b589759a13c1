import { Search, X } from "lucide-react";
import { FacetFilter } from "@/components/header/facet-filter";
import { Totals } from "@/components/header/totals";
import { TimeFilter } from "@/components/header/time-filter";
import { Button } from "@/components/ui/button";
import { FACETS, filterCount, NO_FILTERS } from "@/lib/filters";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { changeUrl, useUrl } from "@/lib/url";

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
          <Button onClick={() => changeUrl({ filters: NO_FILTERS }, "push")} aria-label="Clear all filters">
            <X size={13} /> Clear
          </Button>
        )}
        <div className="flex-1" />
        <Totals runs={runs} />
      </div>
    </search>
  );
}
