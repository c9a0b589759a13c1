import { LayoutGrid, Search, Table2 } from "lucide-react";
import { Mark } from "@/components/brand";
import { RootBudget } from "@/components/budgets/root-budget";
import { TreeControl } from "@/components/control/tree-control";
import { LiveSign } from "@/components/header/live-sign";
import { RootSelector } from "@/components/header/root-selector";
import { UserMenu } from "@/components/header/user-menu";
import { IconButton } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import type { Session } from "@/lib/api";
import { showOverlay } from "@/lib/overlay";
import { chooseDensity, DENSITY_OPTIONS } from "@/lib/density";
import { changeUrl, useUrl } from "@/lib/url";

interface HeaderProps {
  session: Session;
  onSignedOut: () => void;
  /** How much of the root is shown: nothing, the root and what is in force on it, or all there is to choose. */
  shows: "nothing" | "root" | "everything";
}

export function Header({ session, onSignedOut, shows }: HeaderProps) {
  return (
    <header className="flex h-[var(--header-height)] shrink-0 items-center gap-3 border-b border-line bg-surface px-4">
      <div className="flex shrink-0 items-center gap-2 whitespace-nowrap">
        <Mark />
        <span className="text-body font-semibold tracking-tight">Mission Control</span>
      </div>
      {shows === "nothing" ? <div className="flex-1" /> : <ScopeControls isMission={shows === "everything"} />}
      <button
        type="button"
        aria-label="Commands, Ctrl K"
        title="Commands (Ctrl+K)"
        onClick={() => showOverlay("palette")}
        className="hairline numbers flex h-7 shrink-0 items-center gap-1.5 whitespace-nowrap rounded-base px-2 text-small text-faint hover:text-ink"
      >
        <Search size={13} aria-hidden="true" /> Ctrl K
      </button>
      <UserMenu session={session} onSignedOut={onSignedOut} />
    </header>
  );
}

function ScopeControls({ isMission }: { isMission: boolean }) {
  return (
    <>
      <span className="h-5 w-px bg-line" aria-hidden="true" />
      <div className="min-w-24 flex-1">
        <RootSelector />
      </div>
      {isMission ? <RootBudget /> : null}
      <TreeControl />
      <span className="h-5 w-px bg-line" aria-hidden="true" />
      <LiveSign />
      {isMission ? <ViewControls /> : null}
    </>
  );
}

function ViewControls() {
  const [{ density, view }] = useUrl();
  return (
    <>
      <Segmented label="Density" value={density} options={DENSITY_OPTIONS} onChange={chooseDensity} />
      <div className="hairline flex h-7 items-center rounded-base" role="group" aria-label="View">
        <IconButton label="Mosaic" aria-pressed={view === "mosaic"} className={pressed(view === "mosaic")} onClick={() => changeUrl({ view: "mosaic" }, "push")}>
          <LayoutGrid size={15} />
        </IconButton>
        <IconButton label="Table" aria-pressed={view === "table"} className={pressed(view === "table")} onClick={() => changeUrl({ view: "table" }, "push")}>
          <Table2 size={15} />
        </IconButton>
      </div>
    </>
  );
}

function pressed(isPressed: boolean): string {
  return isPressed ? "bg-hover text-ink" : "";
}
