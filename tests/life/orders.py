"""Orders as the model predicts them: lines, discount, tax, balance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from tests.life.catalog import Discount, Merchant, rounded


@dataclass(frozen=True)
class Line:
    """Minor units; a proration's discount is in its amount."""

    amount: int
    start: datetime
    end: datetime
    proration: bool = False


@dataclass
class Order:
    at: datetime
    reason: str
    lines: list[Line]
    discount: int
    tax: int
    total: int
    applied_balance: int
    status: str = "pending"
    past_due_at: datetime | None = None
    retries: list[datetime] = field(default_factory=list)
    """When it is going to be charged again."""
    given_up_at: datetime | None = None
    """When dunning ends without a charge, because the card will never do."""

    @property
    def due(self) -> int:
        return max(0, self.total + self.applied_balance)


def make_order(merchant: Merchant, at: datetime, reason: str, lines: list[Line], discount: Discount | None, balance: int) -> Order:
    """What is owed at once; the balance is changed by the order's `applied_balance`."""
    reducible = [line.amount for line in lines if not line.proration]
    off = sum(discount.of(reducible)) if discount and reducible else 0
    after = sum(line.amount for line in lines) - off
    size = abs(after)
    tax = rounded(Fraction(size) * merchant.tax / (1 + merchant.tax)) if merchant.tax_included else rounded(Fraction(size) * merchant.tax)
    tax = tax if after >= 0 else -tax
    total = after if merchant.tax_included else after + tax
    return Order(at, reason, lines, off, tax, total, _applied(total, balance, merchant.smallest_charge))


def _applied(total: int, balance: int, smallest: int) -> int:
    """Negative: the balance pays; positive: it is given, or its debt is collected."""
    left = total - balance
    return -total if total <= 0 or left < smallest else -balance
