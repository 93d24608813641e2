"""The facts of this service, as they travel."""

from __future__ import annotations

from functools import singledispatch

from bursar.identity.v1 import identity_events_pb2 as pb

from services.chassis.database import Transaction
from services.chassis.outbox import Fact
from services.chassis.timestamps import to_timestamp
from services.identity.convert import organization_to_proto
from services.identity.domain.clock_advance import ClockAdvanced
from services.identity.domain.organization import Organization, OrganizationCreated, OrganizationFact, OrganizationUpdated


class OutboxPublisher:
    """Writes facts to the outbox of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def publish(self, fact: OrganizationFact | ClockAdvanced) -> None:
        self._transaction.publish(_travelling(fact))


@singledispatch
def _travelling(fact: object) -> Fact:
    raise TypeError(f"{type(fact).__name__} is no fact of identity")


@_travelling.register
def _(fact: OrganizationCreated) -> Fact:
    return _of_organization("organization.created", fact.organization, pb.OrganizationCreated)


@_travelling.register
def _(fact: OrganizationUpdated) -> Fact:
    return _of_organization("organization.updated", fact.organization, pb.OrganizationUpdated)


@_travelling.register
def _(fact: ClockAdvanced) -> Fact:
    advance = fact.advance
    return Fact(
        type="clock.advanced",
        subject_id=fact.clock_id,
        organization_id=advance.organization_id,
        version=advance.number,
        occurred_at=advance.to_time,
        message=pb.ClockAdvanced(
            clock_advance_id=str(advance.id), from_time=to_timestamp(advance.from_time), to_time=to_timestamp(advance.to_time)
        ),
    )


def _of_organization(type: str, organization: Organization, message: type[pb.OrganizationCreated] | type[pb.OrganizationUpdated]) -> Fact:
    """The whole organization travels: its readers keep copies."""
    return Fact(
        type=type,
        subject_id=organization.id,
        organization_id=organization.id,
        version=organization.version,
        occurred_at=organization.modified_at,
        message=message(organization=organization_to_proto(organization)),
    )
