"""Somebody changes one subscription's life: cancels it, pauses it, takes that back, or ends it at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.subscription.domain.changes import Transition
from services.subscription.domain.cycle import Situation, caught_up
from services.subscription.domain.errors import SubscriptionNotFound
from services.subscription.domain.story import Story, latest
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.ports import NewId, Store
from services.subscription.usecases.situations import situations
from services.subscription.usecases.tell import tell


async def change_subscription(
    organization_id: UUID, subscription_id: UUID, transition: Transition, now: datetime, new_id: NewId, *, store: Store
) -> Subscription:
    """The subscription after the transition, or SubscriptionNotFound.

    What time has done to it comes first, so that nothing depends on whether the sweep was here already.
    """
    before, due, situation = await locked(organization_id, subscription_id, now, new_id, store=store)
    change = transition(latest(before, due), situation)
    story = (*due, change) if change.facts else due
    if change.facts:
        await tell([(before, story)], store=store)
    return change.after


async def locked(
    organization_id: UUID, subscription_id: UUID, now: datetime, new_id: NewId, *, store: Store
) -> tuple[Subscription, Story, Situation]:
    """The subscription as it is stored, what time has done to it since, and what a change depends on after that."""
    before = await store.subscriptions.lock(organization_id, subscription_id)
    if before is None:
        raise SubscriptionNotFound(subscription_id)
    situation = (await situations([before], lambda _: now, new_id, store=store))[before.id]
    due = caught_up(before, situation)
    is_billed = await store.entries.are_of_period(organization_id, subscription_id, now)
    return before, due, replace(situation.after(due), is_billed=is_billed)
