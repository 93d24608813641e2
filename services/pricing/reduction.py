"""What a discount takes off amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.chassis.money import allocate, divide_half_away

WHOLE = 10_000
"""Basis points of 100 %."""


@dataclass(frozen=True, slots=True)
class Percentage:
    """A part of the price in basis points, 1 to 10000."""

    basis_points: int


@dataclass(frozen=True, slots=True)
class FixedReduction:
    """Minor units by currency. Not usable in a currency that is absent."""

    amounts: Mapping[str, int]


Reduction = Percentage | FixedReduction


def reductions(reduction: Reduction, currency: str, amounts: Sequence[int]) -> list[int]:
    """What to take off each of the amounts, which are not negative. A percentage rounds each alone; a fixed amount is split in proportion.

    Never more than a line costs, and the parts of a fixed one add up to it, or to all that the lines cost if that is less.
    """
    if isinstance(reduction, Percentage):
        return [divide_half_away(amount * reduction.basis_points, WHOLE) for amount in amounts]
    total = min(reduction.amounts[currency], sum(amounts))
    return allocate(total, amounts) if amounts else []
