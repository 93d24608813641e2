"""A customer's standing purchase of a recurring product, and what time does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.metadata import MetadataValue
from services.subscription.domain.periods import Period, Recurrence
from services.subscription.domain.status import ENDED, Status

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Terms:
    """What was sold, as it was sold: edits of the product do not touch it. Prices and discount are in the contract's JSON form."""

    product_id: UUID
    currency: str
    amount: int
    """What one period costs before discount, minor units of `currency`."""
    recurrence: Recurrence
    prices: tuple[Json, ...]
    tax_behavior: str
    discount_id: UUID | None = None
    discount: Json | None = None
    payment_method_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Why and when it ends, or ended."""

    canceled_at: datetime
    ends_at: datetime
    at_period_end: bool
    reason: str = ""
    """The contract's enum value in lower case; empty if none was given."""
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription. `version` is the number of facts about it so far."""

    id: UUID
    organization_id: UUID
    status: Status
    customer_id: UUID
    external_customer_id: str | None
    checkout_id: UUID | None
    terms: Terms
    anchor: datetime
    """From where its periods are counted."""
    period: Period
    trial: Period | None
    started_at: datetime
    version: int
    created_at: datetime
    modified_at: datetime
    cancellation: Cancellation | None = None
    ended_at: datetime | None = None
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)

    @property
    def due_at(self) -> datetime | None:
        """When time is going to change it next; None if it is not."""
        if self.status in ENDED:
            return None
        if self.cancellation is not None:
            return self.cancellation.ends_at
        # A period that ends is the next reason to wake up, once there are renewals.
        return self.trial.end if self.status is Status.TRIALING and self.trial else None


class SubscriptionFact(StrEnum):
    """What can be told of a subscription, by the type of the fact."""

    CREATED = "subscription.created"
    ACTIVE = "subscription.active"
    UPDATED = "subscription.updated"
    CYCLED = "subscription.cycled"
    CANCELED = "subscription.canceled"
    UNCANCELED = "subscription.uncanceled"
    REVOKED = "subscription.revoked"


@dataclass(frozen=True, slots=True)
class Change:
    """A subscription after a change, and the facts that the change makes true, in their order; none if it changed nothing."""

    after: Subscription
    facts: tuple[SubscriptionFact, ...] = ()
