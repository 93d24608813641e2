"""What the platform keeps of an order."""

from __future__ import annotations

from dataclasses import dataclass

from services.chassis.money import divide_half_away

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class FeePlan:
    """A share in parts per million and a fixed amount in minor units of the order's currency."""

    rate_ppm: int
    fixed_amount: int

    def fee(self, total_amount: int) -> int:
        """The fee on an order's total, tax included, in minor units. Nothing of nothing."""
        return divide_half_away(total_amount * self.rate_ppm, _MILLION) + self.fixed_amount if total_amount > 0 else 0
