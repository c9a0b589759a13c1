import * as Tabs from "@radix-ui/react-tabs";
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { EventInspector } from "@/components/detail/event-inspector";
import { ResizeHandle, usePanelWidth } from "@/components/detail/resize-handle";
import { RunHead } from "@/components/detail/run-head";
import { FollowSwitch, TimelineView } from "@/components/detail/timeline-view";
import { WaterfallView } from "@/components/detail/waterfall-view";
import { closePanel } from "@/components/keyboard";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { fetchRun } from "@/lib/api";
import { changeUrl, type Tab, useUrl } from "@/lib/url";
import { useFleet, useFleetSnapshot, useRun, useTimeline } from "@/store/hooks";

const TerminalView = lazy(() => import("@/components/detail/terminal-view"));

const TAB_NAMES: { value: Tab; label: string }[] = [
  { value: "timeline", label: "Timeline" },
  { value: "waterfall", label: "Waterfall" },
  { value: "terminal", label: "Terminal" },
  { value: "payload", label: "Payload" },
];

/** One run beside the list that it was chosen from. */
export function DetailPanel({ runId }: { runId: string }) {
  const [width, setWidth] = usePanelWidth();
  return (
    <>
      <ResizeHandle width={width} onResize={setWidth} />
      <aside aria-label="Agent details" className="flex min-h-0 shrink-0 flex-col bg-surface" style={{ width }}>
        <Scoped runId={runId} />
      </aside>
    </>
  );
}

/** Nothing outside the root in scope is shown here either. */
function Scoped({ runId }: { runId: string }) {
  const { store } = useFleet();
  const { root, load } = useFleetSnapshot();
  const held = useRun(runId);
  const asked = useQuery({
    queryKey: ["run", runId],
    queryFn: () => fetchRun(runId),
    enabled: held === undefined && load !== "loading",
    retry: false,
  });
  const found = asked.data !== undefined && (asked.data.rootTaskId ?? "global") === root ? asked.data : undefined;
  useEffect(() => {
    if (found !== undefined) store.takeLoaded([found], store.getSnapshot().isComplete);
  }, [store, found]);
  if (held !== undefined) return <Open runId={runId} />;
  if (asked.isPending || found !== undefined) return <div aria-busy="true" className="h-full" />;
  return (
    <Notice title="This agent is not in the root in scope" action={<Button look="outline" onClick={closePanel}>Close</Button>}>
      <span className="numbers break-all">{runId}</span>
    </Notice>
  );
}

function TabPage({ value, children }: { value: Tab; children: ReactNode }) {
  return (
    <Tabs.Content value={value} className="min-h-0 flex-1 outline-none focus-visible:outline-1 focus-visible:-outline-offset-1" tabIndex={-1}>
      {children}
    </Tabs.Content>
  );
}

function Open({ runId }: { runId: string }) {
  const [{ tab, event }] = useUrl();
  const [timeline, state] = useTimeline(runId);
  return (
    <>
      <RunHead runId={runId} />
      <Tabs.Root value={tab} onValueChange={(value) => changeUrl({ tab: value as Tab })} className="flex min-h-0 flex-1 flex-col">
        <Tabs.List aria-label="Views of the agent" className="flex shrink-0 gap-1 border-b border-line px-3">
          {TAB_NAMES.map((one) => (
            <Tabs.Trigger
              key={one.value}
              value={one.value}
              className="-mb-px h-9 border-b-2 border-transparent px-2 text-body text-dim transition-colors duration-[var(--quick)] hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
            >
              {one.label}
            </Tabs.Trigger>
          ))}
          <span className="flex-1" />
          {tab === "timeline" ? <FollowSwitch timeline={timeline} state={state} /> : null}
        </Tabs.List>
        <TabPage value="timeline">
          <TimelineView timeline={timeline} state={state} selected={event} />
        </TabPage>
        <TabPage value="waterfall">
          <WaterfallView timeline={timeline} state={state} selected={event} />
        </TabPage>
        <TabPage value="terminal">
          <Suspense fallback={<div aria-busy="true" className="h-full" />}>
            <TerminalView runId={runId} />
          </Suspense>
        </TabPage>
        <TabPage value="payload">
          <EventInspector events={state.events} eventId={event} />
        </TabPage>
      </Tabs.Root>
    </>
  );
}
