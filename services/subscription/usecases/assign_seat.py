"""Somebody is given a seat, by the merchant or by a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.metadata import MetadataValue
from services.subscription.domain.catalog import KnownCustomer
from services.subscription.domain.errors import SubscriptionEnded, SubscriptionIncomplete, SubscriptionNotFound
from services.subscription.domain.seat import Assignment, Holder, Invitation, Seat, SeatChange, assigned, claimed, followed
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.domain.seat_errors import CustomerNotFound, NoSeatAvailable, NotSeatBased, OrderNotFound
from services.subscription.usecases.seat_ports import SeatStore, TokenHash


class HolderUnknown(Exception):
    """The customer has to be asked for, which is done outside of transactions; then the assignment begins anew."""


@dataclass(frozen=True, slots=True)
class WantedSeat:
    """What a merchant asks for. `holder` says as much as the request did until it `is_known`, as `checkout` knows the customer."""

    organization_id: UUID
    kind: ContainerKind
    container_id: UUID
    holder: Holder
    is_known: bool
    immediate_claim: bool
    metadata: Mapping[str, MetadataValue]


async def assign_seat(wanted: WantedSeat, seat_id: UUID, now: datetime, *, store: SeatStore, token_hash: TokenHash) -> Seat:
    """The seat that the holder has now: theirs if they had one, or one that was free.

    SubscriptionNotFound, OrderNotFound, NotSeatBased, SubscriptionEnded, SubscriptionIncomplete, NoSeatAvailable, CustomerNotFound;
    HolderUnknown while more about the customer is needed than the request says.
    """
    if wanted.is_known:
        wanted = replace(wanted, holder=await locked_holder(wanted.organization_id, wanted.holder, store))
    container = await locked_container(wanted, store)
    held = await store.seats.lock_held(wanted.organization_id, container.id, wanted.holder)
    change = SeatChange(held) if held else await _given(wanted, container, seat_id, now, store, token_hash)
    if wanted.immediate_claim:
        change = followed(change, _claimed(change.after, wanted, now))
    await save_seat(change, held is not None or change.after.id != seat_id, store)
    return change.after


async def locked_container(wanted: WantedSeat, store: SeatStore) -> Container:
    """The container whose seats may be given, locked."""
    found = await store.containers.lock(wanted.organization_id, wanted.kind, wanted.container_id)
    if found is None:
        raise not_found(wanted.kind, wanted.container_id)
    if found.has_ended:
        raise SubscriptionEnded
    if found.is_incomplete:
        raise SubscriptionIncomplete
    if found.seats is None:
        raise NotSeatBased
    return found


def not_found(kind: ContainerKind, container_id: UUID) -> SubscriptionNotFound | OrderNotFound:
    """The error of a container that is not there."""
    return SubscriptionNotFound(container_id) if kind is ContainerKind.SUBSCRIPTION else OrderNotFound(container_id)


async def locked_holder(organization_id: UUID, holder: Holder, store: SeatStore) -> Holder:
    """The holder as known here too. CustomerNotFound if deleted. Customers are locked before containers, as where subscriptions start
    and end."""
    if holder.customer_id is None:
        return holder
    key = (organization_id, holder.customer_id)
    found = holder_of(holder, (await store.customers.lock({key}))[key])
    if found is None:
        raise CustomerNotFound
    return found


def holder_of(holder: Holder, known: KnownCustomer) -> Holder | None:
    """The customer with the merchant's id that was given meanwhile, if it was; None for one who was deleted."""
    if known.deleted_at is not None:
        return None
    return replace(holder, external_customer_id=holder.external_customer_id or known.external_id)


async def save_seat(change: SeatChange, is_stored: bool, store: SeatStore) -> None:
    """Store and tell what changed of one seat."""
    if change.facts:
        await (store.seats.save if is_stored else store.seats.add)([change.after])
        store.publisher.publish([change])


async def _given(
    wanted: WantedSeat, container: Container, seat_id: UUID, now: datetime, store: SeatStore, token_hash: TokenHash
) -> SeatChange:
    by_email = wanted.holder.email is not None
    if not wanted.is_known and not by_email:
        raise HolderUnknown  # who is invited by e-mail already is found by that
    sold, assignable = container.seats or 0, container.assignable or 0
    if await store.seats.assigned_count(wanted.organization_id, container.id) >= assignable:
        raise NoSeatAvailable(sold, assignable)
    if not wanted.is_known and wanted.immediate_claim:
        raise HolderUnknown
    again = await store.seats.lock_revoked(wanted.organization_id, container.id)
    chosen, number = (again.id, again.invitation + 1) if again else (seat_id, 1)
    invitation = Invitation(number, token_hash(wanted.organization_id, chosen, number))
    return assigned(again, chosen, Assignment(container, wanted.holder, wanted.metadata), invitation, now)


def _claimed(seat: Seat, wanted: WantedSeat, now: datetime) -> SeatChange:
    if wanted.is_known:
        return claimed(seat, wanted.holder, now)
    if seat.customer_id is None:
        raise HolderUnknown
    return claimed(seat, Holder(seat.customer_id, seat.external_customer_id, seat.email), now)
