/*
 *  genai - three tiers of agents with the GenAI attributes of 2026, set by hand
 *
 *  OTLP protobuf: spans, GenAI events as log records, and the token metrics of both kinds.
 */
import { context, SpanKind, trace } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { inSpan, startOtel } from "./otel.mjs";

const { tracer, logger, meter, finish } = startOtel({
    encoding: "protobuf",
    scope: "review-fleet",
    signals: ["traces", "logs", "metrics"],
    resource: { "service.name": "review-fleet", "service.version": "1.4.0", "service.instance.id": "review-fleet-1" },
});
const CONVERSATION = { "gen_ai.conversation.id": "conv-parser-review" };

const usageOld = meter.createHistogram("gen_ai.client.token.usage", { unit: "{token}" });
const usageIn = meter.createCounter("gen_ai.client.inference.usage.input_tokens", { unit: "{token}" });
const usageOut = meter.createCounter("gen_ai.client.inference.usage.output_tokens", { unit: "{token}" });
const duration = meter.createHistogram("gen_ai.client.inference.duration", { unit: "s" });

const agent = (name, attributes, work) => inSpan(tracer, `invoke_agent ${name}`, {
    kind: SpanKind.INTERNAL,
    attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, ...CONVERSATION, ...attributes },
}, work);

const step = (name, kind, operation, attributes, work) => inSpan(tracer, name, {
    kind, attributes: { "gen_ai.operation.name": operation, ...CONVERSATION, ...attributes },
}, work);

function chat(provider, model, usage) {
    const attributes = {
        "gen_ai.provider.name": provider, "gen_ai.request.model": model, "gen_ai.response.model": `${model}-2026-05-01`,
        "gen_ai.response.id": "resp-0001", "gen_ai.response.finish_reasons": ["stop"], "gen_ai.response.status": "completed",
        "gen_ai.response.time_to_first_chunk": 0.21, "gen_ai.request.stream": true, "server.address": "127.0.0.1", "server.port": 8081,
    };
    for (const [name, count] of Object.entries(usage)) attributes[`gen_ai.usage.${name}`] = count;
    return step(`chat ${model}`, SpanKind.CLIENT, "chat", attributes, async () => {
        const shared = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": provider, "gen_ai.request.model": model };
        logger.emit({
            eventName: "gen_ai.client.inference.operation.details", severityNumber: SeverityNumber.DEBUG, severityText: "DEBUG",
            attributes: {
                ...shared, ...CONVERSATION, "gen_ai.usage.input_tokens": usage.input_tokens, "gen_ai.usage.output_tokens": usage.output_tokens,
                "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: "No finding." }], finish_reason: "stop" }]),
            },
        });
        usageOld.record(usage.input_tokens, { ...shared, "gen_ai.token.type": "input" });
        usageOld.record(usage.output_tokens, { ...shared, "gen_ai.token.type": "output" });
        usageIn.add(usage.input_tokens, { ...shared, "gen_ai.token.modality": "text" });
        usageOut.add(usage.output_tokens, { ...shared, "gen_ai.token.modality": "text" });
        duration.record(0.9, shared);
    });
}

async function specialist(span) {
    await step("execute_tool load_skill", SpanKind.INTERNAL, "execute_tool", {
        "gen_ai.tool.name": "load_skill", "gen_ai.tool.type": "function", "gen_ai.tool.call.id": "call-1",
        "gen_ai.skill.name": "threat-review", "gen_ai.skill.source.uri": "file:skills/threat-review/SKILL.md",
    });
    await step("tools/call read_file", SpanKind.CLIENT, "execute_tool", {
        "mcp.method.name": "tools/call", "mcp.protocol.version": "2026-07-28", "jsonrpc.request.id": "7", "gen_ai.tool.name": "read_file",
        "gen_ai.tool.call.arguments": "{\"path\":\"src/parser.c\"}", "server.address": "files.example", "server.port": 8443,
    });
    await step("execute_tool run_tests", SpanKind.INTERNAL, "execute_tool", {
        "gen_ai.tool.name": "run_tests", "gen_ai.tool.type": "function", "gen_ai.tool.call.id": "call-2",
    }, async () => { throw new Error("2 of 40 tests failed"); });
    await step("search_memory findings", SpanKind.CLIENT, "search_memory", { "gen_ai.data_source.id": "findings" });
    await chat("openai", "gpt-5-nano", { input_tokens: 900, output_tokens: 120, "reasoning.output_tokens": 48 });
    span.setAttributes({ "gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 120 });
}

async function lead() {
    await step("embeddings text-embedding-3-small", SpanKind.CLIENT, "embeddings", {
        "gen_ai.provider.name": "openai", "gen_ai.request.model": "text-embedding-3-small", "gen_ai.usage.input_tokens": 64,
    });
    await step("retrieval parser-docs", SpanKind.CLIENT, "retrieval", { "gen_ai.data_source.id": "parser-docs" });
    await agent("security_analyst", { "gen_ai.agent.id": "agent-sec-7", "gen_ai.agent.version": "3" }, specialist);
    /* a source that leaves the cache out of input_tokens: 40 + 2000 + 300 were sent */
    await chat("anthropic", "claude-haiku-4-5", {
        input_tokens: 40, output_tokens: 64, "cache_read.input_tokens": 2000, "cache_write.input_tokens": 300,
    });
}

await agent("orchestrator", { "gen_ai.main_agent.name": "orchestrator" }, async (span) => {
    await step("plan orchestrator", SpanKind.INTERNAL, "plan", { "gen_ai.agent.name": "orchestrator" }, () =>
        chat("openai", "gpt-5-nano", { input_tokens: 1200, output_tokens: 96, "cache_read.input_tokens": 800 }));
    await agent("backend_lead", { "gen_ai.main_agent.name": "orchestrator" }, lead);
    logger.emit({
        eventName: "gen_ai.evaluation.result", severityNumber: SeverityNumber.INFO, severityText: "INFO",
        attributes: { "gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.83, "gen_ai.evaluation.score.label": "relevant" },
        context: trace.setSpan(context.active(), span),
    });
});
await finish();
