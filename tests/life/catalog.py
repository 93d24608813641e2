"""What the model knows of products, discounts and merchants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tests.life.dates import later


def rounded(exact: Fraction) -> int:
    """Half away from zero."""
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size


@dataclass(frozen=True)
class Price:
    """A fixed amount; or tiers of (last unit or None, amount of a unit), for seats or units."""

    kind: str = "fixed"
    amount: int = 0
    tiers: tuple[tuple[int | None, int], ...] = ()
    graduated: bool = False

    def costs(self, quantity: int) -> int:
        if self.kind == "fixed":
            return self.amount
        if not self.graduated:
            return next(each * quantity for last, each in self.tiers if last is None or quantity <= last)
        return sum(next(each for last, each in self.tiers if last is None or unit <= last) for unit in range(1, quantity + 1))


@dataclass(frozen=True)
class Product:
    name: str
    prices: tuple[Price, ...]
    interval: str = "month"
    count: int = 1
    trial_days: int = 0

    @property
    def pace(self) -> tuple[str, int]:
        return self.interval, self.count


@dataclass(frozen=True)
class Discount:
    """`basis_points` or a fixed `amount`; for `once`, `forever` or so many months."""

    basis_points: int = 0
    amount: int = 0
    lasts: str | int = "forever"

    def of(self, amounts: list[int]) -> list[int]:
        """What comes off each of an order's lines."""
        if self.basis_points:
            return [rounded(Fraction(amount * self.basis_points, 10_000)) for amount in amounts]
        whole = sum(amounts)
        return _shares(min(self.amount, whole), amounts) if whole > 0 else [0] * len(amounts)

    def cycles(self, attached: datetime, pace: tuple[str, int], zone: str) -> int | None:
        """How many orders it reduces: the periods that begin before so many months are over. None: all."""
        if self.lasts in ("once", "forever"):
            return 1 if self.lasts == "once" else None
        end, number = later(attached, "month", int(self.lasts), zone), 0
        while later(attached, pace[0], pace[1] * number, zone) < end:
            number += 1
        return number


@dataclass(frozen=True)
class Merchant:
    """Its decisions, the tax of the country where it sells, and its currency's smallest charge."""

    zone: str = "UTC"
    unpaid: str = "cancel"
    dunning_days: tuple[int, ...] = (2, 7, 14, 21)
    tax: Fraction = Fraction(0)
    tax_included: bool = False
    smallest_charge: int = 50


def _shares(total: int, weights: list[int]) -> list[int]:
    """In proportion; what is left goes to those that lost most."""
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    shares = [int(share) for share in exact]
    for index in sorted(range(len(weights)), key=lambda each: (shares[each] - exact[each], each))[: total - sum(shares)]:
        shares[index] += 1
    return shares
