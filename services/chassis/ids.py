"""Ids of the suite: UUIDv7, so that they grow with time and index well. Whoever starts a process mints its ids in advance."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7

from services.chassis.errors import Invalid


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()


def parse_id(text: str, field: str) -> UUID:
    """The UUID that `text` spells; Invalid naming `field` otherwise."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("ID_MALFORMED", f"{field} is not a UUID", field=field) from None


def id_text(value: UUID | None) -> str | None:
    """An optional id as a message's constructor takes it."""
    return None if value is None else str(value)
