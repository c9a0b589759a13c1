import { ShieldAlert } from "lucide-react";
import type { Reach, Verb } from "@/lib/control";
import { formatCount, plural } from "@/lib/format";

function Figure({ value, name, isLoud = false }: { value: string; name: string; isLoud?: boolean }) {
  return (
    <div className="flex items-baseline gap-1.5">
      <dd className={`numbers text-title font-medium ${isLoud ? "text-state-unenforced" : "text-ink"}`}>{value}</dd>
      <dt className="text-body text-dim">{name}</dt>
    </div>
  );
}

/** What a verb does to agents whose process nothing holds. */
function effect(verb: Verb, { unenforced, boundaries }: Reach): string {
  const has = unenforced === 1 ? "has" : "have";
  if (verb === "restart") return `${has} no supervisor that could begin again`;
  if (boundaries === 0) return `${has} no supervisor, and no router is known: nothing there is held`;
  if (verb === "resume") return `${has} no supervisor: calls through a router go on`;
  if (verb === "stop") return `${has} no supervisor: calls through a router are refused, the process goes on`;
  return `${has} no supervisor: calls through a router are held, the process is not`;
}

/** What a verb would touch, before it does. */
export function ReachView({ reach, verb, isComplete }: { reach: Reach; verb: Verb; isComplete: boolean }) {
  return (
    <section aria-label="What it touches" className="hairline rounded-base bg-canvas px-3 py-2">
      <dl className="flex flex-wrap gap-x-6 gap-y-1">
        <Figure value={`${formatCount(reach.agents)}${isComplete ? "" : "+"}`} name={reach.agents === 1 ? "agent" : "agents"} />
        <Figure value={formatCount(reach.strong)} name="supervised" />
        {reach.weak === 0 ? null : <Figure value={formatCount(reach.weak)} name="by signals" />}
        <Figure value={formatCount(reach.unenforced)} name="unenforced" isLoud={reach.unenforced > 0} />
        <Figure value={formatCount(reach.boundaries)} name={reach.boundaries === 1 ? "router or proxy" : "routers and proxies"} />
      </dl>
      {reach.unenforced === 0 ? null : (
        <p className="mt-1 flex items-center gap-1.5 text-small text-dim">
          <ShieldAlert size={13} className="shrink-0 text-state-unenforced" aria-hidden="true" />
          {plural(reach.unenforced, "agent")} {effect(verb, reach)}
        </p>
      )}
      {reach.nameless === 0 ? null : <p className="mt-1 text-small text-state-unenforced">{plural(reach.nameless, "agent")} chosen without a task: left out.</p>}
      {isComplete ? null : <p className="mt-1 text-small text-faint">More agents than are loaded here may be in it.</p>}
    </section>
  );
}
