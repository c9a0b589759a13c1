/*
 *  otlp - rewrites OTLP requests, protobuf or JSON, without a change of meaning
 *
 *  A rewriter says what becomes of each id, time and text, and which attributes stay:
 *
 *      { traceId(hex), spanId(hex), time(nanoseconds as BigInt), text(string) } -> the same kind
 *      { keeps(key, place) } -> bool; place is "resource" or "item"
 *
 *  Everything that it does not know is copied as it is, byte for byte.
 */

const ANY = {};
const PAIR = { 1: "key", 2: ANY };
Object.assign(ANY, { 1: "text", 5: { 1: ANY }, 6: { 1: PAIR } });

const RESOURCE = { place: "resource", 1: PAIR };
const SCOPE = { 3: PAIR };
const SPAN_EVENT = { 1: "time", 3: PAIR };
const LINK = { 1: "traceId", 2: "spanId", 4: PAIR };
const SPAN = {
    1: "traceId", 2: "spanId", 4: "spanId", 7: "time", 8: "time", 9: PAIR, 11: SPAN_EVENT, 13: LINK,
    15: { 2: "text" },
};
const LOG = { 1: "time", 5: ANY, 6: PAIR, 9: "traceId", 10: "spanId", 11: "time" };
const EXEMPLAR = { 2: "time", 4: "spanId", 5: "traceId", 7: PAIR };
const NUMBER_POINT = { 2: "time", 3: "time", 5: EXEMPLAR, 7: PAIR };
const HISTOGRAM_POINT = { 2: "time", 3: "time", 8: EXEMPLAR, 9: PAIR };
const EXPONENTIAL_POINT = { 1: PAIR, 3: "time", 4: "time", 11: EXEMPLAR };
const METRIC = {
    5: { 1: NUMBER_POINT }, 7: { 1: NUMBER_POINT }, 9: { 1: HISTOGRAM_POINT },
    10: { 1: EXPONENTIAL_POINT },
};

const requestOf = (item) => ({ 1: { 1: RESOURCE, 2: { 1: SCOPE, 2: item } } });
const REQUESTS = { traces: requestOf(SPAN), logs: requestOf(LOG), metrics: requestOf(METRIC) };

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

function readVarint(bytes, at) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return [value, at];
    }
}

function varint(value) {
    const out = [];
    for (let rest = BigInt(value); ; rest >>= 7n) {
        if (rest < 0x80n) return Buffer.from([...out, Number(rest)]);
        out.push(Number(rest & 0x7fn) | 0x80);
    }
}

function* fieldsOf(bytes) {
    for (let at = 0; at < bytes.length; ) {
        const [tag, start] = readVarint(bytes, at);
        const wire = Number(tag & 7n);
        let [from, end] = [start, start];
        if (wire === WIRE_VARINT) end = readVarint(bytes, start)[1];
        else if (wire === WIRE_FIXED64) end = start + 8;
        else if (wire === WIRE_FIXED32) end = start + 4;
        else if (wire === WIRE_BYTES) {
            const [length, after] = readVarint(bytes, start);
            [from, end] = [after, after + Number(length)];
        } else throw new Error(`wire type ${wire} at byte ${at} is not one of protobuf's`);
        yield { number: Number(tag >> 3n), wire, whole: bytes.subarray(at, end), value: bytes.subarray(from, end) };
        at = end;
    }
}

const packed = (number, value) =>
    Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(value.length), value]);

function keyOf(pair) {
    for (const field of fieldsOf(pair)) if (field.number === 1) return field.value.toString();
    return "";
}

function rewriteScalar(kind, field, rewriter) {
    if (kind === "time") {
        const time = Buffer.from(field.whole);
        time.writeBigUInt64LE(rewriter.time(field.value.readBigUInt64LE()), time.length - 8);
        return time;
    }
    if (kind === "text") return packed(field.number, Buffer.from(rewriter.text(field.value.toString())));
    if (kind === "key" || field.value.length === 0) return field.whole;
    return packed(field.number, Buffer.from(rewriter[kind](field.value.toString("hex")), "hex"));
}

function rewriteMessage(bytes, schema, rewriter) {
    const out = [];
    for (const field of fieldsOf(bytes)) {
        const kind = schema[field.number];
        if (kind === undefined) out.push(field.whole);
        else if (typeof kind === "string") out.push(rewriteScalar(kind, field, rewriter));
        else if (kind !== PAIR || rewriter.keeps(keyOf(field.value), schema.place ?? "item"))
            out.push(packed(field.number, rewriteMessage(field.value, kind, rewriter)));
    }
    return Buffer.concat(out);
}

function rewriteJsonValue(key, value, place, rewriter) {
    if (Array.isArray(value)) {
        const kept = key === "attributes" ? value.filter((pair) => rewriter.keeps(pair.key, place)) : value;
        return kept.map((item) => rewriteJsonValue("", item, place, rewriter));
    }
    if (value !== null && typeof value === "object") return rewriteJson(value, place, rewriter);
    if (key.endsWith("imeUnixNano")) return String(rewriter.time(BigInt(value)));
    if (key === "traceId") return value && rewriter.traceId(value);
    if (key === "spanId" || key === "parentSpanId") return value && rewriter.spanId(value);
    if (key === "stringValue" || key === "message") return rewriter.text(value);
    return value;
}

function rewriteJson(object, place, rewriter) {
    return Object.fromEntries(Object.entries(object).map(([key, value]) =>
        [key, rewriteJsonValue(key, value, key === "resource" ? "resource" : place, rewriter)]));
}

/* The request with the rewriter applied; signal is traces, logs or metrics, encoding pb or json. */
export function rewriteOtlp(body, signal, encoding, rewriter) {
    if (encoding === "pb") return rewriteMessage(body, REQUESTS[signal], rewriter);
    return Buffer.from(JSON.stringify(rewriteJson(JSON.parse(body), "item", rewriter)));
}

const unchanged = (value) => value;
export const KEEP_ALL = {
    traceId: unchanged, spanId: unchanged, time: unchanged, text: unchanged, keeps: () => true,
};

/* The request with every time moved, so that its earliest one becomes `to` (nanoseconds, BigInt). */
export function rebaseOtlp(body, signal, encoding, to) {
    const shift = to - earliestOtlp(body, signal, encoding);
    return rewriteOtlp(body, signal, encoding, { ...KEEP_ALL, time: (time) => time && time + shift });
}

/* The earliest time in the request, zeros aside. */
export function earliestOtlp(body, signal, encoding) {
    let earliest = null;
    const note = (time) => {
        if (time > 0n && (earliest === null || time < earliest)) earliest = time;
        return time;
    };
    rewriteOtlp(body, signal, encoding, { ...KEEP_ALL, time: note });
    return earliest ?? 0n;
}
