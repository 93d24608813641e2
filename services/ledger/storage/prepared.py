"""Postings as PostgreSQL's binary arrays. Each posting is spelled once, by whoever brings it; a batch only joins the pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from services.chassis.arrays import (
    BIGINT,
    BYTEA,
    INT2,
    INT4,
    INT8,
    INTEGER,
    NULL,
    SMALLINT,
    TEXT,
    TIMESTAMPTZ,
    UUID_,
    UUID_LENGTH,
    BinaryArray,
    binary_array,
    spell_bytes,
    spell_time,
)
from services.ledger.domain.posting import Posting


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


def prepare(posting: Posting, account_ids: Mapping[str, int]) -> Prepared:
    """Spell a posting. `account_ids` has the id of each of its accounts' codes."""
    legs = posting.legs
    key = posting.idempotency_key.encode()
    return Prepared(
        posting.idempotency_key,
        len(legs),
        spell_bytes(key),
        spell_bytes(posting.request_hash),
        SMALLINT.pack(2, posting.kind),
        _uuid(posting.organization_id),
        _uuid(posting.source_id),
        NULL if posting.effective_at is None else spell_time(posting.effective_at),
        NULL if posting.reverses_id is None else BIGINT.pack(8, posting.reverses_id),
        b"".join([BIGINT.pack(8, account_ids[leg.account.code]) for leg in legs]),
        b"".join([_currency(leg.account.currency) for leg in legs]),
        b"".join([BIGINT.pack(8, leg.amount) for leg in legs]),
    )


def arrays(batch: Sequence[Prepared]) -> dict[str, BinaryArray]:
    """The parameters of one call of `post`, by name."""
    count = len(batch)
    last_legs, leg_transactions, legs = [], [], 0
    for place, each in enumerate(batch, 1):
        legs += each.leg_count
        last_legs.append(INTEGER.pack(4, legs))
        leg_transactions.append(INTEGER.pack(4, place) * each.leg_count)
    return {
        "keys": binary_array(TEXT, count, (each.idempotency_key for each in batch)),
        "hashes": binary_array(BYTEA, count, (each.request_hash for each in batch)),
        "kinds": binary_array(INT2, count, (each.kind for each in batch)),
        "organizations": binary_array(UUID_, count, (each.organization_id for each in batch)),
        "sources": binary_array(UUID_, count, (each.source_id for each in batch)),
        "effective": binary_array(TIMESTAMPTZ, count, (each.effective_at for each in batch)),
        "reversed": binary_array(INT8, count, (each.reverses_id for each in batch)),
        "last_legs": binary_array(INT4, count, last_legs),
        "leg_transactions": binary_array(INT4, legs, leg_transactions),
        "leg_accounts": binary_array(INT8, legs, (each.leg_accounts for each in batch)),
        "leg_currencies": binary_array(TEXT, legs, (each.leg_currencies for each in batch)),
        "leg_amounts": binary_array(INT8, legs, (each.leg_amounts for each in batch)),
    }


def _uuid(value: UUID | None) -> bytes:
    return NULL if value is None else UUID_LENGTH + value.bytes


@cache
def _currency(code: str) -> bytes:
    return spell_bytes(code.encode())
