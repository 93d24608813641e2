"""Amounts of money: whole minor units of one currency, one rounding, one split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.errors import Invalid

# ISO 4217: currencies without minor units that the suite presents, and those with three decimals.
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
TWO_DECIMAL = frozenset(
    (
        "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf cny cop crc cve czk "
        "dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr "
        "lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar "
        "sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs wst xcd xcg yer zar zmw"
    ).split()
)
CURRENCIES = ZERO_DECIMAL | TWO_DECIMAL | THREE_DECIMAL
LARGEST_AMOUNT = 2**53 - 1
"""Larger amounts are refused, so that JSON numbers and sums stay exact."""


def decimals(currency: str) -> int:
    """Digits after the point of a currency's major unit."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def divide_half_away(numerator: int, denominator: int) -> int:
    """numerator / denominator, rounded half away from zero. The only rounding of the suite."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    quotient, remainder = divmod(abs(numerator), denominator)
    rounded = quotient + (2 * remainder >= denominator)
    return rounded if numerator >= 0 else -rounded


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to non-negative `weights`; the largest remainders get what is left, ties the first.

    The parts add up to `total`. All weights zero: everything goes to the first part.
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be given and not negative")
    whole = sum(weights)
    if whole == 0:
        return [total, *[0] * (len(weights) - 1)]
    sign = 1 if total >= 0 else -1
    exact = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [quotient for quotient, _ in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-exact[i][1], i))
    for index in by_remainder[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of `currency` (ISO 4217, lower case)."""

    currency: str
    amount: int

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise Invalid("CURRENCY_UNKNOWN", f"{self.currency!r} is not a currency of the suite", field="currency")
        if abs(self.amount) > LARGEST_AMOUNT:
            raise Invalid("AMOUNT_OVERFLOW", "the amount is too large", field="amount")

    def __add__(self, other: Money) -> Money:
        return Money(self.currency, self.amount + self._same(other).amount)

    def __sub__(self, other: Money) -> Money:
        return Money(self.currency, self.amount - self._same(other).amount)

    def __neg__(self) -> Money:
        return Money(self.currency, -self.amount)

    def times(self, numerator: int, denominator: int) -> Money:
        """The fraction numerator/denominator of the amount, rounded half away from zero."""
        return Money(self.currency, divide_half_away(self.amount * numerator, denominator))

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to `weights` that add up to the whole."""
        return [Money(self.currency, part) for part in allocate(self.amount, weights)]

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other

    def decimal(self) -> str:
        """The amount in major units, with the currency's own number of digits after the point."""
        digits = decimals(self.currency)
        major, minor = divmod(abs(self.amount), 10**digits)
        text = f"{major}.{minor:0{digits}d}" if digits else str(major)
        return f"-{text}" if self.amount < 0 else text

    def __str__(self) -> str:
        return f"{self.decimal()} {self.currency.upper()}"
