/*
 *  telemetry - how the fleet tells what it does: OpenTelemetry spans, and native events
 *
 *  A span is exported when it ends. So that an agent shows while it works, its start goes out as
 *  a native event, with the same run id that the span carries as mc.run.id.
 */
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { randomBytes } from "node:crypto";

const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/$/, "");
const headers = { "content-type": "application/json" };
if (process.env.AOP_API_KEY) headers.authorization = `Bearer ${process.env.AOP_API_KEY}`;

const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": "demo-fleet" }),
    spanProcessors: [new BatchSpanProcessor(
        new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers: { ...headers, "content-type": undefined } }),
        { scheduledDelayMillis: 300 })],
});
provider.register();
const tracer = trace.getTracer("demo-fleet");

/* A UUIDv7: a resend of the same event carries the same. */
export function uuid() {
    const bytes = randomBytes(16);
    bytes.writeUIntBE(Date.now(), 0, 6);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

let waiting = [];
let sending = Promise.resolve();

async function deliver(events) {
    for (let pause = 200; ; pause = Math.min(pause * 2, 5000)) {
        try {
            const answer = await fetch(`${endpoint}/v1/events`, { method: "POST", headers, body: JSON.stringify(events) });
            if (answer.ok) return;
            if (answer.status !== 429 && answer.status !== 503) {
                console.error(`demo: ingest answers ${answer.status}: ${await answer.text()}`);
                return;
            }
        } catch { /* the platform is away: the events wait */ }
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}

/* Sends a native event, together with those of the same moment. */
export function tell(event) {
    if (waiting.length === 0)
        setTimeout(() => {
            const events = waiting;
            waiting = [];
            sending = sending.then(() => deliver(events));
        }, 50);
    waiting.push({ eventUid: uuid(), createdAtUs: Date.now() * 1000, ...event });
}

export async function flush() {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await sending;
    await provider.forceFlush();
}

/* Runs work as an agent: a span with everything in it, shown from its start. */
export async function asAgent(agent, work) {
    const { run, root, task, tier, actor, persona, skill, parentRun } = agent;
    tell({ actor, action: "agent.run", phase: "start", status: "executing", runId: run, rootTaskId: root, taskId: task,
        tier, persona, skill, parentRunId: parentRun, adapterKind: "otlp", message: agent.goal });
    const attributes = {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": actor, "gen_ai.agent.name": persona,
        "mc.run.id": run, "mc.root_task.id": root, "mc.task.id": task, "mc.tier": tier,
        ...(skill ? { "gen_ai.skill.name": skill } : {}), ...(parentRun ? { "mc.parent_run.id": parentRun } : {}),
    };
    return tracer.startActiveSpan(`invoke_agent ${persona}`, { attributes }, async (span) => {
        try {
            return await work(span);
        } catch (error) {
            span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
            return null;
        } finally {
            span.end();
        }
    });
}

/* One step inside an agent: a tool call, a model call, a plan. */
export async function asStep(name, agent, attributes, work) {
    const own = { "mc.run.id": agent.run, "mc.root_task.id": agent.root, "mc.tier": agent.tier, "gen_ai.agent.id": agent.actor };
    return tracer.startActiveSpan(name, { attributes: { ...own, ...attributes } }, context.active(), async (span) => {
        try {
            return await work(span);
        } catch (error) {
            span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
            throw error;
        } finally {
            span.end();
        }
    });
}
