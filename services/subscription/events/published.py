"""The facts of this service, as they travel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bursar.subscription.v1 import subscription_events_pb2 as pb
from google.protobuf.message import Message

from services.chassis.database import Transaction
from services.chassis.outbox import Fact
from services.subscription.convert import state_to_proto
from services.subscription.convert_billing import billing_to_proto
from services.subscription.domain.story import Change, SubscriptionFact

_MESSAGES: dict[SubscriptionFact, type[Message]] = {
    SubscriptionFact.CREATED: pb.SubscriptionCreated,
    SubscriptionFact.ACTIVE: pb.SubscriptionActive,
    SubscriptionFact.UPDATED: pb.SubscriptionUpdated,
    SubscriptionFact.CYCLED: pb.SubscriptionCycled,
    SubscriptionFact.BILLED: pb.SubscriptionBilled,
    SubscriptionFact.TRIAL_END_ANNOUNCED: pb.SubscriptionTrialEndAnnounced,
    SubscriptionFact.RENEWAL_ANNOUNCED: pb.SubscriptionRenewalAnnounced,
    SubscriptionFact.CANCELED: pb.SubscriptionCanceled,
    SubscriptionFact.UNCANCELED: pb.SubscriptionUncanceled,
    SubscriptionFact.PAST_DUE: pb.SubscriptionPastDue,
    SubscriptionFact.PAUSED: pb.SubscriptionPaused,
    SubscriptionFact.RESUMED: pb.SubscriptionResumed,
    SubscriptionFact.REVOKED: pb.SubscriptionRevoked,
}
_BILLING = (SubscriptionFact.CYCLED, SubscriptionFact.BILLED)


class OutboxPublisher:
    """Writes facts to the outbox of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def publish(self, changes: Sequence[Change]) -> None:
        """All facts of each change say how the subscription is after it; each has a version of its own."""
        for change in changes:
            self._transaction.publish(*_facts(change))


def _facts(change: Change) -> Iterator[Fact]:
    subscription, billing = change.after, change.billing
    state = state_to_proto(subscription)
    first = subscription.version - len(change.facts) + 1
    for version, fact in enumerate(change.facts, first):
        message = _MESSAGES[fact](subscription=state)
        if billing is not None and fact in _BILLING:
            billing_to_proto(subscription, billing, message.billing)  # type: ignore[attr-defined]
        yield Fact(
            type=fact.value,
            subject_id=subscription.id,
            organization_id=subscription.organization_id,
            version=version,
            occurred_at=subscription.modified_at,
            message=message,
        )
