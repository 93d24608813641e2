"""All repositories over one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.organization_clock import NowOf, OrganizationClock
from services.chassis.outbox import Fact
from services.checkout.domain.fact import DomainFact
from services.checkout.storage.balances import StoredBalances
from services.checkout.storage.charges import StoredCharges
from services.checkout.storage.checkouts import StoredCheckouts
from services.checkout.storage.customers import StoredCustomers
from services.checkout.storage.discounts import StoredDiscounts
from services.checkout.storage.ended_subscriptions import StoredEndedSubscriptions
from services.checkout.storage.orders import StoredOrders
from services.checkout.storage.organizations import StoredOrganizations
from services.checkout.storage.payment_methods import StoredPaymentMethods
from services.checkout.storage.products import StoredProducts
from services.checkout.storage.trials import StoredTrials


class TransactionStore:
    """What one transaction sees and tells. `to_fact` writes a domain fact as the message that travels."""

    def __init__(self, transaction: Transaction, to_fact: Callable[[DomainFact], Fact], clock: OrganizationClock) -> None:
        self.transaction = transaction
        self.products = StoredProducts(transaction)
        self.discounts = StoredDiscounts(transaction)
        self.customers = StoredCustomers(transaction)
        self.payment_methods = StoredPaymentMethods(transaction)
        self.checkouts = StoredCheckouts(transaction, clock.system)
        self.trials = StoredTrials(transaction)
        self.orders = StoredOrders(transaction)
        self.balances = StoredBalances(transaction)
        self.charges = StoredCharges(transaction)
        self.ended_subscriptions = StoredEndedSubscriptions(transaction)
        self.organizations = StoredOrganizations(transaction)
        self._to_fact = to_fact
        self._clock = clock

    async def now(self, organization_id: UUID) -> datetime:
        """The organization's time."""
        return await self._clock.now(self.transaction, organization_id)

    async def now_of(self, organization_ids: Iterable[UUID]) -> NowOf:
        """The times of some organizations."""
        return await self._clock.now_of(self.transaction, organization_ids)

    def publish(self, *facts: DomainFact) -> None:
        """With the commit."""
        self.transaction.publish(*(self._to_fact(fact) for fact in facts))
