import * as Tabs from "@radix-ui/react-tabs";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { BalancedFace } from "@/components/mosaic/card-faces";
import { SignalPath } from "@/components/first-run/signal-path";
import { CopyButton } from "@/components/ui/copy-button";
import { fetchServices } from "@/lib/api";
import { blankRun } from "@/lib/blank";
import { serverNow } from "@/lib/clock";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { type CodePart, codeParts, defaultEndpoint, environment, isEndpoint, serviceEndpoint, type Snippet, SNIPPETS } from "@/lib/snippets";

const SERVICES_EVERY_MS = 3000;

const CODE_COLOURS: Record<CodePart["kind"], string> = { plain: "text-dim", text: "text-syntax-text", shell: "text-ink" };

function Code({ text }: { text: string }) {
  return (
    <div className="relative min-h-0 min-w-0 flex-1">
      <pre tabIndex={0} className="numbers h-full overflow-auto px-5 py-4 text-[12px]/[18px] focus-visible:-outline-offset-2">
        {text.split("\n").map((line, i) => (
          <span key={i} className="block min-h-[18px]">
            {codeParts(line).map((part, at) => (
              <span key={at} className={CODE_COLOURS[part.kind]}>
                {part.text}
              </span>
            ))}
          </span>
        ))}
      </pre>
      <CopyButton text={text} label="Copy the snippet" className="absolute right-3 top-3 border border-line bg-raised" />
    </div>
  );
}

/** A run as it will look once the snippet has been pasted. */
function sampleRun({ sample }: Snippet): AgentRunRecord {
  const now = Math.floor(serverNow());
  const { action, message, ...rest } = sample;
  return {
    ...blankRun("sample"),
    ...rest,
    tier: 1,
    persona: sample.actor,
    startedAt: now - 4,
    lastEventAt: now,
    lastAction: action,
    lastMessage: message,
  };
}

function Environment({ endpoint }: { endpoint: string }) {
  const text = environment(endpoint);
  return (
    <section aria-label="Already instrumented">
      <div className="mb-1.5 flex items-center justify-between text-small text-faint">
        Already instrumented? This is all it needs
        <CopyButton text={text} label="Copy the environment" className="size-6" />
      </div>
      <pre className="numbers overflow-x-auto rounded-base border border-line bg-surface px-3 py-2 text-small text-dim">
        {text.replaceAll("export ", "").replaceAll("=", "=\n  ")}
      </pre>
    </section>
  );
}

function WhatHappens({ snippet, endpoint }: { snippet: Snippet; endpoint: string }) {
  return (
    <div className="flex w-[330px] shrink-0 flex-col gap-5 border-l border-line bg-canvas/60 p-5">
      <ol className="flex flex-col gap-3">
        {snippet.does.map((line, i) => (
          <li key={line} className="flex gap-3 text-body text-dim">
            <span className="numbers w-3 shrink-0 text-faint">{i + 1}</span>
            {line}
          </li>
        ))}
      </ol>
      <figure>
        <figcaption className="mb-2 text-small text-faint">What you will see here</figcaption>
        <div className="h-[114px] rounded-base border border-line bg-surface" aria-hidden="true">
          <BalancedFace run={sampleRun(snippet)} />
        </div>
      </figure>
      <div className="flex-1" />
      <Environment endpoint={endpoint} />
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

/** known is where ingest says that it listens; what a person typed goes before it. */
function Snippets({ known }: { known: string }) {
  const [typed, setEndpoint] = useState<string | null>(null);
  const endpoint = typed ?? known;
  const used = isEndpoint(endpoint) ? endpoint : known;
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
        <Tabs.Content key={snippet.id} value={snippet.id} className="flex min-h-0 flex-1" tabIndex={-1}>
          <Code text={snippet.code(used)} />
          <WhatHappens snippet={snippet} endpoint={used} />
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
      <div className="mx-auto flex h-full min-h-[640px] max-w-[1120px] flex-col px-8 pb-8 pt-[3vh]">
        <div className="flex items-end justify-between gap-10">
          <div className="pb-5">
            <h1 className="text-display font-semibold tracking-[-0.025em]">Nothing is flying yet.</h1>
            <p className="mt-2 max-w-[44ch] text-[15px]/[23px] text-dim">
              Send one event, from anything that speaks OpenTelemetry or from any command, and this page becomes the view of your fleet.
            </p>
          </div>
          <SignalPath isIngestReady={isReady("ingest")} />
        </div>
        <div className="mt-4 min-h-0 flex-1">
          <Snippets known={serviceEndpoint(services.data ?? [], "ingest", window.location.hostname) ?? defaultEndpoint(window.location.hostname)} />
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
