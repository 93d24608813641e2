"""Forgetting: facts, claims and answers are kept for weeks and then dropped in slices.

Claims outlive facts, and facts outlive the stream, so whatever can still be published again is still known to its readers.
"""

from __future__ import annotations

from services.chassis.database import Database
from services.chassis.sql import Statement

OUTBOX_DAYS = 35
INBOX_DAYS = 49
REQUEST_DAYS = 3
_SLICE = 5_000
_SLICES = 200
"""A run ends after so many; the next goes on."""


def _oldest(table: str, column: str, days: int, extra: str = "") -> Statement:
    return Statement(
        f"delete from {table} where ctid = any(array(select ctid from {table} "
        f"where {column} < now() - interval '{days} days' {extra} limit {_SLICE}))"
    )


_DROPS = (
    # A fact that nobody could publish in weeks is not dropped: somebody has to look at it.
    _oldest("outbox", "stored_at", OUTBOX_DAYS, "and not exists (select from outbox_pending p where p.position = outbox.position)"),
    _oldest("outbox_publication", "published_at", OUTBOX_DAYS),
    _oldest("inbox", "claimed_at", INBOX_DAYS),
    _oldest("inbox_parked", "redriven_at", INBOX_DAYS),
    _oldest("idempotency_request", "created_at", REQUEST_DAYS),
)


async def prune(database: Database) -> int:
    """Drop what is too old, as the worker role; how many rows that were."""
    dropped = 0
    for statement in _DROPS:
        for _ in range(_SLICES):
            async with database.transaction() as transaction:
                count = await transaction.execute(statement)
            dropped += count
            if count < _SLICE:
                break
    return dropped
