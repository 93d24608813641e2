"""Posting: one statement for one transaction or a thousand, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection

from services.chassis.errors import BursarError
from services.ledger.domain.errors import (
    AmountOverflow,
    BalanceBoundExceeded,
    IdempotencyKeyReused,
    ReversalRefused,
    TransactionUnbalanced,
)
from services.ledger.domain.posting import Posted, Result
from services.ledger.storage.prepared import Prepared, arrays

LARGEST_BATCH = 1_000
LARGEST_BATCH_LEGS = 10_000

POST = """
select transaction_ids, outcomes from post(
  %(keys)b::text[], %(hashes)b::bytea[], %(kinds)b::smallint[], %(organizations)b::uuid[], %(sources)b::uuid[],
  %(effective)b::timestamptz[], %(reversed)b::bigint[], %(last_legs)b::integer[], %(leg_transactions)b::integer[],
  %(leg_accounts)b::bigint[], %(leg_currencies)b::text[], %(leg_amounts)b::bigint[])
"""
_POSTED, _REPLAYED = 1, 2
_REFUSALS: Mapping[int, Callable[[], BursarError]] = {
    3: IdempotencyKeyReused,
    4: BalanceBoundExceeded,
    5: AmountOverflow,
    7: lambda: TransactionUnbalanced("the legs do not add up to 0"),
    8: ReversalRefused,
}


async def post(connection: AsyncConnection[Any], batch: Sequence[Prepared]) -> list[Result]:
    """Post at most LARGEST_BATCH postings; what came of each, in their order. The caller's transaction, if one is open, has the effect."""
    if len(batch) > LARGEST_BATCH or sum(each.leg_count for each in batch) > LARGEST_BATCH_LEGS:
        raise ValueError("a batch is too large")
    cursor = connection.cursor(binary=True)
    await cursor.execute(POST, arrays(batch), prepare=True)
    row = await cursor.fetchone()
    assert row is not None
    ids, outcomes = row.values() if isinstance(row, dict) else row
    return [_result(transaction_id, outcome) for transaction_id, outcome in zip(ids, outcomes, strict=True)]


def _result(transaction_id: int, outcome: int) -> Result:
    if outcome in (_POSTED, _REPLAYED):
        return Posted(transaction_id, replayed=outcome == _REPLAYED)
    if outcome not in _REFUSALS:
        raise RuntimeError(f"the books know no such account, or a new outcome: {outcome}")
    return _REFUSALS[outcome]()
