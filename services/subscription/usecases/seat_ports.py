"""What the use cases of seats need of the rooms around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.pagination import Page
from services.subscription.domain.seat import Holder, Seat, SeatChange
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.usecases.ports import CustomerKey, Customers

ContainerKey = tuple[UUID, UUID]
"""Organization, and subscription or order."""


@dataclass(frozen=True, slots=True)
class ListedSeats:
    """One page of a container's seats, and how many it sells and has left."""

    seats: Sequence[Seat]
    next_token: str
    total: int
    available: int


class Containers(Protocol):
    """The subscriptions and orders that sell seats. A locked one has its seats counted and given by nobody else."""

    async def get(self, organization_id: UUID, kind: ContainerKind, container_id: UUID) -> Container | None: ...

    async def lock(self, organization_id: UUID, kind: ContainerKind, container_id: UUID) -> Container | None: ...

    async def lock_many(self, kind: ContainerKind, keys: Set[ContainerKey]) -> list[Container]: ...

    async def add_orders(self, containers: Sequence[Container]) -> None: ...


class Seats(Protocol):
    """The seats that a transaction sees."""

    async def get(self, organization_id: UUID, seat_id: UUID) -> Seat | None: ...

    async def lock(self, organization_id: UUID, seat_id: UUID) -> Seat | None: ...

    async def by_token_hash(self, organization_id: UUID, token_hash: bytes) -> Seat | None: ...

    async def lock_held(self, organization_id: UUID, container_id: UUID, holder: Holder) -> Seat | None: ...

    async def lock_revoked(self, organization_id: UUID, container_id: UUID) -> Seat | None: ...

    async def lock_live(self, containers: Set[ContainerKey]) -> list[Seat]: ...

    async def lock_live_of_customers(self, customers: Set[CustomerKey]) -> list[Seat]: ...

    async def assigned_count(self, organization_id: UUID, container_id: UUID) -> int: ...

    async def add(self, seats: Sequence[Seat]) -> None: ...

    async def save(self, seats: Sequence[Seat]) -> None: ...

    async def page(self, organization_id: UUID, container_id: UUID, statuses: Sequence[str], page: Page) -> tuple[Sequence[Seat], str]: ...


class SeatPublisher(Protocol):
    """Tells the facts of changes to whoever listens, with the commit."""

    def publish(self, changes: Sequence[SeatChange]) -> None: ...


@dataclass(frozen=True, slots=True)
class SeatStore:
    """All that a transaction sees and tells of seats."""

    containers: Containers
    seats: Seats
    customers: Customers
    publisher: SeatPublisher


SeatStoreOf = Callable[[Transaction], SeatStore]
"""The store of a transaction; bound in app.py."""

TokenHash = Callable[[UUID, UUID, int], bytes]
"""The hash of the secret by which a seat is claimed: organization, seat, number of the invitation."""


class CustomerDirectory(Protocol):
    """Asks `checkout` about customers, over the network. CustomerNotFound."""

    async def get(self, organization_id: UUID, customer_id: UUID) -> Holder: ...

    async def get_by_external_id(self, organization_id: UUID, external_id: str) -> Holder: ...

    async def take(self, organization_id: UUID, email: str) -> Holder: ...
