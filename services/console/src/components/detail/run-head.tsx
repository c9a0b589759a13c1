import { ChevronLeft, ChevronRight, CornerLeftUp, MoreHorizontal, X } from "lucide-react";
import type { ReactNode } from "react";
import { RunBudgets } from "@/components/budgets/run-budgets";
import { HoldSign } from "@/components/control/hold-sign";
import { VerbMenu } from "@/components/control/verb-menu";
import { closePanel, press } from "@/components/keyboard";
import { mcpName } from "@/components/mosaic/card-faces";
import { IconButton } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { StateWord } from "@/components/ui/glyph";
import { useNow } from "@/lib/clock";
import { formatAge, formatCost, formatCount, formatDuration, formatMoment, formatTokenCount } from "@/lib/format";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { useMay } from "@/lib/role";
import { lastSignal, runDuration, TIER_NAMES } from "@/lib/status";
import { useEnforcer, useRun, useShown } from "@/store/hooks";

function Fact({ name, children, title }: { name: string; children: ReactNode; title?: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-small text-faint">{name}</dt>
      <dd className="truncate text-body text-ink" title={title}>
        {children}
      </dd>
    </div>
  );
}

function Figure({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div className="min-w-0" title={title}>
      <dd className="numbers truncate text-title font-medium text-ink">{value}</dd>
      <dt className="text-small text-faint">{name}</dt>
    </div>
  );
}

function tierName(run: AgentRunRecord): string {
  if (run.tier === null) return "not reported";
  return `T${run.tier} ${run.tierDerived === true ? "from nesting" : (TIER_NAMES[String(run.tier)] ?? "")}`;
}

function Title({ run }: { run: AgentRunRecord }) {
  const now = useNow();
  const { state, count, hold } = useShown(run);
  const mayAct = useMay("operator");
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <h2 className="truncate text-title font-semibold tracking-tight" title={run.actor}>
          {run.actor}
        </h2>
        <div className="flex items-center gap-2 text-body text-faint">
          {hold === null ? <StateWord state={state} count={count} className="shrink-0" /> : <HoldSign hold={hold} label="Agent" shown={{ state, count }} hasCountdown />}
          <span className="shrink-0 whitespace-nowrap">
            last signal <span className="numbers">{formatAge(now - lastSignal(run))}</span>
          </span>
          <Enforcement run={run} />
          <span className="flex min-w-0 items-center">
            <span className="numbers truncate text-small" title={run.id}>
              {run.id}
            </span>
            <CopyButton text={run.id} label="Copy the id of the run" className="size-6" />
          </span>
        </div>
      </div>
      <div className="flex">
        {mayAct ? (
          <VerbMenu label="Control of the agent" scope={{ kind: "agent", runId: run.id }} object="agent" hasKeys className="size-7">
            <MoreHorizontal size={16} />
          </VerbMenu>
        ) : null}
        {run.parentRunId === null ? null : (
          <IconButton label="Parent (u)" onClick={() => press("u")}>
            <CornerLeftUp size={15} />
          </IconButton>
        )}
        <IconButton label="Previous sibling ([)" onClick={() => press("[")}>
          <ChevronLeft size={16} />
        </IconButton>
        <IconButton label="Next sibling (])" onClick={() => press("]")}>
          <ChevronRight size={16} />
        </IconButton>
        <IconButton label="Close (Esc)" onClick={closePanel}>
          <X size={16} />
        </IconButton>
      </div>
    </div>
  );
}

const ENFORCEMENT: Record<string, { word: string; title: string }> = {
  strong: { word: "enforced", title: "A supervisor holds the whole process tree" },
  weak: { word: "enforced by signals", title: "A supervisor signals the processes: weaker than a control group" },
};
const UNENFORCED = { word: "unenforced", title: "Nothing holds the process: its calls to models and tools can be held, it cannot" };

function Enforcement({ run }: { run: AgentRunRecord }) {
  const part = useEnforcer(run.id);
  if (run.endedAt !== null) return null;
  const { word, title } = ENFORCEMENT[part?.enforcement ?? ""] ?? UNENFORCED;
  return (
    <span data-enforcement={part?.enforcement ?? "none"} title={title} className={`shrink-0 ${part === undefined ? "text-state-unenforced" : "text-faint"}`}>
      {word}
    </span>
  );
}

/** Who the run is, and what it has used. */
export function RunHead({ runId }: { runId: string }) {
  const run = useRun(runId);
  const now = useNow();
  if (run === undefined) return null;
  return (
    <div className="shrink-0 border-b border-line px-4 pb-3 pt-3">
      <Title run={run} />
      <dl className="mt-3 grid grid-cols-5 gap-x-4">
        <Figure name="tokens in" value={formatTokenCount(run.tokensIn)} title={formatCount(run.tokensIn)} />
        <Figure name="tokens out" value={formatTokenCount(run.tokensOut)} title={formatCount(run.tokensOut)} />
        <Figure name="cost" value={formatCost(run.costUsd)} title={run.costUsd === null ? "No event had a cost" : `$${run.costUsd}`} />
        <Figure name="duration" value={formatDuration(runDuration(run, now))} title={`Started ${formatMoment(run.startedAt)}`} />
        <Figure name={`events, ${formatCount(run.errorCount ?? 0)} failed`} value={formatCount(run.eventCount ?? 0)} />
      </dl>
      <dl className="mt-3 grid grid-cols-3 gap-x-4 gap-y-2">
        <Fact name="Model" title={`${run.provider}/${run.modelId}`}>
          {run.modelId === null ? "none yet" : <>{run.modelId} <span className="text-faint">{run.provider}</span></>}
        </Fact>
        <Fact name="Persona">{run.persona ?? "–"}</Fact>
        <Fact name="Skill">{run.skill ?? "–"}</Fact>
        <Fact name="MCP">{mcpName(run) ?? "–"}</Fact>
        <Fact name="Tier">{tierName(run)}</Fact>
        <Fact name="Task" title={run.taskId ?? ""}>
          <span className="numbers">{run.taskId ?? "–"}</span>
        </Fact>
      </dl>
      <RunBudgets runId={run.id} />
    </div>
  );
}
