"""All repositories over one transaction."""

from __future__ import annotations

from collections.abc import Callable

from services.chassis.database import Transaction
from services.chassis.outbox import Fact
from services.checkout.domain.fact import DomainFact
from services.checkout.storage.checkouts import StoredCheckouts
from services.checkout.storage.customers import StoredCustomers
from services.checkout.storage.discounts import StoredDiscounts
from services.checkout.storage.orders import StoredOrders
from services.checkout.storage.organizations import StoredOrganizations
from services.checkout.storage.payment_methods import StoredPaymentMethods
from services.checkout.storage.products import StoredProducts


class TransactionStore:
    """What one transaction sees and tells. `to_fact` writes a domain fact as the message that travels."""

    def __init__(self, transaction: Transaction, to_fact: Callable[[DomainFact], Fact]) -> None:
        self.transaction = transaction
        self.products = StoredProducts(transaction)
        self.discounts = StoredDiscounts(transaction)
        self.customers = StoredCustomers(transaction)
        self.payment_methods = StoredPaymentMethods(transaction)
        self.checkouts = StoredCheckouts(transaction)
        self.orders = StoredOrders(transaction)
        self.organizations = StoredOrganizations(transaction)
        self._to_fact = to_fact

    def publish(self, *facts: DomainFact) -> None:
        """With the commit."""
        self.transaction.publish(*(self._to_fact(fact) for fact in facts))
