"""Checkouts of recurring products succeeded: their subscriptions start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.subscription.domain.changes import ended_with_customer, followed
from services.subscription.domain.start import Purchase, started
from services.subscription.domain.subscription import Change
from services.subscription.usecases.ports import Store


async def start_subscriptions(purchases: Sequence[Purchase], now: datetime, *, store: Store) -> None:
    """Start those that are not there yet. A customer who was deleted meanwhile gets one that has ended, as if it had come first."""
    # Two checkouts can name one subscription only by a defect; the first counts.
    once = {purchase.subscription_id: purchase for purchase in reversed(purchases)}.values()
    deleted = await store.customers.lock({(purchase.organization_id, purchase.customer_id) for purchase in once})
    changes = [_change(purchase, deleted[purchase.organization_id, purchase.customer_id], now) for purchase in once]
    added = await store.subscriptions.add([change.after for change in changes])
    store.publisher.publish([change for change in changes if change.after.id in added])


def _change(purchase: Purchase, customer_deleted_at: datetime | None, now: datetime) -> Change:
    start = started(purchase, now)
    if customer_deleted_at is None:
        return start
    return followed(start, ended_with_customer(start.after, customer_deleted_at, now))
