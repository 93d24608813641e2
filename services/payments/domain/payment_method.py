"""A saved way to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MethodDetails:
    """What the processor tells of a payment method. The fingerprint is the same for the same card, whoever saved it, and says nothing
    about the card."""

    processor_id: str
    type: str
    brand: str = ""
    last4: str = ""
    exp_month: int = 0
    exp_year: int = 0
    country: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """One saved payment method of a customer."""

    id: UUID
    organization_id: UUID
    customer_id: UUID
    details: MethodDetails
    is_default: bool
    version: int
    created_at: datetime
    modified_at: datetime
