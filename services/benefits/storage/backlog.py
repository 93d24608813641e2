"""Convergence that is still to be done."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.benefits.storage.tables import convergence_work
from services.benefits.usecases.ports import Work
from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert

_ADD = bulk_insert(convergence_work)
_TAKE = Statement("select * from convergence_work order by id limit 1 for update skip locked")
_ADVANCE = Statement("update convergence_work set after_source_id = %(after)s where id = %(id)s")
_COUNT = Statement("select count(*) as count from convergence_work where organization_id = %(organization_id)s")
_DONE = Statement("delete from convergence_work where id = %(id)s")


class BacklogStore:
    """Rows of `convergence_work`."""

    async def add(self, transaction: Transaction, works: Sequence[Work]) -> None:
        """To be done after the commit."""
        await transaction.many(_ADD, [{name: getattr(work, name) for name in work.__slots__} for work in works])

    async def take(self, transaction: Transaction) -> Work | None:
        """The oldest that nobody else is working on, until the end of the transaction."""
        row = await transaction.one(_TAKE)
        return Work(**row) if row else None

    async def advance(self, transaction: Transaction, work: Work, after_source_id: UUID) -> None:
        """So far it is done."""
        await transaction.execute(_ADVANCE, id=work.id, after=after_source_id)

    async def done(self, transaction: Transaction, work: Work) -> None:
        """Nothing of it is left."""
        await transaction.execute(_DONE, id=work.id)

    async def count(self, transaction: Transaction, organization_id: UUID) -> int:
        """How much is left for an organization."""
        row = await transaction.one(_COUNT, organization_id=organization_id)
        return int(row["count"]) if row else 0
