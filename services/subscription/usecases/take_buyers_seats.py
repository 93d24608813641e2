"""Who bought seats for others and themselves takes the first; many purchases at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.chassis.organization_clock import NowOf
from services.subscription.domain.seat import Assignment, Holder, Invitation, Seat, SeatChange, assigned, claimed, followed
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.usecases.assign_seat import holder_of
from services.subscription.usecases.seat_ports import ContainerKey, SeatStore, TokenHash


@dataclass(frozen=True, slots=True)
class BuyersSeat:
    """A purchase of seats, of which the buyer takes one."""

    organization_id: UUID
    kind: ContainerKind
    container_id: UUID
    holder: Holder


@dataclass(frozen=True, slots=True)
class Means:
    """By what seats come about that nobody asked for."""

    now_of: NowOf
    new_id: Callable[[], UUID]
    token_hash: TokenHash


async def take_buyers_seats(purchases: Sequence[BuyersSeat], means: Means, *, store: SeatStore) -> None:
    """Claim a seat for each buyer who has none; nobody who was deleted, nothing of what has ended or is full."""
    wanted = {(each.organization_id, each.container_id): each for each in purchases}
    customers = {(each.organization_id, each.holder.customer_id) for each in wanted.values() if each.holder.customer_id}
    known = await store.customers.lock(customers)
    containers = [
        each
        for kind in ContainerKind
        for each in await store.containers.lock_many(kind, {key for key, purchase in wanted.items() if purchase.kind is kind})
    ]
    live = _by_container(await store.seats.lock_live(set(wanted)))
    added, saved = [], []
    for container in containers:
        key = (container.organization_id, container.id)
        buyer, seats = wanted[key].holder, live.get(key, [])
        holder = holder_of(buyer, known[container.organization_id, buyer.customer_id]) if buyer.customer_id else None
        if container.has_ended or container.is_incomplete or holder is None:
            continue
        held = next((seat for seat in seats if _is_of(seat, holder)), None)
        if held is not None:
            saved.append(claimed(held, holder, means.now_of(container.organization_id)))
        elif len(seats) < (container.assignable or 0):
            added.append(_taken(container, holder, means))
    await store.seats.add([change.after for change in added])
    await store.seats.save([change.after for change in saved if change.facts])
    store.publisher.publish([*added, *saved])


def _taken(container: Container, holder: Holder, means: Means) -> SeatChange:
    organization_id, seat_id, now = container.organization_id, means.new_id(), means.now_of(container.organization_id)
    invitation = Invitation(1, means.token_hash(organization_id, seat_id, 1))
    given = assigned(None, seat_id, Assignment(container, holder), invitation, now)
    return followed(given, claimed(given.after, holder, now))


def _is_of(seat: Seat, holder: Holder) -> bool:
    if seat.customer_id is not None:
        return seat.customer_id == holder.customer_id
    return seat.email is not None and holder.email is not None and seat.email.lower() == holder.email.lower()


def _by_container(seats: Iterable[Seat]) -> dict[ContainerKey, list[Seat]]:
    found: dict[ContainerKey, list[Seat]] = {}
    for seat in seats:
        found.setdefault((seat.organization_id, seat.container_id), []).append(seat)
    return found
