"""What is under way for a sandbox: its clock stands until that has come to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.chassis.database import Transaction
from services.payments.usecases.ports import Ports

_SOON = timedelta(seconds=10)
_SETTLES_WITHIN = timedelta(minutes=1)
"""What the processor has not booked by then it books in its own time, and nobody waits for it."""
_WORDS = {
    "queued": "charges in the queue",
    "unanswered": "payments without an answer",
    "processing": "payments that are processed",
    "unsettled": "payments to be settled",
    "waiting": "events of the processor to be read",
}


async def unfinished(ports: Ports, transaction: Transaction, organization_id: UUID) -> Sequence[str]:
    """In words, e.g. `2 payments without an answer`. What waits for the buyer is not under way."""
    now = ports.clock.now()
    counts = await ports.count_unfinished(transaction, organization_id, soon=now + _SOON, lately=now - _SETTLES_WITHIN)
    return [f"{count} {_WORDS[name]}" for name, count in counts.items() if count]
