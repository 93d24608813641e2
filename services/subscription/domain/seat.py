"""A seat: a place of a subscription, or of a one-time order, that a person takes.

(first) --assign--> pending --claim--> claimed --revoke--> revoked --assign--> pending
                    pending --invite-> pending
                    pending --revoke-> revoked

Each transition returns the seat afterwards with the facts that became true; each fact has a version of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.chassis.lifecycle import Lifecycle
from services.chassis.metadata import MetadataValue
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.domain.seat_errors import SeatNotPending

INVITATION_LASTS = timedelta(hours=24)


class SeatStatus(StrEnum):
    """Where a seat stands."""

    PENDING = "pending"
    CLAIMED = "claimed"
    REVOKED = "revoked"


_S = SeatStatus
SEAT = Lifecycle(
    "seat",
    {
        "assign": {_S.REVOKED: _S.PENDING},
        "invite": {_S.PENDING: _S.PENDING},
        "claim": {_S.PENDING: _S.CLAIMED},
        "revoke": {_S.PENDING: _S.REVOKED, _S.CLAIMED: _S.REVOKED},
    },
)
LIVE = frozenset({SeatStatus.PENDING, SeatStatus.CLAIMED})
"""What counts against the number that was sold."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a seat is to be: a customer, or somebody of whom only the e-mail address is known."""

    customer_id: UUID | None = None
    external_customer_id: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """By what a seat is claimed: the hash of a secret. `number` counts the invitations of a seat."""

    number: int
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat. `version` is the number of facts about it so far; product and payer are those of its last assignment."""

    id: UUID
    organization_id: UUID
    status: SeatStatus
    container_kind: ContainerKind
    container_id: UUID
    product_id: UUID
    billing_customer_id: UUID
    customer_id: UUID | None
    external_customer_id: str | None
    email: str | None
    invitation: int
    """How many invitations there were; the last is the one that counts."""
    invitation_token_hash: bytes | None
    invitation_token_expires_at: datetime | None
    claimed_at: datetime | None
    revoked_at: datetime | None
    version: int
    created_at: datetime
    modified_at: datetime
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Whether somebody has it, or is invited to."""
        return self.status in LIVE

    def is_invited(self, now: datetime) -> bool:
        """Whether its invitation is still good."""
        return self.invitation_token_expires_at is not None and now < self.invitation_token_expires_at


class SeatFact(StrEnum):
    """What can be told of a seat, by the type of the fact."""

    ASSIGNED = "seat.assigned"
    CLAIMED = "seat.claimed"
    REVOKED = "seat.revoked"


@dataclass(frozen=True, slots=True)
class SeatChange:
    """A seat after a change, and the facts that the change makes true, in their order; none if it changed nothing."""

    after: Seat
    facts: tuple[SeatFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """To whom a seat of a container is given."""

    container: Container
    holder: Holder
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)


def assigned(before: Seat | None, seat_id: UUID, assignment: Assignment, invitation: Invitation, now: datetime) -> SeatChange:
    """A seat given to somebody who is invited to claim it: a new one, or one that was revoked, used again under its id."""
    container, holder = assignment.container, assignment.holder
    seat = Seat(
        id=before.id if before else seat_id,
        organization_id=container.organization_id,
        status=SeatStatus(SEAT.after("assign", before.status)) if before else SeatStatus.PENDING,
        container_kind=container.kind,
        container_id=container.id,
        product_id=container.product_id,
        billing_customer_id=container.customer_id,
        customer_id=holder.customer_id,
        external_customer_id=holder.external_customer_id,
        email=holder.email,
        invitation=before.invitation if before else 0,
        invitation_token_hash=None,
        invitation_token_expires_at=None,
        claimed_at=None,
        revoked_at=None,
        version=before.version if before else 0,
        created_at=before.created_at if before else now,
        modified_at=now,
        metadata=assignment.metadata,
    )
    return _told(_invited(seat, invitation, now), now, SeatFact.ASSIGNED)


def invited_again(before: Seat, invitation: Invitation, now: datetime) -> SeatChange:
    """A fresh invitation; the one before is worth nothing any more. SeatNotPending."""
    if not SEAT.allows("invite", before.status):
        raise SeatNotPending
    return _told(_invited(before, invitation, now), now, SeatFact.ASSIGNED)


def claimed(before: Seat, holder: Holder, now: datetime) -> SeatChange:
    """Its holder took it; one who has it already keeps it. `holder` is a customer."""
    if before.status is SeatStatus.CLAIMED:
        return SeatChange(before)
    assert holder.customer_id is not None, "only customers hold seats"
    after = replace(
        before,
        status=SeatStatus(SEAT.after("claim", before.status)),
        customer_id=holder.customer_id,
        external_customer_id=holder.external_customer_id,
        email=before.email or holder.email,
        claimed_at=now,
    )
    return _told(after, now, SeatFact.CLAIMED)


def revoked(before: Seat, now: datetime) -> SeatChange:
    """Nobody has it any more. What is revoked stays as it is."""
    if before.status is SeatStatus.REVOKED:
        return SeatChange(before)
    return _told(replace(before, status=SeatStatus(SEAT.after("revoke", before.status)), revoked_at=now), now, SeatFact.REVOKED)


def followed(first: SeatChange, second: SeatChange) -> SeatChange:
    """Two changes of one seat as one."""
    return SeatChange(second.after, first.facts + second.facts)


def _invited(seat: Seat, invitation: Invitation, now: datetime) -> Seat:
    assert invitation.number == seat.invitation + 1, "invitations are numbered without gaps"
    return replace(
        seat,
        invitation=invitation.number,
        invitation_token_hash=invitation.token_hash,
        invitation_token_expires_at=now + INVITATION_LASTS,
    )


def _told(after: Seat, now: datetime, fact: SeatFact) -> SeatChange:
    return SeatChange(replace(after, version=after.version + 1, modified_at=now), (fact,))
