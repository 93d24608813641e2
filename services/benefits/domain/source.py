"""An entitlement source: an order or a subscription by which a customer is entitled to what a product carries.

It is known only from facts, which come in any order and more than once. So everything kept is a register that takes the
newest version and ignores the rest: the same facts in any order end in the same source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

_ALWAYS = frozenset({"paid", "trialing", "active"})
_PAST_DUE = "past_due"


class SourceKind(StrEnum):
    """One-time products are entitled by their order, recurring ones by their subscription."""

    ORDER = "order"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one fact says of a source."""

    source_id: UUID
    organization_id: UUID
    kind: SourceKind
    customer_id: UUID
    external_customer_id: str | None
    product_id: UUID
    status: str
    """`paid` of an order; the subscription's status otherwise."""
    version: int
    occurred_at: datetime
    period_end: datetime | None = None
    begins_past_due: bool = False
    """The fact is the very one that says that a renewal was not paid."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one order or subscription, and what follows from it."""

    id: UUID
    organization_id: UUID
    kind: SourceKind
    customer_id: UUID
    product_id: UUID
    status: str = ""
    version: int = 0
    occurred_at: datetime | None = None
    period_end: datetime | None = None
    past_due_version: int = 0
    past_due_at: datetime | None = None
    settled_version: int = 0
    """The newest version that was not past due: a past-due fact before it tells of an older failure."""
    is_entitled: bool = False
    entitled_until: datetime | None = None
    """When a yes ends unless a fact renews it."""
    grace_ends_at: datetime | None = None
    """When the entitlement of a past-due subscription has to be looked at again."""


def observed(source: Source, seen: Observation) -> Source:
    """The source after one fact more; what is older than what is known changes nothing."""
    after = source
    if seen.begins_past_due and seen.version > after.past_due_version:
        after = replace(after, past_due_version=seen.version, past_due_at=seen.occurred_at)
    if seen.status != _PAST_DUE and seen.version > after.settled_version:
        after = replace(after, settled_version=seen.version)
    if seen.version > after.version:
        after = replace(
            after,
            product_id=seen.product_id,
            status=seen.status,
            version=seen.version,
            occurred_at=seen.occurred_at,
            period_end=seen.period_end,
        )
    return after


def evaluated(source: Source, grace: timedelta, *, customer_is_deleted: bool, now: datetime) -> Source:
    """The source with what follows from it now: entitled or not, and until when.

    A subscription that is canceled at the end of its period stays active until it is revoked, and so stays entitled.
    """
    if customer_is_deleted:
        return replace(source, is_entitled=False, entitled_until=None, grace_ends_at=None)
    if source.status == _PAST_DUE:
        ends = _failed_at(source) + grace
        if grace and now < ends:
            return replace(source, is_entitled=True, entitled_until=ends, grace_ends_at=ends)
        return replace(source, is_entitled=False, entitled_until=None, grace_ends_at=None)
    entitled = source.status in _ALWAYS
    return replace(source, is_entitled=entitled, entitled_until=source.period_end if entitled else None, grace_ends_at=None)


def _failed_at(source: Source) -> datetime:
    # `subscription.updated` may bring the status before the fact that dates it.
    if source.past_due_at is not None and source.past_due_version > source.settled_version:
        return source.past_due_at
    assert source.occurred_at is not None, "a status without a fact"
    return source.occurred_at
