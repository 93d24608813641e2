"""Customers were deleted: whatever they subscribed to ends at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.subscription.domain.changes import ended_with_customer
from services.subscription.usecases.ports import CustomerKey, Store


async def end_of_customers(deleted_at: Mapping[CustomerKey, datetime], now: datetime, *, store: Store) -> None:
    """End all subscriptions of these customers, those that are still to come included."""
    await store.customers.lock(deleted_at.keys())
    await store.customers.delete(deleted_at)
    changes = []
    for before in await store.subscriptions.lock_of_customers(deleted_at.keys()):
        change = ended_with_customer(before, deleted_at[before.organization_id, before.customer_id], now)
        if change.facts:
            changes.append(change)
    await store.subscriptions.save([change.after for change in changes])
    store.publisher.publish(changes)
