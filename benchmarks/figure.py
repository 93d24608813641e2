"""One measured figure and what it should be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is the subject over its yardstick, which was measured in the same run; the target is a ratio too."""

    name: str
    value: float
    unit: str
    ratio: float
    target: float
    at_least: bool
    """Whether the ratio has to reach the target, or must not pass it."""

    @property
    def ok(self) -> bool:
        """Whether the target is met."""
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        verdict = "ok" if self.ok else "SHORT"
        return f"{self.name:<44} {self.value:>12,.2f} {self.unit:<10} ratio {self.ratio:>7.2f}  target {sign} {self.target:<6g} {verdict}"


def at_least(name: str, value: float, unit: str, *, ratio: float, target: float) -> Figure:
    """The higher the better."""
    return Figure(name, value, unit, ratio, target, at_least=True)


def at_most(name: str, value: float, unit: str, *, ratio: float, target: float) -> Figure:
    """The lower the better."""
    return Figure(name, value, unit, ratio, target, at_least=False)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
