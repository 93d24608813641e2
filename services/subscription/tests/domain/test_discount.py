"""How many orders a repeating discount reduces."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.subscription.domain.discount import attached
from services.subscription.domain.periods import Interval, Recurrence, period
from services.subscription.tests.builders import discount


def cycles(months: int, interval: str, count: int = 1, anchor: str = "2026-01-31T10:00+00:00", number: int = 0) -> int | None:
    recurrence = Recurrence(Interval(interval), count, "UTC")
    return attached(discount("repeating", months), datetime.fromisoformat(anchor), recurrence, number).cycles_left


@pytest.mark.parametrize(
    ("months", "interval", "count", "expected"),
    [
        (1, "month", 1, 1),
        (3, "month", 1, 3),
        (12, "month", 1, 12),
        (3, "month", 2, 2),  # those that begin in month 0 and 2
        (3, "month", 3, 1),
        (3, "year", 1, 1),
        (24, "year", 1, 2),
        (1, "week", 1, 4),  # 31 Jan, 7, 14 and 21 Feb; 28 Feb is a month later
        (1, "day", 1, 28),
    ],
)
def test_periods_that_begin_within_the_months_count(months: int, interval: str, count: int, expected: int) -> None:
    assert cycles(months, interval, count) == expected


@given(st.integers(1, 31), st.integers(1, 12), st.integers(1, 60), st.integers(0, 30))
def test_no_anchor_day_loses_a_month(day: int, month: int, months: int, number: int) -> None:
    days = min(day, 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)
    anchor = datetime(2027, month, days, 23, 59, tzinfo=UTC)
    assert cycles(months, "month", anchor=anchor.isoformat(), number=number) == months


@given(st.sampled_from(Interval), st.integers(1, 20), st.integers(1, 30), st.integers(0, 9))
def test_they_are_those_that_a_count_one_by_one_finds(interval: Interval, count: int, months: int, number: int) -> None:
    anchor, recurrence = datetime(2027, 10, 31, 1, tzinfo=UTC), Recurrence(interval, count, "Europe/Berlin")
    first = period(anchor, recurrence, number).start
    limit = period(first, Recurrence(Interval.MONTH, months, "Europe/Berlin"), 1).start
    found = 0
    while period(anchor, recurrence, number + found).start < limit:
        found += 1
    assert attached(discount("repeating", months), anchor, recurrence, number).cycles_left == found
