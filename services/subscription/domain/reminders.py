"""When the end of a period is announced: before a trial ends, and before a long period is renewed."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.subscription.domain.periods import Period

_DAY = timedelta(days=1)
_TRIAL, _SHORT_TRIAL = 3 * _DAY, _DAY
_RENEWAL, _LONG_PERIOD = 7 * _DAY, 180 * _DAY


def reminder_at(period: Period, *, is_trial: bool) -> datetime | None:
    """Three days before a trial ends, one day if it is shorter than three, never if it is shorter than one; a week before the renewal
    of more than 180 days; else None."""
    length = period.end - period.start
    if is_trial:
        if length < _SHORT_TRIAL:
            return None
        return period.end - (_TRIAL if length >= _TRIAL else _SHORT_TRIAL)
    return period.end - _RENEWAL if length > _LONG_PERIOD else None
