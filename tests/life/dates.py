"""Periods by the calendar on the wall, naively: the n-th one begins n intervals after the anchor, as dateutil counts."""

from __future__ import annotations

from datetime import UTC, datetime

from dateutil import tz
from dateutil.relativedelta import relativedelta

_STEPS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "year": relativedelta(years=1),
}


def later(anchor: datetime, interval: str, count: int, zone: str) -> datetime:
    """The instant that shows the anchor's wall time `count` intervals later; the month's last day where it has no such day.

    A time that the clocks leave out counts as the one an hour on, a time that comes twice as the first.
    """
    wall = anchor.astimezone(tz.gettz(zone)) + _STEPS[interval] * count
    return tz.resolve_imaginary(wall.replace(fold=0)).astimezone(UTC)


def period(anchor: datetime, interval: str, count: int, zone: str, number: int) -> tuple[datetime, datetime]:
    """[start, end) of the n-th period."""
    return later(anchor, interval, count * number, zone), later(anchor, interval, count * (number + 1), zone)
