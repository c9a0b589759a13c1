/*
 *  wire - puts an answer on the connection, at the pace and with the faults of its script
 *
 *  An answer is { status, headers, body } or { status, headers, frames, errorFrame }; frames are
 *  the texts of server-sent events, and the last one is the mark by which a client knows the
 *  stream to be whole.
 *
 *  Of the script: firstByteMs, frameMs, drip (one byte a write, dripMs apart), gzip, crlf,
 *  comments, split (each frame in two writes), coalesce (all frames in one write), fault, after.
 */
import zlib from "node:zlib";
import { FAULTS, PAGE } from "./faults.mjs";

const OVERSIZE_HEAD = 1 << 20;
const AFTER = 5; /* frames before a fault of the stream, unless told */
const RESET_MS = 30; /* a reset throws away what its receiver has not read yet: it is given this long */

/* Resolves after ms, or at once when the client has gone. */
function pause(ms, exchange) {
    if (!ms || exchange.isGone) return Promise.resolve();
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        exchange.whenGone(() => { clearTimeout(timer); resolve(); });
    });
}

const isZipped = (exchange, script) => script.gzip === "forced" || Boolean(script.gzip && acceptsGzip(exchange));

/* Compresses piece by piece, each one readable when it has come. */
function zipper() {
    const zip = zlib.createGzip();
    const pieces = [];
    zip.on("data", (piece) => pieces.push(piece));
    return {
        add: (text) => new Promise((resolve) => {
            zip.write(text);
            zip.flush(zlib.constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(pieces.splice(0))));
        }),
        end: () => new Promise((resolve) => zip.end().once("end", () => resolve(Buffer.concat(pieces)))),
    };
}

const gone = (exchange) => new Promise((resolve) => exchange.whenGone(resolve));

async function write(exchange, bytes) {
    if (exchange.isGone) return;
    exchange.record.bytesSent += bytes.length;
    if (exchange.response.write(bytes)) return;
    await Promise.race([new Promise((resolve) => exchange.response.once("drain", resolve)), gone(exchange)]);
}

async function writePaced(exchange, bytes, script) {
    if (script.drip) {
        for (const byte of bytes) {
            await write(exchange, Buffer.from([byte]));
            await pause(script.dripMs ?? 1, exchange);
            if (exchange.isGone) return;
        }
    } else if (script.split && bytes.length > 1) {
        await write(exchange, bytes.subarray(0, bytes.length >> 1));
        await pause(script.splitMs ?? 2, exchange);
        await write(exchange, bytes.subarray(bytes.length >> 1));
    } else {
        await write(exchange, bytes);
    }
}

/* Ends the TCP connection now: what was written goes out, the end of the HTTP message does not. */
function cut(exchange, { reset = false } = {}) {
    const { socket } = exchange.response;
    exchange.record.ended = "cut";
    if (!socket) return;
    if (reset) socket.resetAndDestroy();
    else socket.end(() => socket.destroy());
}

const BEFORE = {
    header_hang: (exchange) => gone(exchange),
    partial_headers: (exchange) => {
        exchange.response.socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-requ");
        return gone(exchange);
    },
    oversize_headers: (exchange) => {
        exchange.response.socket.write(`HTTP/1.1 200 OK\r\nx-large: ${"x".repeat(OVERSIZE_HEAD)}\r\nContent-Length: 2\r\n\r\n{}`);
        cut(exchange);
    },
    malformed_http: (exchange) => {
        exchange.response.socket.write("SSH-2.0-OpenSSH_9.2\r\n\0\0\0\r\n\r\n");
        cut(exchange);
    },
    cut_before_headers: (exchange) => cut(exchange),
    reset_before_headers: (exchange) => cut(exchange, { reset: true }),
};

/* What stands in place of the answer, for faults of the kind "answer". */
const INSTEAD = {
    error_200: (answer) => ({ ...answer, body: answer.errorBody, headers: { ...answer.headers, "content-type": "application/json" } }),
    wrong_type: (answer) => ({ ...answer, body: PAGE, headers: { ...answer.headers, "content-type": "text/html" } }),
    empty_200: (answer) => ({ ...answer, body: "" }),
    malformed_json: (answer) => ({
        ...answer, headers: { ...answer.headers, "content-type": "application/json" },
        body: answer.body === undefined ? '{"id": "chatcm' : answer.body.slice(0, answer.body.length >> 1),
    }),
    redirect: (answer) => ({ ...answer, status: 302, body: "", headers: { ...answer.headers, location: "https://status.invalid/" } }),
};

const acceptsGzip = (exchange) => /\bgzip\b/.test(exchange.request.headers["accept-encoding"] ?? "");

async function sendBody(exchange, answer, script) {
    let bytes = Buffer.from(answer.body);
    const headers = { ...answer.headers };
    if (isZipped(exchange, script)) {
        bytes = zlib.gzipSync(bytes);
        headers["content-encoding"] = "gzip";
    }
    const isCut = script.fault === "cut_before_body" || FAULTS[script.fault]?.stream;
    if (isCut || script.drip || script.length) headers["content-length"] = bytes.length;
    exchange.response.writeHead(answer.status, headers);
    if (!isCut) {
        await writePaced(exchange, bytes, script);
        return exchange.end();
    }
    if (script.fault === "cut_before_body") exchange.response.flushHeaders();
    else await writePaced(exchange, bytes.subarray(0, bytes.length >> 1), script);
    if (script.fault === "stall") return gone(exchange);
    if (script.fault === "cut_reset") await pause(RESET_MS, exchange);
    cut(exchange, { reset: script.fault === "cut_reset" });
}

/* At the frame where the fault stands; true: the stream is over. */
const DURING = {
    cut: (exchange) => { cut(exchange); return true; },
    cut_reset: async (exchange) => {
        await pause(RESET_MS, exchange);
        cut(exchange, { reset: true });
        return true;
    },
    cut_clean: (exchange) => { exchange.end("cut"); return true; },
    cut_finish: (exchange) => { exchange.end("cut"); return true; },
    cut_frame: async (exchange, { frame, script }) => {
        await writePaced(exchange, Buffer.from(frame).subarray(0, frame.length >> 1), script);
        exchange.end("cut");
        return true;
    },
    stall: async (exchange) => { await gone(exchange); return true; },
    error_event: async (exchange, { answer, script, seen }) => {
        await writePaced(exchange, Buffer.from(answer.errorFrame(seen)), script);
        exchange.end();
        return true;
    },
    malformed_sse: async (exchange, { frame, script }) => {
        await writePaced(exchange, Buffer.from(frame.replace(/^data: .*$/m, (line) => `${line.slice(0, -4)}<oops`)), script);
        return false;
    },
};

function faultAt(script, frames) {
    if (!FAULTS[script.fault]?.stream) return -1;
    if (script.fault === "cut_finish") return frames.length - 1;
    return Math.min(script.after ?? AFTER, Math.max(frames.length - 2, 0));
}

function dress(frame, script) {
    const text = script.comments ? `: keep-alive\n\n${frame}` : frame;
    return script.crlf ? text.replaceAll("\n", "\r\n") : text;
}

async function sendFrames(exchange, answer, script) {
    const { record, response } = exchange;
    const frames = [...answer.frames].map((frame) => dress(frame, script));
    const wrong = faultAt(script, frames);
    const zip = isZipped(exchange, script) ? zipper() : null;
    response.writeHead(answer.status, { ...answer.headers, ...(zip ? { "content-encoding": "gzip" } : {}) });
    response.flushHeaders();
    if (script.fault === "cut_before_body") return cut(exchange);
    if (script.coalesce && wrong === -1) frames.splice(0, frames.length, frames.join(""));
    for (const [index, frame] of frames.entries()) {
        if (index > 0) await pause(script.frameMs, exchange);
        if (exchange.isGone) return;
        const isWrong = index === wrong;
        if (isWrong && await DURING[script.fault](exchange, { frame, script, answer, seen: index })) return;
        if (!(isWrong && script.fault === "malformed_sse")) await writePaced(exchange, zip ? await zip.add(frame) : Buffer.from(frame), script);
        record.framesSent++;
        exchange.onFrame();
    }
    if (zip) await write(exchange, await zip.end());
    exchange.end();
}

export async function deliver(exchange, answer, script) {
    await pause(script.firstByteMs, exchange);
    if (exchange.isGone) return;
    exchange.record.status = answer.status;
    if (BEFORE[script.fault]) return BEFORE[script.fault](exchange);
    const shown = INSTEAD[script.fault]?.(answer) ?? answer;
    exchange.record.status = shown.status;
    if (shown.body !== undefined) return sendBody(exchange, shown, script);
    return sendFrames(exchange, shown, script);
}
