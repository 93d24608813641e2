"""Builders for facts and reactions about `counter` rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.wrappers_pb2 import StringValue

from services.chassis.database import Database, Transaction
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.outbox import Fact
from services.chassis.sql import Statement

ORGANIZATION = UUID(int=1)
ADD = "counter.added"

_APPLY = Statement(
    "insert into counter (organization_id, counter_id, version, applied) "
    "select %(organization_id)s, %(counter_id)s, %(version)s, 1 "
    "on conflict (organization_id, counter_id) do update "
    "set version = greatest(counter.version, excluded.version), applied = counter.applied + 1"
)
_COUNTERS = Statement("select counter_id, version, applied from counter")
_PENDING = Statement("select count(*) as count from outbox_pending")
_INBOX = Statement("select count(*) as count from inbox")


def added(subject_id: UUID, version: int, text: str = "", *, type: str = ADD) -> Fact:
    """A fact about a counter."""
    return Fact(type, subject_id, ORGANIZATION, version, datetime.now(UTC), StringValue(value=text), new_id())


async def commit(database: Database, *facts: Fact) -> None:
    """A transaction that publishes these facts and does nothing else."""
    async with database.transaction(ORGANIZATION) as transaction:
        transaction.publish(*facts)


async def apply(transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
    """A reaction that does not mind the order but would count a fact twice, if given it twice."""
    for event in sorted(events, key=lambda event: event.subject_id):  # whoever else has these rows locks them in this order
        await transaction.execute(_APPLY, organization_id=event.organization_id, counter_id=event.subject_id, version=event.version)


async def counters(database: Database) -> dict[UUID, tuple[int, int]]:
    """Version and number of applied facts of each counter."""
    async with database.transaction() as transaction:
        return {row["counter_id"]: (row["version"], row["applied"]) for row in await transaction.all(_COUNTERS)}


async def waiting(database: Database) -> int:
    """How many facts the broker has not confirmed."""
    return await _count(database, _PENDING)


async def claimed(database: Database) -> int:
    """How many facts were taken."""
    return await _count(database, _INBOX)


async def _count(database: Database, statement: Statement) -> int:
    async with database.transaction() as transaction:
        row = await transaction.one(statement)
    assert row is not None
    return int(row["count"])
