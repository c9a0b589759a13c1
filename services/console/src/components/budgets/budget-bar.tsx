import { type Amounts, barOf, type BarParts } from "@/lib/budgets";

const TONES: Record<BarParts["tone"], string> = {
  calm: "bg-accent",
  near: "bg-state-paused",
  over: "bg-state-failed",
};

/** Spent, reserved and what is left, as parts of one line. What it says stands in its name, not in its colour. */
export function BudgetBar({ budget, name, className = "h-1.5" }: { budget: Amounts; name: string; className?: string }) {
  const bar = barOf(budget);
  return (
    <span
      role="img"
      aria-label={`${name}: ${bar.words}`}
      title={`${name}: ${bar.words}`}
      data-bar={bar.tone}
      className={`flex w-full overflow-hidden rounded-full bg-line ${className}`}
    >
      <span className={TONES[bar.tone]} style={{ width: `${bar.spentPercent}%` }} data-bar-spent={bar.spentPercent} />
      <span className={`opacity-45 ${TONES[bar.tone]}`} style={{ width: `${bar.reservedPercent}%` }} data-bar-reserved={bar.reservedPercent} />
    </span>
  );
}
