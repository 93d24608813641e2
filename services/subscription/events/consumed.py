"""Everything this service reacts to, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded, CustomerDeleted

from services.chassis.clock import Clock
from services.chassis.database import Transaction
from services.chassis.event import Event, Reaction
from services.subscription.convert import read_purchase
from services.subscription.usecases.end_of_customers import end_of_customers
from services.subscription.usecases.ports import StoreOf
from services.subscription.usecases.start_subscriptions import start_subscriptions


def reactions(store_of: StoreOf, clock: Clock) -> list[Reaction[Any]]:
    """The table."""

    async def checkouts_succeeded(transaction: Transaction, events: Sequence[Event[CheckoutSucceeded]]) -> None:
        recurring = [event for event in events if event.message.HasField("subscription_id")]
        purchases = [read_purchase(event.organization_id, event.message) for event in recurring]
        await start_subscriptions(purchases, clock.now(), store=store_of(transaction))

    async def customers_deleted(transaction: Transaction, events: Sequence[Event[CustomerDeleted]]) -> None:
        deleted_at = {(event.organization_id, event.subject_id): event.occurred_at for event in reversed(events)}
        await end_of_customers(deleted_at, clock.now(), store=store_of(transaction))

    return [
        Reaction("checkout.succeeded", CheckoutSucceeded, checkouts_succeeded),
        Reaction("customer.deleted", CustomerDeleted, customers_deleted),
    ]
