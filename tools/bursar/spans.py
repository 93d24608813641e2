"""Times as people write them: `2027-01-31`, `2027-01-31T12:00Z`, `30d`, `1y6mo`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dateutil.relativedelta import relativedelta

_UNITS = {"y": "years", "mo": "months", "w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_PART = re.compile(r"(\d{1,9})(y|mo|w|d|h|m|s)")
_SPAN = re.compile(rf"({_PART.pattern})+")


def read_instant(text: str) -> datetime:
    """A date (its beginning) or a time; UTC unless it says otherwise. ValueError."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a time such as 2027-01-31 or 2027-01-31T12:00Z") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def later(instant: datetime, span: str) -> datetime:
    """The instant a span later; months and years by the calendar, the last day of a month staying one where it must. ValueError."""
    if not _SPAN.fullmatch(span):
        raise ValueError(f"{span} is not a span of time such as 30d, 12h, 2w, 3mo or 1y6mo")
    parts: dict[str, int] = {}
    for number, unit in _PART.findall(span):
        parts[_UNITS[unit]] = parts.get(_UNITS[unit], 0) + int(number)
    try:
        return instant + relativedelta(**parts)  # type: ignore[arg-type]
    except (OverflowError, ValueError):
        raise ValueError(f"{span} after {spelled(instant)} is beyond the calendar") from None


def spelled(instant: datetime) -> str:
    """For people, to the second if that matters."""
    return f"{instant:%Y-%m-%d %H:%M}" if instant.second == 0 else f"{instant:%Y-%m-%d %H:%M:%S}"
