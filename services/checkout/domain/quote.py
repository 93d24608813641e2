"""What a cart costs: lines with discount and tax. Every total is a sum over the lines, so all of them add up to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from services.chassis.money import Money
from services.checkout.domain.interval import Period
from services.checkout.domain.tax import TaxLine, TaxRate, line_taxes, tax_lines
from services.pricing.reduction import FixedReduction, Reduction, reductions


class BillingEntryType(StrEnum):
    """What a billing entry stands for."""

    CYCLE = "cycle"
    PRORATION = "proration"
    SEATS_INCREASE = "seats_increase"
    SEATS_DECREASE = "seats_decrease"
    UNITS_INCREASE = "units_increase"
    UNITS_DECREASE = "units_decrease"
    METERED = "metered"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is sold, minor units. `amount` is before discount and contains the tax if the quote is inclusive."""

    label: str
    amount: int
    discount_amount: int = 0
    tax_amount: int = 0
    price_id: UUID | None = None
    proration: bool = False
    """Its discount is already in the amount, so that an order's discount leaves it alone."""
    period: Period | None = None
    quantity: int | None = None
    """Seats or units, where the price counts them."""
    description: str = ""
    """The line in words."""
    billing_entry_id: UUID | None = None
    """Of a subscription's; it becomes one line, once."""
    billing_entry_type: BillingEntryType | None = None

    @property
    def taxable(self) -> int:
        """What is left after discount; contains the tax if the quote is inclusive."""
        return self.amount - self.discount_amount


@dataclass(frozen=True)
class Quote:
    """Lines of one currency with what they add up to; each sum is made once, for an order asks for them some fifteen times."""

    currency: str
    inclusive: bool
    lines: tuple[Line, ...]
    tax_lines: tuple[TaxLine, ...] | None
    """None while the buyer's place is not known well enough."""

    @cached_property
    def subtotal_amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @cached_property
    def discount_amount(self) -> int:
        return sum(line.discount_amount for line in self.lines)

    @cached_property
    def tax_amount(self) -> int:
        return sum(line.tax_amount for line in self.lines)

    @cached_property
    def net_amount(self) -> int:
        """After discount, without tax."""
        return self.subtotal_amount - self.discount_amount - (self.tax_amount if self.inclusive else 0)

    @cached_property
    def total_amount(self) -> int:
        """What is to be paid."""
        return self.net_amount + self.tax_amount


def price_lines(
    currency: str,
    lines: Sequence[Line],
    *,
    reduction: Reduction | None,
    rates: Sequence[TaxRate] | None,
    inclusive: bool,
) -> Quote:
    """The quote of `lines`: discount first, then tax on what is left. `rates` None: the tax is not known yet."""
    Money(currency, sum(abs(line.amount) for line in lines))
    discounted = _with_discount(currency, lines, reduction)
    if rates is None:
        return Quote(currency, inclusive, discounted, None)
    amounts = [line.taxable for line in discounted]
    taxes = tax_lines(sum(amounts), rates, inclusive=inclusive)
    owed = line_taxes(sum(tax.amount for tax in taxes), amounts, rates, inclusive=inclusive)
    taxed = tuple(replace(line, tax_amount=tax) for line, tax in zip(discounted, owed, strict=True))
    return Quote(currency, inclusive, taxed, taxes)


def _with_discount(currency: str, lines: Sequence[Line], reduction: Reduction | None) -> tuple[Line, ...]:
    if reduction is None or (isinstance(reduction, FixedReduction) and currency not in reduction.amounts):
        return tuple(lines)
    weights = [0 if line.proration or line.amount < 0 else line.amount for line in lines]
    off = reductions(reduction, currency, weights)
    return tuple(replace(line, discount_amount=part) for line, part in zip(lines, off, strict=True))
