"""Time passes: subscriptions end when their end has come, and trials turn into paid periods."""

from __future__ import annotations

from datetime import datetime

from services.subscription.domain.changes import caught_up
from services.subscription.usecases.ports import Store

BATCH = 500


async def catch_up(now: datetime, *, store: Store) -> int:
    """Do one batch of what is due; how many there were. Any number may work side by side."""
    due = await store.subscriptions.lock_due(now, BATCH)
    changes = [caught_up(before, now) for before in due]
    await store.subscriptions.save([change.after for change in changes])
    store.publisher.publish(changes)
    return len(due)
