"""Who knows an invitation looks at it, and takes the seat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.subscription.domain.errors import SubscriptionEnded
from services.subscription.domain.seat import Holder, Seat, SeatStatus, claimed, revoked
from services.subscription.domain.seat_container import Container
from services.subscription.domain.seat_errors import CustomerNotFound, InvitationNotFound
from services.subscription.usecases.assign_seat import locked_holder, save_seat
from services.subscription.usecases.seat_ports import SeatStore


@dataclass(frozen=True, slots=True)
class Invited:
    """A seat, and what sold it."""

    seat: Seat
    container: Container


async def seat_invitation(organization_id: UUID, token_hash: bytes, now: datetime, *, store: SeatStore) -> Invited:
    """What an invitation is for. InvitationNotFound."""
    invited = await _found(organization_id, token_hash, now, store)
    if not invited.seat.is_live:
        raise InvitationNotFound
    return invited


async def check_claim(organization_id: UUID, token_hash: bytes, now: datetime, *, store: SeatStore) -> Seat:
    """The seat that may be claimed, or was. InvitationNotFound, SubscriptionEnded."""
    return _checked(await _found(organization_id, token_hash, now, store)).seat


async def claim_seat(organization_id: UUID, token_hash: bytes, holder: Holder, now: datetime, *, store: SeatStore) -> Invited:
    """The claimed seat. Somebody who has another seat of the same container keeps that one, and the one offered is free again.

    InvitationNotFound, also if the holder was deleted meanwhile, and SubscriptionEnded.
    """
    try:
        holder = await locked_holder(organization_id, holder, store)
    except CustomerNotFound:
        raise InvitationNotFound from None
    offered = await _found(organization_id, token_hash, now, store)
    container = await store.containers.lock(organization_id, offered.container.kind, offered.container.id)
    seat = await store.seats.lock(organization_id, offered.seat.id)
    if container is None or seat is None or seat.invitation_token_hash != token_hash:
        raise InvitationNotFound
    _checked(Invited(seat, container))
    held = await store.seats.lock_held(organization_id, seat.container_id, holder)
    if held is not None and held.id != seat.id and seat.status is SeatStatus.PENDING:
        await save_seat(revoked(seat, now), True, store)
        seat = held
    change = claimed(seat, holder, now)
    await save_seat(change, True, store)
    return Invited(change.after, container)


async def _found(organization_id: UUID, token_hash: bytes, now: datetime, store: SeatStore) -> Invited:
    seat = await store.seats.by_token_hash(organization_id, token_hash)
    if seat is None or not seat.is_invited(now):
        raise InvitationNotFound
    container = await store.containers.get(organization_id, seat.container_kind, seat.container_id)
    assert container is not None, "a seat without what sold it"
    return Invited(seat, container)


def _checked(invited: Invited) -> Invited:
    if invited.container.has_ended:
        raise SubscriptionEnded
    if not invited.seat.is_live:
        raise InvitationNotFound
    return invited
