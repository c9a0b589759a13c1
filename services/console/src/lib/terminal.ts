/** What a terminal shows of a run: its output, without the escapes that would act. */
import type { ITerminalOptions, Terminal } from "@xterm/xterm";
import type { AgentEventRecord } from "@/lib/generated/proto";

export const TERMINAL_ACTION = "terminal.output";
export const SCROLLBACK_LINES = 5000;

/** Operating system commands up to here are swallowed: titles, links (8), clipboard (52), notifications and the rest. */
const OSC_COLOUR_NUMBERS = [4, 10, 11, 12, 104, 110, 111, 112];
const OSC_OTHERS = [0, 1, 2, 5, 6, 7, 8, 9, 13, 14, 17, 19, 21, 22, 30, 31, 46, 50, 51, 52, 66, 72, 77, 99, 105, 117, 119, 133, 176, 555, 633, 697, 701, 702, 704, 777, 1337, 5113, 5522];
export const SWALLOWED_OSC = [...OSC_COLOUR_NUMBERS, ...OSC_OTHERS];

/** Text of one event of terminal output; empty where it has none. */
export function outputOf(event: AgentEventRecord): string {
  if (event.action !== TERMINAL_ACTION || event.payloadJson === null) return "";
  try {
    const payload = JSON.parse(event.payloadJson) as { data?: unknown; stream?: unknown };
    if (typeof payload.data !== "string") return "";
    return payload.stream === "pty" ? payload.data : payload.data.replace(/\r?\n/g, "\r\n");
  } catch {
    return "";
  }
}

/** Makes the terminal deaf to everything that does more than draw text. */
export function disarm(terminal: Terminal): void {
  for (const id of SWALLOWED_OSC) terminal.parser.registerOscHandler(id, () => true);
  const isSwallowed = (): boolean => true;
  // Window manipulation, device reports and requests: nothing is answered, nothing is moved.
  terminal.parser.registerCsiHandler({ final: "t" }, isSwallowed);
  terminal.parser.registerCsiHandler({ final: "n" }, isSwallowed);
  terminal.parser.registerCsiHandler({ prefix: "?", final: "n" }, isSwallowed);
  terminal.parser.registerCsiHandler({ final: "c" }, isSwallowed);
  terminal.parser.registerCsiHandler({ prefix: ">", final: "c" }, isSwallowed);
  terminal.parser.registerDcsHandler({ intermediates: "$", final: "q" }, isSwallowed);
}

function colour(name: string): string {
  const probe = document.createElement("canvas").getContext("2d");
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  if (probe === null) return "#808080";
  probe.fillStyle = value;
  probe.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = probe.getImageData(0, 0, 1, 1).data;
  return `#${[r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Colours of the terminal in the theme of the page. */
export function terminalTheme(): NonNullable<ITerminalOptions["theme"]> {
  const isDark = document.documentElement.dataset.theme === "dark";
  return {
    background: colour("--surface"),
    foreground: colour("--ink"),
    cursor: colour("--surface"),
    selectionBackground: isDark ? "#3b5b8f88" : "#a9c5f588",
    black: isDark ? "#4a4f58" : "#24282f",
    white: isDark ? "#d3d7de" : "#5c626c",
    brightBlack: colour("--faint"),
    brightWhite: colour("--ink"),
    red: colour("--state-failed"),
    brightRed: colour("--state-failed"),
    green: colour("--state-completed"),
    brightGreen: colour("--state-completed"),
    yellow: colour("--state-paused"),
    brightYellow: colour("--state-paused"),
    blue: colour("--accent"),
    brightBlue: colour("--accent"),
    magenta: colour("--state-lost"),
    brightMagenta: colour("--state-lost"),
    cyan: colour("--state-executing"),
    brightCyan: colour("--state-executing"),
  };
}
