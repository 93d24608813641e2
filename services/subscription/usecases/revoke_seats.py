"""Seats end with what sold them, and with those who held them; many at once."""

from __future__ import annotations

from collections.abc import Sequence, Set

from services.chassis.organization_clock import NowOf
from services.subscription.domain.seat import Seat, revoked
from services.subscription.usecases.ports import CustomerKey
from services.subscription.usecases.seat_ports import ContainerKey, SeatStore


async def revoke_seats_of_containers(containers: Set[ContainerKey], now_of: NowOf, *, store: SeatStore) -> None:
    """Nobody has a seat of these any more; they have ended, so nobody gets one either."""
    await _revoke(await store.seats.lock_live(containers), now_of, store)


async def revoke_seats_of_customers(customers: Set[CustomerKey], now_of: NowOf, *, store: SeatStore) -> None:
    """Deleted customers hold no seats."""
    await _revoke(await store.seats.lock_live_of_customers(customers), now_of, store)


async def _revoke(seats: Sequence[Seat], now_of: NowOf, store: SeatStore) -> None:
    changes = [revoked(seat, now_of(seat.organization_id)) for seat in seats]
    await store.seats.save([change.after for change in changes])
    store.publisher.publish(changes)
