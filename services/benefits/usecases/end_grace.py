"""Look again at past-due subscriptions whose grace is over."""

from __future__ import annotations

from services.benefits.usecases.converge import converge
from services.benefits.usecases.ports import Ports
from services.chassis.database import Database

_BATCH = 200


async def end_grace(*, database: Database, ports: Ports) -> int:
    """Converge what is due; the number of sources."""
    ended = 0
    while True:
        async with database.transaction() as transaction:
            source_ids = await ports.sources.with_grace_over(transaction, ports.clock.now(), _BATCH)
            await converge(transaction, source_ids, ports=ports)
        ended += len(source_ids)
        if len(source_ids) < _BATCH:
            return ended
