import { memo, type MouseEvent } from "react";
import { BalancedFace, MinimalFace, ProFace } from "@/components/mosaic/card-faces";
import { serverNow } from "@/lib/clock";
import { formatAge, formatTokenCount } from "@/lib/format";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { lastSignal, runState } from "@/lib/status";
import { openCardMenu, toggleMark, useMarks } from "@/lib/acting";
import type { Shown } from "@/lib/holds";
import type { Density } from "@/lib/url";
import { useRun, useShown } from "@/store/hooks";

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
export function cardName(run: AgentRunRecord, now: number, shown?: Shown): string {
  const model = run.modelId === null ? "" : `, ${run.provider ?? "unknown"} ${run.modelId}`;
  const tokens = formatTokenCount(run.tokensIn + run.tokensOut);
  const state = shown === undefined ? runState(run, now) : `${shown.state}${shown.count === "" ? "" : ` ${shown.count}`}`;
  return `${run.actor}, ${state}${model}, ${tokens} tokens, last signal ${formatAge(now - lastSignal(run))}`;
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
  return run === undefined ? <div /> : <Card run={run} density={density} isSelected={isSelected} isEntry={isEntry} onOpen={onOpen} />;
});

/** Where the menu opens: at the pointer, or below the card when a key asked for it. */
function menuPlace(event: MouseEvent<HTMLElement>): { x: number; y: number } {
  if (event.clientX !== 0 || event.clientY !== 0) return { x: event.clientX, y: event.clientY };
  const box = event.currentTarget.getBoundingClientRect();
  return { x: box.left + 8, y: box.top + 24 };
}

function Card({ run, density, isSelected, isEntry, onOpen }: Omit<AgentCardProps, "id"> & { run: AgentRunRecord }) {
  const shown = useShown(run);
  const isMarked = useMarks().has(run.id);
  const Face = FACES[density];
  return (
    <button
      type="button"
      data-run={run.id}
      data-state={shown.state}
      data-status={run.status}
      data-tier={run.tier ?? "none"}
      aria-pressed={isMarked || undefined}
      aria-current={isSelected || undefined}
      tabIndex={isSelected || isEntry ? 0 : -1}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) toggleMark(run.id);
        else onOpen(run.id);
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        openCardMenu({ runId: run.id, ...menuPlace(event) });
      }}
      className={`min-w-0 overflow-hidden rounded-base border text-left transition-colors duration-[var(--quick)] ${surface(run, isSelected)} ${isMarked ? "outline-2 -outline-offset-2 outline-accent" : ""}`}
    >
      <span className="sr-only">{cardName(run, serverNow(), shown)}</span>
      <span aria-hidden="true" className="block h-full" data-part="face">
        <Face run={run} />
      </span>
    </button>
  );
}
