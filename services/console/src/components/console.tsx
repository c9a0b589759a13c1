import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
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
import { filterCount, NO_FILTERS, serverFilters } from "@/lib/filters";
import { changeUrl, useUrl } from "@/lib/url";
import { useKeyboard } from "@/components/keyboard";
import { FleetContext, useFleet, useFleetSnapshot, useMatchingRuns, useTierGroups } from "@/store/hooks";
import { FleetSession } from "@/store/session";

const ModelsPage = lazy(() => import("@/components/models/models-page"));
const SecretsPage = lazy(() => import("@/components/secrets/secrets-page"));

const ROOTS_EVERY_MS = 10_000;
const WAITING_EVERY_MS = 2000;

/** Everything behind the sign-in. */
export function Console({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const [fleet] = useState(() => new FleetSession(onSignedOut));
  const [{ root }] = useUrl();
  useEffect(() => {
    fleet.open(root);
  }, [fleet, root]);
  useEffect(() => () => fleet.close(), [fleet]);
  return (
    <FleetContext value={fleet}>
      <Scope session={session} onSignedOut={onSignedOut} />
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

  const isFirstRun = root === null && roots.data?.items.length === 0;
  return (
    <div className="flex h-full flex-col">
      <Header session={session} onSignedOut={onSignedOut} isBare={isFirstRun || page !== "mission"} />
      <div className="flex min-h-0 flex-1">
        <NavRail />
        <Suspense fallback={<div aria-busy="true" className="h-full flex-1" />}>
          {page === "models" ? <ModelsPage /> : page === "secrets" ? <SecretsPage role={session.user.role} /> : isFirstRun ? <FirstRun /> : <Mission />}
        </Suspense>
      </div>
      <Overlays onSignedOut={onSignedOut} />
    </div>
  );
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
          <Runs groups={groups} runs={runs} />
        </main>
        {url.run === null ? null : <DetailPanel key={url.run} runId={url.run} />}
      </div>
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
