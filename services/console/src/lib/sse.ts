/** Reads server-sent events out of a stream of bytes (the text/event-stream format). */

export interface Frame {
  event: string;
  data: string;
  id: string | null;
  retry: number | null;
}

/** A line longer than this is no frame of ours; reading it on would only fill the memory. */
const LINE_MAX = 8 * 1024 * 1024;

/** Takes text as it arrives, in any cuts, and gives back whole frames. */
export class FrameReader {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id: string | null = null;
  private retry: number | null = null;

  /** Frames that this text completes. */
  push(text: string): Frame[] {
    const frames: Frame[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    if (this.rest.length > LINE_MAX) throw new Error("a line of the stream is too long");
    for (const line of lines) this.readLine(line, frames);
    return frames;
  }

  private readLine(line: string, frames: Frame[]): void {
    if (line === "") {
      this.finish(frames);
      return;
    }
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.id = value;
    else if (name === "retry" && /^\d{1,7}$/.test(value)) this.retry = Number(value);
  }

  private finish(frames: Frame[]): void {
    if (this.data.length > 0 || this.retry !== null) {
      frames.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id, retry: this.retry });
    }
    this.event = "";
    this.data = [];
    this.id = null;
    this.retry = null;
  }
}
