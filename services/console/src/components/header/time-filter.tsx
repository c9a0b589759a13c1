import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { serverNow } from "@/lib/clock";
import { formatMoment } from "@/lib/format";
import { presetSeconds, TIME_PRESETS, timeRange } from "@/lib/filters";
import { changeUrl, useUrl } from "@/lib/url";

const FIELD = "h-8 w-full rounded-tight border border-line bg-canvas px-2 text-body numbers";

/** What a time filter is called. */
export function timeName(time: string): string {
  if (presetSeconds(time) !== null) return `last ${time}`;
  const range = timeRange(time, 0);
  return range === null ? "" : `${formatMoment(range.from).slice(5, 16)} – ${formatMoment(range.to).slice(5, 16)}`;
}

/** The form that an input of kind datetime-local reads. */
function localText(seconds: number): string {
  return formatMoment(seconds).slice(0, 16).replace(" ", "T");
}

function Absolute() {
  const [{ filters }] = useUrl();
  const now = serverNow();
  const range = timeRange(filters.time, now);
  const [from, setFrom] = useState(localText(range?.from ?? now - 3600));
  const [to, setTo] = useState(localText(Number.isFinite(range?.to) ? (range?.to ?? now) : now));
  const seconds = (text: string): number => Math.floor(new Date(text).getTime() / 1000);
  const isRange = seconds(from) < seconds(to);
  return (
    <form
      className="flex flex-col gap-2 border-t border-line p-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        changeUrl({ filters: { ...filters, time: `${seconds(from)}..${seconds(to)}` } }, "push");
      }}
    >
      <label className="text-small text-faint">
        From
        <input type="datetime-local" className={FIELD} value={from} onChange={(event) => setFrom(event.target.value)} />
      </label>
      <label className="text-small text-faint">
        To
        <input type="datetime-local" className={FIELD} value={to} onChange={(event) => setTo(event.target.value)} />
      </label>
      <Button look="outline" type="submit" disabled={!isRange}>
        {isRange ? "Show this range" : "From must be before To"}
      </Button>
    </form>
  );
}

/** Shows agents that gave a sign of life in a range of time. */
export function TimeFilter() {
  const [{ filters }] = useUrl();
  const { time } = filters;
  const choose = (next: string): void => changeUrl({ filters: { ...filters, time: next } }, "push");
  return (
    <Popover
      label="Time filter"
      trigger={
        <button
          type="button"
          data-facet="time"
          className={`flex h-7 shrink-0 items-center gap-1 whitespace-nowrap rounded-base px-2 text-body data-[state=open]:bg-hover ${time === "" ? "text-dim hover:bg-hover hover:text-ink" : "bg-accent-wash text-ink"}`}
        >
          <span className={time === "" ? "" : "text-dim"}>Time</span>
          {time === "" ? <ChevronDown size={12} className="text-faint" aria-hidden="true" /> : <span className="numbers">{timeName(time)}</span>}
        </button>
      }
    >
      <div className="w-64">
        <div className="grid grid-cols-4 gap-1 p-2.5" role="group" aria-label="Active in the last">
          {["", ...TIME_PRESETS].map((preset) => (
            <button
              key={preset}
              type="button"
              aria-pressed={preset === time}
              onClick={() => choose(preset)}
              className={`h-7 rounded-tight text-body ${preset === time ? "bg-accent-wash text-ink" : "text-dim hover:bg-hover"} ${preset === "" ? "" : "numbers"}`}
            >
              {preset === "" ? "any" : preset}
            </button>
          ))}
        </div>
        <Absolute />
      </div>
    </Popover>
  );
}
