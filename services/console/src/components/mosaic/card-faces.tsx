import { TaskBar } from "@/components/budgets/task-bar";
import { StateGlyph, stateColour } from "@/components/ui/glyph";
import { useNow } from "@/lib/clock";
import { formatAge, formatCost, formatDuration, formatTokenCount } from "@/lib/format";
import type { AgentRunRecord } from "@/lib/generated/proto";
import { lastSignal, runDuration } from "@/lib/status";
import { useShown } from "@/store/hooks";

interface FaceProps {
  run: AgentRunRecord;
}

/** An executing agent that has said nothing for this long is worth a look, in seconds. */
const QUIET_AFTER_S = 120;

function ageColour(run: AgentRunRecord, age: number): string {
  if (run.status !== "executing") return "text-faint";
  return age > QUIET_AFTER_S ? "text-state-paused" : "text-dim";
}

function State({ run }: FaceProps) {
  const { state, count } = useShown(run);
  return (
    <span className={stateColour(state)} data-part="state">
      {state}
      {count === "" ? null : <span className="numbers"> {count}</span>}
    </span>
  );
}

function Glyph({ run, size }: FaceProps & { size?: number }) {
  return <StateGlyph state={useShown(run).state} size={size} />;
}

/** How long ago the agent last gave a sign of life. */
function Age({ run }: FaceProps) {
  const age = useNow() - lastSignal(run);
  return (
    <span className={`numbers shrink-0 ${ageColour(run, age)}`} title="Since the last signal">
      {formatAge(age)}
    </span>
  );
}

function Duration({ run }: FaceProps) {
  const now = useNow();
  return (
    <span className="numbers shrink-0 text-faint" title="Duration">
      {formatDuration(runDuration(run, now))}
    </span>
  );
}

function Tokens({ run, hasWords = false }: FaceProps & { hasWords?: boolean }) {
  return (
    <span className="numbers shrink-0 text-ink" title="Tokens in / out" data-part="tokens">
      {formatTokenCount(run.tokensIn)}
      <span className="text-faint">{hasWords ? " in  " : " / "}</span>
      {formatTokenCount(run.tokensOut)}
      {hasWords ? <span className="text-faint"> out</span> : null}
    </span>
  );
}

function Cost({ run }: FaceProps) {
  return (
    <span className="numbers shrink-0 text-ink" title="Cost" data-part="cost">
      {formatCost(run.costUsd)}
    </span>
  );
}

/** The model first: where room is short it is the provider that goes. */
function Model({ run }: FaceProps) {
  if (run.modelId === null && run.provider === null) return <span className="text-faint">no model yet</span>;
  return (
    <span className="truncate text-dim" data-part="model" title={`${run.provider ?? "?"}/${run.modelId ?? "?"}`}>
      {run.modelId ?? "?"}
      <span className="text-faint"> {run.provider ?? ""}</span>
    </span>
  );
}

/** Inside the band of its tier the prefix of a name says nothing new: it is there, but takes no room. */
function Name({ run }: FaceProps) {
  const prefix = /^tier([1-3])_(?=.)/.exec(run.actor);
  const isSaid = prefix !== null && Number(prefix[1]) === run.tier;
  return (
    <span className="min-w-0 flex-1 truncate text-body/[17px] font-medium text-ink" title={run.actor}>
      {isSaid ? <span className="sr-only">{prefix[0]}</span> : null}
      {isSaid ? run.actor.slice(prefix[0].length) : run.actor}
    </span>
  );
}

/** MCP server and tool as one word. */
export function mcpName(run: { mcpServer: string | null; mcpTool: string | null }): string | null {
  const parts = [run.mcpServer, run.mcpTool].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join("/");
}

function Mcp({ run }: FaceProps) {
  const name = mcpName(run);
  if (name === null) return null;
  return (
    <span className="truncate text-dim" data-part="mcp" title={`MCP ${name}`}>
      <span className="text-faint">mcp </span>
      {name}
    </span>
  );
}

function Skill({ run }: FaceProps) {
  if (run.skill === null) return null;
  return (
    <span className="truncate text-dim" data-part="skill" title={`Skill ${run.skill}`}>
      <span className="text-faint">skill </span>
      {run.skill}
    </span>
  );
}

function LastAction({ run, className }: FaceProps & { className: string }) {
  return (
    <span dir="auto" className={className} data-part="action">
      <span className="text-faint">{run.lastAction ?? "started"}</span>
      {run.lastMessage === null ? null : <> {run.lastMessage}</>}
    </span>
  );
}

/** Everything, in four lines. */
export function ProFace({ run }: FaceProps) {
  const now = useNow();
  return (
    <span className="relative flex h-full flex-col justify-between px-2 py-1 text-small">
      <TaskBar run={run} />
      <span className="flex items-center gap-1.5">
        <Glyph run={run} size={12} />
        <Name run={run} />
        <State run={run} />
        <Age run={run} />
      </span>
      <span className="flex gap-2">
        <span className="min-w-0 flex-1 truncate text-dim" data-part="persona">{run.persona ?? "no persona"}</span>
        <ProTools run={run} />
      </span>
      <span className="flex gap-2">
        <span className="flex min-w-0 flex-1"><Model run={run} /></span>
        <Tokens run={run} />
      </span>
      <span className="flex gap-2">
        <LastAction run={run} className="min-w-0 flex-1 truncate text-dim" />
        <Cost run={run} />
        <span className="numbers shrink-0 text-faint" title="Duration">{formatAge(runDuration(run, now))}</span>
      </span>
    </span>
  );
}

function ProTools({ run }: FaceProps) {
  const mcp = mcpName(run);
  return (
    <span className="flex min-w-0 max-w-[66%] gap-2">
      {run.skill === null ? null : (
        <span className={`min-w-0 truncate ${mcp === null ? "text-dim" : "text-faint"}`} data-part="skill" title={`Skill ${run.skill}`}>
          {run.skill}
        </span>
      )}
      {mcp === null ? null : (
        <span className="min-w-0 truncate text-dim" data-part="mcp" title={`MCP ${mcp}`}>
          {mcp}
        </span>
      )}
    </span>
  );
}

/** What matters most, with room to read. */
export function BalancedFace({ run }: FaceProps) {
  return (
    <span className="relative flex h-full flex-col px-3 pb-2 pt-1.5 text-small">
      <TaskBar run={run} />
      <span className="flex items-center gap-2">
        <Glyph run={run} />
        <span className="min-w-0 flex-1 truncate text-body font-medium text-ink" title={run.actor}>{run.actor}</span>
        <State run={run} />
        <Age run={run} />
      </span>
      <LastAction run={run} className="truncate text-ink" />
      <span className="flex-1" />
      <span className="flex gap-3">
        <span className="min-w-0 max-w-[45%] shrink-0 truncate text-dim" data-part="persona">{run.persona ?? "no persona"}</span>
        <Skill run={run} />
        <Mcp run={run} />
      </span>
      <span className="flex gap-3">
        <span className="flex min-w-0 flex-1"><Model run={run} /></span>
        <Duration run={run} />
      </span>
      <span className="mt-0.5 flex items-baseline justify-between gap-3 text-body">
        <Tokens run={run} hasWords />
        <Cost run={run} />
      </span>
    </span>
  );
}

/** Name, state, one number. */
export function MinimalFace({ run }: FaceProps) {
  return (
    <span className="flex h-full flex-col justify-center px-2 text-small">
      <span className="flex"><Name run={run} /></span>
      <span className="flex items-center gap-1.5">
        <Glyph run={run} size={11} />
        <span className="min-w-0 flex-1 truncate"><State run={run} /></span>
        <span className="numbers text-dim" title="Tokens" data-part="tokens">{formatTokenCount(run.tokensIn + run.tokensOut)}</span>
      </span>
    </span>
  );
}
