"""Seals what was posted since the last seal, and adds it to the daily movements."""

from __future__ import annotations

from services.chassis.database import Database
from services.chassis.sql import Statement

_BATCH = 5_000
_LARGEST_ROUNDS = 100
_SEAL = Statement("select seal_next(%(at_most)s) as sealed")


async def seal(database: Database) -> int:
    """Seal what is there, through the worker role; the number of transactions. What is left after many rounds is for the next time."""
    sealed = 0
    for _ in range(_LARGEST_ROUNDS):
        async with database.transaction() as transaction:
            row = await transaction.one(_SEAL, at_most=_BATCH)
        if row is None or row["sealed"] == 0:
            break
        sealed += row["sealed"]
    return sealed
