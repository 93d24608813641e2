"""Everything this service reacts to, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bursar.checkout.v1 import checkout_events_pb2 as checkout
from bursar.identity.v1 import identity_events_pb2 as identity
from bursar.subscription.v1.subscription_events_pb2 import SubscriptionRevoked

from services.chassis.database import Transaction
from services.chassis.event import Event, Reaction
from services.chassis.ids import new_id
from services.chassis.organization_clock import OrganizationClock
from services.subscription.events.consumed_seats import SeatReactions
from services.subscription.events.copies import Copies
from services.subscription.events.purchases import Purchases
from services.subscription.usecases.ports import StoreOf


def reactions(store_of: StoreOf, clock: OrganizationClock, seats: SeatReactions) -> list[Reaction[Any]]:
    """The table. Copies come first, so that what is decided in the same batch knows them."""
    copies, lives = Copies(store_of), Purchases(store_of, clock, new_id)

    async def checkouts_succeeded(
        transaction: Transaction, events: Sequence[Event[checkout.CheckoutSucceeded]]
    ) -> Sequence[Event[checkout.CheckoutSucceeded]]:
        early = await lives.checkouts_succeeded(transaction, events)
        ids = {event.id for event in early}
        await seats.checkouts_succeeded(transaction, [event for event in events if event.id not in ids])
        return early

    async def orders_paid(transaction: Transaction, events: Sequence[Event[checkout.OrderPaid]]) -> None:
        await lives.orders(transaction, events)
        await seats.orders_paid(transaction, events)

    async def customers_deleted(transaction: Transaction, events: Sequence[Event[checkout.CustomerDeleted]]) -> None:
        await lives.customers_deleted(transaction, events)
        await seats.customers_deleted(transaction, events)

    return [
        Reaction("organization.created", identity.OrganizationCreated, copies.organizations),
        Reaction("organization.updated", identity.OrganizationUpdated, copies.organizations),
        Reaction("product.created", checkout.ProductCreated, copies.products),
        Reaction("product.updated", checkout.ProductUpdated, copies.products),
        Reaction("discount.created", checkout.DiscountCreated, copies.discounts),
        Reaction("discount.updated", checkout.DiscountUpdated, copies.discounts),
        Reaction("customer.created", checkout.CustomerCreated, copies.customers),
        Reaction("customer.updated", checkout.CustomerUpdated, copies.customers),
        Reaction("checkout.payment_action_required", checkout.CheckoutPaymentActionRequired, lives.first_payments_awaited),
        Reaction("checkout.expired", checkout.CheckoutExpired, lives.checkouts_expired),
        Reaction("checkout.succeeded", checkout.CheckoutSucceeded, checkouts_succeeded),
        Reaction("order.paid", checkout.OrderPaid, orders_paid),
        Reaction("order.payment_failed", checkout.OrderPaymentFailed, lives.orders),
        Reaction("order.dunning_exhausted", checkout.OrderDunningExhausted, lives.orders),
        Reaction("order.voided", checkout.OrderVoided, lives.orders),
        Reaction("customer.deleted", checkout.CustomerDeleted, customers_deleted),
        Reaction("subscription.revoked", SubscriptionRevoked, seats.subscriptions_revoked),
    ]
