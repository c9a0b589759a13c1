import { StateGlyph, stateColour } from "@/components/ui/glyph";
import { Popover } from "@/components/ui/popover";
import { useNow } from "@/lib/clock";
import { formatDuration, plural } from "@/lib/format";
import type { ControlHold, ReceiptPart } from "@/lib/generated/proto";
import { holdCount, holdState, partName, scopeWords, type Shown } from "@/lib/holds";
import { changeUrl } from "@/lib/url";
import { useControl, useFleet } from "@/store/hooks";

const NAMED_MAX = 12;

/** Time until a pause meets its limit, and what happens then. */
export function Countdown({ hold }: { hold: ControlHold }) {
  const now = useNow();
  if (hold.expiresAt === null || hold.kind !== "pause") return null;
  const left = Math.max(0, hold.expiresAt - now);
  const then = hold.onExpiry === "stop" ? "stops" : "resumes";
  return (
    <span className="whitespace-nowrap" data-part="countdown" title={`The pause has a limit: then it ${then}`}>
      {then} in <span className="numbers">{formatDuration(left)}</span>
    </span>
  );
}

/** The agent that a part holds, by its name where that is known; else what the part calls itself. */
export function PartName({ part }: { part: Pick<ReceiptPart, "partId" | "kind" | "runId"> }) {
  const { store } = useFleet();
  const run = part.runId === null ? undefined : store.run(part.runId);
  return (
    <span className="min-w-0 flex-1 truncate" title={part.partId}>
      {run === undefined ? null : <span className="text-ink">{run.actor} </span>}
      <span className={`numbers ${run === undefined ? "" : "text-small text-faint"}`}>{partName(part)}</span>
    </span>
  );
}

/** Parts that have not acknowledged, by name. */
export function MissingParts({ missing }: { missing: ReceiptPart[] }) {
  if (missing.length === 0) return null;
  return (
    <div>
      <p className="text-small text-faint">Have not acknowledged</p>
      <ul aria-label="Parts that have not acknowledged" className="mt-0.5 flex flex-col">
        {missing.slice(0, NAMED_MAX).map((part) => (
          <li key={part.partId} className="flex items-baseline gap-2 text-body" data-missing={part.partId}>
            <span className="w-16 shrink-0 text-small text-faint">{part.kind}</span>
            <PartName part={part} />
            <span className={`shrink-0 text-small ${part.state === "waiting" ? "text-dim" : "text-state-failed"}`}>{part.state}</span>
          </li>
        ))}
      </ul>
      {missing.length > NAMED_MAX ? <p className="text-small text-faint">and {missing.length - NAMED_MAX} more</p> : null}
    </div>
  );
}

export function openReceipt(id: string | null): void {
  changeUrl({ page: "control", receipt: id }, "push");
}

function About({ hold }: { hold: ControlHold }) {
  const [control] = useControl();
  const isUnenforced = holdState(hold) === "unenforced";
  return (
    <div className="flex w-96 flex-col gap-2 p-3">
      <div className="flex items-baseline justify-between gap-2">
        <span className="text-body font-medium">{scopeWords(hold, control.nameOfTask)}</span>
        <span className="text-small text-faint">{hold.kind === "pause" ? hold.mode : hold.kind}</span>
      </div>
      {hold.reason === null || hold.reason === "" ? null : <p className="text-body text-dim">{hold.reason}</p>}
      <p className="text-small text-faint">
        by {hold.requestedBy ?? "the platform"}, {plural(hold.partsSettled ?? 0, "part")} of {hold.partsTotal ?? 0} have acknowledged
      </p>
      {isUnenforced ? <p className="text-body text-state-unenforced">No part is there to enforce it: agents go on until one is.</p> : null}
      <MissingParts missing={hold.missing ?? []} />
      <div className="flex items-center justify-between gap-2 text-small text-dim">
        <Countdown hold={hold} />
        {hold.receiptId === null ? null : (
          <button type="button" className="text-accent hover:underline" onClick={() => openReceipt(hold.receiptId)}>
            Receipt
          </button>
        )}
      </div>
    </div>
  );
}

/** State and count of a hold in words and a shape. */
export function HoldWord({ hold, shown }: { hold: ControlHold; shown?: Pick<Shown, "state" | "count"> }) {
  const { state, count } = shown ?? { state: holdState(hold), count: holdCount(hold) };
  return (
    <span className={`inline-flex items-center gap-1 whitespace-nowrap ${stateColour(state)}`}>
      <StateGlyph state={state} size={13} />
      <span>{state}</span>
      {count === "" ? null : <span className="numbers">({count})</span>}
    </span>
  );
}

function signName(label: string, { state, count }: Pick<Shown, "state" | "count">): string {
  return `${label} ${state}${count === "" ? "" : ` (${count})`}`;
}

const SIGN_SIZES = { whole: "hairline h-7 gap-2 px-2 text-body", small: "-ml-1 h-5 gap-1 px-1 text-small" };

interface HoldSignProps {
  hold: ControlHold;
  label: string;
  /** What is said of the one that it is shown on, where that is not what is said of the hold. */
  shown?: Pick<Shown, "state" | "count">;
  hasCountdown?: boolean;
  isSmall?: boolean;
}

/** What is in force on a scope; opens to who has not acknowledged, why, and until when. */
export function HoldSign({ hold, label, shown, hasCountdown = false, isSmall = false }: HoldSignProps) {
  return (
    <Popover
      label={`${label}: what is in force`}
      trigger={
        <button
          type="button"
          data-hold={shown?.state ?? holdState(hold)}
          data-hold-scope={hold.scopeType}
          aria-label={signName(label, shown ?? { state: holdState(hold), count: holdCount(hold) })}
          className={`flex shrink-0 items-center rounded-base hover:bg-hover data-[state=open]:bg-hover ${isSmall ? SIGN_SIZES.small : SIGN_SIZES.whole}`}
        >
          <HoldWord hold={hold} shown={shown} />
          {hasCountdown && hold.expiresAt !== null && hold.kind === "pause" ? (
            <span className="text-small text-faint max-[1679px]:hidden">
              <Countdown hold={hold} />
            </span>
          ) : null}
        </button>
      }
    >
      <About hold={hold} />
    </Popover>
  );
}
