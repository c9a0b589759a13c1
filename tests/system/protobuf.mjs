/*
 *  protobuf - an OTLP request of one span, by hand, so that any part of it can be wrong
 */
function varint(value) {
    const out = [];
    for (; value >= 128; value = Math.floor(value / 128)) out.push((value % 128) | 128);
    return Buffer.from([...out, value]);
}

/* A length-delimited field. */
export function field(number, bytes) {
    const value = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
    return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

function fixed64(number, value) {
    const out = Buffer.alloc(9);
    out[0] = number * 8 + 1;
    out.writeBigUInt64LE(BigInt(value), 1);
    return out;
}

/* An AnyValue that is a text. */
export const anyValue = (text) => field(1, text);

/* attributes are pairs of a key and an AnyValue. */
export function spanRequest({ name = "span", attributes = [] }) {
    const nowNano = BigInt(Date.now()) * 1000000n;
    const span = Buffer.concat([
        field(1, Buffer.alloc(16, 7)), field(2, Buffer.alloc(8, 9)), field(5, name), fixed64(7, nowNano), fixed64(8, nowNano),
        ...attributes.map(([key, value]) => field(9, Buffer.concat([field(1, key), field(2, value)]))),
    ]);
    return field(1, field(2, field(2, span)));
}
