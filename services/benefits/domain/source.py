"""An entitlement source: by what a customer is entitled to what a product carries.

It is an order or a subscription, or a seat of one: what sells seats entitles their holders and not its payer. A source is known only
from facts, which come in any order and more than once. So what is kept is what the newest version said: the same facts in any order end
in the same source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

_ALWAYS = frozenset({"paid", "trialing", "active"})
_PAST_DUE = "past_due"
_CLAIMED = "claimed"


class SourceKind(StrEnum):
    """One-time products are entitled by their order, recurring ones by their subscription; seats by that which sold them."""

    ORDER = "order"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one fact says of a source."""

    source_id: UUID
    organization_id: UUID
    kind: SourceKind
    customer_id: UUID | None
    """Who bought; of a seat who holds it, if anybody."""
    external_customer_id: str | None
    product_id: UUID
    status: str
    """`paid` of an order; the status of the subscription or of the seat otherwise."""
    version: int
    occurred_at: datetime
    period_end: datetime | None = None
    past_due_at: datetime | None = None
    has_seats: bool = False
    """It entitles the holders of its seats."""
    container_id: UUID | None = None
    """Of a seat: the order or subscription that sold it."""
    payer_id: UUID | None = None
    """Of a seat: who bought that."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one order, subscription or seat, and what follows from it."""

    id: UUID
    organization_id: UUID
    kind: SourceKind
    customer_id: UUID | None
    product_id: UUID
    container_id: UUID | None = None
    status: str = ""
    version: int = 0
    occurred_at: datetime | None = None
    period_end: datetime | None = None
    past_due_at: datetime | None = None
    has_seats: bool = False
    in_force: bool = False
    """An order or subscription that entitles whoever it is for."""
    is_entitled: bool = False
    """The customer is entitled by it."""
    entitled_until: datetime | None = None
    """When a yes ends unless a fact renews it."""
    grace_ends_at: datetime | None = None
    """When the entitlement of a past-due subscription has to be looked at again."""


def unknown(seen: Observation) -> Source:
    """The source of a fact before any was taken in."""
    return Source(seen.source_id, seen.organization_id, seen.kind, seen.customer_id, seen.product_id, seen.container_id)


def unknown_container(seen: Observation) -> Source:
    """What sold a seat, as long as only the seat was heard of."""
    assert seen.container_id is not None, "only seats have been sold by something"
    return Source(seen.container_id, seen.organization_id, seen.kind, seen.payer_id, seen.product_id)


def observed(source: Source, seen: Observation) -> Source:
    """The source after one fact more; what is older than what is known changes nothing."""
    if seen.version <= source.version:
        return source
    return replace(
        source,
        customer_id=seen.customer_id,
        # A seat entitles to what its subscription or order is of.
        product_id=source.product_id if source.container_id else seen.product_id,
        status=seen.status,
        version=seen.version,
        occurred_at=seen.occurred_at,
        period_end=seen.period_end,
        past_due_at=seen.past_due_at,
        has_seats=seen.has_seats,
    )


def evaluated(source: Source, grace: timedelta, *, customer_is_deleted: bool, now: datetime) -> Source:
    """An order or subscription with what follows from it now: in force or not, and until when, and whether for its customer.

    A subscription that is canceled at the end of its period stays active until it is revoked, and so stays in force.
    """
    until = grace_ends_at = None
    in_force = source.status in _ALWAYS and not customer_is_deleted
    if in_force:
        until = source.period_end
    elif source.status == _PAST_DUE and not customer_is_deleted:
        ends = _failed_at(source) + grace
        in_force = bool(grace) and now < ends
        until = grace_ends_at = ends if in_force else None
    return replace(
        source, in_force=in_force, is_entitled=in_force and not source.has_seats, entitled_until=until, grace_ends_at=grace_ends_at
    )


def evaluated_seat(seat: Source, container: Source, *, customer_is_deleted: bool) -> Source:
    """A seat with what follows from it: its holder is entitled while that which sold it is in force."""
    is_entitled = seat.status == _CLAIMED and container.in_force and seat.customer_id is not None and not customer_is_deleted
    until = container.entitled_until if is_entitled else None
    return replace(seat, product_id=container.product_id, is_entitled=is_entitled, entitled_until=until)


def concerns_seats(before: Source, after: Source) -> bool:
    """Whether the seats of an order or subscription have to be looked at again."""
    told = ("in_force", "entitled_until", "product_id")
    return (before.has_seats or after.has_seats) and any(getattr(before, name) != getattr(after, name) for name in told)


def _failed_at(source: Source) -> datetime:
    failed_at = source.past_due_at or source.occurred_at
    assert failed_at is not None, "a status without a fact"
    return failed_at
