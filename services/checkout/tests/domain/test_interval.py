"""Intervals on the calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.interval import Interval, IntervalUnit

DAY, WEEK, MONTH, YEAR = IntervalUnit


@pytest.mark.parametrize(
    ("unit", "count", "start", "zone", "end"),
    [
        (MONTH, 1, "2026-01-31T12:00+00:00", "UTC", "2026-02-28T12:00+00:00"),
        (MONTH, 1, "2028-01-31T12:00+00:00", "UTC", "2028-02-29T12:00+00:00"),
        (MONTH, 12, "2026-03-15T00:00+00:00", "UTC", "2027-03-15T00:00+00:00"),
        (YEAR, 1, "2028-02-29T08:00+00:00", "UTC", "2029-02-28T08:00+00:00"),
        (WEEK, 2, "2026-12-25T08:00+00:00", "UTC", "2027-01-08T08:00+00:00"),
        # Across the change to summer time a day has 23 hours in Berlin.
        (DAY, 1, "2026-03-28T12:00+01:00", "Europe/Berlin", "2026-03-29T12:00+02:00"),
        # Half past noon on the sixteenth there, before and after the end of summer time.
        (MONTH, 1, "2026-03-15T23:30+00:00", "Pacific/Auckland", "2026-04-16T00:30+00:00"),
    ],
)
def test_an_interval_ends_at_the_same_time_of_day(unit: IntervalUnit, count: int, start: str, zone: str, end: str) -> None:
    assert Interval(unit, count).after(datetime.fromisoformat(start), zone) == datetime.fromisoformat(end)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(IntervalUnit),
    st.integers(1, 999),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_an_interval_moves_forward_and_keeps_the_day_or_the_end_of_the_month(
    start: datetime, unit: IntervalUnit, count: int, zone: str
) -> None:
    end = Interval(unit, count).after(start, zone)
    assert end > start
    assert end.tzinfo is UTC
    before, after = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if unit in (MONTH, YEAR):
        assert after.day <= before.day or after.hour != before.hour
