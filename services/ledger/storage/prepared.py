"""Postings as PostgreSQL's binary arrays. Each posting is spelled once, by whoever brings it; a batch only joins the pieces."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from services.ledger.domain.posting import Posting

_NULL = struct.pack(">i", -1)
_SMALLINT, _INTEGER, _BIGINT = struct.Struct(">ih"), struct.Struct(">ii"), struct.Struct(">iq")
_LENGTH, _HEADER = struct.Struct(">i"), struct.Struct(">iiIii")
_UUID_LENGTH = _LENGTH.pack(16)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# PostgreSQL's numbers of the element types, which stand in an array's header.
_BYTEA, _INT8, _INT2, _INT4, _TEXT, _TIMESTAMPTZ, _UUID = 17, 20, 21, 23, 25, 1184, 2950


@dataclass(frozen=True, slots=True)
class Prepared:
    """One posting in pieces: length and value of every element."""

    key: str
    leg_count: int
    idempotency_key: bytes
    request_hash: bytes
    kind: bytes
    organization_id: bytes
    source_id: bytes
    effective_at: bytes
    reverses_id: bytes
    leg_accounts: bytes
    leg_currencies: bytes
    leg_amounts: bytes


@dataclass(frozen=True, slots=True)
class BinaryArray:
    """A one-dimensional array in PostgreSQL's binary format."""

    data: bytes


def prepare(posting: Posting, account_ids: Mapping[str, int]) -> Prepared:
    """Spell a posting. `account_ids` has the id of each of its accounts' codes."""
    legs = posting.legs
    key = posting.idempotency_key.encode()
    return Prepared(
        posting.idempotency_key,
        len(legs),
        _LENGTH.pack(len(key)) + key,
        _LENGTH.pack(len(posting.request_hash)) + posting.request_hash,
        _SMALLINT.pack(2, posting.kind),
        _uuid(posting.organization_id),
        _uuid(posting.source_id),
        _NULL if posting.effective_at is None else _BIGINT.pack(8, (posting.effective_at - _EPOCH) // _MICROSECOND),
        _NULL if posting.reverses_id is None else _BIGINT.pack(8, posting.reverses_id),
        b"".join([_BIGINT.pack(8, account_ids[leg.account.code]) for leg in legs]),
        b"".join([_currency(leg.account.currency) for leg in legs]),
        b"".join([_BIGINT.pack(8, leg.amount) for leg in legs]),
    )


def arrays(batch: Sequence[Prepared]) -> dict[str, BinaryArray]:
    """The parameters of one call of `post`, by name."""
    count = len(batch)
    last_legs, leg_transactions, legs = [], [], 0
    for place, each in enumerate(batch, 1):
        legs += each.leg_count
        last_legs.append(_INTEGER.pack(4, legs))
        leg_transactions.append(_INTEGER.pack(4, place) * each.leg_count)
    return {
        "keys": _array(_TEXT, count, (each.idempotency_key for each in batch)),
        "hashes": _array(_BYTEA, count, (each.request_hash for each in batch)),
        "kinds": _array(_INT2, count, (each.kind for each in batch)),
        "organizations": _array(_UUID, count, (each.organization_id for each in batch)),
        "sources": _array(_UUID, count, (each.source_id for each in batch)),
        "effective": _array(_TIMESTAMPTZ, count, (each.effective_at for each in batch)),
        "reversed": _array(_INT8, count, (each.reverses_id for each in batch)),
        "last_legs": _array(_INT4, count, last_legs),
        "leg_transactions": _array(_INT4, legs, leg_transactions),
        "leg_accounts": _array(_INT8, legs, (each.leg_accounts for each in batch)),
        "leg_currencies": _array(_TEXT, legs, (each.leg_currencies for each in batch)),
        "leg_amounts": _array(_INT8, legs, (each.leg_amounts for each in batch)),
    }


def _array(element_type: int, count: int, elements: Iterable[bytes]) -> BinaryArray:
    if count == 0:
        return BinaryArray(struct.pack(">iiI", 0, 0, element_type))
    # One dimension, perhaps with nulls, subscripts from 1.
    return BinaryArray(_HEADER.pack(1, 1, element_type, count, 1) + b"".join(elements))


def _uuid(value: UUID | None) -> bytes:
    return _NULL if value is None else _UUID_LENGTH + value.bytes


@cache
def _currency(code: str) -> bytes:
    return _LENGTH.pack(len(code)) + code.encode()
