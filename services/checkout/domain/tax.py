"""The arithmetic of tax: rates over one amount, computed once on the whole and told line by line by largest remainders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heapify, heappop, heappush

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


def line_taxes(tax: int, amounts: Sequence[int], rates: Sequence[TaxRate], *, inclusive: bool) -> list[int]:
    """What each of `amounts` owes of `tax`, which is that of their sum; the parts add up to it.

    Each is its own exact tax at all `rates` together, rounded down; largest remainders get what is left, ties the first. So a credit
    beside a debit says its own tax, however little the two come to. One or two rates, or inclusive ones: none is further than a cent
    from its exact tax. With more, the roundings of the rates may add up to more than the amounts have remainders.
    """
    if len(amounts) == 1:
        return [tax]
    rate = sum(each.rate_ppm for each in rates)
    whole = MILLION + rate if inclusive else MILLION
    exact = [divmod(amount * rate, whole) for amount in amounts]
    parts = [quotient for quotient, _ in exact]
    left = tax - sum(parts)
    step = 1 if left > 0 else -1
    nearest = [(-step * remainder, index) for index, (_, remainder) in enumerate(exact)]
    heapify(nearest)
    while left:
        gap, index = heappop(nearest)
        if amounts[index] * step <= 0 and parts[index] == 0:
            continue  # A debit never has a credit's tax, nor a credit a debit's.
        parts[index] += step
        left -= step
        heappush(nearest, (gap + whole, index))
    return parts
