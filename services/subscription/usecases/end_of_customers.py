"""Customers were deleted: whatever they subscribed to ends at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.chassis.organization_clock import NowOf
from services.subscription.domain.changes import ended_with_customer
from services.subscription.usecases.ports import CustomerKey, NewId, Store
from services.subscription.usecases.situations import situations
from services.subscription.usecases.tell import tell


async def end_of_customers(deleted_at: Mapping[CustomerKey, datetime], now_of: NowOf, new_id: NewId, *, store: Store) -> None:
    """End all subscriptions of these customers, those that are still to come included."""
    await store.customers.lock(deleted_at.keys())
    await store.customers.delete(deleted_at)
    ending = await store.subscriptions.lock_of_customers(deleted_at.keys())
    situation_of = await situations(ending, now_of, new_id, store=store)
    stories = [
        (before, ended_with_customer(before, deleted_at[before.organization_id, before.customer_id], situation_of[before.id]))
        for before in ending
    ]
    await tell(stories, store=store)
