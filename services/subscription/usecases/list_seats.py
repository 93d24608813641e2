"""The seats of a subscription or an order."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.chassis.pagination import Page
from services.subscription.domain.seat_container import ContainerKind
from services.subscription.usecases.assign_seat import not_found
from services.subscription.usecases.seat_ports import ListedSeats, SeatStore


async def list_seats(
    organization_id: UUID, kind: ContainerKind, container_id: UUID, statuses: Sequence[str], page: Page, *, store: SeatStore
) -> ListedSeats:
    """One page, how many seats were sold and how many nobody has. SubscriptionNotFound, OrderNotFound."""
    container = await store.containers.get(organization_id, kind, container_id)
    if container is None:
        raise not_found(kind, container_id)
    seats, next_token = await store.seats.page(organization_id, container_id, statuses, page)
    assignable = 0 if container.has_ended or container.is_incomplete else container.assignable or 0
    left = max(0, assignable - await store.seats.assigned_count(organization_id, container_id))
    return ListedSeats(seats, next_token, container.seats or 0, left)
