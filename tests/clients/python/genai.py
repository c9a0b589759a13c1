"""genai - two tiers of agents with GenAI attributes, by the OpenTelemetry SDK of Python

OTLP protobuf, gzip, in two requests: steps leave before the agents around them have ended,
as they do from every long-running agent, so the receiver meets children before parents.
"""
from opentelemetry import trace

from provider import start_provider

AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "conv-nightly"}


def chat(tracer, model, tokens_in, tokens_out):
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": tokens_in,
        "gen_ai.usage.output_tokens": tokens_out,
    }
    with tracer.start_as_current_span(f"chat {model}", kind=trace.SpanKind.CLIENT, attributes=attributes):
        pass


def main():
    provider = start_provider("nightly-audit")
    tracer = provider.get_tracer("nightly-audit", "1.0.0")
    auditor = AGENT | {"gen_ai.agent.name": "auditor"}
    with tracer.start_as_current_span("invoke_agent auditor", attributes=auditor):
        helper = AGENT | {"gen_ai.agent.name": "dependency_reader"}
        with tracer.start_as_current_span("invoke_agent dependency_reader", attributes=helper):
            chat(tracer, "mistral-small", 210, 33)
            tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "read_lock_file"}
            with tracer.start_as_current_span("execute_tool read_lock_file", attributes=tool):
                pass
            provider.force_flush()
        chat(tracer, "mistral-large", 640, 88)
    provider.shutdown()


main()
