"""Times in messages: a Timestamp for an aware datetime, and back.

Written out, because the library's own take five times as long and a renewal has some twenty of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
"""In nanoseconds."""


def write_timestamp(into: Timestamp, instant: datetime) -> None:
    """Set a message's field to an instant."""
    since = instant - _EPOCH
    into.seconds = since.days * 86_400 + since.seconds
    into.nanos = since.microseconds * 1000


@overload
def to_timestamp(instant: datetime) -> Timestamp: ...
@overload
def to_timestamp(instant: datetime | None) -> Timestamp | None: ...
def to_timestamp(instant: datetime | None) -> Timestamp | None:
    """The message of an instant; None of None, which leaves a field unset."""
    if instant is None:
        return None
    since = instant - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def from_timestamp(timestamp: Timestamp, field: str) -> datetime:
    """The instant in UTC, cut to microseconds. Invalid naming `field` for one that no calendar has."""
    if 0 <= timestamp.nanos < _SECOND:
        try:
            return _EPOCH + timedelta(0, timestamp.seconds, timestamp.nanos // 1000)
        except OverflowError:
            pass
    raise Invalid("FIELD_INVALID", f"{field} is not a time between the years 1 and 9999", field=field)
