"""Intervals of billing and trials, counted on the calendar of a time zone."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class IntervalUnit(StrEnum):
    """What an interval counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_MONTHS = {IntervalUnit.MONTH: 1, IntervalUnit.YEAR: 12}
_DAYS = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Interval:
    """So many days, weeks, months or years; `count` is at least 1."""

    unit: IntervalUnit
    count: int

    def after(self, start: datetime, time_zone: str) -> datetime:
        """The instant one interval after `start`: the same time of day there, the last day of a month that is too short."""
        zone = ZoneInfo(time_zone or "UTC")
        local = start.astimezone(zone)
        if self.unit in _DAYS:
            day = local.date() + timedelta(days=_DAYS[self.unit] * self.count)
        else:
            year, month = divmod(local.year * 12 + local.month - 1 + _MONTHS[self.unit] * self.count, 12)
            day = local.date().replace(year, month + 1, min(local.day, calendar.monthrange(year, month + 1)[1]))
        return datetime.combine(day, local.time(), tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to and without `end`."""

    start: datetime
    end: datetime
