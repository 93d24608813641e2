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
    "queued": ("charge", "in the queue"),
    "unanswered": ("payment", "without an answer"),
    "processing": ("payment", "in processing"),
    "unsettled": ("payment", "to be settled"),
    "waiting": ("event", "of the processor to be read"),
}


async def unfinished(ports: Ports, transaction: Transaction, organization_id: UUID) -> Sequence[str]:
    """In words, e.g. `2 payments without an answer`. What waits for the buyer is not under way."""
    now = ports.clock.now()
    counts = await ports.count_unfinished(transaction, organization_id, soon=now + _SOON, lately=now - _SETTLES_WITHIN)
    return [_sentence(count, *_WORDS[name]) for name, count in counts.items() if count]


def _sentence(count: int, noun: str, what: str) -> str:
    return f"{count} {noun if count == 1 else f'{noun}s'} {what}"
