"""The shape of requests: the rules in the contracts (buf.validate) and characters that no text may hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Generic, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from protovalidate import Validator, Violation

from services.chassis.errors import FieldViolation, Invalid

M = TypeVar("M", bound=Message)

# NUL, and the characters that turn the direction of text around (U+202A–202E, U+2066–2069), as bytes of UTF-8.
_SUSPECT = re.compile(rb"\x00|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
_FORBIDDEN = re.compile("[\x00\u202a-\u202e\u2066-\u2069]")
_validator = Validator()
_MOST_REMEMBERED = 10_000


class Shape(Generic[M]):
    """The rules of one kind of request."""

    def __init__(self, kind: type[M]) -> None:
        self._kind = kind
        self._sound: set[int] = set()

    def parse(self, raw: bytes) -> M:
        """The message in `raw`, checked. Invalid names every field that breaks a rule."""
        try:
            message = self._kind.FromString(raw)
        except DecodeError:
            raise Invalid("MESSAGE_MALFORMED", f"the request is not a {self._kind.DESCRIPTOR.name}") from None
        # The rules say the same of the same bytes, and hot reads ask the same again and again. Only hashes are kept (64 bits,
        # keyed anew by each process), because requests may hold secrets.
        fingerprint = hash(raw)
        if fingerprint not in self._sound:
            _check(message, raw)
            if len(self._sound) >= _MOST_REMEMBERED:
                self._sound.clear()
            self._sound.add(fingerprint)
        return message


def _check(message: Message, raw: bytes) -> None:
    violations = [FieldViolation(_path(v), v.proto.message) for v in _validator.collect_violations(message)]
    if _SUSPECT.search(raw):
        violations += [FieldViolation(path, "contains a character that is not allowed") for path in _forbidden_texts(message)]
    if violations:
        named = "; ".join(f"{violation.field}: {violation.description}" for violation in violations[:5])
        raise Invalid("FIELD_INVALID", named, violations=violations)


def _path(violation: Violation) -> str:
    path = ""
    for element in violation.proto.field.elements if violation.proto.field else ():
        path += f".{element.field_name}" if path else element.field_name
        subscript = element.subscript
        if subscript is not None:
            path += f"[{subscript.value}]"
    return path


def _forbidden_texts(message: Message, prefix: str = "") -> Iterator[str]:
    for field, value in message.ListFields():
        name = f"{prefix}{field.name}"
        if field.message_type and field.message_type.GetOptions().map_entry:
            entries = [part for key, entry in value.items() for part in ((name, key), (f"{name}[{key!r}]", entry))]
        elif field.is_repeated:
            entries = [(f"{name}[{index}]", entry) for index, entry in enumerate(value)]
        else:
            entries = [(name, value)]
        for path, entry in entries:
            if isinstance(entry, Message):
                yield from _forbidden_texts(entry, f"{path}.")
            elif isinstance(entry, str) and field.type != FieldDescriptor.TYPE_BYTES and _FORBIDDEN.search(entry):
                yield path


def stripped(text: str, field: str, *, shortest: int = 1) -> str:
    """Text without white space around it, in Unicode's composed form (NFC). Invalid naming `field` if less than `shortest` is left."""
    clean = unicodedata.normalize("NFC", text).strip()
    if len(clean) < shortest:
        raise Invalid("FIELD_INVALID", f"must have at least {shortest} characters besides white space", field=field)
    return clean
