/*
 *  request - one HTTP exchange, and raw bytes for what no client library would send
 */
import http from "node:http";
import net from "node:net";

function collect(stream) {
    return new Promise((resolve, reject) => {
        const pieces = [];
        stream.on("data", (piece) => pieces.push(piece));
        stream.on("end", () => resolve(Buffer.concat(pieces)));
        stream.on("error", reject);
    });
}

/* The JSON of the text, or null. */
function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

/* Resolves with { status, headers, body, text, json }; rejects only when no answer came. */
export function request(url, { method = "GET", headers = {}, body = null, agent = null, timeoutMs = 30_000 } = {}) {
    return new Promise((resolve, reject) => {
        const call = http.request(url, {
            method, agent: agent ?? undefined,
            headers: body === null ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
        }, async (answer) => {
            try {
                const bytes = await collect(answer);
                const text = bytes.toString();
                resolve({ status: answer.statusCode, headers: answer.headers, body: bytes, text, json: parse(text) });
            } catch (error) {
                reject(error);
            }
        });
        call.setTimeout(timeoutMs, () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
        call.on("error", reject);
        call.end(body ?? undefined);
    });
}

function readHead(bytes) {
    const end = bytes.indexOf("\r\n\r\n");
    if (end === -1) return null;
    const [first, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    return { status: Number(first.split(" ")[1]), headers, rest: bytes.subarray(end + 4) };
}

function readAnswer(bytes) {
    const head = readHead(bytes);
    if (!head) return { status: 0, headers: {}, body: bytes, text: "", json: null };
    const text = head.rest.toString();
    return { status: head.status, headers: head.headers, body: head.rest, text, json: parse(text) };
}

/* Connects, lets send write to the socket, and resolves with what came back once the peer has
 * closed; status 0 when nothing did. A reset after the answer is no error. */
export function rawRequest(port, send, { timeoutMs = 60_000 } = {}) {
    return new Promise((resolve, reject) => {
        const pieces = [];
        const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        const finish = () => {
            socket.destroy();
            resolve(readAnswer(Buffer.concat(pieces)));
        };
        socket.setTimeout(timeoutMs, () => {
            socket.destroy();
            reject(new Error(`the connection is still open after ${timeoutMs} ms of silence`));
        });
        socket.on("data", (piece) => pieces.push(piece));
        socket.on("end", finish);
        socket.on("error", finish);
        socket.on("connect", () => send(socket));
    });
}
