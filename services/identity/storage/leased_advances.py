"""Which replica is at which advance, and how far it is. A lease runs out by itself, so that another goes on after a crash.

Every save asks for the lease, so a replica that was frozen and lost it writes nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, column, update

from services.chassis.database import Database, Transaction
from services.chassis.errors import Conflict
from services.chassis.ids import new_id
from services.chassis.organization_clock import move_time
from services.chassis.sql import Statement, bulk_insert, compile_statement
from services.identity.domain.clock_advance import ClockAdvance, ClockAdvanced, Happening
from services.identity.storage.clock_advances import StoredClockAdvances, advance_to_row, row_to_advance
from services.identity.storage.tables import clock_advance as table
from services.identity.storage.tables import clock_settled
from services.identity.usecases.ports import Publisher

LEASE_SECONDS = 5
_UNTIL = f"now() + interval '{LEASE_SECONDS} seconds'"
_HELD = (table.c.id == bindparam("advance_id")) & (column("lease", Uuid) == bindparam("lease"))
_CLAIM = Statement(
    f"update clock_advance set lease = %(lease)s, leased_until = {_UNTIL} where id = ("
    "select id from clock_advance where status = 'running' and (leased_until is null or leased_until < now()) "
    "order by created_at limit 1 for update skip locked) returning *"
)
_RENEW = Statement(
    f"update clock_advance set leased_until = {_UNTIL}, waiting_for = %(waiting_for)s where id = %(advance_id)s and lease = %(lease)s"
)
_RELEASE = Statement("update clock_advance set lease = null, leased_until = null where id = %(advance_id)s and lease = %(lease)s")
_CHANGING = ("status", "now", "begun", "steps", "waiting_for", "counts", "finished_at")
_SAVE = compile_statement(update(table).where(_HELD).values({name: bindparam(name) for name in _CHANGING}))
_POSITIONS = Statement("select service, position from clock_settled where organization_id = %(organization_id)s")
_SETTLED = bulk_insert(clock_settled, suffix="on conflict (organization_id, service) do update set position = excluded.position")


class LeaseLost(Conflict):
    """Another replica has gone on with the advance."""

    def __init__(self) -> None:
        super().__init__("CLOCK_ADVANCE_LEASE_LOST", "another replica goes on with this advance")


class LeasedAdvance:
    """An advance that this replica is at."""

    def __init__(self, database: Database, publisher: Callable[[Transaction], Publisher], advance: ClockAdvance, lease: UUID) -> None:
        self._database = database
        self._publisher = publisher
        self._key = {"advance_id": advance.id, "lease": lease}
        self.advance = advance

    async def renew(self, waiting_for: Sequence[str]) -> None:
        """Keep it, and say what it waits for. LeaseLost."""
        async with self._database.transaction() as transaction:
            if not await transaction.execute(_RENEW, **self._key, waiting_for=list(waiting_for)):
                raise LeaseLost

    async def release(self) -> None:
        """Let another replica go on at once."""
        async with self._database.transaction() as transaction:
            await transaction.execute(_RELEASE, **self._key)

    async def positions(self) -> dict[str, int]:
        """Up to where the facts of each service are settled; none for a service without any."""
        async with self._database.transaction() as transaction:
            rows = await transaction.all(_POSITIONS, organization_id=self.advance.organization_id)
        return {row["service"]: row["position"] for row in rows}

    async def move(self, after: ClockAdvance) -> None:
        """The advance is at another instant, and so is identity itself. LeaseLost."""
        async with self._database.transaction() as transaction:
            await self._save(transaction, after)
            await move_time(transaction, after.organization_id, after.now)
        self.advance = after

    async def settle(self, after: ClockAdvance, positions: Mapping[str, int], happenings: Sequence[Happening]) -> None:
        """Facts up to the positions are settled; the happenings are told of. LeaseLost."""
        organization_id = after.organization_id
        rows = [{"organization_id": organization_id, "service": name, "position": position} for name, position in positions.items()]
        async with self._database.transaction() as transaction:
            await self._save(transaction, after)
            await transaction.many(_SETTLED, rows)
            await StoredClockAdvances(transaction).add_happenings(after, happenings)
        self.advance = after

    async def finish(self, after: ClockAdvance, fact: ClockAdvanced) -> None:
        """It has ended. LeaseLost."""
        async with self._database.transaction() as transaction:
            await self._save(transaction, after)
            self._publisher(transaction).publish(fact)
        self.advance = after

    async def _save(self, transaction: Transaction, after: ClockAdvance) -> None:
        row = advance_to_row(after)
        if not await transaction.execute(_SAVE, **self._key, **{name: row[name] for name in _CHANGING}):
            raise LeaseLost


async def claim(database: Database, publisher: Callable[[Transaction], Publisher]) -> LeasedAdvance | None:
    """The oldest advance that nobody is at."""
    lease = new_id()
    async with database.transaction() as transaction:
        row = await transaction.one(_CLAIM, lease=lease)
    return LeasedAdvance(database, publisher, row_to_advance(row), lease) if row else None
