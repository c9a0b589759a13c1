/** The way of an event, drawn: from an agent through ingest to this page, which is listening. */

const WORDS = { true: "ready", false: "not ready", null: "looking" } as const;
const ARCS = [26, 44, 64, 86, 110];
const LINE = 120;
const AGENT = 60;
const INGEST = 210;
const HERE = 360;

function Stop({ x, name, note, isOn }: { x: number; name: string; note: string; isOn: boolean }) {
  return (
    <g transform={`translate(${x} ${LINE})`}>
      <circle r="9" fill="var(--canvas)" stroke={isOn ? "var(--accent)" : "var(--line-strong)"} strokeWidth="1.5" />
      <circle r="3.5" fill={isOn ? "var(--accent)" : "var(--line-strong)"} />
      <text y="30" textAnchor="middle" className="fill-ink text-[13px] font-medium">
        {name}
      </text>
      <text y="47" textAnchor="middle" className="fill-faint text-[11px]">
        {note}
      </text>
    </g>
  );
}

/** Half circles over the listener, weaker the further out. */
function Arcs() {
  return ARCS.map((radius, i) => (
    <path
      key={radius}
      d={`M${HERE - radius} ${LINE}a${radius} ${radius} 0 0 1 ${radius * 2} 0`}
      fill="none"
      stroke="var(--accent)"
      strokeWidth="1.25"
      strokeOpacity={0.55 - i * 0.11}
      className="signal-arc"
      style={{ animationDelay: `${(ARCS.length - i) * 180}ms` }}
    />
  ));
}

export function SignalPath({ isIngestReady }: { isIngestReady: boolean | null }) {
  const word = WORDS[String(isIngestReady) as keyof typeof WORDS];
  const toIngest = isIngestReady === true ? "var(--accent)" : "var(--line-strong)";
  return (
    <svg viewBox="0 0 480 176" width="480" height="176" role="img" aria-label={`Your agent sends to ingest, which is ${word}; this page listens`} className="-mr-2 shrink-0">
      <Arcs />
      <path d={`M${AGENT + 13} ${LINE}H${INGEST - 13}`} stroke="var(--line-strong)" strokeWidth="1.5" strokeDasharray="1 6" strokeLinecap="round" />
      <path d={`M${INGEST + 9} ${LINE}H${HERE - 9}`} stroke={toIngest} strokeWidth="1.5" />
      <Stop x={AGENT} name="your agent" note="not heard yet" isOn={false} />
      <Stop x={INGEST} name="ingest" note={word} isOn={isIngestReady === true} />
      <Stop x={HERE} name="this page" note="listening" isOn />
    </svg>
  );
}
