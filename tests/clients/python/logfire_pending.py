"""logfire_pending - Pydantic Logfire, whose pending spans tell of work that has only begun

It sends them to its own backend only, so the receiver stands in for that.
"""
import os

import logfire
import openai
from logfire import AdvancedOptions


def main():
    receiver = os.environ.pop("OTEL_EXPORTER_OTLP_ENDPOINT")  # or it would send everything twice
    logfire.configure(
        send_to_logfire=True, token="not-a-token", advanced=AdvancedOptions(base_url=receiver),
        service_name="logfire-agent", service_version="1.0.0", console=False, metrics=False,
        inspect_arguments=False,
    )
    client = openai.OpenAI(max_retries=0)
    logfire.instrument_openai(client)
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "pending_agent"}
    with logfire.span("invoke_agent {agent}", agent="pending_agent", **agent):
        client.chat.completions.create(model="gpt-5-nano", messages=[{"role": "user", "content": "Hello"}])
        logfire.force_flush()
        logfire.info("halfway")
    logfire.force_flush()


main()
