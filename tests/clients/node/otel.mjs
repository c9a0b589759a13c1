/*
 *  otel - tracer, logger and meter that export over OTLP/HTTP, as an agent's own setup would
 */
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraces } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const EXPORTERS = {
    protobuf: [ProtoTraces, ProtoLogs, ProtoMetrics],
    json: [JsonTraces, JsonLogs, JsonMetrics],
};
const NEVER_MS = 3_600_000; /* everything is sent by finish(), so that the order is always the same */

/* encoding is protobuf or json; finish() sends what is left and must be awaited. */
export function startOtel({ encoding, resource, scope, signals = ["traces"] }) {
    const [Traces, Logs, Metrics] = EXPORTERS[encoding];
    const described = resourceFromAttributes(resource);
    const delays = { scheduledDelayMillis: NEVER_MS };
    const spans = new BatchSpanProcessor(new Traces(), delays);
    const tracing = new NodeTracerProvider({ resource: described, spanProcessors: [spans] });
    tracing.register();
    const started = [tracing];
    const result = { tracer: tracing.getTracer(scope, "1.0.0") };

    if (signals.includes("logs")) {
        const processor = new BatchLogRecordProcessor({ exporter: new Logs(), ...delays });
        started.push(new LoggerProvider({ resource: described, processors: [processor] }));
        result.logger = started.at(-1).getLogger(scope, "1.0.0");
    }
    if (signals.includes("metrics")) {
        const reader = new PeriodicExportingMetricReader({ exporter: new Metrics(), exportIntervalMillis: NEVER_MS });
        started.push(new MeterProvider({ resource: described, readers: [reader] }));
        result.meter = started.at(-1).getMeter(scope, "1.0.0");
    }
    result.finish = async () => {
        for (const provider of started) await provider.shutdown();
    };
    return result;
}

/* Runs work inside a span, as frameworks do; an Error ends it as failed and goes no further. */
export async function inSpan(tracer, name, options, work = async () => {}) {
    const span = tracer.startSpan(name, options);
    try {
        return await context.with(trace.setSpan(context.active(), span), () => work(span));
    } catch (error) {
        span.recordException(error);
        span.setAttribute("error.type", error.name);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        return undefined;
    } finally {
        span.end();
    }
}
