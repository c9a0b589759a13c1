import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ModelTable } from "@/components/models/model-table";
import { RecentDecisions } from "@/components/models/recent-decisions";
import { RoutingPreview } from "@/components/models/routing-preview";
import { Notice } from "@/components/ui/notice";
import { Page, Panel } from "@/components/ui/page";
import { Segmented } from "@/components/ui/segmented";
import { fetchModelRows, type ModelRow } from "@/lib/models";

const EVERY_MS = 4000;

type Shown = "listed" | "all";

const SHOWN: { value: Shown; label: string; title: string }[] = [
  { value: "listed", label: "In use", title: "Models that a tier or a persona lists, or that were called" },
  { value: "all", label: "All", title: "Every model of the registry" },
];

function isInUse({ model, health }: ModelRow): boolean {
  const isListed = [model.tiers, model.personas].some((list) => Array.isArray(list) && list.length > 0);
  return isListed || (health !== null && health.totalCalls > 0);
}

/** Which models there are, how they do and why they were chosen. */
export default function ModelsPage() {
  const [shown, setShown] = useState<Shown>("listed");
  const models = useQuery({ queryKey: ["models"], queryFn: fetchModelRows, refetchInterval: EVERY_MS });
  const rows = (models.data ?? []).filter((row) => shown === "all" || isInUse(row));
  return (
    <Page
      title="Models"
      about="Which models answer, how they have been doing, what they cost, and why one was chosen."
      actions={<Segmented label="Models shown" value={shown} options={SHOWN} onChange={setShown} />}
    >
      <Panel title="Health" note="scores and circuits as the router sees them now">
        {models.isPending ? <div aria-busy="true" className="h-40" /> : null}
        {models.error === null ? null : <Notice title="The models could not be read">{models.error.message}</Notice>}
        {models.isSuccess && rows.length === 0 ? <Notice title="No model is in use">Name models in aop_models.json, or show all of them.</Notice> : null}
        {rows.length === 0 ? null : <ModelTable rows={rows} />}
      </Panel>
      <RoutingPreview />
      <RecentDecisions />
    </Page>
  );
}
