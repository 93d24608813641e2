"""Time passes: periods are renewed, trials become paid, pauses and ends come, and what is near is announced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.subscription.domain.cycle import caught_up
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.ports import NewId, Store
from services.subscription.usecases.situations import situations
from services.subscription.usecases.tell import tell

BATCH = 500
_STEPS = 20
"""Of one subscription in one transaction; the rest is due at once again."""


async def catch_up(due: Sequence[Subscription], now: datetime, new_id: NewId, *, store: Store) -> None:
    """Do all that is due to these, which are locked. Any number of workers may be at others meanwhile."""
    situation_of = await situations(due, lambda _: now, new_id, store=store)
    stories = [(before, caught_up(before, situation_of[before.id], most=_STEPS)) for before in due]
    await tell(stories, store=store)
    # Nothing was due if the row was told so by an older rule: it says now when it is.
    await store.subscriptions.save_cycled([before for before, story in stories if not story])


async def catch_up_sandbox(organization_id: UUID, now: datetime, new_id: NewId, *, store: Store) -> int:
    """A batch of what is due in one sandbox at its own time; how many there were."""
    due = await store.subscriptions.lock_due_of_sandbox(organization_id, now, BATCH)
    if due:
        await catch_up(due, now, new_id, store=store)
    return len(due)
