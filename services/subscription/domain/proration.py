"""What the rest of a period is worth: whole seconds left out of the whole seconds of the period.

The source of the rules is the decision about proration in the billing rules: the discount comes off before the factor; an amount is
multiplied first and divided once, rounded half away from zero. A change of product is one credit for each old price and one debit for
each new one, so that every line can be read by itself; a change of a quantity is one line, the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.chassis.money import divide_half_away
from services.pricing.reduction import Reduction, reductions
from services.subscription.domain.periods import Period

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Rest:
    """The part of a period that is still to come."""

    seconds_left: int
    seconds: int

    def of(self, amount: int) -> int:
        """What of a whole period's amount belongs to the rest."""
        return divide_half_away(amount * self.seconds_left, self.seconds)


def rest_of(period: Period, now: datetime) -> Rest:
    """What is left of a period; a second that has begun is over. Nothing is left of one that is over, all of one that is to come."""
    seconds = max((period.end - period.start) // _SECOND, 1)
    left = (period.end - now) // _SECOND
    return Rest(min(max(left, 0), seconds), seconds)


def after_discount(amounts: Sequence[int], reduction: Reduction | None, currency: str) -> list[int]:
    """What is really paid for each of a subscription's prices in a whole period."""
    if reduction is None:
        return list(amounts)
    return [amount - off for amount, off in zip(amounts, reductions(reduction, currency, amounts), strict=True)]


def credits(paid: Sequence[int], rest: Rest) -> list[int]:
    """What goes back for each price that was `paid` for the whole period; not positive."""
    return [-rest.of(amount) for amount in paid]


def debits(payable: Sequence[int], rest: Rest) -> list[int]:
    """What each price costs for the rest; not negative."""
    return [rest.of(amount) for amount in payable]


def difference(paid: Sequence[int], payable: Sequence[int], rest: Rest) -> int:
    """What another quantity costs for the rest, over all prices: a fixed discount is spread differently over them; rounded once."""
    return rest.of(sum(payable) - sum(paid))
