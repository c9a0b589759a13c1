"""cases - what every client program in Python does, and the line of JSON it ends with

The same cases, prompts and shape of the answer as in cases.mjs.
"""
import json
import os
import sys


def directive(script):
    return f"[[fake {json.dumps(script)}]]"


FIXED = directive({"usage": {"input": 1200, "cached": 800, "output": 96}})
BASE_URL, KEY, MODEL = (os.environ[f"MODELS_{name}"] for name in ("BASE_URL", "KEY", "MODEL"))
API = os.environ.get("MODELS_API", "chat")
MAX_TOKENS = 512
SYSTEM = "You are a careful assistant."
PROMPT = f"Say it back: blue. {FIXED}"
TOOLS_PROMPT = f"Use get_weather and get_time for Paris. {FIXED}"
ERROR_PROMPT = "This one is refused. " + directive({"fault": "bad_request"})
CUT_PROMPT, CUT_CLEAN_PROMPT, ERROR_EVENT_PROMPT = (
    "This one breaks. " + directive({"fault": fault, "tokens": 20, "after": 9})
    for fault in ("cut", "cut_clean", "error_event"))
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Paris"]}},
              "required": ["city"], "additionalProperties": False}
TOOLS = [("get_weather", "The weather in a city"), ("get_time", "The time in a city")]
RESULTS = {"get_weather": "sunny", "get_time": "noon"}


def total(*usages):
    return {name: sum(usage[name] for usage in usages) for name in usages[0]}


def report(single, round_trip):
    """single(prompt, stream) and round_trip(stream) return what a case saw."""
    cases = {
        "plain": lambda: single(PROMPT, False),
        "stream": lambda: single(PROMPT, True),
        "tools": lambda: round_trip(False),
        "streamTools": lambda: round_trip(True),
        "error": lambda: single(ERROR_PROMPT, False),
        "cut": lambda: single(CUT_PROMPT, True),
        "cutClean": lambda: single(CUT_CLEAN_PROMPT, True),
        "errorEvent": lambda: single(ERROR_EVENT_PROMPT, True),
    }
    seen = {}
    for name, run in cases.items():
        try:
            seen[name] = run()
        except Exception as error:
            seen[name] = {"error": {"class": type(error).__name__, "status": getattr(error, "status_code", None),
                                    "message": str(error)[:300]}}
    print(json.dumps(seen))
    sys.exit(0)
