"""Everything that the use cases store, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from services.chassis.database import Transaction
from services.subscription.storage.catalog import StoredCatalog
from services.subscription.storage.customers import StoredCustomers
from services.subscription.storage.entries import StoredEntries
from services.subscription.storage.first_payments import StoredFirstPayments
from services.subscription.storage.orders import StoredOrders
from services.subscription.storage.organizations import StoredOrganizations
from services.subscription.storage.subscriptions import StoredSubscriptions
from services.subscription.usecases.ports import Publisher, Store, StoreOf


def stored(publisher: Callable[[Transaction], Publisher]) -> StoreOf:
    """Stores in PostgreSQL that publish by `publisher`."""

    def store_of(transaction: Transaction) -> Store:
        return Store(
            subscriptions=StoredSubscriptions(transaction),
            entries=StoredEntries(transaction),
            orders=StoredOrders(transaction),
            first_payments=StoredFirstPayments(transaction),
            organizations=StoredOrganizations(transaction),
            catalog=StoredCatalog(transaction),
            customers=StoredCustomers(transaction),
            publisher=publisher(transaction),
        )

    return store_of
