"""What is not finished for a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.sql import Statement

_ATTEMPTS = Statement(
    """
    select count(*) filter (where status = 'pending' and asked_at is null) as queued,
      count(*) filter (where status = 'unknown' or (status = 'pending' and asked_at is not null)) as unanswered,
      count(*) filter (where status = 'processing' and due_at <= %(soon)s) as processing,
      count(*) filter (where status = 'succeeded' and asked_at > %(lately)s) as unsettled
    from attempt where organization_id = %(organization_id)s and is_sandbox(organization_id)
      and (status in ('pending', 'unknown', 'processing') or (status = 'succeeded' and kind = 'payment' and settlement_currency is null))
    """
)
_EVENTS = Statement("select count(*) as waiting from stripe_event where due_at <= %(soon)s and organization_id = %(organization_id)s")


async def count_unfinished(transaction: Transaction, organization_id: UUID, *, soon: datetime, lately: datetime) -> Mapping[str, int]:
    """Numbers of attempts and events by what they wait for. `soon`: what is looked at later has nothing to come now; `lately`: a
    payment that was begun before and is not settled will not be in a moment. Both by the machine's clock."""
    attempts = await transaction.one(_ATTEMPTS, organization_id=organization_id, soon=soon, lately=lately)
    events = await transaction.one(_EVENTS, organization_id=organization_id, soon=soon)
    return {**(attempts or {}), **(events or {})}
