import { CircleSlash, Trophy } from "lucide-react";
import { formatMoment } from "@/lib/format";
import type { RouteCandidate, RouteDecision } from "@/lib/generated/proto";
import { modelName, TERMS } from "@/lib/models";

const TERM_LOOKS: Record<(typeof TERMS)[number], string> = {
  quality: "bg-accent",
  success: "bg-accent/70",
  latency: "bg-accent/45",
  cost: "bg-accent/25",
};

function termsInWords(one: RouteCandidate): string {
  const parts = TERMS.map((term) => `${term} ${one[term].toFixed(3)}`);
  return `${parts.join(" + ")} − failure ${Math.abs(one.failure).toFixed(3)} = ${one.score.toFixed(3)}`;
}

/** The terms end to end; what failures take away is hatched at the end. */
function ScoreBar({ one }: { one: RouteCandidate }) {
  return (
    <span className="flex h-2 w-full overflow-hidden rounded-full bg-hover" title={termsInWords(one)} role="img" aria-label={termsInWords(one)}>
      {TERMS.map((term) => (
        <span key={term} className={TERM_LOOKS[term]} style={{ width: `${Math.max(0, one[term]) * 100}%` }} />
      ))}
      <span className="hatched" style={{ width: `${Math.abs(one.failure) * 100}%` }} />
    </span>
  );
}

export function TermLegend() {
  return (
    <div className="flex flex-wrap gap-x-4 text-small text-faint" aria-hidden="true">
      {TERMS.map((term) => (
        <span key={term} className="flex items-center gap-1.5">
          <span className={`size-2 rounded-full ${TERM_LOOKS[term]}`} /> {term}
        </span>
      ))}
      <span className="flex items-center gap-1.5">
        <span className="hatched size-2 rounded-full" /> failures, taken away
      </span>
    </div>
  );
}

function Candidate({ one }: { one: RouteCandidate }) {
  const isChoice = one.rank === 1;
  return (
    <li
      data-candidate={modelName(one)}
      data-excluded={one.exclusion ?? undefined}
      className={`grid grid-cols-[28px_minmax(0,1.1fr)_minmax(0,1.4fr)_52px] items-center gap-x-3 rounded-tight px-2 py-1 ${isChoice ? "bg-accent-wash" : ""}`}
    >
      <span className="numbers text-right text-small text-faint">
        {isChoice ? <Trophy size={13} className="ml-auto text-accent" aria-label="chosen" /> : one.isExcluded ? <CircleSlash size={13} className="ml-auto" aria-label="left out" /> : one.rank}
      </span>
      <span className={`truncate text-body ${one.isExcluded ? "text-faint" : "text-ink"}`} title={modelName(one)}>
        <span className="text-dim">{one.provider}/</span>
        {one.modelId}
      </span>
      {one.isExcluded ? (
        <span className="truncate text-small text-dim" title={one.reason ?? undefined}>
          <span className="mr-1.5 rounded-tight bg-hover px-1 py-px font-mono text-small text-state-paused">{one.exclusion}</span>
          {one.reason}
        </span>
      ) : (
        <ScoreBar one={one} />
      )}
      <span className="numbers text-right text-body text-dim">{one.isExcluded ? "" : one.score.toFixed(3)}</span>
    </li>
  );
}

/** Best first; those left out behind, in the list's order. */
function inOrder(candidates: RouteCandidate[]): RouteCandidate[] {
  return candidates.toSorted((a, b) => (a.rank ?? 1000 + a.order) - (b.rank ?? 1000 + b.order));
}

/** One decision: what was asked, who could have answered, with what score, and who was left out why. */
export function DecisionView({ decision, isTimed = true }: { decision: RouteDecision; isTimed?: boolean }) {
  return (
    <div className="flex flex-col gap-2" data-decision={decision.id}>
      <p className="text-body text-dim">
        Asked for <code className="numbers text-ink">{decision.asked === "" ? "auto" : decision.asked}</code>
        {decision.tier === null ? "" : ` by tier ${decision.tier}`}
        {decision.persona === null ? "" : `, persona ${decision.persona}`}; candidates from <code className="numbers text-ink">{decision.list}</code>
        {isTimed ? <span className="text-faint">; {formatMoment(decision.madeAt)}</span> : null}.
        {decision.isFallback ? <strong className="ml-1 font-medium text-state-paused">Not the first of its list.</strong> : null}
      </p>
      {decision.modelId === null ? <p className="rounded-base bg-failed-wash px-2.5 py-1.5 text-body text-state-failed">No model can take this call.</p> : null}
      <ol aria-label="Candidates" className="flex flex-col">
        {inOrder(decision.candidates).map((one) => (
          <Candidate key={`${modelName(one)} ${one.order}`} one={one} />
        ))}
      </ol>
      <TermLegend />
    </div>
  );
}
