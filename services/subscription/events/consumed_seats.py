"""What facts do to seats; events/consumed.py has the table of all reactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded, CustomerDeleted, OrderPaid
from bursar.subscription.v1.subscription_events_pb2 import SubscriptionRevoked

from services.chassis.database import Transaction
from services.chassis.event import Event
from services.chassis.organization_clock import OrganizationClock
from services.subscription.convert_seat import read_bought_order, read_buyers_seat, read_paid_order
from services.subscription.domain.seat_container import Container
from services.subscription.usecases.revoke_seats import revoke_seats_of_containers, revoke_seats_of_customers
from services.subscription.usecases.seat_ports import SeatStoreOf, TokenHash
from services.subscription.usecases.take_buyers_seats import Means, take_buyers_seats


@dataclass(frozen=True, slots=True)
class SeatReactions:
    """Each takes all events of one type in a batch."""

    store_of: SeatStoreOf
    clock: OrganizationClock
    new_id: Callable[[], UUID]
    token_hash: TokenHash

    async def checkouts_succeeded(self, transaction: Transaction, events: Sequence[Event[CheckoutSucceeded]]) -> None:
        """Seats were sold, and buyers take theirs; the subscriptions that were started with them are there."""
        store = self.store_of(transaction)
        read = [read_buyers_seat(event.organization_id, event.message) for event in events]
        purchases = [each for each in read if each is not None]
        if purchases:  # customers before containers, as everywhere
            await store.customers.lock({(each.organization_id, each.holder.customer_id) for each in purchases if each.holder.customer_id})
        await store.containers.add_orders(_each_once(read_bought_order(event.organization_id, event.message) for event in events))
        if purchases:
            now_of = await self.clock.now_of(transaction, {each.organization_id for each in purchases})
            await take_buyers_seats(purchases, Means(now_of, self.new_id, self.token_hash), store=store)

    async def orders_paid(self, transaction: Transaction, events: Sequence[Event[OrderPaid]]) -> None:
        """One-time orders sold seats."""
        orders = _each_once(read_paid_order(event.organization_id, event.message) for event in events)
        await self.store_of(transaction).containers.add_orders(orders)

    async def customers_deleted(self, transaction: Transaction, events: Sequence[Event[CustomerDeleted]]) -> None:
        """Their seats are free again; the customers are marked as deleted already."""
        now_of = await self.clock.now_of(transaction, {event.organization_id for event in events})
        customers = {(event.organization_id, event.subject_id) for event in events}
        await revoke_seats_of_customers(customers, now_of, store=self.store_of(transaction))

    async def subscriptions_revoked(self, transaction: Transaction, events: Sequence[Event[SubscriptionRevoked]]) -> None:
        """A fact of our own: nobody gives or claims a seat of what has ended, so those that are there are the last."""
        now_of = await self.clock.now_of(transaction, {event.organization_id for event in events})
        ended = {(event.organization_id, event.subject_id) for event in events}
        await revoke_seats_of_containers(ended, now_of, store=self.store_of(transaction))


def _each_once(orders: Iterable[Container | None]) -> list[Container]:
    return list({(each.organization_id, each.id): each for each in orders if each is not None}.values())
