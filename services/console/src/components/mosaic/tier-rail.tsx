import { MoreHorizontal } from "lucide-react";
import { useMemo } from "react";
import { HoldSign } from "@/components/control/hold-sign";
import { VerbMenu } from "@/components/control/verb-menu";
import { sumRuns } from "@/components/header/totals";
import { StateGlyph } from "@/components/ui/glyph";
import { formatTokenCount } from "@/lib/format";
import { serverNow } from "@/lib/clock";
import { scopeObject } from "@/lib/control";
import { useMay } from "@/lib/role";
import { DISPLAY_STATES, TIER_NAMES } from "@/lib/status";
import { type TierGroup, useControl, useFleet, useFleetSnapshot } from "@/store/hooks";

/** What a tier is called and what it amounts to, beside its cards. */
export function TierRail({ group, isLow }: { group: TierGroup; isLow: boolean }) {
  const { store } = useFleet();
  const { version } = useFleetSnapshot();
  const [control, { version: controlVersion }] = useControl();
  const mayAct = useMay("operator") && group.tier !== "none";
  const hold = control.holdOfScope("tier", Number(group.tier));
  const sums = useMemo(() => {
    const runs = group.ids.map((id) => store.run(id)).filter((run) => run !== undefined);
    return sumRuns(runs, (run) => control.shown(run, serverNow()).state);
  }, [store, version, group, control, controlVersion]);
  const states = DISPLAY_STATES.filter((state) => (sums.states[state] ?? 0) > 0);
  const title = group.tier === "none" ? "–" : `T${group.tier}`;
  const menu = mayAct ? (
    <VerbMenu label={`Control of tier ${group.tier}`} scope={{ kind: "tier", tier: Number(group.tier) }} object={scopeObject({ kind: "tier", tier: Number(group.tier) }, control)} className="-mr-1 !h-5">
      <MoreHorizontal size={14} />
    </VerbMenu>
  ) : null;
  return (
    <section aria-label={`${TIER_NAMES[group.tier] ?? ""}: ${group.ids.length}`} className="sticky top-3 border-t border-line-strong pt-1.5">
      <div className="flex items-baseline justify-between gap-2">
        <h2 className="truncate text-body font-medium text-ink">
          <span className="numbers mr-1.5 text-faint">{title}</span>
          {TIER_NAMES[group.tier] ?? ""}
        </h2>
        <span className="numbers text-body text-dim">{group.ids.length}</span>
      </div>
      <div className="mt-0.5 flex items-start justify-between gap-1">
        <div className="flex min-w-0 flex-wrap gap-x-2.5">
          {isLow && hold !== undefined ? <HoldSign hold={hold} label={`Tier ${group.tier}`} isSmall /> : null}
          {isLow && hold !== undefined
            ? null
            : states.map((state) => (
                <span key={state} className="flex items-center gap-1" title={`${sums.states[state] ?? 0} ${state}`}>
                  <StateGlyph state={state} size={11} />
                  <span className="sr-only">{state}</span>
                  <span className="numbers text-small text-dim">{sums.states[state]}</span>
                </span>
              ))}
        </div>
        {menu}
      </div>
      {isLow ? null : (
        <>
          <div className="numbers text-small text-faint" title="Tokens in / out">
            {formatTokenCount(sums.tokensIn)} / {formatTokenCount(sums.tokensOut)}
          </div>
          {hold === undefined ? null : <HoldSign hold={hold} label={`Tier ${group.tier}`} isSmall />}
        </>
      )}
    </section>
  );
}
