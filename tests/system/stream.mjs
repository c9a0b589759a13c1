/*
 *  stream - a client of GET /api/v1/stream that keeps every frame it reads
 *
 *      const stream = await openEvents(gateway, { query: "rootTaskId=r", headers });
 *      await stream.until(() => stream.ids.includes(7), "event 7");
 *      stream.close();
 */
import http from "node:http";

class Events {
    constructor() {
        this.frames = []; /* { id, event, data, raw } */
        this.comments = 0;
        this.waiting = new Set();
        this.isEnded = false;
        this.rest = "";
    }

    /* Ids of the events, in the order in which they came. */
    get ids() {
        return this.of("agent_event").map((frame) => frame.id);
    }

    of(event) {
        return this.frames.filter((frame) => frame.event === event);
    }

    take(text) {
        const blocks = (this.rest + text).split("\n\n");
        this.rest = blocks.pop();
        for (const block of blocks) {
            const frame = { raw: block };
            for (const line of block.split("\n")) {
                const [, name, value] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
                if (name === "") this.comments++;
                else if (name === "id") frame.id = Number(value);
                else if (name === "data") frame.data = JSON.parse(value);
                else if (name !== undefined) frame[name] = value;
            }
            if (frame.event) this.frames.push(frame);
        }
        this.look();
    }

    look() {
        for (const check of [...this.waiting]) check();
    }

    /* Resolves once the condition holds; looked at after each piece that arrives. */
    until(condition, what, deadlineMs = 30_000) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                this.waiting.delete(check);
                const last = this.frames.slice(-3).map((frame) => frame.raw.slice(0, 200));
                reject(new Error(`${what}: not within ${deadlineMs} ms; last frames: ${JSON.stringify(last)}`));
            }, deadlineMs);
            const check = () => {
                if (!condition()) return;
                clearTimeout(timer);
                this.waiting.delete(check);
                resolve();
            };
            this.waiting.add(check);
            check();
        });
    }

    pause() {
        this.response.pause();
    }

    resume() {
        this.response.resume();
    }

    close() {
        this.request.destroy();
    }
}

/* Connects; resolves when the first frame is there, or with { status, json } of a refusal. */
export function openEvents(gateway, { query = "", headers = {} } = {}) {
    const events = new Events();
    return new Promise((resolve, reject) => {
        events.request = http.get(`${gateway.url}/api/v1/stream?${query}`, { headers, agent: false }, (response) => {
            events.response = response;
            events.status = response.statusCode;
            response.setEncoding("utf8");
            response.on("data", (text) => events.take(text));
            response.on("error", () => {});
            response.on("close", () => {
                events.isEnded = true;
                events.look();
            });
            if (response.statusCode === 200) events.until(() => events.frames.length > 0, "ready").then(() => resolve(events), reject);
            else response.on("end", () => {
                events.json = JSON.parse(events.rest);
                events.headers = response.headers;
                resolve(events);
            });
        });
        events.request.on("error", (error) => (events.isEnded ? undefined : reject(error)));
    });
}
