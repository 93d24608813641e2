"""Rows of orders and of their charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.checkout.domain.billing import Billing
from services.checkout.domain.charge import Charge
from services.checkout.domain.invoice import Series
from services.checkout.domain.order import Order


@dataclass(frozen=True, slots=True)
class DueOrder:
    """One that is locked and not read yet, so that one that cannot be read holds up no other."""

    id: UUID


class Orders(Protocol):
    """Orders with their items."""

    async def add(self, orders: Sequence[Order]) -> None: ...
    async def get(self, order_id: UUID) -> Order | None: ...
    async def lock(self, order_ids: Sequence[UUID]) -> list[Order]: ...
    async def save(self, orders: Sequence[Order]) -> None: ...
    async def save_with_items(self, order: Order) -> None: ...
    async def billed(self, billings: Sequence[Billing]) -> set[UUID]:
        """The order ids of those that were billed before: the order, its cycle or one of its entries."""
        ...

    async def lock_due(self, now: datetime, limit: int, but: Sequence[UUID]) -> list[DueOrder]:
        """Live ones but these whose dunning goes on now and that nothing is under way for; who is locked by somebody else is left out."""
        ...

    async def lock_due_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[DueOrder]:
        """The same of a sandbox at its time."""
        ...

    async def lock_past_due(self, customer_ids: Sequence[UUID]) -> list[Order]: ...
    async def lock_pending_of_subscriptions(self, subscription_ids: Sequence[UUID]) -> list[Order]: ...
    async def draw_numbers(self, counts: Mapping[Series, int]) -> dict[Series, list[str]]:
        """So many numbers of each series; without a gap if the transaction commits, unused if it does not."""
        ...


@dataclass(frozen=True, slots=True)
class Bill:
    """What payments needs to know of an order to charge it."""

    order_id: UUID
    amount: int
    currency: str
    description: str
    payment_method_id: UUID | None
    """The saved card that is charged if it is still there, else the default."""
    customer_id: UUID
    email: str
    name: str | None


class Charges(Protocol):
    """Charges of orders that no checkout drives. `now` is the machine's time, from which they are seen to later."""

    async def add(self, charges: Sequence[Charge], now: datetime) -> None: ...
    async def save(self, charges: Sequence[Charge], now: datetime) -> None: ...
    async def save_unasked(self, charges: Sequence[Charge], now: datetime) -> None:
        """Those that are still to be asked for."""
        ...

    async def save_asked(self, charges: Sequence[Charge], now: datetime) -> None:
        """Those that are still asked for and unanswered."""
        ...

    async def under_way(self, order_ids: Sequence[UUID]) -> dict[UUID, Charge]: ...
    async def of_request(self, order_id: UUID, request_id: str) -> Charge | None: ...
    async def count_by_customer(self, order_id: UUID) -> int: ...
    async def lease(self, now: datetime, until: datetime, limit: int) -> list[Charge]:
        """Charges to be asked for; nobody else takes them until then."""
        ...

    async def bills(self, order_ids: Sequence[UUID]) -> dict[UUID, Bill]: ...
    async def unanswered(self, now: datetime, limit: int) -> list[Charge]:
        """Asked for a while ago; those of live organizations that wait for the buyer once their patience is over."""
        ...

    async def abandoned_of(self, sandbox_id: UUID, before: datetime, limit: int) -> list[Charge]:
        """Of a sandbox, begun up to then by its time, and still waiting for the buyer."""
        ...

    async def oldest_awaited(self, sandbox_id: UUID, until: datetime) -> datetime | None:
        """When the first of those was begun, if not after `until`."""
        ...

    async def count_unfinished(self, organization_id: UUID) -> tuple[int, int]:
        """A sandbox's charges to be asked for, and without an answer."""
        ...


class EndedSubscriptions(Protocol):
    """Subscriptions that ended: what they still owe is charged once and not dunned."""

    async def keep(self, subscriptions: Sequence[tuple[UUID, UUID]]) -> None:
        """By organization and id."""
        ...

    async def among(self, subscription_ids: Sequence[UUID]) -> set[UUID]: ...
