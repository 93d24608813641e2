"""The simulator's time: the machine's, plus what tests have advanced."""

import time
from datetime import UTC, datetime, timedelta

SATURDAY = 5


class Clock:
    """Seconds since the epoch. While due work of an advance runs, time stands at the moment it was due."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = offset_seconds

    def exact(self) -> float:
        return time.time() + self.offset_seconds

    def now(self) -> int:
        return int(self.exact())

    def move_to(self, moment: float) -> None:
        """Go forward to `moment`; time never goes back."""
        self.offset_seconds += max(0.0, moment - self.exact())


def business_days_later(moment: int, days: int) -> int:
    """Midnight UTC, `days` working days after the day of `moment`; bank holidays are not known here."""
    day = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return int(day.timestamp())
