import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import type { ReactNode } from "react";
import { JsonTree } from "@/components/detail/json-tree";
import { DecisionView } from "@/components/models/decision-view";
import { IconButton } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { StateWord } from "@/components/ui/glyph";
import { Notice } from "@/components/ui/notice";
import { fetchEvent } from "@/lib/api";
import { formatBytes, formatClock, formatCost, formatLatency, formatMoment, formatTokenCount } from "@/lib/format";
import type { AgentEventRecord } from "@/lib/generated/proto";
import { decisionOf } from "@/lib/models";
import { displayState } from "@/lib/status";
import { changeUrl } from "@/lib/url";
import { useFleetSnapshot } from "@/store/hooks";

interface EventInspectorProps {
  events: AgentEventRecord[];
  eventId: number | null;
  isClosable?: boolean;
}

/** The event asked for, or the newest with a payload. */
function pick(events: AgentEventRecord[], eventId: number | null): AgentEventRecord | undefined {
  if (eventId !== null) return events.find((event) => event.id === eventId);
  return events.findLast((event) => event.payloadJson !== null) ?? events.at(-1);
}

function useShown(events: AgentEventRecord[], eventId: number | null): { event: AgentEventRecord | undefined; isPending: boolean } {
  const { root } = useFleetSnapshot();
  const held = pick(events, eventId);
  const isMissing = held === undefined && eventId !== null;
  const asked = useQuery({
    queryKey: ["event", eventId],
    queryFn: () => fetchEvent(eventId ?? 0),
    enabled: isMissing,
    retry: false,
  });
  const inScope = asked.data !== undefined && (asked.data.rootTaskId ?? "global") === root;
  return { event: held ?? (inScope ? asked.data : undefined), isPending: isMissing && asked.isPending };
}

function Field({ name, children }: { name: string; children: ReactNode }) {
  return (
    <span className="whitespace-nowrap">
      <span className="text-faint">{name} </span>
      {children}
    </span>
  );
}

function Fields({ event }: { event: AgentEventRecord }) {
  const hasTokens = event.tokensIn !== null || event.tokensOut !== null;
  return (
    <div className="flex flex-wrap gap-x-4 text-small text-dim">
      {event.createdAt === null ? null : <Field name="at"><span className="numbers">{formatMoment(event.createdAt).slice(0, 10)} {formatClock(event.createdAtUs ?? 0)}</span></Field>}
      {event.phase === null ? null : <Field name="phase">{event.phase}</Field>}
      {event.modelId === null ? null : <Field name="model">{event.provider}/{event.modelId}</Field>}
      {event.mcpServer === null ? null : <Field name="MCP">{event.mcpServer}/{event.mcpTool}</Field>}
      {event.latencyMs === null ? null : <Field name="latency"><span className="numbers">{formatLatency(event.latencyMs)}</span></Field>}
      {hasTokens ? <Field name="tokens"><span className="numbers">{formatTokenCount(event.tokensIn ?? 0)} / {formatTokenCount(event.tokensOut ?? 0)}</span></Field> : null}
      {event.costUsd === null ? null : <Field name="cost"><span className="numbers">{formatCost(event.costUsd)}</span></Field>}
      {event.retryCount === null ? null : <Field name="retries"><span className="numbers">{event.retryCount}</span></Field>}
    </div>
  );
}

function Steps({ events, event, isClosable }: { events: AgentEventRecord[]; event: AgentEventRecord; isClosable: boolean }) {
  const at = events.findIndex((one) => one.id === event.id);
  const go = (to: number): void => {
    const target = events[to];
    if (target !== undefined) changeUrl({ event: target.id });
  };
  return (
    <div className="flex">
      <IconButton label="Event before" disabled={at <= 0} onClick={() => go(at - 1)}>
        <ChevronUp size={15} />
      </IconButton>
      <IconButton label="Event after" disabled={at === -1 || at >= events.length - 1} onClick={() => go(at + 1)}>
        <ChevronDown size={15} />
      </IconButton>
      {isClosable ? (
        <IconButton label="Close the event" onClick={() => changeUrl({ event: null })}>
          <X size={15} />
        </IconButton>
      ) : null}
    </div>
  );
}

/** One event whole: its fields, its message and its payload. */
export function EventInspector({ events, eventId, isClosable = false }: EventInspectorProps) {
  const { event, isPending } = useShown(events, eventId);
  if (isPending) return <div aria-busy="true" className="h-full" />;
  if (event === undefined) return <Notice title="This event is not in the root in scope">It may have been archived.</Notice>;
  return (
    <section aria-label="Event" className="flex h-full flex-col" data-inspected={event.id}>
      <div className="shrink-0 border-b border-line px-4 py-2">
        <div className="flex items-center gap-3">
          <h3 className="truncate text-body font-semibold">{event.action}</h3>
          <StateWord state={displayState(event.status)} className="text-body" isStill />
          <span className="numbers flex-1 text-small text-faint">#{event.id}</span>
          <Steps events={events} event={event} isClosable={isClosable} />
        </div>
        <Fields event={event} />
        {event.message === null ? null : (
          <p dir="auto" className="mt-1 max-h-24 overflow-y-auto whitespace-pre-wrap break-words text-body text-ink" data-part="message">
            {event.message}
          </p>
        )}
      </div>
      <Decision event={event} />
      <Payload text={event.payloadJson} />
    </section>
  );
}

/** Of an event of routing: who could have answered, and why it was this one. */
function Decision({ event }: { event: AgentEventRecord }) {
  const decision = decisionOf(event);
  if (decision === null) return null;
  return (
    <div className="max-h-[60%] shrink-0 overflow-y-auto border-b border-line px-4 py-3">
      <DecisionView decision={decision} isTimed={false} />
    </div>
  );
}

function Payload({ text }: { text: string | null }) {
  if (text === null) return <Notice title="This event has no payload" />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-2 px-4 pt-1 text-small text-faint">
        Payload <span className="numbers">{formatBytes(text.length)}</span>
        <span className="flex-1" />
        <CopyButton text={text} label="Copy the payload" className="size-6" />
      </div>
      <JsonTree text={text} />
    </div>
  );
}
