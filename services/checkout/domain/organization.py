"""The merchant, as far as selling needs to know: our copy of what identity tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.checkout.domain.dunning import USUAL_DAYS, UnpaidBehavior
from services.checkout.domain.invoice import InvoiceNumbering
from services.checkout.domain.price import TaxBehavior


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant and its decisions about sales."""

    id: UUID
    version: int
    country: str
    """Seat of the business, ISO 3166-1 alpha-2; empty if unknown."""
    default_currency: str
    default_tax_behavior: TaxBehavior
    invoice_prefix: str
    invoice_numbering: InvoiceNumbering
    allow_multiple_subscriptions: bool
    allow_trial_without_payment_method: bool
    prevent_trial_abuse: bool
    time_zone: str
    """IANA name."""
    tax_registrations: tuple[str, ...]
    """Where tax is collected; empty: everywhere known."""
    dunning_days: tuple[int, ...] = USUAL_DAYS
    """After the first failed charge of an order; ascending."""
    unpaid_behavior: UnpaidBehavior = UnpaidBehavior.CANCEL
