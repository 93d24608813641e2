"""A merchant takes a seat back, or invites its holder anew."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.subscription.domain.seat import Invitation, Seat, invited_again, revoked
from services.subscription.domain.seat_errors import SeatNotFound
from services.subscription.usecases.assign_seat import save_seat
from services.subscription.usecases.seat_ports import SeatStore, TokenHash


async def revoke_seat(organization_id: UUID, seat_id: UUID, now: datetime, *, store: SeatStore) -> Seat:
    """The seat, free again. SeatNotFound."""
    change = revoked(await _locked(organization_id, seat_id, store), now)
    await save_seat(change, True, store)
    return change.after


async def resend_seat_invitation(organization_id: UUID, seat_id: UUID, now: datetime, *, store: SeatStore, token_hash: TokenHash) -> Seat:
    """The seat with a fresh invitation. SeatNotFound, SeatNotPending."""
    before = await _locked(organization_id, seat_id, store)
    number = before.invitation + 1
    change = invited_again(before, Invitation(number, token_hash(organization_id, seat_id, number)), now)
    await save_seat(change, True, store)
    return change.after


async def _locked(organization_id: UUID, seat_id: UUID, store: SeatStore) -> Seat:
    seat = await store.seats.lock(organization_id, seat_id)
    if seat is None:
        raise SeatNotFound(seat_id)
    return seat
