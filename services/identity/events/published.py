"""The facts of this service, as they travel."""

from __future__ import annotations

from bursar.identity.v1.identity_events_pb2 import OrganizationCreated as CreatedMessage
from bursar.identity.v1.identity_events_pb2 import OrganizationUpdated as UpdatedMessage

from services.chassis.database import Transaction
from services.chassis.outbox import Fact
from services.identity.convert import organization_to_proto
from services.identity.domain.organization import OrganizationCreated, OrganizationFact


class OutboxPublisher:
    """Writes facts to the outbox of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def publish(self, fact: OrganizationFact) -> None:
        """The whole organization travels: its readers keep copies."""
        organization = fact.organization
        whole = organization_to_proto(organization)
        created = isinstance(fact, OrganizationCreated)
        self._transaction.publish(
            Fact(
                type="organization.created" if created else "organization.updated",
                subject_id=organization.id,
                organization_id=organization.id,
                version=organization.version,
                occurred_at=organization.modified_at,
                message=CreatedMessage(organization=whole) if created else UpdatedMessage(organization=whole),
            )
        )
