"""openinference_fleet - OpenInference: agents by its tracer, model calls by its OpenAI instrumentation"""
import openai
from openinference.instrumentation import OITracer, TraceConfig, using_session
from openinference.instrumentation.openai import OpenAIInstrumentor

from provider import start_provider

SERVICE = "openinference-fleet"
TOOLS = [{"type": "function", "function": {"name": "search_docs", "parameters": {"type": "object", "properties": {}}}}]


def agent(tracer, name, parent=None):
    attributes = {"agent.name": name, "graph.node.id": name}
    if parent:
        attributes["graph.node.parent_id"] = parent
    return tracer.start_as_current_span(name, openinference_span_kind="agent", attributes=attributes)


def ask(client, text, tools=None):
    extra = {"tools": tools} if tools else {}
    message = {"role": "user", "content": text}
    return client.chat.completions.create(model="gpt-5-nano", messages=[message], **extra)


def main():
    provider = start_provider(SERVICE)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    tracer = OITracer(provider.get_tracer(SERVICE), config=TraceConfig())
    client = openai.OpenAI(max_retries=0)

    with using_session("session-17"), agent(tracer, "orchestrator"):
        ask(client, "Plan the review.", TOOLS)
        with agent(tracer, "researcher", "orchestrator") as researcher:
            with tracer.start_as_current_span("search_docs", openinference_span_kind="tool") as tool:
                tool.set_tool(name="search_docs", parameters={"query": "parser"})
                tool.set_output("three pages")
            with tracer.start_as_current_span("documents", openinference_span_kind="retriever"):
                pass
            client.embeddings.create(model="text-embedding-3-small", input="parser")
            stream = client.chat.completions.create(
                model="gpt-5-nano", stream=True, stream_options={"include_usage": True},
                messages=[{"role": "user", "content": "Summarise."}])
            for _ in stream:
                pass
            researcher.set_output("two findings")
    provider.shutdown()


main()
