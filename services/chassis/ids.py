"""Ids of the suite: UUIDv7, so that they grow with time and index well. Whoever starts a process mints its ids in advance.

The id of a sandbox is a UUIDv8 with the same layout: that an organization is a sandbox, and when its clock started, can be read off
its id, in every service and in SQL, without asking anybody (docs/decisions/0010).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from services.chassis.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_AT = 76
_VERSION_BITS = 0xF << _VERSION_AT


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()


def new_sandbox_id(clock_start: datetime) -> UUID:
    """The id of a sandbox whose clock starts then, to the millisecond."""
    milliseconds = (clock_start - _EPOCH) // _MILLISECOND
    assert 0 <= milliseconds < 1 << 48, "a UUID holds 48 bits of milliseconds since 1970"
    below = uuid7().int & ((1 << 80) - 1)
    return UUID(int=milliseconds << 80 | below & ~_VERSION_BITS | 8 << _VERSION_AT)


def is_sandbox(organization_id: UUID) -> bool:
    """Whether the organization has a clock of its own."""
    return organization_id.int >> _VERSION_AT & 0xF == 8


def sandbox_start(organization_id: UUID) -> datetime:
    """When the clock of a sandbox started."""
    return _EPOCH + (organization_id.int >> 80) * _MILLISECOND


def parse_id(text: str, field: str) -> UUID:
    """The UUID that `text` spells; Invalid naming `field` otherwise."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("ID_MALFORMED", f"{field} is not a UUID", field=field) from None


def id_text(value: UUID | None) -> str | None:
    """An optional id as a message's constructor takes it."""
    return None if value is None else str(value)
