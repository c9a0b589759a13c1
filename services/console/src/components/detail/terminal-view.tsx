import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { ArrowDown, Copy, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { fetchEvents } from "@/lib/api";
import { allowTerminalStyles } from "@/lib/inline-styles";
import { disarm, outputOf, SCROLLBACK_LINES, terminalTheme, TERMINAL_ACTION } from "@/lib/terminal";
import { TerminalFeed } from "@/store/terminal-feed";
import { useFleet } from "@/store/hooks";

const FONT_SIZE = 12;
const LINE_HEIGHT = 1.25;

interface Opened {
  terminal: Terminal;
  search: SearchAddon;
}

function openTerminal(place: HTMLElement): { opened: Opened; close: () => void } {
  const forbidStyles = allowTerminalStyles();
  const terminal = new Terminal({
    disableStdin: true,
    convertEol: false,
    cursorBlink: false,
    cursorInactiveStyle: "none",
    fontFamily: '"JetBrains Mono Variable", monospace',
    fontSize: FONT_SIZE,
    lineHeight: LINE_HEIGHT,
    scrollback: SCROLLBACK_LINES,
    screenReaderMode: false,
    theme: terminalTheme(),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  disarm(terminal);
  terminal.open(place);
  fit.fit();
  const resize = new ResizeObserver(() => fit.fit());
  resize.observe(place);
  const theme = new MutationObserver(() => {
    terminal.options.theme = terminalTheme();
  });
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const close = (): void => {
    resize.disconnect();
    theme.disconnect();
    terminal.dispose();
    forbidStyles();
  };
  return { opened: { terminal, search }, close };
}

function useTerminal(runId: string) {
  const { store } = useFleet();
  const place = useRef<HTMLDivElement>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const [state, setState] = useState<{ load: "loading" | "ready" | "failed"; isEmpty: boolean; hasOlder: boolean }>({
    load: "loading",
    isEmpty: true,
    hasOlder: false,
  });
  const [feed, setFeed] = useState<TerminalFeed | null>(null);
  useEffect(() => {
    if (place.current === null) return;
    const { opened: made, close } = openTerminal(place.current);
    const source = new TerminalFeed(
      (query) => fetchEvents({ ...query, runId, action: TERMINAL_ACTION }),
      { write: (text) => made.terminal.write(text), reset: () => made.terminal.reset() },
      setState,
    );
    const stop = store.subscribeEvents(runId, {
      onEvents: (events) => source.take(events.filter((event) => outputOf(event) !== "")),
      onGap: () => void source.load(),
    });
    setOpened(made);
    setFeed(source);
    void source.load();
    return () => {
      stop();
      source.close();
      close();
    };
  }, [store, runId]);
  return { place, opened, state, feed };
}

function useAtEnd(terminal: Terminal | null): boolean {
  const [isAtEnd, setAtEnd] = useState(true);
  useEffect(() => {
    if (terminal === null) return;
    const look = (): void => {
      const { viewportY, baseY } = terminal.buffer.active;
      setAtEnd(viewportY >= baseY);
    };
    const scrolled = terminal.onScroll(look);
    const drawn = terminal.onRender(look);
    return () => {
      scrolled.dispose();
      drawn.dispose();
    };
  }, [terminal]);
  return isAtEnd;
}

function Tools({ opened }: { opened: Opened }) {
  const [word, setWord] = useState("");
  const copy = (): void => {
    const { terminal } = opened;
    const hasSelection = terminal.hasSelection();
    if (!hasSelection) terminal.selectAll();
    void copyText(terminal.getSelection().trimEnd());
    if (!hasSelection) terminal.clearSelection();
  };
  return (
    <div className="flex h-9 shrink-0 items-center gap-2 border-b border-line px-4">
      <Search size={13} className="text-faint" aria-hidden="true" />
      <input
        aria-label="Search the output"
        placeholder="Search the output"
        className="h-7 min-w-0 flex-1 bg-transparent text-body outline-none"
        value={word}
        onChange={(event) => {
          setWord(event.target.value);
          opened.search.findPrevious(event.target.value, { incremental: true });
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && event.shiftKey) opened.search.findNext(word);
          else if (event.key === "Enter") opened.search.findPrevious(word);
        }}
      />
      <IconButton label="Copy the selection, or everything" onClick={copy}>
        <Copy size={14} />
      </IconButton>
    </div>
  );
}

/** What the run wrote to its terminal, live. It can be read, searched and copied; nothing in it acts. */
export default function TerminalView({ runId }: { runId: string }) {
  const { place, opened, state, feed } = useTerminal(runId);
  const isAtEnd = useAtEnd(opened?.terminal ?? null);
  return (
    <div className="flex h-full flex-col" data-terminal={state.load}>
      {opened === null ? null : <Tools opened={opened} />}
      {state.hasOlder ? (
        <div className="flex shrink-0 items-center justify-between border-b border-line px-4 py-1 text-small text-faint">
          Earlier output is not shown yet
          <Button className="h-6" onClick={() => void feed?.loadOlder()}>
            Read earlier
          </Button>
        </div>
      ) : null}
      <div className="relative min-h-0 flex-1">
        <div ref={place} className="absolute inset-y-2 left-4 right-1" />
        {state.isEmpty && state.load !== "loading" ? (
          <div className="absolute inset-0 bg-surface">
            {state.load === "failed" ? (
              <Notice title="The output could not be read" action={<Button look="outline" onClick={() => void feed?.load()}>Try again</Button>} />
            ) : (
              <Notice title="This agent has written nothing">
                Start it with <code className="numbers">missionctl run -- command</code> and its terminal shows here.
              </Notice>
            )}
          </div>
        ) : null}
        {isAtEnd || opened === null ? null : (
          <Button look="outline" className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full" onClick={() => opened.terminal.scrollToBottom()}>
            <ArrowDown size={13} /> Newest
          </Button>
        )}
      </div>
    </div>
  );
}
