"""The facts of this service, as they travel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bursar.ledger.v1.ledger_events_pb2 import LedgerImbalanceFound

from services.chassis.idempotency import NO_ORGANIZATION
from services.chassis.outbox import Fact

_BOOKS = UUID(int=0)
"""The subject of what is said about the books as a whole."""


def imbalance_found(findings: Sequence[str], found_at: datetime) -> Fact:
    """`ledger.imbalance_found`. The books have no version of their own; the time grows all the same."""
    return Fact(
        type="ledger.imbalance_found",
        subject_id=_BOOKS,
        organization_id=NO_ORGANIZATION,
        version=int(found_at.timestamp() * 1_000_000),
        occurred_at=found_at,
        message=LedgerImbalanceFound(findings=findings),
    )
