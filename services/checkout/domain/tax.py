"""The arithmetic of tax: rates over one amount, computed once on the whole and split by largest remainders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.chassis.money import allocate, divide_half_away
from services.checkout.domain.price import TaxBehavior

MILLION = 1_000_000
EXCLUSIVE_COUNTRIES = frozenset({"US", "CA", "IN"})
"""Where prices are told without tax."""


class TaxabilityReason(StrEnum):
    """Why a tax amount is what it is."""

    STANDARD_RATED = "standard_rated"
    NOT_COLLECTING = "not_collecting"
    PRODUCT_EXEMPT = "product_exempt"
    REVERSE_CHARGE = "reverse_charge"
    NOT_SUBJECT_TO_TAX = "not_subject_to_tax"
    NOT_SUPPORTED = "not_supported"
    CUSTOMER_EXEMPT = "customer_exempt"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The tax of one jurisdiction; parts per million. A rate of 0 says by its reason why nothing is due."""

    jurisdiction: str
    name: str
    rate_ppm: int
    reason: TaxabilityReason


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The tax of one jurisdiction on one order, minor units."""

    jurisdiction: str
    name: str
    rate_ppm: int
    taxable_amount: int
    """Net amount that the rate applies to."""
    amount: int
    reason: TaxabilityReason


def is_inclusive(behavior: TaxBehavior, country: str | None) -> bool:
    """Whether an amount contains its tax for a buyer in `country`."""
    if behavior is TaxBehavior.LOCATION:
        return country not in EXCLUSIVE_COUNTRIES
    return behavior is TaxBehavior.INCLUSIVE


def tax_lines(amount: int, rates: Sequence[TaxRate], *, inclusive: bool) -> tuple[TaxLine, ...]:
    """One line for each rate on `amount`, which contains the tax if `inclusive`.

    Inclusive: the whole tax is rounded once and split, so net and taxes add up to the amount. Exclusive: each jurisdiction's tax is
    rounded once. Negative amounts give the negated tax of their absolute value.
    """
    weights = [rate.rate_ppm for rate in rates]
    if inclusive:
        whole = divide_half_away(amount * sum(weights), MILLION + sum(weights))
        amounts = allocate(whole, weights) if weights else []
    else:
        amounts = [divide_half_away(amount * weight, MILLION) for weight in weights]
    net = amount - sum(amounts) if inclusive else amount
    return tuple(
        TaxLine(rate.jurisdiction, rate.name, rate.rate_ppm, net, tax, rate.reason) for rate, tax in zip(rates, amounts, strict=True)
    )
