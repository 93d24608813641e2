"""A merchant ends a discount for good; subscriptions that have it keep it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.checkout.domain import discount as rules
from services.checkout.domain.discount import Discount
from services.checkout.domain.errors import DiscountNotFound
from services.checkout.usecases.ports import Store


async def delete_discount(discount_id: UUID, now: datetime, *, store: Store) -> Discount:
    """The discount as deleted. DiscountNotFound."""
    before = await store.discounts.lock(discount_id)
    if before is None:
        raise DiscountNotFound
    after, fact = rules.delete(before, now=now)
    await store.discounts.save(after)
    store.publish(fact)
    return after
