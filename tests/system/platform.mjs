/*
 *  platform - what a supervised run sees of the platform: ingest and the gateway's control channel
 *
 *      const platform = await new Platform().listen();
 *      platform.want({ verdict: "pause", mode: "now" });       to whoever is or will be connected
 *      const ack = await platform.acked("paused");              of the newest wish
 *
 *  Everything is waited for by what comes; nothing here looks at a clock.
 */
import { once } from "node:events";
import http from "node:http";

export class Platform {
    events = [];
    acks = [];
    hellos = [];
    streams = new Map(); /* run id -> response */
    epoch = 0;
    wish = { verdict: "run" };
    isAway = false;
    #waiting = [];

    constructor() {
        this.server = http.createServer((request, response) => {
            const chunks = [];
            request.on("data", (chunk) => chunks.push(chunk));
            request.on("end", () => this.#take(request, response, Buffer.concat(chunks).toString()));
        });
    }

    async listen(port = 0) {
        this.server.listen(port, "127.0.0.1");
        await once(this.server, "listening");
        this.port = this.server.address().port;
        this.url = `http://127.0.0.1:${this.port}`;
        return this;
    }

    /* Breaks all connections and takes no new one until it listens again. */
    async close() {
        if (!this.server.listening) return;
        const closed = once(this.server, "close");
        this.server.close();
        this.server.closeAllConnections();
        await closed;
    }

    #take(request, response, body) {
        const { pathname, searchParams } = new URL(request.url, this.url);
        const answer = (value) => {
            response.writeHead(200, { "content-type": "application/json" });
            response.end(JSON.stringify(value));
        };
        if (pathname === "/v1/events") {
            const events = body.split("\n").filter(Boolean).map((line) => JSON.parse(line));
            this.events.push(...events);
            answer({ accepted: events.length, duplicates: 0, rejected: [] });
        } else if (pathname === "/api/v1/control/parts") {
            this.hellos.push(JSON.parse(body));
            answer({});
        } else if (pathname === "/api/v1/control/ack") {
            this.acks.push(JSON.parse(body));
            answer({});
        } else if (pathname === "/api/v1/control/stream") {
            this.#open(searchParams.get("run"), response);
        } else {
            response.writeHead(404).end();
        }
        this.#tell();
    }

    #open(runId, response) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        this.streams.set(runId, response);
        const beat = setInterval(() => response.write(":\n\n"), 1000);
        response.on("close", () => {
            clearInterval(beat);
            if (this.streams.get(runId) === response) this.streams.delete(runId);
            this.#tell();
        });
        this.#send(runId, response);
    }

    #send(runId, response) {
        const wish = typeof this.wish === "function" ? this.wish(runId) : this.wish;
        const data = { runId, epoch: this.epoch, receiptId: `receipt-${this.epoch}`, ...wish };
        response.write(`event: hold\ndata: ${JSON.stringify(data)}\n\n`);
    }

    /* The same again: is acknowledged again. */
    repeat() {
        for (const [runId, response] of this.streams) this.#send(runId, response);
    }

    want(wish) {
        this.epoch++;
        this.wish = wish;
        this.repeat();
    }

    #tell() {
        this.#waiting = this.#waiting.filter((check) => !check());
    }

    /* The first truthy value of the condition, looked at whenever something came. */
    until(condition) {
        return new Promise((resolve) => {
            const check = () => {
                const value = condition(this);
                if (value) resolve(value);
                return value;
            };
            if (!check()) this.#waiting.push(check);
        });
    }

    /* The next acknowledgement of the current wish, not counting the first `known`. */
    acked(state, known = 0) {
        const epoch = this.epoch;
        return this.until(() => this.acks.slice(known).find((ack) => ack.epoch === epoch && ack.state === state));
    }

    of(action, phase) {
        return this.events.filter((event) => event.action === action && event.phase === phase);
    }

    output() {
        return this.of("terminal.output", "progress").map((event) => JSON.parse(event.payloadJson).data).join("");
    }
}
