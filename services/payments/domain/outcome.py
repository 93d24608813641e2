"""What the processor says of an attempt at one moment, in the suite's words. The source may be old: an event or a stored answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.payments.domain.attempt import Failure, NextAction, Settlement
from services.payments.domain.payment_method import MethodDetails

WAIT = "wait"
"""The verb of an outcome that moves nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`verb` is one of the attempt's lifecycle, or WAIT."""

    verb: str
    processor_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    method: str | None = None
    details: MethodDetails | None = None
    """The payment method, if the processor keeps it for the customer."""
    payment_method_id: UUID | None = None
    """Our id of it, once it is stored."""
    failure: Failure | None = None
    next_action: NextAction | None = None
    settlement: Settlement | None = None
    read_after: timedelta | None = None
    """The processor knows more than this says: worth reading, after this time."""
    closed: bool = False
    """The processor will not take money for it any more."""


def lost(failure: Failure) -> Outcome:
    """The attempt never reached the processor, or was refused before it existed there."""
    return Outcome("fail", failure=failure, closed=True)
