import { useMemo } from "react";
import { StateGlyph } from "@/components/ui/glyph";
import { formatCost, formatTokenCount } from "@/lib/format";
import { filterCount } from "@/lib/filters";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { displayState, type DisplayState } from "@/lib/status";
import { useUrl } from "@/lib/url";
import { serverNow } from "@/lib/clock";
import { useControl, useFleet, useFleetSnapshot } from "@/store/hooks";

const SHOWN: DisplayState[] = ["executing", "paused", "failed"];
const SHOWN_WHILE: DisplayState[] = ["pausing", "stopping", "unenforced"];

interface Sums {
  tokensIn: number;
  tokensOut: number;
  cost: number;
  hasCost: boolean;
  states: Record<string, number>;
}

/** Adds up runs. */
export function sumRuns(runs: AgentRunRecord[], stateOf: (run: AgentRunRecord) => DisplayState = (run) => displayState(run.status)): Sums {
  const sums: Sums = { tokensIn: 0, tokensOut: 0, cost: 0, hasCost: false, states: {} };
  for (const run of runs) {
    const state = stateOf(run);
    sums.tokensIn += run.tokensIn;
    sums.tokensOut += run.tokensOut;
    sums.cost += run.costUsd ?? 0;
    sums.hasCost ||= run.costUsd !== null;
    sums.states[state] = (sums.states[state] ?? 0) + 1;
  }
  return sums;
}

/** What is shown amounts to this. */
export function Totals({ runs }: { runs: AgentRunRecord[] }) {
  const { store } = useFleet();
  const { isComplete } = useFleetSnapshot();
  const [{ filters }] = useUrl();
  const [control, { version }] = useControl();
  const sums = useMemo(() => sumRuns(runs, (run) => control.shown(run, serverNow()).state), [runs, control, version]);
  const states = [...SHOWN, ...SHOWN_WHILE.filter((state) => (sums.states[state] ?? 0) > 0)];
  const all = store.list().length;
  return (
    <dl className="flex shrink-0 items-center gap-4 whitespace-nowrap text-body text-faint" aria-label="Totals of what is shown">
      <div className="flex items-baseline gap-1">
        <dd className="numbers text-ink" data-total="agents">
          {filterCount(filters) === 0 ? runs.length : `${runs.length} of ${all}`}
          {isComplete ? "" : "+"}
        </dd>
        <dt>{runs.length === 1 && filterCount(filters) === 0 ? "agent" : "agents"}</dt>
      </div>
      {states.map((state) => (
        <div key={state} className="flex items-center gap-1 max-[1280px]:hidden" title={`${sums.states[state] ?? 0} ${state}`}>
          <dt>
            <StateGlyph state={state} size={12} />
            <span className="sr-only">{state}</span>
          </dt>
          <dd className="numbers text-dim">{sums.states[state] ?? 0}</dd>
        </div>
      ))}
      <div className="flex items-baseline gap-1 max-[1100px]:hidden">
        <dd className="numbers text-ink" title="Tokens in / out">
          {formatTokenCount(sums.tokensIn)} / {formatTokenCount(sums.tokensOut)}
        </dd>
        <dt>tokens</dt>
      </div>
      <div>
        <dt className="sr-only">Cost</dt>
        <dd className="numbers text-ink">{formatCost(sums.hasCost ? sums.cost : null)}</dd>
      </div>
    </dl>
  );
}
