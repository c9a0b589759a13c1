import * as Tabs from "@radix-ui/react-tabs";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { SignalPath } from "@/components/first-run/signal-path";
import { CopyButton } from "@/components/ui/copy-button";
import { fetchServices } from "@/lib/api";
import { defaultEndpoint, isEndpoint, type Snippet, SNIPPETS } from "@/lib/snippets";

const SERVICES_EVERY_MS = 3000;

function Code({ text }: { text: string }) {
  return (
    <div className="relative min-h-0 flex-1">
      <pre tabIndex={0} className="numbers h-full overflow-auto px-5 py-4 text-[12px]/[19px] text-dim">
        {text.split("\n").map((line, i) => (
          <span key={i} className={`block ${/^(export|build\/|python3|mkdir|npm|node |mc-hello|cat >)/.test(line) ? "text-ink" : ""}`}>
            {line === "" ? " " : line}
          </span>
        ))}
      </pre>
      <CopyButton text={text} label="Copy the snippet" className="absolute right-3 top-3 border border-line bg-raised" />
    </div>
  );
}

function Endpoint({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const isGood = isEndpoint(value);
  return (
    <label className="flex items-center gap-2 text-body text-faint">
      ingest at
      <input
        aria-label="Address of ingest"
        aria-invalid={!isGood}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={`numbers h-7 w-56 rounded-tight border bg-transparent px-2 text-[12px] text-ink ${isGood ? "border-transparent hover:border-line focus:border-accent" : "border-state-failed"}`}
      />
    </label>
  );
}

function Snippets() {
  const [endpoint, setEndpoint] = useState(() => defaultEndpoint(window.location.hostname));
  const used = isEndpoint(endpoint) ? endpoint : defaultEndpoint(window.location.hostname);
  return (
    <Tabs.Root defaultValue="python" className="flex h-full min-h-0 flex-col overflow-hidden rounded-base border border-line bg-surface">
      <div className="flex h-11 shrink-0 items-center border-b border-line pr-2">
        <Tabs.List aria-label="Ways to a first agent" className="flex flex-1 self-stretch">
          {SNIPPETS.map((snippet) => (
            <Tabs.Trigger
              key={snippet.id}
              value={snippet.id}
              className="-mb-px flex items-center gap-2 border-b-2 border-transparent px-4 text-body text-dim hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-ink"
            >
              {snippet.name}
              <span className="text-small text-faint">{snippet.note}</span>
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Endpoint value={endpoint} onChange={setEndpoint} />
      </div>
      {SNIPPETS.map((snippet: Snippet) => (
        <Tabs.Content key={snippet.id} value={snippet.id} className="flex min-h-0 flex-1 flex-col" tabIndex={-1}>
          <Code text={snippet.code(used)} />
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function Demo() {
  return (
    <div className="flex items-center gap-3 text-body text-dim">
      <span>Nothing of your own at hand?</span>
      <span className="flex items-center rounded-base border border-line bg-surface pl-3 pr-1">
        <code className="numbers text-[12px] text-ink">make demo</code>
        <CopyButton text="make demo" label="Copy make demo" />
      </span>
      <span className="text-faint">starts a small fleet that works on this repository.</span>
    </div>
  );
}

/** A fresh installation: what to paste, and a sign that something is listening. */
export function FirstRun() {
  const services = useQuery({ queryKey: ["services"], queryFn: fetchServices, refetchInterval: SERVICES_EVERY_MS });
  const isReady = (name: string): boolean | null => {
    if (services.data === undefined) return null;
    return services.data.some((one) => one.service === name && one.isReady);
  };
  return (
    <main className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex h-full min-h-[640px] max-w-[1120px] flex-col px-8 pb-8 pt-[5vh]">
        <div className="flex items-end justify-between gap-10">
          <div>
            <h1 className="text-display font-semibold tracking-[-0.025em]">Nothing is flying yet.</h1>
            <p className="mt-2 max-w-[46ch] text-[15px]/[23px] text-dim">
              Send one event, from anything that speaks OpenTelemetry or from any command, and this page becomes the view of your fleet.
            </p>
          </div>
          <SignalPath isIngestReady={isReady("ingest")} />
        </div>
        <div className="mt-8 min-h-0 flex-1">
          <Snippets />
        </div>
        <div className="mt-5 flex items-center justify-between">
          <Demo />
          <span role="status" className="text-body text-faint">
            Opens by itself when the first event arrives.
          </span>
        </div>
      </div>
    </main>
  );
}
