"""Billing periods: half open, [start, end), counted on the calendar of a time zone, told as instants in UTC.

The n-th period is a function of the anchor, the recurrence and n; never of the period before it. So an anchor on the 31st gives the last
day of a shorter month and the 31st again after it, and one on 29 February gives 28 February in common years and the 29th in leap years.

Every boundary has the anchor's time of day in the zone. Where the clocks of the zone skip that time, the boundary is as long after the
skip's start as the time is; where they show it twice, the first counts.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta


class Interval(StrEnum):
    """The unit of a recurrence."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_FEWEST_DAYS = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 28, Interval.YEAR: 365}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every `count` intervals, on the calendar of an IANA time zone."""

    interval: Interval
    count: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, and without, `end`."""

    start: datetime
    end: datetime


def period(anchor: datetime, recurrence: Recurrence, number: int) -> Period:
    """The period with that number; 0 is the one that starts at the anchor."""
    return Period(start_of(anchor, recurrence, number), start_of(anchor, recurrence, number + 1))


def start_of(anchor: datetime, recurrence: Recurrence, number: int) -> datetime:
    """Where the period with that number starts, and the one before it ends."""
    assert number >= 0
    if number == 0:
        return anchor  # as it is, also where its time of day is shown twice
    zone = ZoneInfo(recurrence.time_zone)
    wall = anchor.astimezone(zone).replace(tzinfo=None, fold=0) + _step(recurrence, number)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def periods_within(anchor: datetime, recurrence: Recurrence, number: int, months: int) -> int:
    """How many periods begin from period `number` on within some calendar months of its start; at least one."""
    start = start_of(anchor, recurrence, number)
    limit = start_of(start, Recurrence(Interval.MONTH, months, recurrence.time_zone), 1)
    most = months * 31 // (_FEWEST_DAYS[recurrence.interval] * recurrence.count) + 2
    return bisect_left(range(number, number + most), limit, key=lambda each: start_of(anchor, recurrence, each))


def _step(recurrence: Recurrence, number: int) -> relativedelta:
    count = recurrence.count * number
    match recurrence.interval:
        case Interval.DAY:
            return relativedelta(days=count)
        case Interval.WEEK:
            return relativedelta(weeks=count)
        case Interval.MONTH:
            return relativedelta(months=count)
        case Interval.YEAR:
            return relativedelta(years=count)
