"""Time is over for checkouts that nobody bought; what an earlier attempt left pending is void."""

from __future__ import annotations

from datetime import datetime

from services.checkout.domain import checkout as checkouts
from services.checkout.domain import order as orders
from services.checkout.domain.order import ORDER
from services.checkout.usecases.ports import OpenStore

_BATCH = 200


async def expire_checkouts(now: datetime, *, open_store: OpenStore) -> int:
    """How many expired; call again while it is not 0. Replicas do not wait for each other."""
    async with open_store(None) as store:
        due = await store.checkouts.lock_expired(now, _BATCH)
        expired = [checkouts.expire(checkout, now=now) for checkout in due]
        await store.checkouts.save([after for after, _ in expired])
        pending = await store.orders.lock([checkout.order_id for checkout in due if checkout.order_id])
        voided = [orders.void(order, now=now) for order in pending if ORDER.allows("void", order.status)]
        await store.orders.save([after for after, _ in voided])
        store.publish(*(fact for _, fact in expired), *(fact for _, fact in voided))
    return len(due)
