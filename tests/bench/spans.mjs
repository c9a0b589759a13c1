/*
 *  bench spans - events/s of OTLP spans through ingest: runs are found, nested and joined
 *
 *  Requests of 150 spans as JSON, children before parents. Once each trace is its own root, once
 *  20 traces tell one session on their agent's span, once all lie in one root that grows.
 */
import { randomBytes } from "node:crypto";
import { openStack, waitFor } from "../system/harness.mjs";
import { request } from "../system/request.mjs";
import { report } from "./report.mjs";

const TRACES = Number(process.env.BENCH_TRACES ?? 100);
const SPANS = 150;

const text = (key, value) => ({ key, value: { stringValue: value } });
const number = (key, value) => ({ key, value: { intValue: String(value) } });
const id = (bytes) => randomBytes(bytes).toString("hex");

/* One trace: an agent, under it five agents with 28 or 29 calls each; children come first. */
function trace(session) {
    const traceId = id(16), top = id(8), start = BigInt(Date.now()) * 1_000_000n, spans = [];
    const span = (spanId, parentSpanId, name, attributes) => spans.push({
        traceId, spanId, parentSpanId, name, kind: 1, attributes,
        startTimeUnixNano: String(start + BigInt(spans.length) * 1000n),
        endTimeUnixNano: String(start + BigInt(spans.length + 2) * 1000n),
    });
    const agents = Array.from({ length: 5 }, () => id(8));
    for (let i = 0; i < SPANS - 6; i++)
        span(id(8), agents[i % 5], "chat gpt-5-mini", [
            text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-5-mini"), number("gen_ai.usage.input_tokens", 100 + i),
            number("gen_ai.usage.output_tokens", i),
        ]);
    for (const [i, agent] of agents.entries())
        span(agent, top, "invoke_agent worker", [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", `worker ${i}`)]);
    span(top, "", "invoke_agent lead", [
        text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "lead"),
        ...session ? [text("gen_ai.conversation.id", session)] : [],
    ]);
    return JSON.stringify({ resourceSpans: [{
        resource: { attributes: [text("service.name", "bench")] }, scopeSpans: [{ scope: { name: "bench" }, spans }],
    }] });
}

const stack = await openStack("bench-spans");
try {
    const ingest = await stack.start("ingest");
    const { database } = stack;
    const figures = [];
    const measure = async (figure, sessionOf) => {
        const bodies = Array.from({ length: TRACES }, (_, i) => trace(sessionOf(i)));
        const before = await ingest.metric("stored_events_total"), start = performance.now();
        let accepted = 0;
        for (const body of bodies) {
            const answer = await request(`${ingest.url}/v1/traces`, { method: "POST", body, headers: { "content-type": "application/json" } });
            if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
            accepted += SPANS + 6; /* an agent's span gives two events */
        }
        await waitFor(async () => (await ingest.metric("stored_events_total")) - before >= accepted,
            { deadlineMs: 600_000, what: "everything is committed" });
        figures.push({ figure, value: accepted / ((performance.now() - start) / 1000), unit: "events/s", aim: null, better: "higher" });
    };
    await measure("each trace its own root", () => null);
    await measure("20 traces to a session", (i) => `session ${Math.floor(i / 20)}`);
    await measure("all in one session", () => "session");
    await measure("the same session, later", () => "session");
    if (await database.number("SELECT count(DISTINCT root_task_id) FROM aop_agent_events") !== TRACES + Math.ceil(TRACES / 20) + 1)
        throw new Error("the traces did not go to their sessions");
    report("spans", figures);
} finally {
    await stack.close();
}
