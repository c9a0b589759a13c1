/*
 *  mission_control - an agent that names its run, task, tier and persona itself, with mc.* attributes
 *
 *  OTLP JSON. Nothing needs to be worked out from the nesting of spans.
 */
import { SpanKind } from "@opentelemetry/api";
import { inSpan, startOtel } from "./otel.mjs";

const { tracer, finish } = startOtel({
    encoding: "json",
    scope: "tier-three",
    resource: { "service.name": "tier-three", "mc.root_task.id": "root-42", "mc.tier": "T3" },
});
const NAMED = {
    "mc.run.id": "run-7", "mc.root_task.id": "root-43", "mc.task.id": "task-7", "mc.persona": "security_analyst",
};

await inSpan(tracer, "invoke_agent tier3_security_analyst", {
    attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "tier3_security_analyst", "gen_ai.conversation.id": "not-the-root", ...NAMED },
}, async () => {
    await inSpan(tracer, "tools/call scan", {
        kind: SpanKind.CLIENT,
        attributes: {
            "gen_ai.operation.name": "execute_tool", "mcp.method.name": "tools/call", "gen_ai.tool.name": "scan",
            "mc.mcp.server": "scanner", "server.address": "10.0.0.9", "server.port": 80, "http.request.resend_count": 2, ...NAMED,
        },
    });
    await inSpan(tracer, "GET /status", { kind: SpanKind.CLIENT, attributes: { "http.request.method": "GET" } });
});
/* what it does not name itself comes from the resource */
await inSpan(tracer, "invoke_agent reporter", {
    attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "reporter", "gen_ai.conversation.id": "not-the-root" },
});
await finish();
