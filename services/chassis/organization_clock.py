"""Time by organization: a live one has the machine's; a sandbox has its own, which stands still until identity advances it.

Each service keeps a copy of every sandbox's time beside its own rows (`sandbox_clock`), written while the clock is advanced and read in
the transaction that needs it, so that all replicas agree. A sandbox that never was advanced has no row: it is as late as its id says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from services.chassis.clock import Clock
from services.chassis.database import Transaction
from services.chassis.ids import is_sandbox, sandbox_start
from services.chassis.sql import Statement

NowOf = Callable[[UUID], datetime]
"""The time of an organization, for those that were asked for."""

_ONE = Statement("select now from sandbox_clock where organization_id = %(organization_id)s")
_MANY = Statement("select organization_id, now from sandbox_clock where organization_id = any(%(ids)s::uuid[])")
_MOVE = Statement(
    "insert into sandbox_clock as known (organization_id, now) values (%(organization_id)s, %(now)s) "
    "on conflict (organization_id) do update set now = excluded.now where known.now < excluded.now"
)


class OrganizationClock:
    """Tells an organization's time within a transaction. For live ones that costs nothing."""

    def __init__(self, system: Clock) -> None:
        self.system = system

    async def now(self, transaction: Transaction, organization_id: UUID) -> datetime:
        """The time of one organization."""
        if not is_sandbox(organization_id):
            return self.system.now()
        row = await transaction.one(_ONE, organization_id=organization_id)
        return row["now"] if row else sandbox_start(organization_id)

    async def now_of(self, transaction: Transaction, organization_ids: Iterable[UUID]) -> NowOf:
        """The times of some organizations, in one statement at most."""
        live = self.system.now()
        sandboxes = {each for each in organization_ids if is_sandbox(each)}
        if not sandboxes:
            return lambda _: live
        rows = await transaction.all(_MANY, ids=sorted(sandboxes))
        times = {each: sandbox_start(each) for each in sandboxes} | {row["organization_id"]: row["now"] for row in rows}
        return lambda organization_id: times[organization_id] if is_sandbox(organization_id) else live


async def move_time(transaction: Transaction, organization_id: UUID, now: datetime) -> None:
    """Take over a sandbox's time; never backwards."""
    await transaction.execute(_MOVE, organization_id=organization_id, now=now)
