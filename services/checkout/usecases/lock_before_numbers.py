"""A number series is locked last: whoever draws numbers holds before what else they may change with the same commit.

The order for all: checkout, customer, order, balance, discount, number series. A series is shared by all buyers of an organization, so
whoever waited for anything else while holding one would wait in a circle with those who hold that and draw.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from services.checkout.domain.order import Order
from services.checkout.usecases.ports import Store


async def lock_before_numbers(orders: Sequence[Order], discount_ids: Collection[UUID] = (), *, store: Store) -> None:
    """The balances that these orders changed when they were made, and may change again; and the discounts that were redeemed for them."""
    keys = sorted({order.balance_key for order in orders if order.applied_balance_amount})
    if keys:
        await store.balances.lock(keys)
    if discount_ids:
        await store.discounts.lock_many(sorted(discount_ids))
