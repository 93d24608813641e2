"""Look again at past-due subscriptions whose grace is over: of live organizations by the machine's clock, of a sandbox by its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from services.benefits.usecases.converge import converge
from services.benefits.usecases.ports import Ports
from services.chassis.database import Database, Transaction

_BATCH = 200


async def end_grace(*, database: Database, ports: Ports) -> int:
    """Converge what is due in live organizations; the number of sources."""
    return await _converge_all(
        lambda transaction: ports.sources.with_grace_over(transaction, ports.clock.system.now(), _BATCH), database, ports
    )


async def end_grace_in(sandbox: UUID, now: datetime, *, database: Database, ports: Ports) -> int:
    """Converge what is due in a sandbox at its time; the number of sources."""
    return await _converge_all(lambda transaction: ports.sources.with_grace_over_in(transaction, sandbox, now, _BATCH), database, ports)


async def next_end_of_grace(transaction: Transaction, sandbox: UUID, until: datetime, *, ports: Ports) -> datetime | None:
    """When something is due in a sandbox next, up to and with an instant."""
    return await ports.sources.next_end_of_grace(transaction, sandbox, until)


async def unfinished(transaction: Transaction, sandbox: UUID, *, ports: Ports) -> Sequence[str]:
    """What is still to be granted or revoked because of what happened."""
    count = await ports.backlog.count(transaction, sandbox)
    return [f"{count} {'change' if count == 1 else 'changes'} whose grants have not converged"] if count else []


async def _converge_all(due: Callable[[Transaction], Awaitable[list[UUID]]], database: Database, ports: Ports) -> int:
    ended = 0
    while True:
        async with database.transaction() as transaction:
            source_ids = await due(transaction)
            await converge(transaction, source_ids, ports=ports)
        ended += len(source_ids)
        if len(source_ids) < _BATCH:
            return ended
