"""Somebody changes one subscription: cancels it, takes that back, or ends it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from services.subscription.domain.changes import caught_up, followed
from services.subscription.domain.errors import SubscriptionNotFound
from services.subscription.domain.subscription import Change, Subscription
from services.subscription.usecases.ports import Store

Transition = Callable[[Subscription, datetime], Change]


async def change_subscription(
    organization_id: UUID, subscription_id: UUID, transition: Transition, now: datetime, *, store: Store
) -> Subscription:
    """The subscription after the transition, or SubscriptionNotFound.

    What time has done to it comes first, so that nothing depends on whether the sweep was here already.
    """
    before = await store.subscriptions.lock(organization_id, subscription_id)
    if before is None:
        raise SubscriptionNotFound(subscription_id)
    due = caught_up(before, now)
    change = followed(due, transition(due.after, now))
    if change.facts:
        await store.subscriptions.save([change.after])
        store.publisher.publish([change])
    return change.after
