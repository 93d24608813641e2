"""Everything that the use cases of seats store, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from services.chassis.database import Transaction
from services.subscription.storage.customers import StoredCustomers
from services.subscription.storage.seat_containers import StoredContainers
from services.subscription.storage.seats import StoredSeats
from services.subscription.usecases.seat_ports import SeatPublisher, SeatStore, SeatStoreOf


def seats_stored(publisher: Callable[[Transaction], SeatPublisher]) -> SeatStoreOf:
    """Stores in PostgreSQL that publish by `publisher`."""

    def store_of(transaction: Transaction) -> SeatStore:
        return SeatStore(StoredContainers(transaction), StoredSeats(transaction), StoredCustomers(transaction), publisher(transaction))

    return store_of
