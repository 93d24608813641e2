"""Clock advances and what happened during them in PostgreSQL, as one transaction sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, paged
from services.chassis.sql import bulk_insert, compile_statement
from services.identity.domain.clock_advance import RUNNING, SERVICE_ORDER, ClockAdvance, Happening
from services.identity.storage.tables import clock_advance as table
from services.identity.storage.tables import clock_happening

_POSITION_BITS = 48
_OF = table.c.organization_id == bindparam("organization_id")
_GET = compile_statement(select(table).where(_OF, table.c.id == bindparam("id")))
_RUNNING = compile_statement(select(table).where(_OF, table.c.status == RUNNING))
_COUNT = compile_statement(select(func.count().label("count")).select_from(table).where(_OF))
_ADD = compile_statement(insert(table).values({column.name: bindparam(column.name) for column in table.columns}))
_ADD_HAPPENINGS = bulk_insert(clock_happening, suffix="on conflict do nothing")
_HAPPENINGS = select(clock_happening, clock_happening.c.place.label("id")).where(
    clock_happening.c.organization_id == bindparam("organization_id"), clock_happening.c.clock_advance_id == bindparam("clock_advance_id")
)
_FIRST_HAPPENINGS = compile_statement(_HAPPENINGS.order_by(clock_happening.c.occurred_at, clock_happening.c.place).limit(bindparam("most")))


class StoredClockAdvances:
    """The clock advances that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, advance: ClockAdvance) -> None:
        await self._transaction.execute(_ADD, **advance_to_row(advance))

    async def get(self, organization_id: UUID, advance_id: UUID) -> ClockAdvance | None:
        row = await self._transaction.one(_GET, organization_id=organization_id, id=advance_id)
        return row_to_advance(row) if row else None

    async def running(self, organization_id: UUID) -> ClockAdvance | None:
        """The one that is under way."""
        row = await self._transaction.one(_RUNNING, organization_id=organization_id)
        return row_to_advance(row) if row else None

    async def count(self, organization_id: UUID) -> int:
        row = await self._transaction.one(_COUNT, organization_id=organization_id)
        return int(row["count"]) if row else 0

    async def add_happenings(self, advance: ClockAdvance, happenings: Sequence[Happening]) -> None:
        await self._transaction.many(_ADD_HAPPENINGS, [happening_to_row(advance, happening) for happening in happenings])

    async def first_happenings(self, advance: ClockAdvance, most: int) -> list[Happening]:
        ids = {"organization_id": advance.organization_id, "clock_advance_id": advance.id}
        return [row_to_happening(row) for row in await self._transaction.all(_FIRST_HAPPENINGS, **ids, most=most)]

    async def page_happenings(self, advance: ClockAdvance, page: Page) -> tuple[list[Happening], str]:
        """One page in the order in which they came true, and the token of the next."""
        query = compile_statement(paged(_HAPPENINGS, page, clock_happening.c.occurred_at, clock_happening.c.place))
        rows = await self._transaction.all(query, organization_id=advance.organization_id, clock_advance_id=advance.id)
        return [row_to_happening(row) for row in rows[: page.size]], page.next_token(rows)


def advance_to_row(advance: ClockAdvance) -> dict[str, Any]:
    return {
        "id": advance.id,
        "organization_id": advance.organization_id,
        "number": advance.number,
        "status": advance.status,
        "from_time": advance.from_time,
        "to_time": advance.to_time,
        "now": advance.now,
        "begun": advance.begun,
        "steps": advance.steps,
        "waiting_for": list(advance.waiting_for),
        "counts": dict(advance.counts),
        "created_at": advance.created_at,
        "finished_at": advance.finished_at,
    }


def row_to_advance(row: Row | Mapping[str, Any]) -> ClockAdvance:
    values = {name: row[name] for name in table.columns.keys() if name != "waiting_for"}  # noqa: SIM118
    return ClockAdvance(**values, waiting_for=tuple(row["waiting_for"]))


def happening_to_row(advance: ClockAdvance, happening: Happening) -> dict[str, Any]:
    return {
        "organization_id": advance.organization_id,
        "clock_advance_id": advance.id,
        "occurred_at": happening.occurred_at,
        "place": SERVICE_ORDER.index(happening.service) << _POSITION_BITS | happening.position,
        "service": happening.service,
        "type": happening.type,
        "subject_id": happening.subject_id,
        "event_id": happening.event_id,
    }


def row_to_happening(row: Row | Mapping[str, Any]) -> Happening:
    position = row["place"] & ((1 << _POSITION_BITS) - 1)
    return Happening(row["service"], position, row["event_id"], row["type"], row["subject_id"], row["occurred_at"])
