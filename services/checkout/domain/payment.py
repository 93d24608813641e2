"""What payments answers about an attempt to pay or to save a card: the processor's three outcomes and the buyer's turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class AttemptKind(StrEnum):
    """What is asked of payments."""

    CHARGE = "charge"
    SETUP = "setup"
    """Save a card and charge nothing."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PaymentAction:
    """A step that only the buyer can take, e.g. 3-D Secure."""

    processor_client_secret: str
    redirect_url: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentFailure:
    """Why a payment was declined; the message is for the buyer."""

    code: str
    message: str
    decline_code: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to pay a checkout, written before payments is asked. Numbers count from 1."""

    checkout_id: UUID
    organization_id: UUID
    attempt: int
    kind: AttemptKind
    payment_id: UUID
    """The id of the payment or the setup, minted here."""
    request_id: str
    request_hash: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Paid, or the card is saved. Final."""

    payment_id: UUID | None
    """None if nothing was charged."""
    processor: str | None
    payment_method_id: UUID | None
    amount: int | None = None
    """What was charged, minor units; None if nothing was, or nobody said."""


@dataclass(frozen=True, slots=True)
class Declined:
    """Not paid, and this attempt never will be."""

    failure: PaymentFailure
    retryable: bool


@dataclass(frozen=True, slots=True)
class ActionNeeded:
    """The buyer has to act."""

    action: PaymentAction


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nobody knows yet; a fact or a later question will tell."""


Outcome = Succeeded | Declined | ActionNeeded | Undecided


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """An outcome and the attempt it belongs to."""

    checkout_id: UUID
    attempt: int
    outcome: Outcome
