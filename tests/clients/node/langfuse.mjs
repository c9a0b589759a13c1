/*
 *  langfuse - Langfuse's SDK for JavaScript, which is OpenTelemetry underneath, on any OTLP receiver
 */
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { propagateAttributes, startActiveObservation, startObservation } from "@langfuse/tracing";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const processor = new LangfuseSpanProcessor({
    publicKey: "pk-lf-none", secretKey: "not-a-key", exporter: new OTLPTraceExporter(), flushAt: 1000, flushInterval: 3600,
});
const resource = resourceFromAttributes({ "service.name": "langfuse-fleet" });
const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
provider.register();

await propagateAttributes({ sessionId: "session-lf-4", userId: "operator", traceName: "parser review" }, () =>
    startActiveObservation("planner", async (planner) => {
        planner.update({ input: "Make the parser safe." });
        const call = startObservation("plan", { model: "claude-haiku-4-5" }, { asType: "generation" });
        call.update({ usageDetails: { input: 700, output: 80, total: 780 }, costDetails: { total: 0.0011 } });
        call.end();
        await startActiveObservation("reader", async () => {
            const tool = startObservation("read_file", { input: { path: "parser.c" } }, { asType: "tool" });
            tool.update({ level: "ERROR", statusMessage: "no such file" }).end();
        }, { asType: "agent" });
    }, { asType: "agent" }));
await provider.shutdown();
