"""The clock of a sandbox: where it may start, and how far an advance may move it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.identity.domain.errors import ClockBackwards, ClockStartInvalid, ClockTooFar, OrganizationNotSandbox

EARLIEST_START = datetime(2000, 1, 1, tzinfo=UTC)
START_AHEAD = timedelta(days=1)
LONGEST_YEARS = 10
LATEST = datetime(3000, 1, 1, tzinfo=UTC)
"""So that whatever is due in some years still has a date."""
_LONGER_THAN_ANY = timedelta(days=366 * (LONGEST_YEARS + 1))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a caller wants the clock: at an instant, or so much later. One of the two."""

    to: datetime | None = None
    by: timedelta | None = None


def clock_start(mode: str, asked: datetime | None, now: datetime) -> datetime | None:
    """When the clock of a new organization starts; None for a live one. ClockStartInvalid, OrganizationNotSandbox."""
    if mode != "sandbox":
        if asked is not None:
            raise OrganizationNotSandbox
        return None
    latest = now + START_AHEAD
    start = asked or now
    if not EARLIEST_START <= start <= latest:
        raise ClockStartInvalid(EARLIEST_START, latest)
    return start


def destination(now: datetime, target: Target) -> datetime:
    """The instant that an advance leads to. ClockBackwards, ClockTooFar.

    The instant at which the clock stands is one too: what is due by then is done, and the suite settles.
    """
    field = "by" if target.by is not None else "to"
    furthest = min(_years_later(now, LONGEST_YEARS), LATEST)
    # Durations are longer than calendars.
    to = target.to or now + max(-_LONGER_THAN_ANY, min(target.by or timedelta(0), _LONGER_THAN_ANY))
    if to < now or (target.by is not None and target.by <= timedelta(0)):
        raise ClockBackwards(now, to, field)
    if to > furthest:
        raise ClockTooFar(furthest, field)
    return to


def _years_later(instant: datetime, years: int) -> datetime:
    """The same day and time; the last day of February for the 29th."""
    try:
        return instant.replace(year=instant.year + years)
    except ValueError:
        return instant.replace(year=instant.year + years, day=28)
