"""traceloop_fleet - OpenLLMetry: workflow, agent, task and tool by Traceloop's decorators"""
import os

os.environ["TRACELOOP_TELEMETRY"] = "false"
os.environ["TRACELOOP_METRICS_ENABLED"] = "false"

import openai  # noqa: E402  the SDK reads the environment on import
from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: E402
from traceloop.sdk import Instruments, Traceloop  # noqa: E402
from traceloop.sdk.decorators import agent, task, tool, workflow  # noqa: E402
from traceloop.sdk.tracing.tracing import TracerWrapper  # noqa: E402


@tool(name="count_lines")
def count_lines(path):
    return {"path": path, "lines": 412}


@task(name="summarise")
def summarise(client, text):
    answer = client.chat.completions.create(model="gpt-5-nano", messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content


@agent(name="specialist")
def specialist(client):
    count_lines("parser.c")
    return summarise(client, "Summarise the parser.")


@agent(name="lead")
def lead(client):
    return specialist(client)


@workflow(name="nightly_review")
def nightly_review(client):
    Traceloop.set_association_properties({"session_id": "session-tl-9", "user_id": "operator"})
    return lead(client)


def main():
    Traceloop.init(
        app_name="traceloop-fleet",
        exporter=OTLPSpanExporter(compression=Compression.Gzip),
        disable_batch=False,
        instruments={Instruments.OPENAI},
    )
    nightly_review(openai.OpenAI(max_retries=0))
    TracerWrapper().flush()


main()
