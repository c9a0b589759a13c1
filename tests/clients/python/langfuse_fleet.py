"""langfuse_fleet - Langfuse's SDK, which is OpenTelemetry underneath, pointed at any OTLP receiver"""
import os

os.environ["LANGFUSE_OTEL_TRACES_EXPORT_PATH"] = "v1/traces"

from langfuse import Langfuse, propagate_attributes  # noqa: E402  the SDK reads the environment on import


def main():
    client = Langfuse(
        public_key="pk-lf-none", secret_key="not-a-key", environment="test", release="1.4.0",
        base_url=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], flush_at=1000, flush_interval=3600)
    with client.start_as_current_observation(name="planner", as_type="agent"):
        with propagate_attributes(session_id="session-lf-3", user_id="operator"):
            with client.start_as_current_observation(name="writer", as_type="agent"):
                with client.start_as_current_observation(name="lookup", as_type="tool", input={"q": "parser"}) as tool:
                    tool.update(output="three pages", level="WARNING", status_message="slow")
                with client.start_as_current_observation(name="draft", as_type="generation", model="gpt-5-nano") as draft:
                    draft.update(
                        usage_details={"input": 300, "output": 45},
                        cost_details={"input": 0.00002, "output": 0.00003, "total": 0.00005})
                with client.start_as_current_observation(name="check", as_type="evaluator"):
                    pass
    client.flush()


main()
