"""Charges that wait for their turn: stored by the hundred, taken in order, each by one process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.errors import UniqueViolation

from services.chassis.database import Transaction
from services.chassis.sql import Statement, bulk_insert
from services.payments.domain.attempt import Attempt
from services.payments.domain.errors import attempt_id_taken
from services.payments.storage.attempt_rows import attempt_to_row, row_to_attempt
from services.payments.storage.tables import attempt as table

_INSERT = bulk_insert(table, suffix="on conflict (organization_id, kind, subject_id, number) do nothing returning id")
_FIND = Statement(
    """
    select a.* from attempt a join unnest(%(orders)s::uuid[], %(numbers)s::integer[]) as u(subject_id, number)
    on a.organization_id = %(organization_id)s and a.kind = 'payment' and a.subject_id = u.subject_id and a.number = u.number
    """
)
_TAKE = Statement(
    """
    update attempt set asked_at = %(now)s, due_at = %(until)s where id in (
      select id from attempt where status = 'pending' and asked_at is null order by id limit %(limit)s for update skip locked)
    returning *
    """
)


class ChargeQueueRows:
    """The repository of queued charges."""

    async def find(self, transaction: Transaction, organization_id: UUID, keys: Sequence[tuple[UUID, int]]) -> list[Attempt]:
        orders, numbers = [key[0] for key in keys], [key[1] for key in keys]
        rows = await transaction.all(_FIND, organization_id=organization_id, orders=orders, numbers=numbers)
        return [row_to_attempt(row) for row in rows]

    async def add(self, transaction: Transaction, attempts: Sequence[Attempt]) -> set[UUID]:
        # In one order, so that two who store the same do not wait for each other in a circle.
        ordered = sorted(attempts, key=lambda attempt: (attempt.subject_id, attempt.number))
        try:
            rows = await transaction.many(_INSERT, [attempt_to_row(attempt) for attempt in ordered])
        except UniqueViolation:
            raise attempt_id_taken("payment") from None
        return {row["id"] for row in rows}

    async def take(self, transaction: Transaction, now: datetime, until: datetime, limit: int) -> list[Attempt]:
        return [row_to_attempt(row) for row in await transaction.all(_TAKE, now=now, until=until, limit=limit)]
