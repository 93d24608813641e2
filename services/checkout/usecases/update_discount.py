"""A merchant describes a discount differently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from services.checkout.domain import discount as rules
from services.checkout.domain.discount import Discount, DiscountTerms
from services.checkout.domain.errors import DiscountNotFound
from services.checkout.usecases.create_discount import check_products
from services.checkout.usecases.ports import Store


async def update_discount(discount_id: UUID, edit: Callable[[DiscountTerms], DiscountTerms], now: datetime, *, store: Store) -> Discount:
    """The discount after the edit. DiscountNotFound, DiscountRedeemed, DiscountCodeTaken, ProductNotFound."""
    before = await store.discounts.lock(discount_id)
    if before is None:
        raise DiscountNotFound
    after, fact = rules.update(before, edit(before.terms), now=now)
    await check_products(after.terms, store)
    await store.discounts.save(after)
    store.publish(fact)
    return after
