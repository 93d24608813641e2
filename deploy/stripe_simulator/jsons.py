"""JSON as this simulator keeps it: objects are plain dicts, stored and sent as the same bytes."""

from typing import Any, TypeAlias

import orjson

Json: TypeAlias = dict[str, Any]


def dump(value: object) -> bytes:
    """Encode once; the bytes are what is stored, journaled, answered and put into events."""
    # orjson's result keeps its whole buffer, four times what is in it; these bytes stay, so they are copied to measure.
    return bytes(memoryview(orjson.dumps(value)))


def load(body: bytes) -> Json:
    """Decode an object that this process encoded itself."""
    value: Json = orjson.loads(body)
    return value
