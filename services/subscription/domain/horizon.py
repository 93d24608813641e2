"""How far ahead anything may be planned, so that no period after it leaves the calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.subscription.domain.errors import TooFarAhead

MOST_YEARS = 100
_LONGEST = timedelta(days=MOST_YEARS * 365)


def check_near(at: datetime, now: datetime, field: str) -> None:
    """TooFarAhead naming `field` for more than a hundred years of 365 days."""
    if at - now > _LONGEST:
        raise TooFarAhead(field, MOST_YEARS)
