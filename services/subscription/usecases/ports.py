"""What the use cases need of the rooms around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.pagination import Page
from services.subscription.domain.subscription import Change, Subscription

CustomerKey = tuple[UUID, UUID]
"""Organization and customer."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which subscriptions a list is of; empty or None takes all."""

    customer_ids: Sequence[UUID] = ()
    product_ids: Sequence[UUID] = ()
    discount_ids: Sequence[UUID] = ()
    statuses: Sequence[str] = ()
    active: bool | None = None
    cancel_at_period_end: bool | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list."""

    subscriptions: Sequence[Subscription]
    next_token: str
    total: int | None


class Subscriptions(Protocol):
    """The subscriptions that a transaction sees."""

    async def get(self, organization_id: UUID, subscription_id: UUID) -> Subscription | None: ...

    async def lock(self, organization_id: UUID, subscription_id: UUID) -> Subscription | None: ...

    async def lock_due(self, now: datetime, most: int) -> list[Subscription]: ...

    async def lock_of_customers(self, customers: Set[CustomerKey]) -> list[Subscription]: ...

    async def add(self, subscriptions: Sequence[Subscription]) -> set[UUID]: ...

    async def save(self, subscriptions: Sequence[Subscription]) -> None: ...

    async def count_billable(self, organization_id: UUID, customer_id: UUID) -> int: ...

    async def page(self, organization_id: UUID, filters: Filters, page: Page) -> Listed: ...


class Customers(Protocol):
    """The customers that a transaction sees."""

    async def lock(self, customers: Set[CustomerKey]) -> dict[CustomerKey, datetime | None]: ...

    async def delete(self, deleted_at: Mapping[CustomerKey, datetime]) -> None: ...


class Publisher(Protocol):
    """Tells the facts of changes to whoever listens, with the commit."""

    def publish(self, changes: Sequence[Change]) -> None: ...


@dataclass(frozen=True, slots=True)
class Store:
    """All that a transaction sees and tells."""

    subscriptions: Subscriptions
    customers: Customers
    publisher: Publisher


StoreOf = Callable[[Transaction], Store]
"""The store of a transaction; bound in app.py."""
