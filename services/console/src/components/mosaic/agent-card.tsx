import { memo } from "react";
import { BalancedFace, MinimalFace, ProFace } from "@/components/mosaic/card-faces";
import { serverNow } from "@/lib/clock";
import { formatAge, formatTokenCount } from "@/lib/format";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { lastSignal, runState } from "@/lib/status";
import type { Density } from "@/lib/url";
import { useRun } from "@/store/hooks";

interface AgentCardProps {
  id: string;
  density: Density;
  isSelected: boolean;
  /** Where the Tab key enters the mosaic. */
  isEntry: boolean;
  onOpen: (id: string) => void;
}

const FACES = { pro: ProFace, balanced: BalancedFace, minimal: MinimalFace };

/** What a screen reader says of a card. */
export function cardName(run: AgentRunRecord, now: number): string {
  const model = run.modelId === null ? "" : `, ${run.provider ?? "unknown"} ${run.modelId}`;
  const tokens = formatTokenCount(run.tokensIn + run.tokensOut);
  return `${run.actor}, ${runState(run, now)}${model}, ${tokens} tokens, last signal ${formatAge(now - lastSignal(run))}`;
}

function surface(run: AgentRunRecord, isSelected: boolean): string {
  if (isSelected) return "border-accent bg-raised";
  if (run.status === "failed") return "border-state-failed/45 bg-[color-mix(in_oklch,var(--state-failed)_7%,var(--surface))] hover:border-state-failed";
  if (run.status === "completed") return "border-line bg-canvas [--dim:var(--faint)] [--ink:var(--dim-kept)] hover:border-line-strong hover:bg-surface";
  return "border-line bg-surface hover:border-line-strong";
}

/** One agent in one glance; how much of it is said is the density's choice. */
export const AgentCard = memo(function AgentCard({ id, density, isSelected, isEntry, onOpen }: AgentCardProps) {
  const run = useRun(id);
  if (run === undefined) return <div />;
  const Face = FACES[density];
  return (
    <button
      type="button"
      data-run={id}
      data-status={run.status}
      data-tier={run.tier ?? "none"}
      aria-label={cardName(run, serverNow())}
      aria-current={isSelected || undefined}
      tabIndex={isSelected || isEntry ? 0 : -1}
      onClick={() => onOpen(id)}
      className={`min-w-0 overflow-hidden rounded-base border text-left transition-colors duration-[var(--quick)] ${surface(run, isSelected)}`}
    >
      <Face run={run} />
    </button>
  );
});
