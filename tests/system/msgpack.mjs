/*
 *  msgpack - plain values as msgpack
 */
const head = (small, max, wide, size) => {
    if (size <= max) return Buffer.from([small + size]);
    const out = Buffer.alloc(5);
    out[0] = wide;
    out.writeUInt32BE(size, 1);
    return out;
};

function packNumber(value) {
    if (Number.isInteger(value) && value >= 0 && value < 128) return Buffer.from([value]);
    const out = Buffer.alloc(9);
    if (Number.isInteger(value) && Math.abs(value) <= 2 ** 62) {
        out[0] = 0xd3;
        out.writeBigInt64BE(BigInt(value), 1);
    } else {
        out[0] = 0xcb;
        out.writeDoubleBE(value, 1);
    }
    return out;
}

export function packText(text) {
    const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text);
    return Buffer.concat([head(0xa0, 31, 0xdb, bytes.length), bytes]);
}

export function pack(value) {
    if (value === null || value === undefined) return Buffer.from([0xc0]);
    if (typeof value === "boolean") return Buffer.from([value ? 0xc3 : 0xc2]);
    if (typeof value === "number") return packNumber(value);
    if (typeof value === "string") return packText(value);
    if (Array.isArray(value)) return Buffer.concat([head(0x90, 15, 0xdd, value.length), ...value.map(pack)]);
    const pairs = Object.entries(value);
    return Buffer.concat([head(0x80, 15, 0xdf, pairs.length), ...pairs.flat().map(pack)]);
}
