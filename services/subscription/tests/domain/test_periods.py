"""Periods, to the second: tables of the hard days, and any anchor against arithmetic that shares nothing with ours."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.subscription.domain.periods import Interval, Recurrence, period

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # its clocks move by half an hour
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "Asia/Tehran",
    "America/St_Johns",
)
# After the days that whole countries skipped; those have a test of their own.
_FIRST, _LAST = (int(datetime(year, 6, 1, tzinfo=UTC).timestamp()) for year in (2012, 2060))
ANCHORS = st.integers(_FIRST, _LAST).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
RECURRENCES = st.builds(Recurrence, st.sampled_from(Interval), st.integers(1, 40), st.sampled_from(ZONES))


def starts(anchor: str, interval: str, time_zone: str = "UTC", count: int = 1, many: int = 4) -> list[str]:
    """Where the first periods start, as told in UTC."""
    recurrence = Recurrence(Interval(interval), count, time_zone)
    return [period(datetime.fromisoformat(anchor), recurrence, n).start.isoformat(timespec="minutes")[:16] for n in range(many)]


@pytest.mark.parametrize(
    ("anchor", "interval", "count", "expected"),
    [
        ("2026-01-31T10:00Z", "month", 1, ["2026-01-31T10:00", "2026-02-28T10:00", "2026-03-31T10:00", "2026-04-30T10:00"]),
        ("2028-01-31T10:00Z", "month", 1, ["2028-01-31T10:00", "2028-02-29T10:00", "2028-03-31T10:00", "2028-04-30T10:00"]),
        ("2026-01-30T10:00Z", "month", 1, ["2026-01-30T10:00", "2026-02-28T10:00", "2026-03-30T10:00", "2026-04-30T10:00"]),
        ("2028-01-29T10:00Z", "month", 13, ["2028-01-29T10:00", "2029-02-28T10:00", "2030-03-29T10:00", "2031-04-29T10:00"]),
        ("2026-10-31T10:00Z", "month", 3, ["2026-10-31T10:00", "2027-01-31T10:00", "2027-04-30T10:00", "2027-07-31T10:00"]),
        ("2028-02-29T00:00Z", "year", 1, ["2028-02-29T00:00", "2029-02-28T00:00", "2030-02-28T00:00", "2031-02-28T00:00"]),
        ("2028-02-29T00:00Z", "year", 2, ["2028-02-29T00:00", "2030-02-28T00:00", "2032-02-29T00:00", "2034-02-28T00:00"]),
        ("2096-02-29T00:00Z", "year", 4, ["2096-02-29T00:00", "2100-02-28T00:00", "2104-02-29T00:00", "2108-02-29T00:00"]),
        ("2026-12-31T23:59Z", "day", 1, ["2026-12-31T23:59", "2027-01-01T23:59", "2027-01-02T23:59", "2027-01-03T23:59"]),
        ("2026-12-31T23:59Z", "week", 2, ["2026-12-31T23:59", "2027-01-14T23:59", "2027-01-28T23:59", "2027-02-11T23:59"]),
    ],
)
def test_month_ends_and_leap_days(anchor: str, interval: str, count: int, expected: list[str]) -> None:
    assert starts(anchor, interval, count=count) == expected


@pytest.mark.parametrize(
    ("why", "anchor", "interval", "time_zone", "expected"),
    [
        ("summer begins: 10:00 stays 10:00", "2026-03-27T09:00Z", "day", "Europe/Berlin", ["27T09:00", "28T09:00", "29T08:00", "30T08:00"]),
        ("summer ends", "2026-10-23T08:00Z", "day", "Europe/Berlin", ["23T08:00", "24T08:00", "25T09:00", "26T09:00"]),
        ("02:30 is skipped on the 29th", "2026-03-28T01:30Z", "day", "Europe/Berlin", ["28T01:30", "29T01:30", "30T00:30", "31T00:30"]),
        (
            "02:30 comes twice on the 25th: the first",
            "2026-10-24T00:30Z",
            "day",
            "Europe/Berlin",
            ["24T00:30", "25T00:30", "26T01:30", "27T01:30"],
        ),
        ("begun at the second 02:30", "2026-10-25T01:30Z", "day", "Europe/Berlin", ["25T01:30", "26T01:30", "27T01:30", "28T01:30"]),
        ("midnight is skipped", "2024-04-24T22:00Z", "day", "Africa/Cairo", ["24T22:00", "25T22:00", "26T21:00", "27T21:00"]),
        (
            "a week over the change keeps its hour",
            "2026-03-25T08:00Z",
            "week",
            "Europe/Berlin",
            ["25T08:00", "01T07:00", "08T07:00", "15T07:00"],
        ),
        ("and back", "2026-10-21T13:00Z", "week", "America/New_York", ["21T13:00", "28T13:00", "04T14:00", "11T14:00"]),
        ("half an hour", "2026-10-02T15:00Z", "day", "Australia/Lord_Howe", ["02T15:00", "03T15:00", "04T14:30", "05T14:30"]),
        ("a local day is not UTC's", "2026-01-31T23:30Z", "month", "Asia/Tokyo", ["31T23:30", "28T23:30", "31T23:30", "30T23:30"]),
        (
            "the 31st here, the 1st there",
            "2026-02-01T04:30Z",
            "month",
            "America/New_York",
            ["01T04:30", "01T04:30", "01T03:30", "01T03:30"],
        ),
    ],
)
def test_clocks_that_change(why: str, anchor: str, interval: str, time_zone: str, expected: list[str]) -> None:
    assert [start[8:] for start in starts(anchor, interval, time_zone)] == expected, why


def test_a_day_that_a_country_skipped_is_a_period_of_no_length() -> None:
    # Samoa had no 30 December 2011.
    recurrence = Recurrence(Interval.DAY, 1, "Pacific/Apia")
    anchor = datetime(2011, 12, 28, 20, tzinfo=UTC)
    lengths = [(one.end - one.start) / timedelta(hours=1) for one in (period(anchor, recurrence, n) for n in range(4))]
    assert lengths == [24, 24, 0, 24]


@settings(max_examples=400)
@given(ANCHORS, RECURRENCES, st.integers(0, 30))
def test_every_boundary_is_where_a_calendar_puts_it(anchor: datetime, recurrence: Recurrence, number: int) -> None:
    assert period(anchor, recurrence, number).start == _by_hand(anchor, recurrence, number)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _days_of_change(zone: str) -> list[datetime]:
    """Midnights (UTC) before the clocks of a zone change, of six years."""
    days = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(6 * 366)]
    info = ZoneInfo(zone)
    return [day for day, after in pairwise(days) if _offset(day, info) != _offset(after, info)]


CHANGES = [(zone, day) for zone in ZONES for day in _days_of_change(zone)]


@settings(max_examples=400)
@given(st.sampled_from(CHANGES), st.integers(-180, 1620), st.integers(0, 40), st.integers(0, 3))
def test_also_on_the_days_when_clocks_change(change: tuple[str, datetime], minutes: int, days_before: int, number: int) -> None:
    zone, day = change
    anchor = day + timedelta(minutes=minutes) - timedelta(days=days_before)
    recurrence = Recurrence(Interval.DAY, max(1, days_before // max(1, number)), zone)
    assert period(anchor, recurrence, number).start == _by_hand(anchor, recurrence, number)
    assert period(anchor, recurrence, number).start < period(anchor, recurrence, number).end


@given(ANCHORS, RECURRENCES, st.integers(0, 30))
def test_periods_follow_each_other_without_gap_and_have_a_length(anchor: datetime, recurrence: Recurrence, number: int) -> None:
    one, following = period(anchor, recurrence, number), period(anchor, recurrence, number + 1)
    assert one.start < one.end == following.start
    assert one.start.tzinfo is UTC
    assert period(anchor, recurrence, 0).start == anchor


@given(ANCHORS, RECURRENCES, st.integers(0, 20))
def test_a_longer_recurrence_meets_a_shorter_one(anchor: datetime, recurrence: Recurrence, number: int) -> None:
    single = Recurrence(recurrence.interval, 1, recurrence.time_zone)
    assert period(anchor, recurrence, number).start == period(anchor, single, number * recurrence.count).start


@given(ANCHORS, st.sampled_from(ZONES), st.integers(1, 30))
def test_a_year_is_twelve_months_and_a_week_seven_days(anchor: datetime, zone: str, number: int) -> None:
    for longer, shorter, times in ((Interval.YEAR, Interval.MONTH, 12), (Interval.WEEK, Interval.DAY, 7)):
        assert period(anchor, Recurrence(longer, 1, zone), number) == period(anchor, Recurrence(shorter, times, zone), number)


def _by_hand(anchor: datetime, recurrence: Recurrence, number: int) -> datetime:
    """Months by whole numbers, days by ordinals, and the instant found by trying the zone's offsets around that day."""
    if number == 0:
        return anchor
    zone, steps = ZoneInfo(recurrence.time_zone), recurrence.count * number
    local = anchor.astimezone(zone)
    if recurrence.interval in (Interval.DAY, Interval.WEEK):
        day = date.fromordinal(local.toordinal() + steps * (7 if recurrence.interval is Interval.WEEK else 1))
    else:
        months = local.year * 12 + local.month - 1 + steps * (12 if recurrence.interval is Interval.YEAR else 1)
        year, month = months // 12, months % 12 + 1
        day = date(year, month, min(local.day, calendar.monthrange(year, month)[1]))
    return _instant(datetime.combine(day, local.time().replace(tzinfo=None, fold=0)), zone)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the zone's clocks show `wall`; where they skip it, as if they had not changed yet."""
    as_utc = wall.replace(tzinfo=UTC)
    offsets = [_offset(as_utc + timedelta(hours=hours), zone) for hours in (-30, 30)]
    shown = [as_utc - offset for offset in offsets if (as_utc - offset).astimezone(zone).replace(tzinfo=None, fold=0) == wall]
    return min(shown) if shown else as_utc - offsets[0]
