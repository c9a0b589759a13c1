/*
 *  genai_old - the names from before GenAI 1.37, still the default of most instrumentations
 *
 *  OTLP JSON: gen_ai.system, prompt_tokens and completion_tokens, events without eventName.
 */
import { SpanKind } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { inSpan, startOtel } from "./otel.mjs";

const { tracer, logger, meter, finish } = startOtel({
    encoding: "json",
    scope: "legacy-agent",
    signals: ["traces", "logs", "metrics"],
    resource: { "service.name": "legacy-agent" },
});
const usage = meter.createHistogram("gen_ai.client.token.usage", { unit: "{token}" });

await inSpan(tracer, "invoke_agent triage", {
    attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.system": "openai", "gen_ai.agent.name": "triage" },
}, async () => {
    await inSpan(tracer, "chat gpt-4o-mini", {
        kind: SpanKind.CLIENT,
        attributes: {
            "gen_ai.operation.name": "chat", "gen_ai.system": "az.ai.openai", "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.prompt_tokens": 310, "gen_ai.usage.completion_tokens": 42, "gen_ai.usage.cost": 0.000072,
        },
    }, async () => {
        logger.emit({
            severityNumber: SeverityNumber.INFO, body: { role: "user", content: "Sort the open findings." },
            attributes: { "event.name": "gen_ai.user.message", "gen_ai.system": "openai" },
        });
        logger.emit({
            severityNumber: SeverityNumber.INFO,
            body: { index: 0, finish_reason: "stop", message: { role: "assistant", content: "Three are duplicates." } },
            attributes: { "event.name": "gen_ai.choice", "gen_ai.system": "openai" },
        });
        usage.record(310, { "gen_ai.system": "openai", "gen_ai.token.type": "input" });
        usage.record(42, { "gen_ai.system": "openai", "gen_ai.token.type": "output" });
    });
    await inSpan(tracer, "execute_tool close_issue", {
        attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "close_issue", "gen_ai.tool.call.id": "call-1" },
    });
    await inSpan(tracer, "chat gpt-4o-mini", {
        kind: SpanKind.CLIENT,
        attributes: { "gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini" },
    }, async () => { throw new TypeError("the model answered nothing"); });
});
await finish();
