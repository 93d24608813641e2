"""What may be asked of a running subscription; the shapes exclude each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.discount import AppliedDiscount


@dataclass(frozen=True, slots=True)
class ProductChange:
    """Another product, or this one as it is sold now. Quantities that are None stay as they are, within the new bounds."""

    product: CatalogProduct
    seats: int | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True)
class SeatsChange:
    """Another number of seats."""

    seats: int


@dataclass(frozen=True, slots=True)
class UnitsChange:
    """Another number of units."""

    units: int


@dataclass(frozen=True, slots=True)
class DiscountChange:
    """Another discount, already redeemed; None: none any more."""

    applied: AppliedDiscount | None


@dataclass(frozen=True, slots=True)
class TrialEndChange:
    """The trial ends then; None: now."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class PeriodEndChange:
    """The current period ends then."""

    at: datetime


SoldChange = ProductChange | SeatsChange | UnitsChange
"""What changes what is sold, and is prorated."""
Wish = SoldChange | DiscountChange | TrialEndChange | PeriodEndChange


class ProrationBehavior(StrEnum):
    """What a change in the middle of a period costs, and when it is billed."""

    PRORATE = "prorate"
    """It holds at once; the difference for the rest of the period is billed with the next order."""
    INVOICE = "invoice"
    """The difference is an order now; the change holds once that is paid."""
    NEXT_PERIOD = "next_period"
    """It holds with the next period; nothing is prorated."""
    RESET = "reset"
    """A new period begins now at the full price, less what is left of the old one; the change holds once that is paid."""


@dataclass(frozen=True, slots=True)
class ProrationDefaults:
    """The organization's choice, where the call leaves it open."""

    upgrade: ProrationBehavior = ProrationBehavior.PRORATE
    downgrade: ProrationBehavior = ProrationBehavior.PRORATE
