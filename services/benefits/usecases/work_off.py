"""Work off the convergence that edits left behind, a batch of sources a transaction."""

from __future__ import annotations

from services.benefits.usecases.converge import converge
from services.benefits.usecases.ports import Ports
from services.chassis.database import Database

_BATCH = 200
_MOST_BATCHES = 100
"""In one run; what is left waits for the next, so that a huge product does not hold up the rest of the schedules."""


async def work_off(*, database: Database, ports: Ports) -> int:
    """Converge until nothing is left to do, or enough was done; the number of sources. Any number may run at once."""
    converged = 0
    for _ in range(_MOST_BATCHES):
        batch = await _one_batch(database, ports)
        if batch is None:
            break
        converged += batch
    return converged


async def _one_batch(database: Database, ports: Ports) -> int | None:
    async with database.transaction() as transaction:
        work = await ports.backlog.take(transaction)
        if work is None:
            return None
        source_ids = await ports.sources.of_work(transaction, work, _BATCH)
        await converge(transaction, source_ids, ports=ports)
        if len(source_ids) < _BATCH:
            await ports.backlog.done(transaction, work)
        else:
            await ports.backlog.advance(transaction, work, source_ids[-1])
        return len(source_ids)
