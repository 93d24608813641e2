"""The rows and the time of one transaction. What a use case needs of other services is in `outside_ports`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.checkout.domain.fact import DomainFact
from services.checkout.usecases.catalog_ports import Discounts, Products
from services.checkout.usecases.checkout_ports import Checkouts, Trials
from services.checkout.usecases.customer_ports import Balances, Customers, Organizations, PaymentMethods
from services.checkout.usecases.order_ports import Charges, EndedSubscriptions, Orders


class Store(Protocol):
    """All of this service's rows that one transaction sees, and the facts that become true with its commit."""

    @property
    def products(self) -> Products: ...
    @property
    def discounts(self) -> Discounts: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def payment_methods(self) -> PaymentMethods: ...
    @property
    def checkouts(self) -> Checkouts: ...
    @property
    def trials(self) -> Trials: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def balances(self) -> Balances: ...
    @property
    def charges(self) -> Charges: ...
    @property
    def ended_subscriptions(self) -> EndedSubscriptions: ...
    @property
    def organizations(self) -> Organizations: ...
    async def now(self, organization_id: UUID) -> datetime:
        """The organization's time."""
        ...

    async def now_of(self, organization_ids: Iterable[UUID]) -> NowOf:
        """The times of some organizations."""
        ...

    def publish(self, *facts: DomainFact) -> None: ...


OpenStore = Callable[[UUID | None], AbstractAsyncContextManager[Store]]
"""A transaction over one organization's rows; None: over all, for work in the background."""
