"""Sweep all sources for grants that differ from what should be, whatever the reason, and put them right."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from services.benefits.usecases.converge import converge
from services.benefits.usecases.ports import Ports
from services.chassis.database import Database

_BATCH = 1000


async def sweep(*, database: Database, ports: Ports, found: Callable[[int], None]) -> None:
    """Compare batch by batch, read only, and converge what differs. `found` is told how many did: it should be none."""
    position = UUID(int=0)
    differing = 0
    while True:
        async with database.transaction() as transaction:
            source_ids = await ports.sources.after(transaction, position, _BATCH)
            diverged = await ports.sources.diverged(transaction, source_ids) if source_ids else []
        if diverged:
            async with database.transaction() as transaction:
                await converge(transaction, diverged, ports=ports)
        differing += len(diverged)
        if len(source_ids) < _BATCH:
            break
        position = source_ids[-1]
    found(differing)
