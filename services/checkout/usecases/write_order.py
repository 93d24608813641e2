"""The order of a confirmed checkout: a new one, or that of an earlier attempt with the fresh quote."""

from __future__ import annotations

from datetime import datetime

from services.chassis.ids import new_id
from services.checkout.domain import order_steps as rules
from services.checkout.domain.balance import applied_balance, type_of
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.offer import first_order
from services.checkout.domain.order import BillingReason, Order, Placement
from services.checkout.domain.payment import AttemptKind
from services.checkout.usecases.ports import Store


async def write_order(checkout: Checkout, balance: int, now: datetime, *, is_new: bool, store: Store) -> Order:
    """The order, pending. `checkout` is confirmed and has the order's id; `balance` is its customer's, who is locked."""
    assert checkout.order_id is not None
    quote = first_order(checkout.offer, now)
    item_ids = tuple(new_id() for _ in quote.lines)
    applied = applied_balance(quote.total_amount, balance, quote.currency)
    if is_new:
        order, created = rules.place(
            checkout.order_id, checkout.organization_id, _placement(checkout), quote, item_ids, balance=applied, now=now
        )
        order = _attempted(order, checkout)
        await store.orders.add([order])
        store.publish(created)
    else:
        (before,) = await store.orders.lock([checkout.order_id])
        order, updated = rules.requote(before, _placement(checkout), quote, item_ids, balance=applied, now=now)
        order = _attempted(order, checkout)
        await store.orders.save_with_items(order)
        store.publish(updated)
    await store.balances.change(order.balance_change(type_of(quote.total_amount, balance, applied), applied, now))
    return order


def _attempted(order: Order, checkout: Checkout) -> Order:
    return rules.attempted(order) if checkout.attempt_kind is AttemptKind.CHARGE else order


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
        seats=None if offer.recurring else offer.seats,
    )
