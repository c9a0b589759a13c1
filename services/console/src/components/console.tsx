import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { useBudgetNews } from "@/components/budgets/use-budgets";
import { CardMenu } from "@/components/control/card-menu";
import { SelectionBar } from "@/components/control/selection-bar";
import { VerbDialog } from "@/components/control/verb-dialog";
import { DetailPanel } from "@/components/detail/detail-panel";
import { FirstRun } from "@/components/first-run/first-run";
import { FilterBar } from "@/components/header/filter-bar";
import { Header } from "@/components/header/header";
import { NavRail } from "@/components/nav/nav-rail";
import { Mosaic } from "@/components/mosaic/mosaic";
import { Overlays } from "@/components/palette/overlays";
import { RunTable } from "@/components/table/run-table";
import { Notice } from "@/components/ui/notice";
import { Button } from "@/components/ui/button";
import { fetchRoots, type Session } from "@/lib/api";
import { clearMarks } from "@/lib/acting";
import { filterCount, NO_FILTERS, serverFilters } from "@/lib/filters";
import { RoleContext } from "@/lib/role";
import { changeUrl, type Page, useUrl } from "@/lib/url";
import { useKeyboard } from "@/components/keyboard";
import { FleetContext, useFleet, useFleetSnapshot, useMatchingRuns, useTierGroups } from "@/store/hooks";
import { FleetSession } from "@/store/session";

const BudgetsPage = lazy(() => import("@/components/budgets/budgets-page"));
const ControlPage = lazy(() => import("@/components/control/control-page"));
const ModelsPage = lazy(() => import("@/components/models/models-page"));
const SecretsPage = lazy(() => import("@/components/secrets/secrets-page"));

/** What the header shows of the root on each page. */
const HEADERS = { mission: "everything", control: "root", budgets: "root", models: "nothing", secrets: "nothing" } as const;

const ROOTS_EVERY_MS = 10_000;
const WAITING_EVERY_MS = 2000;

/** Everything behind the sign-in. */
export function Console({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const [fleet] = useState(() => new FleetSession(onSignedOut));
  const [{ root }] = useUrl();
  useEffect(() => {
    clearMarks();
    fleet.open(root);
  }, [fleet, root]);
  useEffect(() => () => fleet.close(), [fleet]);
  return (
    <FleetContext value={fleet}>
      <RoleContext value={session.user.role}>
        <Scope session={session} onSignedOut={onSignedOut} />
      </RoleContext>
    </FleetContext>
  );
}

/** One root is always in scope: the most recently active one where none was chosen. */
function Scope({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const [{ root, page }] = useUrl();
  const roots = useQuery({
    queryKey: ["roots", ""],
    queryFn: () => fetchRoots(""),
    refetchInterval: (query) => (query.state.data?.items.length === 0 ? WAITING_EVERY_MS : ROOTS_EVERY_MS),
  });
  const newest = roots.data?.items[0]?.rootTaskId;
  useEffect(() => {
    if (root === null && newest !== undefined) changeUrl({ root: newest });
  }, [root, newest]);

  useBudgetNews();
  const isFirstRun = root === null && roots.data?.items.length === 0;
  return (
    <div className="flex h-full flex-col">
      <Header session={session} onSignedOut={onSignedOut} shows={isFirstRun ? "nothing" : HEADERS[page]} />
      <div className="flex min-h-0 flex-1">
        <NavRail />
        <Suspense fallback={<div aria-busy="true" className="h-full flex-1" />}>
          <PageOf page={page} isFirstRun={isFirstRun} role={session.user.role} />
        </Suspense>
      </div>
      <Overlays onSignedOut={onSignedOut} />
      <VerbDialog />
    </div>
  );
}

function PageOf({ page, isFirstRun, role }: { page: Page; isFirstRun: boolean; role: string }) {
  switch (page) {
    case "models":
      return <ModelsPage />;
    case "secrets":
      return <SecretsPage role={role} />;
    case "control":
      return <ControlPage />;
    case "budgets":
      return <BudgetsPage />;
    case "mission":
      return isFirstRun ? <FirstRun /> : <Mission />;
  }
}

function Mission() {
  const [url] = useUrl();
  const runs = useMatchingRuns(url.filters);
  const groups = useTierGroups(runs);
  const fleet = useFleet();
  useEffect(() => fleet.narrow(serverFilters(url.filters)), [fleet, url.filters]);
  useKeyboard(groups);
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <FilterBar runs={runs} />
      <div className="flex min-h-0 flex-1">
        <main className="relative min-w-0 flex-1" aria-label="Agents">
          <h1 className="sr-only">Mission</h1>
          <Runs groups={groups} runs={runs} />
        </main>
        {url.run === null ? null : <DetailPanel key={url.run} runId={url.run} />}
      </div>
      <SelectionBar />
      <CardMenu />
    </div>
  );
}

function Runs({ groups, runs }: { groups: ReturnType<typeof useTierGroups>; runs: ReturnType<typeof useMatchingRuns> }) {
  const [{ view, density }] = useUrl();
  const { load, loadError, root } = useFleetSnapshot();
  if (root === null || load === "loading") return <Loading />;
  if (load === "failed") return <Notice title="The runs could not be read">{loadError}</Notice>;
  if (groups.length === 0) return <NothingShown />;
  return view === "table" ? <RunTable runs={runs} /> : <Mosaic groups={groups} density={density} />;
}

function Loading() {
  return (
    <div aria-busy="true" aria-label="Loading" className="grid grid-cols-4 gap-2 p-4 opacity-60">
      {Array.from({ length: 12 }, (_, i) => (
        <div key={i} className="h-24 rounded-base bg-surface" />
      ))}
    </div>
  );
}

function NothingShown() {
  const { isComplete } = useFleetSnapshot();
  const [{ filters }] = useUrl();
  if (filterCount(filters) === 0) {
    return <Notice title="No agent has reported yet">This root has no runs. The first event of one shows here at once.</Notice>;
  }
  return (
    <Notice
      title="No agent passes the filters"
      action={
        <Button look="outline" onClick={() => changeUrl({ filters: NO_FILTERS })}>
          Clear filters
        </Button>
      }
    >
      {isComplete ? "Every agent of this root was looked at." : "Older runs that are not loaded here may pass them."}
    </Notice>
  );
}
