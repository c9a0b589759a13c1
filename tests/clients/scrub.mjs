/*
 *  scrub - makes recorded requests the same on every machine and at every time
 *
 *  Ids become numbers in the order of their first appearance, times count from a fixed day
 *  (distances stay), UUIDs and paths become neutral ones, and resource attributes that
 *  describe the machine go.
 */
import os from "node:os";

const DAY = 1780272000000000000n; /* 2026-06-01T00:00:00Z */
const MACHINE = /^(host|process|os|container|k8s|cloud|faas|device)\./;
const HASH = /\b[0-9a-f]{64}\b/g;
const AGENT_ID = /\ba[0-9a-f]{16}\b/g; /* of Claude Code */
const SDK_ID = /\baitxt-[A-Za-z0-9]{24}\b/g; /* of the AI SDK */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LOOPBACK = /127\.0\.0\.1:\d+/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

function numberer(format) {
    const known = new Map();
    return (value) => {
        if (!known.has(value)) known.set(value, format(known.size + 1));
        return known.get(value);
    };
}

/* A rewriter (see otlp.mjs) for all requests of one dialect; earliest is their first time. */
export function scrubber(earliest, paths) {
    const traceId = numberer((n) => "7ace" + n.toString(16).padStart(28, "0"));
    const spanId = numberer((n) => "5a" + n.toString(16).padStart(14, "0"));
    const uuid = numberer((n) => "00000000-0000-4000-8000-" + n.toString(16).padStart(12, "0"));
    const agentId = numberer((n) => "a" + n.toString(16).padStart(16, "0"));
    const sdkId = numberer((n) => "aitxt-" + String(n).padStart(24, "0"));
    const time = (value) => value && value - earliest + DAY;
    const instant = (value) => new Date(Number(time(BigInt(Date.parse(value)) * 1000000n) / 1000000n)).toISOString();
    const hidden = [...paths, [os.homedir() + "/", "/home/agent/"], [os.hostname(), "agent-host"]];
    const ids = new Map();

    const text = (value) => {
        if (INSTANT.test(value)) return Date.parse(value) > 0 ? instant(value) : value;
        let out = value.replace(UUID, (id) => uuid(id.toLowerCase()));
        out = out.replace(HASH, "0".repeat(64)).replace(LOOPBACK, "127.0.0.1:8081");
        out = out.replace(AGENT_ID, agentId).replace(SDK_ID, sdkId);
        for (const [from, to] of hidden) out = out.replaceAll(from, to);
        for (const [from, to] of ids) out = out.replaceAll(from, to);
        return out;
    };
    const remember = (rename) => (id) => {
        const next = rename(id.toLowerCase());
        ids.set(id.toLowerCase(), next);
        return next;
    };
    return {
        traceId: remember(traceId),
        spanId: remember(spanId),
        time,
        text,
        keeps: (key, place) => place !== "resource" || !MACHINE.test(key),
    };
}
