"""What purchases, payments and deletions do to the lives of subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CheckoutExpired, CheckoutPaymentActionRequired, CheckoutSucceeded, CustomerDeleted

from services.chassis.database import Transaction
from services.chassis.event import Event
from services.chassis.organization_clock import OrganizationClock
from services.subscription.convert_facts import OrderFact, read_order, read_purchase
from services.subscription.domain.debt import merged
from services.subscription.domain.first_payment import FirstPayment
from services.subscription.usecases.await_first_payments import await_first_payments, expire_first_payments
from services.subscription.usecases.end_of_customers import end_of_customers
from services.subscription.usecases.follow_orders import follow_orders
from services.subscription.usecases.ports import StoreOf
from services.subscription.usecases.start_subscriptions import start_subscriptions, upgrade_subscriptions


@dataclass(frozen=True, slots=True)
class Purchases:
    """Each takes all events of one type in a batch."""

    store_of: StoreOf
    clock: OrganizationClock
    new_id: Callable[[], UUID]

    async def checkouts_succeeded(
        self, transaction: Transaction, events: Sequence[Event[CheckoutSucceeded]]
    ) -> Sequence[Event[CheckoutSucceeded]]:
        """Subscriptions start. One that is to be upgraded and is not there yet is waited for."""
        forgone = [(event, event.message.forgone_subscription_id) for event in events if event.message.HasField("forgone_subscription_id")]
        await self._expire(transaction, forgone)
        recurring = [event for event in events if event.message.HasField("subscription_id")]
        if not recurring:
            return ()
        store = self.store_of(transaction)
        now_of = await self.clock.now_of(transaction, {event.organization_id for event in recurring})
        purchases = {event.id: read_purchase(event.organization_id, event.message) for event in recurring}
        await start_subscriptions([each for each in purchases.values() if not each.upgrades_subscription], now_of, self.new_id, store=store)
        upgrades = [each for each in purchases.values() if each.upgrades_subscription]
        early = await upgrade_subscriptions(upgrades, now_of, self.new_id, store=store) if upgrades else set()
        return [event for event in recurring if purchases[event.id].upgrades_subscription and purchases[event.id].subscription_id in early]

    async def first_payments_awaited(self, transaction: Transaction, events: Sequence[Event[CheckoutPaymentActionRequired]]) -> None:
        """Subscriptions are incomplete until their buyers act."""
        now_of = await self.clock.now_of(transaction, {event.organization_id for event in events})
        payments = [FirstPayment(read_purchase(event.organization_id, event.message.checkout), event.version) for event in events]
        await await_first_payments(payments, now_of, store=self.store_of(transaction))

    async def checkouts_expired(self, transaction: Transaction, events: Sequence[Event[CheckoutExpired]]) -> None:
        """First payments never came. Most carts never got that far."""
        unpaid = [(event, event.message.subscription_id) for event in events if event.message.HasField("subscription_id")]
        await self._expire(transaction, unpaid)

    async def _expire(self, transaction: Transaction, unpaid: Sequence[tuple[Event[Any], str]]) -> None:
        if unpaid:
            now_of = await self.clock.now_of(transaction, {event.organization_id for event, _ in unpaid})
            expired_at = {(event.organization_id, UUID(subscription_id)): event.occurred_at for event, subscription_id in unpaid}
            await expire_first_payments(expired_at, now_of, store=self.store_of(transaction))

    async def orders(self, transaction: Transaction, events: Sequence[Event[OrderFact]]) -> None:
        """Orders of subscriptions were paid, failed, were given up or voided."""
        heard = merged(read_order(event) for event in events if event.message.HasField("subscription_id"))
        if heard:
            now_of = await self.clock.now_of(transaction, {each.organization_id for each in heard})
            await follow_orders(heard, now_of, self.new_id, store=self.store_of(transaction))

    async def customers_deleted(self, transaction: Transaction, events: Sequence[Event[CustomerDeleted]]) -> None:
        """Whatever they subscribed to ends."""
        deleted_at = {(event.organization_id, event.subject_id): event.occurred_at for event in reversed(events)}
        now_of = await self.clock.now_of(transaction, {event.organization_id for event in events})
        await end_of_customers(deleted_at, now_of, self.new_id, store=self.store_of(transaction))
