"""Time is over for checkouts that nobody bought; what an earlier attempt left pending is void."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.checkout.domain import checkout as checkouts
from services.checkout.domain import order_steps as orders
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.order import ORDER
from services.checkout.usecases.ports import OpenStore, Store

_BATCH = 200


async def expire_checkouts(now: datetime, *, open_store: OpenStore) -> int:
    """How many of live organizations expired; call again while it is not 0. Replicas do not wait for each other."""
    async with open_store(None) as store:
        due = await store.checkouts.lock_expired(now, _BATCH)
        await _expire(due, now, store)
    return len(due)


async def expire_checkouts_of(sandbox_id: UUID, now: datetime, *, open_store: OpenStore) -> int:
    """How many of a sandbox expired at its time; call again while it is not 0."""
    async with open_store(sandbox_id) as store:
        due = await store.checkouts.lock_expired_of(sandbox_id, now, _BATCH)
        await _expire(due, now, store)
    return len(due)


async def next_expiry(sandbox_id: UUID, until: datetime, *, store: Store) -> datetime | None:
    """The earliest instant, up to and with `until`, at which a checkout of a sandbox expires, or its buyer has waited too long."""
    return await store.checkouts.next_expiry(sandbox_id, until)


async def _expire(due: Sequence[Checkout], now: datetime, store: Store) -> None:
    expired = [checkouts.expire(checkout, now=now) for checkout in due]
    await store.checkouts.save([after for after, _ in expired])
    pending = await store.orders.lock([checkout.order_id for checkout in due if checkout.order_id])
    voided = [orders.void(order, now=now) for order in pending if ORDER.allows("void", order.status)]
    await store.orders.save([after for after, _ in voided])
    store.publish(*(fact for _, fact in expired), *(fact for _, fact in voided))
