"""openai_python - the official SDK for Python: chat completions, or responses when MODELS_API says so"""
import json

from openai import OpenAI

import cases

client = OpenAI(api_key=cases.KEY, base_url=f"{cases.BASE_URL}/v1", max_retries=0, timeout=30)


class Chat:
    tools = [{"type": "function", "function": {"name": name, "description": text, "parameters": cases.PARAMETERS}}
             for name, text in cases.TOOLS]

    def start(self, prompt):
        return [{"role": "system", "content": cases.SYSTEM}, {"role": "user", "content": prompt}]

    def ask(self, messages, stream, **more):
        body = {"model": cases.MODEL, "messages": messages, "max_completion_tokens": cases.MAX_TOKENS, **more}
        if not stream:
            return client.chat.completions.create(**body), 1
        with client.chat.completions.stream(**body, stream_options={"include_usage": True}) as run:
            pieces = sum(event.type == "content.delta" for event in run)
            return run.get_final_completion(), pieces

    def read(self, answer):
        message = answer.choices[0].message
        calls = [{"id": call.id, "name": call.function.name, "arguments": json.loads(call.function.arguments)}
                 for call in message.tool_calls or []]
        usage = answer.usage
        return {"text": message.content or "", "calls": calls, "finish": answer.choices[0].finish_reason,
                "usage": {"input": usage.prompt_tokens, "cached": usage.prompt_tokens_details.cached_tokens,
                          "output": usage.completion_tokens}}

    def next(self, messages, answer, calls):
        said = answer.choices[0].message
        asked = [{"id": call.id, "type": "function",
                  "function": {"name": call.function.name, "arguments": call.function.arguments}} for call in said.tool_calls]
        return [*messages, {"role": "assistant", "content": said.content, "tool_calls": asked},
                *({"role": "tool", "tool_call_id": call["id"], "content": cases.RESULTS[call["name"]]} for call in calls)]


class Responses:
    tools = [{"type": "function", "name": name, "description": text, "parameters": cases.PARAMETERS, "strict": True}
             for name, text in cases.TOOLS]

    def start(self, prompt):
        return [{"role": "user", "content": prompt}]

    def ask(self, items, stream, **more):
        body = {"model": cases.MODEL, "input": items, "instructions": cases.SYSTEM, "store": False,
                "max_output_tokens": cases.MAX_TOKENS, **more}
        if not stream:
            return client.responses.create(**body), 1
        with client.responses.stream(**body) as run:
            pieces = sum(event.type == "response.output_text.delta" for event in run)
            return run.get_final_response(), pieces

    def read(self, answer):
        calls = [{"id": item.call_id, "name": item.name, "arguments": json.loads(item.arguments)}
                 for item in answer.output if item.type == "function_call"]
        usage = answer.usage
        return {"text": answer.output_text, "calls": calls, "finish": answer.status,
                "usage": {"input": usage.input_tokens, "cached": usage.input_tokens_details.cached_tokens,
                          "output": usage.output_tokens}}

    def next(self, items, answer, calls):
        said = [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in answer.output]
        return [*items, *said, *({"type": "function_call_output", "call_id": call["id"],
                                  "output": cases.RESULTS[call["name"]]} for call in calls)]


dialect = {"chat": Chat, "responses": Responses}[cases.API]()


def single(prompt, stream):
    answer, pieces = dialect.ask(dialect.start(prompt), stream)
    seen = dialect.read(answer)
    return {**seen, "isPieced": pieces > 1} if stream else seen


def round_trip(stream):
    messages = dialect.start(cases.TOOLS_PROMPT)
    answer, _ = dialect.ask(messages, stream, tools=dialect.tools)
    first = dialect.read(answer)
    messages = dialect.next(messages, answer, first["calls"])
    last = dialect.read(dialect.ask(messages, stream, tools=dialect.tools)[0])
    calls = [{"name": call["name"], "arguments": call["arguments"]} for call in first["calls"]]
    return {"text": last["text"], "calls": calls, "usage": cases.total(first["usage"], last["usage"]),
            "finish": [first["finish"], last["finish"]]}


cases.report(single, round_trip)
