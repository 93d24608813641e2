"""Free-form metadata of resources: a flat map of texts, numbers and truth values."""

from __future__ import annotations

import math
from collections.abc import Mapping

from google.protobuf.struct_pb2 import Struct

from services.chassis.errors import Invalid

MOST_KEYS = 50
LONGEST_KEY = 40
LONGEST_TEXT = 500
MetadataValue = str | int | float | bool


def read_metadata(struct: Struct, field: str = "metadata") -> dict[str, MetadataValue]:
    """The map that a request carries; whole numbers become int. Invalid naming the entry that is too long, nested or null."""
    if len(struct.fields) > MOST_KEYS:
        raise Invalid("METADATA_INVALID", f"{field} has more than {MOST_KEYS} keys", field=field)
    return {key: _entry(key, value.WhichOneof("kind"), value, field) for key, value in struct.fields.items()}


def write_metadata(metadata: Mapping[str, MetadataValue], into: Struct) -> None:
    """Put the map into a message's field."""
    if metadata:
        into.update(metadata)


def _entry(key: str, kind: str | None, value: object, field: str) -> MetadataValue:
    path = f"{field}.{key[:LONGEST_KEY]}"
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid("METADATA_INVALID", f"a key has 1 to {LONGEST_KEY} characters", field=path)
    content: MetadataValue | None = getattr(value, kind) if kind in ("string_value", "number_value", "bool_value") else None
    if content is None:
        raise Invalid("METADATA_INVALID", "a value is a text, a number, true or false", field=path)
    if isinstance(content, str) and len(content) > LONGEST_TEXT:
        raise Invalid("METADATA_INVALID", f"a text has at most {LONGEST_TEXT} characters", field=path)
    if isinstance(content, float):
        if not math.isfinite(content):
            raise Invalid("METADATA_INVALID", "a number must be finite", field=path)
        return int(content) if content.is_integer() and abs(content) < 2**53 else content
    return content
