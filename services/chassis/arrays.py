"""Columns of many rows as PostgreSQL's binary arrays: spelled and read in a fraction of the time that text takes on both sides."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.array import ListDumper

# PostgreSQL's numbers of the element types, which stand in an array's header.
BOOL, BYTEA, INT8, INT2, INT4, TEXT, TIMESTAMPTZ, UUID_ = 16, 17, 20, 21, 23, 25, 1184, 2950
LENGTH = struct.Struct(">i")
SMALLINT, INTEGER, BIGINT = struct.Struct(">ih"), struct.Struct(">ii"), struct.Struct(">iq")
NULL = LENGTH.pack(-1)
UUID_LENGTH = LENGTH.pack(16)
_HEADER = struct.Struct(">iiIii")
_TRUE, _FALSE = LENGTH.pack(1) + b"\x01", LENGTH.pack(1) + b"\x00"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BinaryArray:
    """A one-dimensional array in PostgreSQL's binary format."""

    data: bytes


class _BinaryArrayDumper(Dumper):
    format = Format.BINARY
    oid = 0  # the statement's casts say which type it is

    def dump(self, obj: BinaryArray) -> Buffer:
        return obj.data


class _ListDumper(ListDumper):
    """Lists of ids at once, and all others as psycopg does: one by one, with a look at what has to be quoted."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        if not obj or type(obj[0]) is not UUID or None in obj:
            return super().dump(obj)
        return f"{{{','.join([value.hex for value in obj])}}}".encode()


def adapt(connection: AsyncConnection[Any]) -> None:
    """Let a connection send such arrays."""
    connection.adapters.register_dumper(BinaryArray, _BinaryArrayDumper)
    connection.adapters.register_dumper(list, _ListDumper)


def binary_array(element_type: int, count: int, elements: Iterable[bytes]) -> BinaryArray:
    """An array of elements that are spelled already, each with its length in front."""
    if count == 0:
        return BinaryArray(struct.pack(">iiI", 0, 0, element_type))
    # One dimension, perhaps with nulls, subscripts from 1.
    return BinaryArray(_HEADER.pack(1, 1, element_type, count, 1) + b"".join(elements))


def array_of(sql_type: str, values: Collection[Any]) -> object:
    """The values as an array of that type; as they are if it is a type that psycopg spells."""
    known = _TYPES.get(sql_type)
    if known is None:
        return values
    element_type, spell = known
    return binary_array(element_type, len(values), [NULL if value is None else spell(value) for value in values])


def uuids(values: Collection[UUID]) -> BinaryArray:
    """An array of ids."""
    return binary_array(UUID_, len(values), [UUID_LENGTH + value.bytes for value in values])


def spell_time(value: datetime) -> bytes:
    """An instant, with its length."""
    since = value - _EPOCH
    return BIGINT.pack(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def spell_bytes(value: bytes) -> bytes:
    """Bytes, with their length."""
    return LENGTH.pack(len(value)) + value


def _text(value: str) -> bytes:
    data = value.encode()
    return LENGTH.pack(len(data)) + data


_TYPES: Mapping[str, tuple[int, Callable[[Any], bytes]]] = {
    "BOOLEAN": (BOOL, lambda value: _TRUE if value else _FALSE),
    "BYTEA": (BYTEA, spell_bytes),
    "BIGINT": (INT8, lambda value: BIGINT.pack(8, value)),
    "SMALLINT": (INT2, lambda value: SMALLINT.pack(2, value)),
    "INTEGER": (INT4, lambda value: INTEGER.pack(4, value)),
    "TEXT": (TEXT, _text),
    "TIMESTAMP WITH TIME ZONE": (TIMESTAMPTZ, spell_time),
    "UUID": (UUID_, lambda value: UUID_LENGTH + value.bytes),
}
