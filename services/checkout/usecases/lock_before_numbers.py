"""A number series is locked last: whoever draws numbers holds before what else they may change with the same commit.

The order for all: checkout, customer, order, balance, discount, number series. A series is shared by all buyers of an organization, so
whoever waited for anything else while holding one would wait in a circle with those who hold that and draw. A checkout's order may come
behind the balance, for the checkout's lock is in front of it. Whoever makes orders void needs no lock of the customer: who decides by a
balance holds its row, and an order that is void takes only from a balance that there is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.checkout.domain.balance import BalanceKey
from services.checkout.domain.order import Order
from services.checkout.usecases.ports import Store


async def lock_before_numbers(
    orders: Sequence[Order], discount_ids: Collection[UUID] = (), *, voidable: Sequence[Order] = (), store: Store
) -> Mapping[BalanceKey, int]:
    """The balances that these orders changed when they were made, and may change again, and those of orders that may become void by
    what their customer has; and the discounts that were redeemed for them. What is in these balances; those never used are left out."""
    moving = [order for order in orders if order.applied_balance_amount or order.forfeited_amount]
    keys = {order.balance_key for order in (*moving, *voidable)}
    balances = await store.balances.lock(sorted(keys)) if keys else {}
    if discount_ids:
        await store.discounts.lock_many(sorted(discount_ids))
    return balances


async def lock_before_void(orders: Sequence[Order], *, store: Store) -> Mapping[BalanceKey, int]:
    """What the customers of these orders have, which are locked and become void: only for what was delivered does it matter."""
    return await lock_before_numbers((), voidable=[order for order in orders if order.placement.is_delivered], store=store)
