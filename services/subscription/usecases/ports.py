"""What the use cases need of the rooms around them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.pagination import Page
from services.subscription.domain.catalog import CatalogProduct, KnownCustomer, KnownDiscount
from services.subscription.domain.debt import SubscriptionOrder
from services.subscription.domain.entry import BillingEntry
from services.subscription.domain.organization import Organization
from services.subscription.domain.story import Change
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.filters import Filters
from services.subscription.usecases.subscription_export import ExportedSubscription

CustomerKey = tuple[UUID, UUID]
"""Organization and customer."""
SubscriptionKey = tuple[UUID, UUID]
"""Organization and subscription."""
OrderKey = tuple[UUID, UUID, UUID]
"""Organization, order and subscription."""
NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list."""

    subscriptions: Sequence[Subscription]
    next_token: str
    total: int | None


@dataclass(frozen=True, slots=True)
class ListedEntries:
    """One page of a subscription's billing entries."""

    entries: Sequence[BillingEntry]
    next_token: str


@dataclass(frozen=True, slots=True)
class DueSubscription:
    """One that is locked and not read yet, so that one that cannot be read holds up no other."""

    id: UUID
    read: Callable[[], Subscription]


class Subscriptions(Protocol):
    """The subscriptions that a transaction sees."""

    async def get(self, organization_id: UUID, subscription_id: UUID) -> Subscription | None: ...

    async def lock(self, organization_id: UUID, subscription_id: UUID) -> Subscription | None: ...

    async def lock_many(self, keys: Set[SubscriptionKey]) -> list[Subscription]: ...

    async def lock_due(self, now: datetime, most: int, but: Sequence[UUID]) -> list[DueSubscription]: ...

    async def lock_due_of_sandbox(self, organization_id: UUID, now: datetime, most: int) -> list[Subscription]: ...

    async def find_due_of_sandbox(self, organization_id: UUID, until: datetime) -> datetime | None: ...

    async def count_charging(self, organization_id: UUID) -> int: ...

    async def charging(self, most: int) -> dict[UUID, SubscriptionKey]: ...

    async def lock_of_customers(self, customers: Set[CustomerKey]) -> list[Subscription]: ...

    async def of_orders(self, orders: Set[OrderKey], owing: Set[SubscriptionKey]) -> set[SubscriptionKey]: ...

    async def add(self, subscriptions: Sequence[Subscription]) -> set[UUID]: ...

    async def save(self, subscriptions: Sequence[Subscription]) -> None: ...

    async def save_cycled(self, subscriptions: Sequence[Subscription]) -> None: ...

    async def count_billable(self, organization_id: UUID, customer_id: UUID, but: UUID | None = None) -> int: ...

    async def page(self, organization_id: UUID, filters: Filters, page: Page) -> Listed: ...

    async def behind(
        self, organization_id: UUID, filters: Filters, last: ExportedSubscription | None, most: int
    ) -> list[ExportedSubscription]: ...


class Entries(Protocol):
    """The billing entries that a transaction sees."""

    async def save(self, entries: Sequence[BillingEntry]) -> None: ...

    async def pending(self, keys: Collection[SubscriptionKey]) -> Mapping[UUID, tuple[BillingEntry, ...]]: ...

    async def of_order(self, organization_id: UUID, subscription_id: UUID, order_id: UUID) -> list[BillingEntry]: ...

    async def reserved(self, orders: Collection[tuple[UUID, UUID]]) -> Mapping[UUID, Sequence[BillingEntry]]: ...

    async def are_of_period(self, organization_id: UUID, subscription_id: UUID, start: datetime) -> bool: ...

    async def settle(self, orders: Collection[tuple[UUID, UUID]], *, paid: bool) -> None: ...

    async def page(self, organization_id: UUID, subscription_id: UUID, pending: bool | None, page: Page) -> ListedEntries: ...


class Orders(Protocol):
    """What a transaction knows of the orders of subscriptions."""

    async def hear(self, orders: Sequence[SubscriptionOrder]) -> None: ...

    async def unpaid(self, keys: Collection[SubscriptionKey]) -> Mapping[UUID, list[SubscriptionOrder]]: ...


class FirstPayments(Protocol):
    """What a transaction knows of first payments that need the buyer."""

    async def lock(self, keys: Set[SubscriptionKey]) -> dict[SubscriptionKey, datetime | None]: ...

    async def expire(self, expired_at: Mapping[SubscriptionKey, datetime]) -> None: ...


class Organizations(Protocol):
    """The organizations that a transaction sees."""

    async def get(self, organization_id: UUID) -> Organization: ...

    async def get_many(self, organization_ids: Collection[UUID]) -> Mapping[UUID, Organization]: ...

    async def keep(self, organizations: Sequence[Organization]) -> None: ...


class Catalog(Protocol):
    """The products and discounts that a transaction sees."""

    async def products(self, keys: Collection[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], CatalogProduct]: ...

    async def keep_products(self, products: Sequence[CatalogProduct]) -> None: ...

    async def keep_discounts(self, discounts: Sequence[KnownDiscount]) -> None: ...


class Customers(Protocol):
    """The customers that a transaction sees."""

    async def lock(self, customers: Set[CustomerKey]) -> dict[CustomerKey, KnownCustomer]: ...

    async def keep(self, customers: Sequence[KnownCustomer]) -> None: ...

    async def delete(self, deleted_at: Mapping[CustomerKey, datetime]) -> None: ...


class Publisher(Protocol):
    """Tells the facts of changes to whoever listens, with the commit."""

    def publish(self, changes: Sequence[Change]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All that a transaction sees and tells."""

    subscriptions: Subscriptions
    entries: Entries
    orders: Orders
    first_payments: FirstPayments
    organizations: Organizations
    catalog: Catalog
    customers: Customers
    publisher: Publisher


StoreOf = Callable[[Transaction], Store]
"""The store of a transaction; bound in app.py."""
