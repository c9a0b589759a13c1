"""anthropic_python - the official SDK for Python"""
from anthropic import Anthropic

import cases

client = Anthropic(api_key=cases.KEY, base_url=cases.BASE_URL, max_retries=0, timeout=30)
TOOLS = [{"name": name, "description": text, "input_schema": cases.PARAMETERS} for name, text in cases.TOOLS]


def ask(messages, stream, **more):
    body = {"model": cases.MODEL, "messages": messages, "system": cases.SYSTEM, "max_tokens": cases.MAX_TOKENS, **more}
    if not stream:
        return client.messages.create(**body), 1
    with client.messages.stream(**body) as run:
        pieces = sum(1 for _ in run.text_stream)
        return run.get_final_message(), pieces


def read(answer):
    calls = [block for block in answer.content if block.type == "tool_use"]
    usage = answer.usage
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return {"text": "".join(block.text for block in answer.content if block.type == "text"),
            "calls": [{"id": call.id, "name": call.name, "arguments": call.input} for call in calls],
            "finish": answer.stop_reason,
            "usage": {"input": usage.input_tokens + cached + written, "cached": cached, "output": usage.output_tokens}}


def single(prompt, stream):
    answer, pieces = ask([{"role": "user", "content": prompt}], stream)
    seen = read(answer)
    return {**seen, "isPieced": pieces > 1} if stream else seen


def round_trip(stream):
    messages = [{"role": "user", "content": cases.TOOLS_PROMPT}]
    answer, _ = ask(messages, stream, tools=TOOLS)
    first = read(answer)
    said = [block.model_dump(exclude_none=True, include={"type", "text", "id", "name", "input"}) for block in answer.content]
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": cases.RESULTS[call["name"]]} for call in first["calls"]]
    messages += [{"role": "assistant", "content": said}, {"role": "user", "content": results}]
    last = read(ask(messages, stream, tools=TOOLS)[0])
    calls = [{"name": call["name"], "arguments": call["arguments"]} for call in first["calls"]]
    return {"text": last["text"], "calls": calls, "usage": cases.total(first["usage"], last["usage"]),
            "finish": [first["finish"], last["finish"]]}


cases.report(single, round_trip)
