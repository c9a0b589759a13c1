/** The way of an event, drawn: from an agent through ingest to this page, which is listening. */

const WORDS = { true: "ready", false: "not ready", null: "looking" } as const;

function Stop({ x, name, note, isOn }: { x: number; name: string; note: string; isOn: boolean }) {
  return (
    <g transform={`translate(${x} 34)`}>
      <circle r="9" fill="var(--canvas)" stroke={isOn ? "var(--accent)" : "var(--line-strong)"} strokeWidth="1.5" />
      <circle r="3.5" fill={isOn ? "var(--accent)" : "var(--line-strong)"} />
      <text y="30" textAnchor="middle" className="fill-ink text-[12px] font-medium">
        {name}
      </text>
      <text y="46" textAnchor="middle" className="fill-faint text-[11px]">
        {note}
      </text>
    </g>
  );
}

export function SignalPath({ isIngestReady }: { isIngestReady: boolean | null }) {
  const word = WORDS[String(isIngestReady) as keyof typeof WORDS];
  return (
    <svg viewBox="0 0 420 92" width="420" height="92" role="img" aria-label={`Your agent sends to ingest (${word}), which this page listens to`} className="shrink-0">
      <path d="M79 34H201" stroke="var(--line-strong)" strokeWidth="1.5" strokeDasharray="2 5" strokeLinecap="round" />
      <path d="M219 34H341" stroke={isIngestReady === true ? "var(--accent)" : "var(--line-strong)"} strokeWidth="1.5" strokeLinecap="round" />
      <Stop x={70} name="your agent" note="not heard yet" isOn={false} />
      <Stop x={210} name="ingest" note={word} isOn={isIngestReady === true} />
      <Stop x={350} name="this page" note="listening" isOn />
      <circle cx="350" cy="34" r="15" fill="none" stroke="var(--accent)" strokeWidth="1.25" strokeDasharray="24 70" strokeLinecap="round" className="signal-turn" />
    </svg>
  );
}
