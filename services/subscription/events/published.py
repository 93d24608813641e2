"""The facts of this service, as they travel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bursar.subscription.v1 import subscription_events_pb2 as pb
from google.protobuf.message import Message

from services.chassis.database import Transaction
from services.chassis.outbox import Fact
from services.subscription.convert import state_to_proto
from services.subscription.domain.subscription import Change, SubscriptionFact

_MESSAGES: dict[SubscriptionFact, type[Message]] = {
    SubscriptionFact.CREATED: pb.SubscriptionCreated,
    SubscriptionFact.ACTIVE: pb.SubscriptionActive,
    SubscriptionFact.UPDATED: pb.SubscriptionUpdated,
    SubscriptionFact.CYCLED: pb.SubscriptionCycled,
    SubscriptionFact.CANCELED: pb.SubscriptionCanceled,
    SubscriptionFact.UNCANCELED: pb.SubscriptionUncanceled,
    SubscriptionFact.REVOKED: pb.SubscriptionRevoked,
}


class OutboxPublisher:
    """Writes facts to the outbox of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def publish(self, changes: Sequence[Change]) -> None:
        """All facts of each change say how the subscription is after it; each has a version of its own."""
        for change in changes:
            self._transaction.publish(*_facts(change))


def _facts(change: Change) -> Iterator[Fact]:
    subscription = change.after
    state = state_to_proto(subscription)
    first = subscription.version - len(change.facts) + 1
    for version, fact in enumerate(change.facts, first):
        yield Fact(
            type=fact.value,
            subject_id=subscription.id,
            organization_id=subscription.organization_id,
            version=version,
            occurred_at=subscription.modified_at,
            message=_MESSAGES[fact](subscription=state),
        )
