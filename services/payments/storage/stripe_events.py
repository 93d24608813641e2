"""Received events as rows, and how far Stripe's event list was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.chassis.database import Transaction
from services.chassis.sql import Statement
from services.payments.usecases.processor import StoredEvent

_ADD = Statement(
    """
    insert into stripe_event (id, organization_id, type, status, source, payload, due_at, created_at)
    select id, organization_id, type, 'received', %(source)s, payload, %(now)s, created_at
    from unnest(%(ids)s::text[], %(organizations)s::uuid[], %(types)s::text[], %(payloads)s::bytea[], %(created)s::timestamptz[])
      as u(id, organization_id, type, payload, created_at)
    on conflict (id) do nothing
    """
)
_CLAIM = Statement(
    """
    select id, type, payload, attempts, created_at from stripe_event where due_at <= %(now)s
    order by due_at limit %(limit)s for update skip locked
    """
)
_MARK = Statement(
    """
    update stripe_event e set status = u.status, due_at = null, error = null, processed_at = now()
    from unnest(%(ids)s::text[], %(statuses)s::text[]) as u(id, status) where e.id = u.id
    """
)
_FAILED = Statement(
    """
    update stripe_event set attempts = attempts + 1, error = %(error)s, due_at = %(retry_at)s,
      status = case when %(retry_at)s::timestamptz is null then 'parked' else status end
    where id = %(id)s
    """
)
_CLAIM_CURSOR = Statement("update stripe_cursor set due_at = %(until)s where name = 'events' and due_at <= %(now)s returning position")
_MOVE_CURSOR = Statement("update stripe_cursor set position = greatest(position, %(position)s), due_at = %(next_at)s where name = 'events'")
_COUNTS = Statement(
    """
    select count(*) filter (where due_at is not null) as waiting, count(*) filter (where status = 'parked') as parked
    from stripe_event where due_at is not null or status = 'parked'
    """
)
_PRUNE = Statement(
    """
    delete from stripe_event where id in (
      select id from stripe_event where received_at < %(before)s and status in ('processed', 'ignored')
      order by received_at limit %(limit)s)
    """
)
_LONGEST_ERROR = 500


class StripeEventRows:
    """The repository of events."""

    async def add(self, transaction: Transaction, events: Sequence[StoredEvent], source: str, now: datetime) -> int:
        if not events:
            return 0
        return await transaction.execute(
            _ADD,
            source=source,
            now=now,
            ids=[event.id for event in events],
            organizations=[event.organization_id for event in events],
            types=[event.type for event in events],
            payloads=[event.payload for event in events],
            created=[event.created_at for event in events],
        )

    async def claim(self, transaction: Transaction, now: datetime, limit: int) -> list[StoredEvent]:
        rows = await transaction.all(_CLAIM, now=now, limit=limit)
        return [StoredEvent(row["id"], row["type"], row["created_at"], bytes(row["payload"]), row["attempts"]) for row in rows]

    async def mark(self, transaction: Transaction, statuses: Mapping[str, str]) -> None:
        if statuses:
            await transaction.execute(_MARK, ids=list(statuses), statuses=list(statuses.values()))

    async def failed(self, transaction: Transaction, event_id: str, error: str, retry_at: datetime | None) -> None:
        await transaction.execute(_FAILED, id=event_id, error=error[:_LONGEST_ERROR], retry_at=retry_at)

    async def claim_cursor(self, transaction: Transaction, now: datetime, until: datetime) -> datetime | None:
        row = await transaction.one(_CLAIM_CURSOR, now=now, until=until)
        return row["position"] if row else None

    async def move_cursor(self, transaction: Transaction, position: datetime, next_at: datetime) -> None:
        await transaction.execute(_MOVE_CURSOR, position=position, next_at=next_at)

    async def counts(self, transaction: Transaction) -> Mapping[str, int]:
        row = await transaction.one(_COUNTS)
        return {"waiting": row["waiting"], "parked": row["parked"]} if row else {}

    async def prune(self, transaction: Transaction, before: datetime, limit: int) -> int:
        return await transaction.execute(_PRUNE, before=before, limit=limit)
