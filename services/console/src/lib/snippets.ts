/** Three ways to a first agent, each working as pasted into a shell. */

import type { ServiceStatus } from "@/lib/generated/proto";

export interface Snippet {
  id: string;
  name: string;
  note: string;
  /** What pasting it does, in the order it happens. */
  does: string[];
  /** How the agent that comes of it will look. */
  sample: { actor: string; status: string; provider: string | null; modelId: string | null; skill: string | null; tokensIn: number; tokensOut: number; action: string; message: string };
  code: (endpoint: string) => string;
}

const python = (endpoint: string): string => `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}
python3 -m venv mc-hello
mc-hello/bin/pip -q install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
mc-hello/bin/python - <<'PY'
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = trace.get_tracer("hello")

with tracer.start_as_current_span("invoke_agent hello-python") as agent:
    agent.set_attribute("gen_ai.operation.name", "invoke_agent")
    agent.set_attribute("gen_ai.agent.name", "hello-python")
    with tracer.start_as_current_span("chat gpt-5-nano") as call:
        call.set_attribute("gen_ai.operation.name", "chat")
        call.set_attribute("gen_ai.provider.name", "openai")
        call.set_attribute("gen_ai.request.model", "gpt-5-nano")
        call.set_attribute("gen_ai.usage.input_tokens", 1200)
        call.set_attribute("gen_ai.usage.output_tokens", 340)
trace.get_tracer_provider().shutdown()
PY`;

const node = (endpoint: string): string => `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}
mkdir -p mc-hello-node && cd mc-hello-node
npm install --silent @opentelemetry/api @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-proto
cat > hello.mjs <<'JS'
import { trace } from "@opentelemetry/api";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";

const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
provider.register();
const tracer = trace.getTracer("hello");

tracer.startActiveSpan("invoke_agent hello-node", (agent) => {
  agent.setAttributes({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "hello-node" });
  tracer.startActiveSpan("chat gpt-5-nano", (call) => {
    call.setAttributes({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-5-nano",
      "gen_ai.usage.input_tokens": 1200,
      "gen_ai.usage.output_tokens": 340,
    });
    call.end();
  });
  agent.end();
});
await provider.shutdown();
JS
node hello.mjs`;

const missionctl = (): string => `build/missionctl run --actor hello-shell --skill greeting -- \\
  sh -c 'for i in 1 2 3 4 5; do echo "step $i of 5"; sleep 1; done'`;

const CALL = { status: "completed", provider: "openai", modelId: "gpt-5-nano", skill: null, tokensIn: 1200, tokensOut: 340, action: "llm.call", message: "chat gpt-5-nano" };

export const SNIPPETS: Snippet[] = [
  {
    id: "python",
    name: "Python",
    note: "OpenTelemetry",
    does: ["Makes an environment of its own in mc-hello", "Sends two spans: one agent, one model call", "Any GenAI instrumentation sends the same"],
    sample: { actor: "hello-python", ...CALL },
    code: python,
  },
  {
    id: "node",
    name: "Node",
    note: "OpenTelemetry",
    does: ["Installs the SDK in mc-hello-node", "Sends two spans: one agent, one model call", "Any GenAI instrumentation sends the same"],
    sample: { actor: "hello-node", ...CALL },
    code: node,
  },
  {
    id: "missionctl",
    name: "Any command",
    note: "missionctl run",
    does: ["Starts the command under a terminal", "Its output shows live, its exit code decides the status", "Sets OTEL_EXPORTER_OTLP_ENDPOINT for what it starts"],
    sample: { actor: "hello-shell", status: "executing", provider: null, modelId: null, skill: "greeting", tokensIn: 0, tokensOut: 0, action: "terminal.output", message: "step 3 of 5" },
    code: missionctl,
  },
];

export type CodePart = { text: string; kind: "plain" | "text" | "shell" };

/** Cuts a line of a snippet into what is drawn differently. */
export function codeParts(line: string): CodePart[] {
  if (/^(export|build\/|python3|mkdir|npm|node |mc-hello|cat >|PY$|JS$)/.test(line)) return [{ text: line, kind: "shell" }];
  return line.split(/("[^"]*")/).map((text) => ({ text, kind: text.startsWith('"') ? "text" : "plain" }));
}

/** What an agent that already speaks OpenTelemetry needs. */
export function environment(endpoint: string): string {
  return `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_BSP_SCHEDULE_DELAY=200`;
}

const WILDCARDS = ["0.0.0.0", "::", "[::]"];

function httpAddress(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host.replace(/[[\]]/g, "")}]` : host}:${port}`;
}

/** Where ingest listens unless its port was moved. */
export function defaultEndpoint(hostname: string): string {
  return httpAddress(hostname, 4318);
}

/** Where a service listens, as it says itself: the first of its instances, those that are ready before others. An
 *  address of all interfaces is reached under the name that this page was. Null when no instance has said. */
export function serviceEndpoint(services: ServiceStatus[], name: string, hostname: string): string | null {
  const known = services.filter((one) => one.service === name && one.port !== null);
  const one = known.find((row) => row.isReady) ?? known[0];
  if (one?.port == null) return null;
  const host = one.listenAddress === null || WILDCARDS.includes(one.listenAddress) ? hostname : one.listenAddress;
  return httpAddress(host, one.port);
}

/** Whether a text can stand in a snippet: an address and nothing that a shell would act on. */
export function isEndpoint(text: string): boolean {
  return /^https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/.test(text);
}
