"""The order of a confirmed checkout: a new one, or that of an earlier attempt with the fresh quote."""

from __future__ import annotations

from datetime import datetime

from services.chassis.ids import new_id
from services.checkout.domain import order as rules
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.offer import first_order, owed_on_balance
from services.checkout.domain.order import BillingReason, Order, Placement
from services.checkout.usecases.ports import Store


async def write_order(checkout: Checkout, now: datetime, *, is_new: bool, store: Store) -> Order:
    """The order, pending. `checkout` is confirmed and has the order's id."""
    assert checkout.order_id is not None
    quote = first_order(checkout.offer, now)
    item_ids = tuple(new_id() for _ in quote.lines)
    balance = owed_on_balance(checkout.offer)
    if is_new:
        order, created = rules.place(
            checkout.order_id, checkout.organization_id, _placement(checkout), quote, item_ids, balance=balance, now=now
        )
        await store.orders.add([order])
        store.publish(created)
        return order
    (before,) = await store.orders.lock([checkout.order_id])
    order, updated = rules.requote(before, _placement(checkout), quote, item_ids, balance=balance, now=now)
    await store.orders.save_with_items(order)
    store.publish(updated)
    return order


def _placement(checkout: Checkout) -> Placement:
    buyer, offer = checkout.buyer, checkout.offer
    assert buyer.customer_id is not None
    return Placement(
        customer_id=buyer.customer_id,
        external_customer_id=buyer.external_customer_id,
        billing_reason=BillingReason.SUBSCRIPTION_CREATE if offer.recurring else BillingReason.PURCHASE,
        product_id=checkout.cart.product_id,
        discount_id=offer.discount.discount_id if offer.discount else None,
        subscription_id=checkout.subscription_id,
        checkout_id=checkout.id,
        description=offer.product_name,
        billing_name=buyer.billing_name or buyer.name,
        billing_address=buyer.billing_address,
        customer_tax_id=buyer.tax_id,
        metadata=checkout.metadata,
    )
