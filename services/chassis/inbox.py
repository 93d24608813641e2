"""Which facts a consumer has taken, and those it could not take.

The claim of an id is the only fence against a fact's being taken twice: it is made in the transaction of the effect. A fact that
cannot be taken is parked whole, so that the rest goes on and an operator can have it taken again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import NAMESPACE_OID, UUID, uuid5

from services.chassis.arrays import uuids
from services.chassis.database import Database, Row, Transaction
from services.chassis.event import EVENT_ID, EVENT_TYPE, ORGANIZATION_ID
from services.chassis.sql import Statement

_ERROR_LENGTH = 2000
_CLAIM = Statement(
    "insert into inbox (consumer, event_id) select %(consumer)s, unnest(%(ids)s::uuid[]) on conflict do nothing returning event_id"
)
_RELEASE = Statement("delete from inbox where consumer = %(consumer)s and event_id = any(%(ids)s::uuid[])")
_TAKEN = Statement("select event_id from inbox where consumer = %(consumer)s and event_id = any(%(ids)s::uuid[])")
_PARK = Statement(
    "insert into inbox_parked (consumer, event_id, organization_id, type, headers, payload, error, attempts) "
    "values (%(consumer)s, %(event_id)s, %(organization_id)s, %(type)s, %(headers)s, %(payload)s, %(error)s, %(attempts)s) "
    "on conflict do nothing"
)
_PARKED = "select consumer, event_id, organization_id, type, headers, payload, error, attempts, parked_at from inbox_parked"
_LIST = Statement(f"{_PARKED} where redriven_at is null order by parked_at limit %(limit)s")
_REDRIVE = Statement(
    "update inbox_parked set redrive_requested_at = now() where redriven_at is null "
    "and (%(event_id)s::uuid is null or event_id = %(event_id)s) and (%(type)s::text is null or type = %(type)s)"
)
_REQUESTED = Statement(
    f"{_PARKED} where consumer = %(consumer)s and redriven_at is null and redrive_requested_at is not null "
    "order by parked_at limit 1 for update skip locked"
)
_DONE = Statement("update inbox_parked set redriven_at = now() where consumer = %(consumer)s and event_id = %(event_id)s")
_FAILED = Statement(
    "update inbox_parked set error = %(error)s, attempts = attempts + 1, redrive_requested_at = null "
    "where consumer = %(consumer)s and event_id = %(event_id)s"
)
_COUNT = Statement("select count(*) as count from inbox_parked where consumer = %(consumer)s and redriven_at is null")


@dataclass(frozen=True, slots=True)
class Parked:
    """A fact that a consumer could not take."""

    consumer: str
    event_id: UUID
    organization_id: UUID | None
    type: str
    headers: Mapping[str, str]
    payload: bytes
    error: str
    attempts: int
    parked_at: datetime


async def claim(transaction: Transaction, consumer: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that the consumer has not taken before; from now on it has."""
    # In order, so that two replicas with the same facts wait for each other and not in a circle.
    rows = await transaction.all(_CLAIM, consumer=consumer, ids=uuids(sorted(ids, key=attrgetter("int"))))
    return {row["event_id"] for row in rows}


async def taken(transaction: Transaction, consumer: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that the consumer has taken, or parked."""
    rows = await transaction.all(_TAKEN, consumer=consumer, ids=list(ids)) if ids else []
    return {row["event_id"] for row in rows}


async def release(transaction: Transaction, consumer: str, ids: Collection[UUID]) -> None:
    """They were not taken after all."""
    await transaction.execute(_RELEASE, consumer=consumer, ids=list(ids))


async def park(
    transaction: Transaction, consumer: str, headers: Mapping[str, str], payload: bytes, *, subject: str, error: str, attempts: int
) -> None:
    """Keep the fact whole and claim its id, so that another copy of it is not taken meanwhile."""
    event_id = _id(headers.get(EVENT_ID)) or uuid5(NAMESPACE_OID, f"{subject} {payload!r}")
    if not await claim(transaction, consumer, [event_id]):
        return
    await transaction.execute(
        _PARK,
        consumer=consumer,
        event_id=event_id,
        organization_id=_id(headers.get(ORGANIZATION_ID)),
        type=headers.get(EVENT_TYPE, subject),
        headers=dict(headers),
        payload=payload,
        error=error[:_ERROR_LENGTH].replace("\x00", ""),
        attempts=attempts,
    )


async def parked(database: Database, limit: int = 100) -> list[Parked]:
    """The oldest facts that are parked."""
    async with database.transaction() as transaction:
        return [_parked(row) for row in await transaction.all(_LIST, limit=limit)]


async def redrive(database: Database, *, event_id: UUID | None = None, type: str | None = None) -> int:
    """Have the consumers of this service take parked facts again: one, those of a type, or all. How many there are."""
    async with database.transaction() as transaction:
        return await transaction.execute(_REDRIVE, event_id=event_id, type=type)


async def requested(transaction: Transaction, consumer: str) -> Parked | None:
    """A parked fact that is to be taken again, locked."""
    row = await transaction.one(_REQUESTED, consumer=consumer)
    return _parked(row) if row else None


async def redriven(transaction: Transaction, fact: Parked) -> None:
    """It was taken at last."""
    await transaction.execute(_DONE, consumer=fact.consumer, event_id=fact.event_id)


async def redrive_failed(transaction: Transaction, fact: Parked, error: str) -> None:
    """It stays parked, until asked for again."""
    text = error[:_ERROR_LENGTH].replace("\x00", "")
    await transaction.execute(_FAILED, consumer=fact.consumer, event_id=fact.event_id, error=text)


async def count_parked(transaction: Transaction, consumer: str) -> int:
    """How many are parked."""
    row = await transaction.one(_COUNT, consumer=consumer)
    return int(row["count"]) if row else 0


def _parked(row: Row) -> Parked:
    return Parked(**{**row, "payload": bytes(row["payload"])})


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
