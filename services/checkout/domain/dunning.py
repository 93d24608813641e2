"""What follows when an order's charge fails with nobody present: it is tried again on certain days, until the days are over.

    (none) ──begin──▶ retrying ◀──retry── waiting        retrying, waiting ──exhaust──▶ exhausted
                         └─────wait─────────▲

`retrying` is charged again at `due_at`. `waiting` failed in a way that no attempt with the same card would change: nothing is tried, and
`due_at` is the end of the schedule. `exhausted` is over; the order is void, or kept for whoever pays it by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.chassis.lifecycle import Lifecycle

USUAL_DAYS = (2, 7, 14, 21)
"""After the first failure, unless the organization says otherwise."""


class UnpaidBehavior(StrEnum):
    """What becomes of an order, and of what it was for, when it was never paid."""

    CANCEL = "cancel"
    KEEP = "keep"


class DunningPhase(StrEnum):
    """Where it stands."""

    RETRYING = "retrying"
    WAITING = "waiting"
    EXHAUSTED = "exhausted"


_P = DunningPhase
DUNNING = Lifecycle(
    "dunning",
    {
        "retry": {_P.RETRYING: _P.RETRYING, _P.WAITING: _P.RETRYING},
        "wait": {_P.RETRYING: _P.WAITING, _P.WAITING: _P.WAITING},
        "exhaust": {_P.RETRYING: _P.EXHAUSTED, _P.WAITING: _P.EXHAUSTED},
    },
)


@dataclass(frozen=True, slots=True)
class Dunning:
    """Since when an order waits for money, and when something follows."""

    phase: DunningPhase
    past_due_at: datetime
    due_at: datetime | None

    @property
    def next_payment_attempt_at(self) -> datetime | None:
        """When it is charged again by itself, if ever."""
        return self.due_at if self.phase is _P.RETRYING else None


def after_failure(before: Dunning | None, *, retryable: bool, days: Sequence[int], now: datetime) -> Dunning:
    """After a failed attempt that counts: the first one, or one of the schedule. `days` ascend."""
    known = before or Dunning(_P.RETRYING, now, None)
    if known.phase is _P.EXHAUSTED:
        return known
    return _planned(known, "retry" if retryable else "wait", days, now)


def after_new_card(before: Dunning, *, days: Sequence[int], now: datetime) -> Dunning:
    """What the old card could not pay is worth trying again, on the days that are left. Where none is left, what was planned stands."""
    if before.phase is _P.EXHAUSTED:
        return before
    planned = _planned(before, "retry", days, now)
    return before if planned.phase is _P.EXHAUSTED else planned


def exhaust(before: Dunning) -> Dunning:
    """Its time is over."""
    return Dunning(DunningPhase(DUNNING.after("exhaust", before.phase)), before.past_due_at, None)


def is_over(dunning: Dunning, now: datetime) -> bool:
    """Whether it waited in vain until the end of the schedule."""
    return dunning.phase is _P.WAITING and dunning.due_at is not None and dunning.due_at <= now


def _planned(known: Dunning, verb: str, days: Sequence[int], now: datetime) -> Dunning:
    ahead = [instant for day in days if (instant := known.past_due_at + timedelta(days=day)) > now]
    if not ahead:
        return exhaust(known)
    phase = DunningPhase(DUNNING.after(verb, known.phase))
    return Dunning(phase, known.past_due_at, ahead[0] if phase is _P.RETRYING else ahead[-1])
