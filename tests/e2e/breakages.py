"""What can be wrong with one field of a request, so that no state of the suite makes it right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from tests.e2e.contracts import is_map, is_own_message, is_repeated, value_of
from tests.e2e.paths import Path, item_rules, rules_of

NO_FIELD = "no_such_field"

_DEFAULT_LONGEST = 100_000
_INTEGERS = {FieldDescriptor.CPPTYPE_INT32: 32, FieldDescriptor.CPPTYPE_INT64: 64}


@dataclass(frozen=True)
class Breakage:
    """A value in JSON, or for gRPC, that has to be refused."""

    what: str
    value: Any
    is_named: bool = True
    """Whether the refusal can say which field is meant; Envoy cannot for a list in the place of something else."""
    in_query: bool = True
    """Whether it can be written into a query string."""


def json_breakages(path: Path) -> Iterator[Breakage]:
    """By REST."""
    field = path[-1]
    if is_map(field):
        kind = value_of(field)
        yield from _text_maps(field) if _is_text(kind) else _maps(field) if kind.message_type is None else _message_maps()
    elif is_repeated(field):
        yield from _lists(path)
    else:
        yield from _values(path)


def grpc_breakages(path: Path) -> Iterator[Breakage]:
    """By gRPC: what a message can hold all the same."""
    field = path[-1]
    kind = field.message_type.full_name if field.message_type is not None else ""
    if kind == "google.protobuf.Timestamp":
        yield from (Breakage(what, value) for what, value in _TIMESTAMPS.items())
    elif kind == "google.protobuf.FieldMask":
        yield from (
            Breakage(f"the mask {paths}", paths) for paths in ([], [NO_FIELD], ["id"], ["*"], [""], ["metadata.color"] * 2, ["a" * 5000])
        )
    elif not is_own_message(field):
        yield from (breakage for breakage in json_breakages(path) if _fits(field, breakage.value))


_TIMESTAMPS = {
    "the year 0": Timestamp(seconds=-62135596801),
    "the year 10000": Timestamp(seconds=253402300800),
    "an enormous time": Timestamp(seconds=2**62),
    "a time before everything": Timestamp(seconds=-(2**62)),
    "negative nanoseconds": Timestamp(seconds=4102444800, nanos=-1),
    "too many nanoseconds": Timestamp(seconds=4102444800, nanos=2_000_000_000),
}


def _fits(field: FieldDescriptor, value: Any) -> bool:
    if isinstance(value, list):
        return is_repeated(field) and all(_fits_one(field, entry) for entry in value)
    if isinstance(value, dict):
        return is_map(field) and all(_fits_entry(value_of(field), entry) for entry in value.values())
    return not is_repeated(field) and _fits_one(field, value)


def _fits_entry(kind: FieldDescriptor, entry: Any) -> bool:
    return isinstance(entry, dict if kind.message_type is not None else str if _is_text(kind) else int)


def _fits_one(field: FieldDescriptor, value: Any) -> bool:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return isinstance(value, str) and "\ud800" not in value
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    bits = _INTEGERS.get(field.cpp_type)
    return bits is not None and isinstance(value, int) and not isinstance(value, bool) and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _values(path: Path) -> Iterator[Breakage]:
    field, rules = path[-1], item_rules(path[-1])
    kind = field.message_type.full_name if field.message_type is not None else ""
    if kind == "google.protobuf.Timestamp":
        yield from (Breakage(f"the time {value}", value) for value in _NO_TIMES)
    elif kind == "google.protobuf.Struct":
        yield from _structs()
    elif kind == "google.protobuf.FieldMask":
        yield from (Breakage(f"the mask {value!r}", value) for value in (NO_FIELD, "id", "*", "", 5, f"{NO_FIELD}.{NO_FIELD}"))
    elif kind:
        yield from (Breakage("a text for a message", "text"), Breakage("a number for a message", 5))
    elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        yield from _texts(field, rules)
    elif field.cpp_type in _INTEGERS:
        yield from _integers(field, rules)
    elif field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        yield from _enums(field, rules.enum)
    else:
        yield Breakage("a number for a truth value", 2)
    yield Breakage("a list for one value", [], is_named=False, in_query=False)
    if not kind:
        yield Breakage("an object for a value", {"a": 1}, in_query=False)


_NO_TIMES = ("yesterday", "2030-01-01", "2030-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2030-01-01T00:00:00", 5)


def _texts(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Iterator[Breakage]:
    text = rules.string
    yield Breakage("a number for a text", 5, in_query=False)
    yield Breakage("a truth value for a text", True, in_query=False)
    yield Breakage("NUL", "text\0text")
    yield Breakage("text turned around", "text\u202etext")
    yield Breakage("a lone surrogate", "text\ud800", is_named=False, in_query=False)
    if text.max_len or not text.WhichOneof("well_known"):
        yield Breakage("too long", "x" * (text.max_len + 1 if text.max_len else _DEFAULT_LONGEST), in_query=0 < text.max_len < 5_000)
    if text.min_len:
        yield Breakage("too short", "x" * (text.min_len - 1))
    candidates = _WRONG_BY_RULE.get(text.WhichOneof("well_known") or "", ())
    if text.pattern:
        candidates = tuple(value for value in _ODD_TEXTS if not re.search(text.pattern, value))
    yield from (Breakage(f"{value[:40]!r}", value) for value in candidates)


_ODD_TEXTS = (" ", "ÄÖÜ", "a b", "EURO", "eu", "x" * 300, "a\nb", "' or 1=1 --")
_WRONG_BY_RULE = {
    "uuid": ("not-a-uuid", "' or 1=1 --", f"{uuid4()}0", f"{{{uuid4()}}}", "x" * 10_000),
    "email": ("nobody", "nobody@", "two words@example.com", "@example.com"),
    "uri": ("not an address", "javascript:alert(1)", "data:text/html,hello"),
}


def _integers(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Iterator[Breakage]:
    bits = _INTEGERS[field.cpp_type]
    bounds = rules.int32 if bits == 32 else rules.int64
    for value in ("abc", "", "1.5", "0x10", 1.5, "1e2", 2 ** (bits - 1), -(2 ** (bits - 1)) - 1, 10**30, str(10**30)):
        yield Breakage(f"the number {value!r}", value)
    yield Breakage("a truth value for a number", True, in_query=False)
    if bounds.HasField("gte"):
        yield Breakage("too small", bounds.gte - 1)
        yield Breakage("far too small", -(2 ** (bits - 1)))
    if bounds.HasField("lte"):
        yield Breakage("too large", bounds.lte + 1)
        yield Breakage("far too large", 2 ** (bits - 1) - 1)
    for value in bounds.not_in:
        yield Breakage(f"the excluded {value}", value)


def _enums(field: FieldDescriptor, rules: validate_pb2.EnumRules) -> Iterator[Breakage]:
    for value in ("NO_SUCH_VALUE", "no_such_value", 9999, -1, 2**40, True, 1.5):
        yield Breakage(f"the value {value!r}", value)
    for value in rules.not_in:
        yield Breakage(f"the excluded value {value}", value)


def _structs() -> Iterator[Breakage]:
    for what, value in {
        "too many keys": {f"key{number}": 1 for number in range(51)},
        "a long key": {"k" * 41: 1},
        "an empty key": {"": 1},
        "a long text": {"key": "x" * 501},
        "an inner object": {"key": {"inner": 1}},
        "an inner list": {"key": [1, 2]},
        "nothing as a value": {"key": None},
        "NUL in a value": {"key": "a\0b"},
        "NUL in a key": {"k\0": "a"},
        "text turned around": {"key": "a\u2066b"},
    }.items():
        yield Breakage(what, value, in_query=False)
    yield Breakage("a text for an object", "text", in_query=False)
    yield Breakage("a number for an object", 5, in_query=False)


def _lists(path: Path) -> Iterator[Breakage]:
    field, rules = path[-1], rules_of(path[-1]).repeated
    if is_own_message(field):
        yield Breakage("a text in a list of messages", ["text"])
        if rules.max_items:
            yield Breakage("too many", [{}] * (int(rules.max_items) + 1))
    else:
        yield from (Breakage(f"in a list {one.what}", [one.value], one.is_named, one.in_query) for one in _values(path) if one.value != [])
        if rules.max_items:
            fresh = [str(uuid4()) if rules.items.string.uuid else f"t{number}" for number in range(int(rules.max_items) + 1)]
            yield Breakage("too many", fresh if field.cpp_type == FieldDescriptor.CPPTYPE_STRING else [1] * len(fresh))
    if rules.unique:
        yield Breakage("one twice", [str(uuid4())] * 2 if rules.items.string.uuid else ["orders:read"] * 2)
    if rules.min_items:
        yield Breakage("too few", [], in_query=False)
    yield Breakage("an object for a list", {"a": 1}, is_named=not is_own_message(field), in_query=False)


def _text_maps(field: FieldDescriptor) -> Iterator[Breakage]:
    rules = rules_of(field).map
    keys, values = rules.keys.string, rules.values.string
    for what, value in {
        "no key": {"": "text"},
        "a long key": {"k" * (keys.max_len + 1): "text"},
        "a long value": {"key": "x" * (values.max_len + 1)},
        "too many": {f"key{number}": "text" for number in range(int(rules.max_pairs) + 1)},
        "NUL in a value": {"key": "a\0b"},
        "NUL in a key": {"k\0": "text"},
        "a text for a map": "text",
    }.items():
        yield Breakage(what, value, in_query=False)


def _message_maps() -> Iterator[Breakage]:
    for what, value in {
        "no key": {"": {"other": "servers"}},
        "a key that is none": {"' or 1=1 --": {"other": "servers"}},
        "a text as a value": {"en": "servers"},
        "nothing as a value": {"en": {}},
        "a text for a map": "text",
    }.items():
        yield Breakage(what, value, in_query=False)


def _is_text(field: FieldDescriptor) -> bool:
    return field.cpp_type == FieldDescriptor.CPPTYPE_STRING


def _maps(field: FieldDescriptor) -> Iterator[Breakage]:
    for what, value in {
        "a key of upper case": {"EUR": 1},
        "no key": {"": 1},
        "a negative value": {"eur": -1},
        "an enormous value": {"eur": 10**15},
        "a text as a value": {"eur": "abc"},
        "a fraction": {"eur": 1.5},
        "too many": {f"{a}{b}a": 1 for a in "abcdefghijklmnop" for b in "abcdefghijklmnop"},
        "nothing": {},
        "a text for a map": "text",
    }.items():
        yield Breakage(what, value, in_query=False)
