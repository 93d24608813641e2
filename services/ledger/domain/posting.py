"""A transaction to post: balanced legs under a key that stands for it for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from uuid import UUID

from services.chassis.errors import BursarError
from services.chassis.money import LARGEST_AMOUNT
from services.ledger.domain.chart import Account
from services.ledger.domain.errors import AmountOverflow, TransactionUnbalanced

LARGEST_LEGS = 100
"""Of one transaction."""
_HASH_BYTES = 12


class TransactionKind(IntEnum):
    """What a transaction is about."""

    PAYMENT = 1
    PROCESSOR_FEE = 2
    REFUND = 3
    REFUND_REVERSAL = 4
    DISPUTE = 5
    DISPUTE_REVERSAL = 6
    BALANCE = 7
    PAYOUT = 8
    PAYOUT_REVERSAL = 9


@dataclass(frozen=True, slots=True)
class Leg:
    """One line: debit positive, credit negative, minor units of the account's currency."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction before it is posted. Make it with `posting`, which checks it."""

    idempotency_key: str
    kind: TransactionKind
    organization_id: UUID | None
    source_id: UUID | None
    legs: tuple[Leg, ...]
    request_hash: bytes
    effective_at: datetime | None = None
    """None: when it is posted."""
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of a posting."""

    transaction_id: int
    replayed: bool
    """It had been posted before."""


Result = Posted | BursarError
"""Each posting of many stands or falls alone."""


def posting(
    idempotency_key: str,
    kind: TransactionKind,
    legs: Sequence[Leg],
    *,
    organization_id: UUID | None,
    source_id: UUID | None = None,
    effective_at: datetime | None = None,
    reverses_id: int | None = None,
    stands_for: Sequence[object] = (),
) -> Posting:
    """A checked posting. TransactionUnbalanced, AmountOverflow.

    A replay is the same if what it stands for is the same: the facts it was derived from, or else the posting itself.
    """
    check_legs(legs)
    given = stands_for or (kind, organization_id, source_id, effective_at, reverses_id, *((leg.account.code, leg.amount) for leg in legs))
    return Posting(idempotency_key, kind, organization_id, source_id, tuple(legs), content_hash(given), effective_at, reverses_id)


def content_hash(parts: Sequence[object]) -> bytes:
    """Equal for equal parts, for ever: numbers, text, ids, times, None and tuples of them have one spelling each."""
    return hashlib.sha256("|".join(map(_spelled, parts)).encode()).digest()[:_HASH_BYTES]


def _spelled(part: object) -> str:
    if isinstance(part, str):
        return f"{len(part)}:{part}"
    if isinstance(part, int):
        return str(int(part))
    if isinstance(part, datetime):
        return part.astimezone(UTC).isoformat()
    if isinstance(part, tuple):
        return f"({'|'.join(map(_spelled, part))})"
    if part is None or isinstance(part, UUID):
        return str(part)
    raise TypeError(f"{type(part).__name__} has no spelling")


def check_legs(legs: Sequence[Leg]) -> None:
    """At least two legs, none of them zero, adding up to zero in each currency."""
    if not 2 <= len(legs) <= LARGEST_LEGS:
        raise TransactionUnbalanced(f"a transaction has 2 to {LARGEST_LEGS} legs")
    totals: dict[str, int] = {}
    for leg in legs:
        if leg.amount == 0:
            raise TransactionUnbalanced("a leg of zero moves nothing")
        if abs(leg.amount) > LARGEST_AMOUNT:
            raise AmountOverflow
        totals[leg.account.currency] = totals.get(leg.account.currency, 0) + leg.amount
    for currency, total in totals.items():
        if total != 0:
            raise TransactionUnbalanced(f"the legs in {currency} add up to {total} and not to 0")
