"""A customer's standing purchase of a recurring product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.chassis.metadata import MetadataValue
from services.subscription.domain.discount import AppliedDiscount, Discount
from services.subscription.domain.periods import Period, Recurrence
from services.subscription.domain.price import Price, amount_of
from services.subscription.domain.reminders import reminder_at
from services.subscription.domain.status import ENDED, Status


@dataclass(frozen=True, slots=True)
class Terms:
    """What was sold, as it was sold: edits of the product do not touch it."""

    product_id: UUID
    product_name: str
    currency: str
    recurrence: Recurrence
    prices: tuple[Price, ...]
    tax_behavior: str
    seats: int | None = None
    units: int | None = None
    discount: Discount | None = None
    payment_method_id: UUID | None = None

    @property
    def amount(self) -> int:
        """What one period costs before discount, minor units of `currency`."""
        return sum(amount_of(price, self.seats, self.units) for price in self.prices)


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
class Pause:
    """It rests, or will from the end of its period on."""

    resumes_at: datetime | None = None
    """When it goes on by itself."""
    paused_at: datetime | None = None
    """Since when; None: it has not begun."""


@dataclass(frozen=True, slots=True)
class ProductTarget:
    """The product that a change leads to, as it is sold then."""

    product_id: UUID
    product_name: str
    recurrence: Recurrence
    prices: tuple[Price, ...]
    tax_behavior: str


@dataclass(frozen=True, slots=True)
class PendingUpdate:
    """A change that waits for the next period; what is None stays as it is."""

    created_at: datetime
    applies_at: datetime
    product: ProductTarget | None = None
    seats: int | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True)
class ChargingUpdate:
    """A change that waits for its charge: what is to hold once `order_id` is paid. Until then everything is as before."""

    order_id: UUID
    created_at: datetime
    terms: Terms
    anchor: datetime | None = None
    """Set: a new period begins there, and the ones after it are counted from there."""
    pending_update: PendingUpdate | None = None
    """What goes on waiting for the next period then."""
    entry_ids: tuple[UUID, ...] = ()
    """The entries that came with the change; the others of its order waited before it, and go on waiting if it fails."""
    period_discount: AppliedDiscount | None = None
    """What the period is reduced by once the change holds."""


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
    period_number: int
    """Of the current period from the anchor; -1: it leads up to the anchor, as a trial does."""
    period: Period
    trial: Period | None
    started_at: datetime
    version: int
    created_at: datetime
    modified_at: datetime
    cancellation: Cancellation | None = None
    ended_at: datetime | None = None
    pause: Pause | None = None
    past_due_at: datetime | None = None
    """Since when a renewal waits for money."""
    pending_update: PendingUpdate | None = None
    charging_update: ChargingUpdate | None = None
    announced_end: datetime | None = None
    """The end of a period that was announced."""
    period_discount: AppliedDiscount | None = None
    """What reduced the current period, so that a change in the middle of it credits no more than was paid."""
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    first_payment_version: int | None = None
    """Of the checkout, when it told that the buyer is asked for the first payment; None: it has begun."""

    @property
    def awaits_first_payment(self) -> bool:
        """Whether it is to begin when its first payment comes, be that late. One that somebody revoked is not."""
        return self.first_payment_version is not None and self.status is not Status.CANCELED

    @property
    def due_at(self) -> datetime | None:
        """When time is going to change it next; None if it is not."""
        if self.status in ENDED or self.status is Status.INCOMPLETE or self.charging_update is not None:
            return None  # what is incomplete, its checkout ends; a change that waits for its charge comes first, however long that takes
        if self.status is Status.PAUSED:
            return self.pause.resumes_at if self.pause else None
        if self.cancellation is not None:
            return self.cancellation.ends_at
        if self.status is Status.UNPAID:
            return None
        reminder = self.reminder_at
        return self.period.end if reminder is None else min(reminder, self.period.end)

    @property
    def reminder_at(self) -> datetime | None:
        """When the end of its period is announced; None if it is not, or has been."""
        if self.announced_end == self.period.end or self.cancellation is not None or self.pause is not None:
            return None
        return reminder_at(self.period, is_trial=self.status is Status.TRIALING)
