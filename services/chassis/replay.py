"""Putting facts in line again. Always safe: readers that have taken a fact drop its copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Database, Transaction
from services.chassis.event_metrics import OUTBOX_REPUBLISHED
from services.chassis.sql import Statement

_SLICE = 5_000
_QUEUE = Statement(
    "insert into outbox_pending (partition, position) select partition, position from outbox "
    "where position = any(%(positions)s::bigint[]) on conflict do nothing"
)
_RANGE = Statement(
    "with chosen as (select partition, position from outbox where position > %(after)s "
    "and (%(type)s::text is null or type = %(type)s) "
    "and (%(organization_id)s::uuid is null or organization_id = %(organization_id)s) "
    "and (%(since)s::timestamptz is null or stored_at >= %(since)s) "
    "and (%(until)s::timestamptz is null or stored_at < %(until)s) "
    f"order by position limit {_SLICE}), "
    "queued as (insert into outbox_pending (partition, position) select partition, position from chosen on conflict do nothing) "
    "select count(*) as count, max(position) as last from chosen"
)


async def replay(
    database: Database,
    *,
    type: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    organization_id: UUID | None = None,
) -> int:
    """Publish facts again, of a type, an organization, or a time in which they were committed; how many. As the worker role."""
    total, after = 0, 0
    while True:
        async with database.transaction() as transaction:
            row = await transaction.one(_RANGE, type=type, since=since, until=until, organization_id=organization_id, after=after)
        assert row is not None
        total += int(row["count"])
        if row["count"] < _SLICE:
            break
        after = row["last"]
    OUTBOX_REPUBLISHED.labels("replay").inc(total)
    database.wake_relay.set()
    return total


async def queue(transaction: Transaction, positions: Sequence[int], reason: str) -> int:
    """Publish these facts again, once the transaction commits; how many were not waiting already. As the worker role."""
    count = await transaction.execute(_QUEUE, positions=list(positions)) if positions else 0
    OUTBOX_REPUBLISHED.labels(reason).inc(count)
    return count
