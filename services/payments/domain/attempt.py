"""An attempt: one try to move money for an order (a payment) or to save a payment method for a checkout (a setup).

The lifecycle is a ladder. Every verb leads up and none down, so it does not matter in which order, or how often, the processor's
answers, events and look-ups arrive: what is older than what is known finds no rung.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.lifecycle import Lifecycle


class Kind(StrEnum):
    """What the attempt is for."""

    PAYMENT = "payment"
    SETUP = "setup"


PENDING, UNKNOWN, REQUIRES_ACTION, PROCESSING = "pending", "unknown", "requires_action", "processing"
SUCCEEDED, FAILED, CANCELED = "succeeded", "failed", "canceled"

LIFECYCLE = Lifecycle(
    "payment",
    {
        "lose_track": {PENDING: UNKNOWN},
        "require_action": dict.fromkeys((PENDING, UNKNOWN), REQUIRES_ACTION),
        "process": dict.fromkeys((PENDING, UNKNOWN, REQUIRES_ACTION), PROCESSING),
        "cancel": dict.fromkeys((PENDING, UNKNOWN, REQUIRES_ACTION, PROCESSING), CANCELED),
        # What was canceled after it had failed is told as failed, whichever came first.
        "fail": dict.fromkeys((PENDING, UNKNOWN, REQUIRES_ACTION, PROCESSING, CANCELED), FAILED),
        # The processor has the last word on money: what it took is taken, whatever was thought before.
        "succeed": dict.fromkeys((PENDING, UNKNOWN, REQUIRES_ACTION, PROCESSING, CANCELED, FAILED), SUCCEEDED),
    },
)
OPEN = frozenset((PENDING, UNKNOWN, REQUIRES_ACTION, PROCESSING))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt is over without success: the processor's codes and a sentence for the buyer."""

    code: str
    decline_code: str | None
    message: str
    retryable: bool
    """Another attempt with the same payment method may succeed."""


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the buyer has to do, e.g. 3-D Secure."""

    redirect_url: str | None
    client_secret: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the processor booked to its balance; minor units of `currency`, net = amount - fee."""

    currency: str
    amount: int
    fee_amount: int
    net_amount: int
    settled_at: datetime
    available_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, from before the processor is asked until nothing is left to learn about it."""

    id: UUID
    organization_id: UUID
    kind: Kind
    status: str
    customer_id: UUID
    subject_id: UUID
    """The order of a payment; the checkout of a setup, or the setup itself. With `number` it names the attempt for ever."""
    checkout_id: UUID | None
    number: int
    source: str
    """The processor's id of what is charged or saved: a confirmation token or a payment method."""
    off_session: bool
    """The buyer is absent and cannot act."""
    keep_method: bool
    """The payment method shall be kept for later charges."""
    created_at: datetime
    modified_at: datetime
    return_url: str | None = None
    description: str = ""
    trigger: str | None = None
    amount: int | None = None
    currency: str | None = None
    method: str | None = None
    payment_method_id: UUID | None = None
    processor_id: str | None = None
    failure: Failure | None = None
    next_action: NextAction | None = None
    settlement: Settlement | None = None
    succeeded_at: datetime | None = None
    closed: bool = False
    """A failed attempt is closed when the processor can no longer take money for it."""
    reads: int = 0
    """How often the processor was asked about it since its status changed."""
    asked_at: datetime | None = None
    """When the processor was first asked, by the machine's clock; None while the charge waits for its turn."""
    due_at: datetime | None = None
    """When somebody has to look at it again, by the machine's clock; also the lease of whoever is looking now."""
    version: int = 0
    """How many facts were told of it."""

    @property
    def idempotency_key(self) -> str:
        """The key of the one call that may have the effect: derived, so that it is the same for ever."""
        return f"{self.kind}:{self.organization_id}:{self.subject_id}:{self.number}"

    @property
    def is_queued(self) -> bool:
        """Whether it waits for its turn to be charged."""
        return self.status == PENDING and self.asked_at is None

    @property
    def makes_default(self) -> bool:
        """A payment method that is added on its own, and not on the way to a purchase, is the one to pay by from now on."""
        return self.kind is Kind.SETUP and self.checkout_id is None

    @property
    def is_open(self) -> bool:
        """Whether the outcome is still to come."""
        return self.status in OPEN
