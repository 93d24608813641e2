"""Times in messages: a Timestamp for an aware datetime, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.errors import Invalid


@overload
def to_timestamp(instant: datetime) -> Timestamp: ...
@overload
def to_timestamp(instant: datetime | None) -> Timestamp | None: ...
def to_timestamp(instant: datetime | None) -> Timestamp | None:
    """The message of an instant; None of None, which leaves a field unset."""
    if instant is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp


def from_timestamp(timestamp: Timestamp, field: str) -> datetime:
    """The instant in UTC. Invalid naming `field` for one that no calendar has."""
    try:
        return timestamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid("FIELD_INVALID", f"{field} is not a time between the years 1 and 9999", field=field) from None
