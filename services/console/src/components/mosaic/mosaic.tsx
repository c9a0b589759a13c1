import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { AgentCard } from "@/components/mosaic/agent-card";
import { TierRail } from "@/components/mosaic/tier-rail";
import { LAYOUTS } from "@/lib/density";
import { onFocusRun } from "@/lib/focus-run";
import { changeUrl, type Density, useUrl } from "@/lib/url";
import { useWidth } from "@/lib/use-width";
import type { TierGroup } from "@/store/hooks";

const PADDING = 12;
const SIDE = 16;
const TIER_GAP = 10;
const RAIL_ROOM = 132;
const OVERSCAN_ROWS = 4;
/** A frame and a half: long enough for the rows that were scrolled to to be there. */
const FOCUS_AFTER_MS = 40;

interface Row {
  tier: string;
  ids: string[];
  isLast: boolean;
}

interface Band {
  group: TierGroup;
  top: number;
  height: number;
}

/** Cuts every tier into rows of so many cards. */
export function cutRows(groups: TierGroup[], columns: number): Row[] {
  return groups.flatMap(({ tier, ids }) => {
    const rows: Row[] = [];
    for (let at = 0; at < ids.length; at += columns) {
      rows.push({ tier, ids: ids.slice(at, at + columns), isLast: at + columns >= ids.length });
    }
    return rows;
  });
}

/** Where every tier begins and how high it is. */
function layBands(groups: TierGroup[], columns: number, rowHeight: number): Band[] {
  let top = PADDING;
  return groups.map((group) => {
    const height = Math.ceil(group.ids.length / columns) * rowHeight;
    const band = { group, top, height };
    top += height + TIER_GAP;
    return band;
  });
}

function useFocusRun(rows: Row[], scrollToRow: (index: number) => void): void {
  const latest = useRef({ rows, scrollToRow });
  latest.current = { rows, scrollToRow };
  useEffect(
    () =>
      onFocusRun((id) => {
        const index = latest.current.rows.findIndex((row) => row.ids.includes(id));
        if (index === -1) return;
        latest.current.scrollToRow(index);
        setTimeout(() => {
          document.querySelector<HTMLElement>(`[data-run="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
        }, FOCUS_AFTER_MS);
      }),
    [],
  );
}

/** The agents of the root by tier, as cards. Only what is in sight is drawn. */
export function Mosaic({ groups, density }: { groups: TierGroup[]; density: Density }) {
  const [{ run: selected }] = useUrl();
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const { cardWidth, cardHeight, gap } = LAYOUTS[density];
  const columns = Math.max(1, Math.floor((width - 2 * SIDE - RAIL_ROOM + gap) / (cardWidth + gap)));
  const rowHeight = cardHeight + gap;
  const rows = useMemo(() => cutRows(groups, columns), [groups, columns]);
  const bands = useMemo(() => layBands(groups, columns, rowHeight), [groups, columns, rowHeight]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => rowHeight + (rows[index]?.isLast === true ? TIER_GAP : 0),
    overscan: OVERSCAN_ROWS,
    paddingStart: PADDING,
    paddingEnd: PADDING,
  });
  useEffect(() => virtual.measure(), [virtual, rowHeight, rows]);
  useFocusRun(rows, (index) => virtual.scrollToIndex(index, { align: "auto" }));
  useEffect(() => {
    const index = selected === null ? -1 : rows.findIndex((row) => row.ids.includes(selected));
    if (index >= 0) virtual.scrollToIndex(index, { align: "auto" });
    // The selection is brought into sight when it or the layout changes, not whenever a row does.
  }, [selected, columns, density]);

  return (
    <div ref={scroller} className="h-full overflow-y-auto" data-density={density} data-columns={columns}>
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {bands.map((band) => (
          <div key={band.group.tier} className="absolute left-4 w-[var(--rail-width)]" style={{ top: band.top, height: band.height }}>
            <TierRail group={band.group} isLow={band.height < 64} />
          </div>
        ))}
        <div role="group" aria-label="Agent cards">
          {virtual.getVirtualItems().map((item) => (
            <div
              key={item.key}
              className="absolute right-4 grid"
              style={{
                top: item.start,
                left: SIDE + RAIL_ROOM,
                height: cardHeight,
                gap,
                gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              }}
            >
              {rows[item.index]?.ids.map((id, at) => (
                <AgentCard
                  key={id}
                  id={id}
                  density={density}
                  isSelected={id === selected}
                  isEntry={selected === null && item.index === 0 && at === 0}
                  onOpen={openRun}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Opens a run beside the list; the back button closes it again. */
export function openRun(id: string): void {
  changeUrl({ run: id, event: null }, "push");
}
