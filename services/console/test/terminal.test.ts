import { Terminal } from "@xterm/xterm";
import { describe, expect, it, vi } from "vitest";
import { disarm, outputOf, TERMINAL_ACTION } from "@/lib/terminal";
import { OUTPUT_MAX, TerminalFeed } from "@/store/terminal-feed";
import { makeEvent } from "./helpers";

const output = (id: number, data: string, stream = "pty") =>
  makeEvent(id, "a", { action: TERMINAL_ACTION, payloadJson: JSON.stringify({ stream, data }) });

function write(terminal: Terminal, text: string): Promise<void> {
  return new Promise((done) => terminal.write(text, done));
}

function firstLine(terminal: Terminal): string {
  return terminal.buffer.active.getLine(0)?.translateToString(true) ?? "";
}

describe("the terminal", () => {
  it.each([
    ["a link", "\u001b]8;;https://example.org\u0007text\u001b]8;;\u0007"],
    ["the clipboard", "\u001b]52;c;aGVsbG8=\u0007text"],
    ["the title", "\u001b]0;owned\u001b\\text"],
    ["a notification", "\u001b]9;owned\u0007\u001b]777;notify;a;b\u0007text"],
    ["the colours", "\u001b]10;?\u0007\u001b]4;1;red\u0007text"],
    ["the window", "\u001b[8;1;1ttext\u001b[21t"],
  ])("draws the text around an escape for %s, and does nothing else", async (_what, data) => {
    const terminal = new Terminal({ allowProposedApi: true });
    const onTitle = vi.fn();
    const onData = vi.fn();
    terminal.onTitleChange(onTitle);
    terminal.onData(onData);
    disarm(terminal);
    await write(terminal, data);
    expect(firstLine(terminal)).toBe("text");
    expect(onTitle).not.toHaveBeenCalled();
    expect(onData).not.toHaveBeenCalled();
    expect(terminal.rows).toBe(24);
  });

  it("answers no question that the output asks", async () => {
    const terminal = new Terminal();
    const onData = vi.fn();
    terminal.onData(onData);
    disarm(terminal);
    await write(terminal, "\u001b[c\u001b[>c\u001b[6n\u001b[?6n\u001b[5n\u001bP$qm\u001b\\\u001b]11;?\u0007done");
    expect(onData).not.toHaveBeenCalled();
    expect(firstLine(terminal)).toBe("done");
  });
});

describe("the text of an event", () => {
  it.each([
    ["pty output as it is", output(1, "a\r\nb"), "a\r\nb"],
    ["piped output with whole line ends", output(1, "a\nb", "stdout"), "a\r\nb"],
    ["nothing where the data is no text", makeEvent(1, "a", { action: TERMINAL_ACTION, payloadJson: '{"data":5}' }), ""],
    ["nothing where the payload is broken", makeEvent(1, "a", { action: TERMINAL_ACTION, payloadJson: "{" }), ""],
    ["nothing of other actions", makeEvent(1, "a", { payloadJson: '{"data":"x"}' }), ""],
  ])("is %s", (_what, event, text) => {
    expect(outputOf(event)).toBe(text);
  });
});

describe("the feed", () => {
  it("writes stored output first, then what arrives, each once and in order", async () => {
    const written: string[] = [];
    const screen = { write: (text: string) => written.push(text), reset: () => written.splice(0) };
    const feed = new TerminalFeed(async () => ({ items: [output(2, "two "), output(1, "one ")], nextCursor: null }), screen, () => undefined);
    const loaded = feed.load();
    feed.take([output(3, "three ")]);
    await loaded;
    feed.take([output(3, "three "), output(4, "four")]);
    expect(written.join("")).toBe("one two three four");
  });

  it("drops the oldest of a flood", async () => {
    const onState = vi.fn();
    const feed = new TerminalFeed(async () => ({ items: [], nextCursor: null }), { write: () => undefined, reset: () => undefined }, onState);
    await feed.load();
    for (let id = 1; id <= 10; id += 1) feed.take([output(id, "x".repeat(OUTPUT_MAX / 8))]);
    expect(onState).toHaveBeenLastCalledWith(expect.objectContaining({ hasOlder: true }));
  });
});
