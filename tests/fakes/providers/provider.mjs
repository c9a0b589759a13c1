/*
 *  provider - one simulated provider: its listener, its plan, and what it was asked
 *
 *  protocol is a module with: routes(method, path) -> handler or null, authorise, failure,
 *  headers. Every request is recorded in .requests before it is answered.
 */
import http from "node:http";
import https from "node:https";
import { FAULTS, retryAfterOf, PAGE } from "./faults.mjs";
import { scriptOfHeaders, scriptOfText } from "./script.mjs";
import { deliver } from "./wire.mjs";

const BODY_BYTES_MAX = 64 << 20;
const RECORDS_MAX = 10_000; /* the oldest are forgotten */

/* One request and its answer; knows when the client has gone. */
class Exchange {
    constructor(request, response, record) {
        Object.assign(this, { request, response, record, isGone: false, isEnded: false, listeners: [] });
        response.on("close", () => this.leave());
    }

    leave() {
        this.isGone = true;
        if (!this.record.ended) this.record.ended = "client_closed";
        this.record.closedAt = Date.now();
        for (const listener of this.listeners.splice(0)) listener();
    }

    whenGone(listener) {
        if (this.isGone) listener();
        else this.listeners.push(listener);
    }

    end(how = "finished") {
        this.record.ended = how;
        this.response.end();
    }
}

function parse(bytes) {
    try {
        return JSON.parse(bytes.toString());
    } catch {
        return undefined;
    }
}

const matches = (wanted, record) => Object.entries(wanted ?? {}).every(([name, value]) =>
    (name === "stream" ? Boolean(record.json?.stream) : name === "model" ? record.json?.model : record[name]) === value);

export class Provider {
    constructor(protocol, { keys = null, isOpen = false, models = null, defaults = {}, tls = null } = {}) {
        Object.assign(this, { protocol, name: protocol.name, models, defaults, tls, port: 0, connections: 0, sockets: new Set() });
        this.keys = keys; /* those accepted; null: any */
        this.isOpen = isOpen; /* none is needed */
        this.waiting = new Set();
        this.reset();
    }

    get url() {
        return `${this.tls ? "https" : "http"}://127.0.0.1:${this.port}`;
    }

    get isListening() {
        return Boolean(this.server?.listening);
    }

    /* Forgets plan, requests and what was stored. */
    reset() {
        this.steps = [];
        this.requests = [];
        this.count = 0;
        this.stored = new Map();
        this.cached = new Set();
    }

    /* Scripts for the requests to come; each serves once unless it says times: n, 0 for ever. */
    plan(steps) {
        this.steps = [].concat(steps).map((step) => ({ ...step }));
    }

    takeStep(record) {
        const index = this.steps.findIndex((step) => matches(step.match, record));
        if (index === -1) return {};
        const step = this.steps[index];
        if (step.times !== 0 && (step.times = (step.times ?? 1) - 1) <= 0) this.steps.splice(index, 1);
        return step;
    }

    /* Listens: on the port given, or the one it had, or a free one. */
    async up(port = this.port) {
        const answer = (request, response) => this.answer(request, response);
        this.server = this.tls ? https.createServer(this.tls, answer) : http.createServer(answer);
        this.server.keepAliveTimeout = 0;
        this.server.requestTimeout = 0;
        this.server.on("connection", (socket) => {
            socket.setNoDelay(true);
            socket.fakeId = ++this.connections;
            this.sockets.add(socket);
            socket.on("close", () => this.sockets.delete(socket));
            socket.on("error", () => {});
        });
        await new Promise((resolve, reject) => {
            this.server.on("error", reject);
            this.server.listen(port, "127.0.0.1", resolve);
        });
        this.port = this.server.address().port;
        return this;
    }

    /* Stops to listen: connections are refused from now on, open ones are reset. */
    async down() {
        if (!this.isListening) return;
        const closed = new Promise((resolve) => this.server.close(resolve));
        for (const socket of this.sockets) socket.destroy();
        await closed;
    }

    /* Resolves with the first request for which the condition holds, looked at whenever one changes. */
    until(condition, what = "a request", deadlineMs = 20_000) {
        return new Promise((resolve, reject) => {
            const check = () => {
                const found = this.requests.find(condition);
                if (!found) return;
                clearTimeout(timer);
                this.waiting.delete(check);
                resolve(found);
            };
            const timer = setTimeout(() => {
                this.waiting.delete(check);
                reject(new Error(`${this.name}: ${what} did not come within ${deadlineMs} ms`));
            }, deadlineMs);
            this.waiting.add(check);
            check();
        });
    }

    changed() {
        for (const check of [...this.waiting]) check();
    }

    recordOf(request) {
        const url = new URL(request.url, "http://provider");
        const record = {
            number: this.count++, provider: this.name, method: request.method, path: url.pathname,
            query: Object.fromEntries(url.searchParams), headers: request.headers, rawHeaders: request.rawHeaders,
            key: this.protocol.keyOf(request.headers), connection: request.socket.fakeId ?? 0, arrivedAt: Date.now(),
            body: Buffer.alloc(0), json: undefined, script: {}, status: 0, framesSent: 0, bytesSent: 0,
            ended: null, closedAt: null,
        };
        if (this.requests.push(record) > RECORDS_MAX) this.requests.shift();
        return record;
    }

    async answer(request, response) {
        if (request.url.startsWith("/__")) return this.control?.(request, response);
        const record = this.recordOf(request);
        const exchange = new Exchange(request, response, record);
        exchange.whenGone(() => this.changed());
        try {
            record.body = await this.read(request);
            record.json = parse(record.body);
            record.script = { ...this.defaults, ...scriptOfText(textOf(record.json)), ...scriptOfHeaders(request.headers), ...this.takeStep(record) };
            this.changed();
            exchange.onFrame = () => this.changed();
            await deliver(exchange, this.decide(record), record.script);
        } catch (error) {
            if (exchange.isGone) return;
            record.status = 599;
            response.writeHead(599, { "content-type": "text/plain" });
            response.end(`the simulated provider failed: ${error.stack}`);
        }
    }

    async read(request) {
        const pieces = [];
        let size = 0;
        for await (const piece of request) {
            size += piece.length;
            if (size <= BODY_BYTES_MAX) pieces.push(piece);
        }
        return Buffer.concat(pieces);
    }

    /* The answer that the protocol gives, or the failure that the script wants. */
    decide(record) {
        const { protocol } = this;
        const { script } = record;
        const fault = FAULTS[script.fault];
        if (script.fault && !fault) throw new Error(`no fault is called ${script.fault}`);
        if (fault?.kind === "status") return this.fail(fault, script, record);
        const refusal = protocol.authorise(this, record) ?? refuseFields(protocol, record);
        const found = protocol.route(this, record);
        const answer = refusal ?? (record.body.length > protocol.bodyBytesMax ? protocol.failure("too_large", record) : found(this, record));
        return { ...answer, errorBody: protocol.failure("server_error", record).body,
            headers: { ...protocol.headers(record), ...answer.headers, ...script.headers } };
    }

    fail(fault, script, record) {
        const { protocol } = this;
        const failure = fault.html
            ? { status: 502, headers: { "content-type": "text/html" }, body: PAGE }
            : protocol.failure(script.fault, record);
        return { ...failure, status: script.status ?? fault.status,
            headers: { ...protocol.headers(record), ...failure.headers, ...retryAfterOf(fault, script), ...script.headers } };
    }
}

/* A server that does not know some fields of the protocol, as the compatible ones. */
function refuseFields({ unknownField }, { json, script }) {
    const field = [].concat(script.refuses ?? []).find((name) => json && name in json);
    return field ? unknownField(field) : null;
}

/* What the user wrote, newest first: the newest directive in it counts. */
function textOf(json) {
    if (!json) return "";
    const list = json.messages ?? (Array.isArray(json.input) ? json.input : []);
    const said = list.filter((item) => item?.role === "user").map((item) => item.content).reverse();
    return JSON.stringify(said.length > 0 ? said : json.input ?? json.prompt ?? "").replaceAll('\\"', '"');
}
