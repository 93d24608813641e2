"""The facts of seats, as they travel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bursar.subscription.v1 import subscription_events_pb2 as pb
from google.protobuf.message import Message

from services.chassis.database import Transaction
from services.chassis.outbox import Fact
from services.subscription.convert_seat import state_to_proto
from services.subscription.domain.seat import SeatChange, SeatFact

_MESSAGES: dict[SeatFact, type[Message]] = {
    SeatFact.ASSIGNED: pb.SeatAssigned,
    SeatFact.CLAIMED: pb.SeatClaimed,
    SeatFact.REVOKED: pb.SeatRevoked,
}


class SeatOutbox:
    """Writes facts of seats to the outbox of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def publish(self, changes: Sequence[SeatChange]) -> None:
        """All facts of each change say how the seat is after it; each has a version of its own."""
        for change in changes:
            self._transaction.publish(*_facts(change))


def _facts(change: SeatChange) -> Iterator[Fact]:
    seat = change.after
    state = state_to_proto(seat)
    for version, fact in enumerate(change.facts, seat.version - len(change.facts) + 1):
        yield Fact(
            type=fact.value,
            subject_id=seat.id,
            organization_id=seat.organization_id,
            version=version,
            occurred_at=seat.modified_at,
            message=_MESSAGES[fact](seat=state),
        )
