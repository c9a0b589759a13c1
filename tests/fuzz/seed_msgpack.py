#!/usr/bin/env python3
"""seed_msgpack - writes the first inputs of fuzz_msgpack, in msgpack made by hand."""
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "corpus" / "msgpack"


def pack(value):
    """The value as msgpack, with the widest heads for what is not small."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return bytes([value]) if 0 <= value < 128 else b"\xd3" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return b"\xc4" + bytes([len(value)]) + value
    if isinstance(value, str):
        text = value.encode()
        return (bytes([0xA0 + len(text)]) if len(text) < 32 else b"\xda" + struct.pack(">H", len(text))) + text
    if isinstance(value, list):
        return bytes([0x90 + len(value)]) + b"".join(map(pack, value))
    head = bytes([0x80 + len(value)]) if len(value) < 16 else b"\xde" + struct.pack(">H", len(value))
    return head + b"".join(pack(key) + pack(item) for key, item in value.items())


NAMED = {
    "actor": "tier3_tester", "action": "tool.call", "tier": 3, "createdAt": 1720000000, "createdAtUs": 1720000000123456,
    "costUsd": 0.25, "eventUid": "0190163d-8694-739b-aea5-966c26f8ad91", "isPart": True, "message": "é €",
    "payload": {"list": [1, None, 2.5, b"\x00\x01"], "7": {}}, "unknown": [[], {}],
}
TAGGED = {2: bytes(16), 3: "a::t", 6: 2, 7: "a", 8: "llm.call", 20: 1500, 22: -3, 23: 250000000, 24: '{"a":1}', 25: 1720000000123456, 29: False}
RUN = {1: "a::t", 5: "a", 11: "executing", 12: 1, 14: 0, 15: 0, 16: 0}

SEEDS = {
    "named": pack([NAMED, {"actor": "a", "action": "b"}]),
    "stream": pack(NAMED) + pack(TAGGED),
    "tagged": pack(TAGGED),
    "list": pack([TAGGED, TAGGED]),
    "committed": pack({1: 5, 2: 7, 3: [TAGGED], 4: [RUN]}),
    "flags": pack({1: {1: True, 5: 200}, 2: False}),
    "timestamp": pack({"actor": "a", "action": "b"})[:1].replace(b"\x82", b"\x83")
    + pack({"actor": "a", "action": "b"})[1:] + pack("createdAt") + b"\xd6\xff\x66\x85\x1b\x00",
    "huge-array": b"\xdd\xff\xff\xff\xff\x80",
    "deep": b"\x91" * 200 + b"\xc0",
}

FOLDER.mkdir(parents=True, exist_ok=True)
for name, content in SEEDS.items():
    (FOLDER / name).write_bytes(content)
