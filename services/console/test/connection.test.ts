import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type ConnectionState } from "@/lib/connection";

interface Served {
  headers: Headers;
  send: (text: string) => void;
  end: () => void;
}

let served: Served[] = [];
let states: ConnectionState[] = [];
let open: Connection | null = null;

function serve(_url: string, init: RequestInit): Promise<Response> {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      served.push({
        headers: new Headers(init.headers),
        send: (text) => controller.enqueue(encoder.encode(text)),
        end: () => controller.close(),
      });
      init.signal?.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
    },
  });
  return Promise.resolve(new Response(body));
}

function connect(): Connection {
  open = new Connection("/api/v1/stream", {
    onFrames: () => undefined,
    onState: (state) => states.push(state),
    onUnauthenticated: () => undefined,
  });
  return open;
}

const phase = (): string | undefined => states.at(-1)?.phase;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", serve);
  served = [];
  states = [];
});

afterEach(() => {
  open?.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the live stream", () => {
  it("is live once the server is ready", async () => {
    connect();
    await settle();
    served[0]?.send('event: ready\ndata: {"lastEventId": 40}\n\n');
    await settle();
    expect(phase()).toBe("live");
    expect(served[0]?.headers.has("Last-Event-ID")).toBe(false);
  });

  it("resumes after the last event that it saw, and says that it catches up", async () => {
    connect();
    await settle();
    served[0]?.send('event: ready\ndata: {"lastEventId": 40}\n\nid: 41\nevent: agent_event\ndata: {}\n\n');
    await settle();
    served[0]?.end();
    await settle();
    expect(phase()).toBe("disconnected");
    expect(states.at(-1)?.lastEventId).toBe(41);
    await vi.advanceTimersByTimeAsync(1500);
    expect(served[1]?.headers.get("Last-Event-ID")).toBe("41");
    served[1]?.send('id: 60\nevent: ready\ndata: {"lastEventId": 60}\n\n');
    await settle();
    expect(phase()).toBe("catching-up");
    expect(states.at(-1)?.lastEventId).toBe(41);
    served[1]?.send('event: live\ndata: {"lastEventId": 60}\n\n');
    await settle();
    expect(phase()).toBe("live");
  });

  it("waits longer from try to try, and not at all when asked", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
    const connection = connect();
    const waits: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      await settle();
      const { retryAt } = states.at(-1) as ConnectionState;
      waits.push(Math.round(((retryAt ?? 0) - Date.now()) / 1000));
      await vi.advanceTimersByTimeAsync((retryAt ?? 0) - Date.now());
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
    vi.stubGlobal("fetch", serve);
    connection.retryNow();
    await settle();
    expect(served).toHaveLength(1);
  });

  it("takes a long silence for a lost connection", async () => {
    connect();
    await settle();
    served[0]?.send('event: ready\ndata: {"lastEventId": 1}\n\n');
    await vi.advanceTimersByTimeAsync(39_000);
    expect(phase()).toBe("live");
    await vi.advanceTimersByTimeAsync(2000);
    expect(phase()).toBe("disconnected");
  });

  it("stops for good where nobody is signed in any more", async () => {
    const onUnauthenticated = vi.fn();
    vi.stubGlobal("fetch", async () => new Response("{}", { status: 401 }));
    open = new Connection("/x", { onFrames: () => undefined, onState: () => undefined, onUnauthenticated });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onUnauthenticated).toHaveBeenCalledTimes(1);
  });
});
