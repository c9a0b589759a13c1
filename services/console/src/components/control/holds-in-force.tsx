import { useQuery } from "@tanstack/react-query";
import { Countdown, HoldWord, MissingParts } from "@/components/control/hold-sign";
import { verbIcon } from "@/components/control/verb-icons";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Panel } from "@/components/ui/page";
import { askVerb } from "@/lib/acting";
import { command } from "@/lib/command";
import { type Scope, type ScopeFilter } from "@/lib/control";
import type { ControlHold } from "@/lib/generated/proto";
import { scopeWords } from "@/lib/holds";
import { useMay } from "@/lib/role";
import { useUrl } from "@/lib/url";
import { useControl, useFleet } from "@/store/hooks";

const EVERY_MS = 5000;

/** The scope of a hold as one that a verb can be asked of; null where it cannot be named here. */
function scopeOf(hold: ControlHold, runOfTask: (taskId: string) => string | undefined): Scope | null {
  if (hold.scopeType === "tree") return { kind: "tree" };
  if (hold.scopeType === "tier" && hold.tier !== null) return { kind: "tier", tier: hold.tier };
  if (hold.scopeType === "agent" && hold.agentTaskId !== null) {
    const runId = runOfTask(hold.agentTaskId);
    return runId === undefined ? null : { kind: "agent", runId };
  }
  if (hold.scopeType !== "filter" || hold.spendUsdPerMinute !== null || hold.runId !== null) return null;
  const filter: ScopeFilter = {};
  for (const word of ["provider", "modelId", "persona", "skill", "mcpServer"] as const) {
    const value = hold[word];
    if (value !== null && value !== "") filter[word] = value;
  }
  return { kind: "filter", filter };
}

function Line({ hold, isOfRoot, hasRoot }: { hold: ControlHold; isOfRoot: boolean; hasRoot: boolean }) {
  const { store } = useFleet();
  const [control] = useControl();
  const mayAct = useMay("operator");
  const scope = isOfRoot ? scopeOf(hold, (taskId) => store.list().find((run) => run.taskId === taskId)?.id) : null;
  const verb = hold.kind === "stop" ? "restart" : "resume";
  return (
    <li className="flex flex-col gap-1.5 border-t border-line px-4 py-2 first:border-t-0" data-hold-line={hold.id}>
      <div className="flex items-center gap-4 text-body">
        <span className="w-36 shrink-0">
          <HoldWord hold={hold} />
        </span>
        <span className="min-w-0 flex-1 truncate">
          {hasRoot ? <span className="numbers text-faint">{hold.rootTaskId ?? "all roots"} </span> : null}
          {scopeWords(hold, control.nameOfTask)}
          {hold.mode === "boundary" || hold.kind !== "pause" ? null : <span className="text-faint"> {hold.mode}</span>}
          {hold.reason === null || hold.reason === "" ? null : <span className="text-dim">: {hold.reason}</span>}
        </span>
        <span className="shrink-0 text-small text-faint">
          <Countdown hold={hold} />
        </span>
        {mayAct && scope !== null ? (
          <Button look="outline" onClick={() => askVerb(verb, scope)}>
            {verbIcon(verb, 14)} {verb === "restart" ? "Restart" : "Resume"}
          </Button>
        ) : null}
      </div>
      <MissingParts missing={hold.missing ?? []} />
    </li>
  );
}

/** What is paused or stopped now. */
export function HoldsInForce() {
  const [{ root, everywhere }] = useUrl();
  const [, { holds, isKnown, fault, version }] = useControl();
  const all = useQuery({
    queryKey: ["holds", version],
    queryFn: () => command<ControlHold[]>("list_holds"),
    enabled: everywhere,
    refetchInterval: EVERY_MS,
    placeholderData: (before) => before,
  });
  const shown = (everywhere ? (all.data ?? holds) : holds).filter((hold) => hold.kind !== "fence");
  return (
    <Panel title="In force" note={everywhere ? "in all roots" : "on the root in scope"}>
      {!isKnown && fault !== null ? <Notice title="What is in force could not be read">{fault}. Holds stay in force while control is away.</Notice> : null}
      {!isKnown && fault === null ? <div aria-busy="true" className="h-12" /> : null}
      {isKnown && shown.length === 0 ? <p className="px-4 py-3 text-body text-faint">Nothing is paused or stopped.</p> : null}
      {shown.length === 0 ? null : (
        <ul aria-label="Holds in force">
          {shown.map((hold) => (
            <Line key={hold.id} hold={hold} isOfRoot={hold.rootTaskId === root} hasRoot={everywhere} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
