"""What lists and files of subscriptions can be narrowed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Filters:
    """Subscriptions; what is empty or None leaves nothing out. Ranges are half open."""

    customer_ids: Sequence[UUID] = ()
    external_customer_ids: Sequence[str] = ()
    product_ids: Sequence[UUID] = ()
    discount_ids: Sequence[UUID] = ()
    statuses: Sequence[str] = ()
    active: bool | None = None
    cancel_at_period_end: bool | None = None
    cancellation_reasons: Sequence[str] = ()
    canceled_after: datetime | None = None
    canceled_before: datetime | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Every key has to have this value, numbers and truth as JSON writes them."""
