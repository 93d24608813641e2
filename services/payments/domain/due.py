"""When an attempt has to be looked at again, and what to do if the processor does not know it. All by the machine's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from services.payments.domain import attempt as a
from services.payments.domain.attempt import Attempt, Kind

LEASE = timedelta(seconds=30)
"""Longer than one conversation with the processor takes, so that nobody else begins one meanwhile."""
GIVE_UP_AFTER = timedelta(minutes=15)
"""So long after it was begun, an attempt that the processor does not know is not sent any more. Far below the 24 hours for which
the processor remembers an idempotency key."""
SETTLES_WITHIN = timedelta(days=30)
"""Since the processor was asked."""

# First wait and longest wait by status; each look doubles the wait.
_WAITS = {
    a.PENDING: (LEASE, LEASE),
    a.UNKNOWN: (timedelta(seconds=1), timedelta(minutes=5)),
    a.REQUIRES_ACTION: (timedelta(minutes=10), timedelta(hours=6)),
    a.PROCESSING: (timedelta(minutes=10), timedelta(hours=6)),
    a.SUCCEEDED: (timedelta(seconds=20), timedelta(hours=6)),
    a.FAILED: (timedelta(0), timedelta(hours=1)),
}
_MOST_DOUBLINGS = 20


class WhenAbsent(StrEnum):
    """What to do with an attempt that the processor does not know."""

    WAIT = "wait"
    SEND_AGAIN = "send_again"
    GIVE_UP = "give_up"


def due_after(attempt: Attempt, now: datetime) -> datetime | None:
    """When to look again; None if nothing is left to learn or to do."""
    if attempt.status == a.CANCELED or (attempt.status == a.FAILED and attempt.closed):
        return None
    if attempt.status == a.SUCCEEDED and (attempt.kind is Kind.SETUP or attempt.settlement or _too_old(attempt, now)):
        return None
    first, longest = _WAITS[attempt.status]
    base = max(first, timedelta(seconds=1)) if attempt.reads else first
    return now + min(longest, base * (1 << min(attempt.reads, _MOST_DOUBLINGS)))


def when_absent(attempt: Attempt, now: datetime) -> WhenAbsent:
    """The processor was asked and knows nothing. Only what never got an answer may be sent again, under its key."""
    if attempt.status not in (a.PENDING, a.UNKNOWN) or attempt.processor_id is not None:
        return WhenAbsent.WAIT
    return WhenAbsent.GIVE_UP if gave_up(attempt, now) else WhenAbsent.SEND_AGAIN


def gave_up(attempt: Attempt, now: datetime) -> bool:
    """Whether an attempt that never got an answer has had its time."""
    return attempt.status in (a.PENDING, a.UNKNOWN) and attempt.asked_at is not None and now - attempt.asked_at > GIVE_UP_AFTER


def _too_old(attempt: Attempt, now: datetime) -> bool:
    return attempt.asked_at is not None and now - attempt.asked_at > SETTLES_WITHIN
