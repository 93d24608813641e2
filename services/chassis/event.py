"""A fact as it travels: protobuf in the body, what every reader needs in the headers."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from google.protobuf.message import DecodeError, Message

from services.chassis.broker import MESSAGE_ID
from services.chassis.database import Transaction

M = TypeVar("M", bound=Message)

EVENT_ID = MESSAGE_ID
"""The broker knows a message by its fact."""
EVENT_TYPE = "event-type"
ORGANIZATION_ID = "organization-id"
SUBJECT_ID = "subject-id"
SUBJECT_VERSION = "subject-version"
OCCURRED_AT = "occurred-at"
TRACEPARENT = "traceparent"


class Unreadable(Exception):
    """A message that is no fact of the type it says; no number of attempts will change that."""


class NoReaction(Exception):
    """A fact of a type that this replica does not react to; a newer one may."""


class Event(NamedTuple, Generic[M]):
    """A fact as its readers get it. `version` is the subject's version after the change."""

    id: UUID
    type: str
    organization_id: UUID
    subject_id: UUID
    version: int
    occurred_at: datetime
    message: M
    traceparent: str | None = None


Handle = Callable[[Transaction, Sequence[Event[M]]], Awaitable[Sequence[Event[M]] | None]]
"""Reacts to all events of one type in a batch, in the order of the stream. Returns those that come too early, if any."""


@dataclass(frozen=True, slots=True)
class Reaction(Generic[M]):
    """What a service does about one type of fact, e.g. `order.paid`."""

    type: str
    message: builtins.type[M]
    handle: Handle[M]


def headers_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a fact that was read as text, e.g. `2026-02-28T12:00:00.000000Z`."""
    headers: dict[str, str] = {
        EVENT_ID: row["event_id"],
        EVENT_TYPE: row["type"],
        ORGANIZATION_ID: row["organization_id"],
        SUBJECT_ID: row["subject_id"],
        SUBJECT_VERSION: row["version"],
        OCCURRED_AT: row["occurred_at"],
    }
    if row["traceparent"]:
        headers[TRACEPARENT] = row["traceparent"]
    return headers


def read_event(headers: Mapping[str, str], payload: bytes, messages: Mapping[str, type[Message]]) -> Event[Any]:
    """The event of one delivery. `messages` maps the types that are reacted to to their messages; NoReaction for any other.

    Unreadable if it is no fact at all.
    """
    event_type = headers.get(EVENT_TYPE, "")
    if event_type and event_type not in messages:
        raise NoReaction(f"no reaction to {event_type}")
    try:
        return Event(
            UUID(headers[EVENT_ID]),
            event_type,
            UUID(headers[ORGANIZATION_ID]),
            UUID(headers[SUBJECT_ID]),
            int(headers[SUBJECT_VERSION]),
            datetime.fromisoformat(headers[OCCURRED_AT]),
            messages[event_type].FromString(payload),
            headers.get(TRACEPARENT),
        )
    except KeyError as error:
        raise Unreadable(f"{error.args[0]!r} is not there") from None
    except (ValueError, DecodeError) as error:
        raise Unreadable(str(error)) from None
