"""A discount on a subscription, and how many of its orders it still reduces.

`once` is one billed order. `repeating` counts cycles, not months: as many as begin within the months, counted when it is attached, so that
no anchor day loses one. A trial's order of nothing uses none up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.pricing.reduction import Reduction
from services.subscription.domain.periods import Interval, Recurrence, periods_within

# Of the calendar of interest, so that a year is twelve months.
_DAYS = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 30, Interval.YEAR: 360}


class DiscountDuration(StrEnum):
    """How many billed orders a discount reduces."""

    ONCE = "once"
    REPEATING = "repeating"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """A discount as it was when it was redeemed."""

    discount_id: UUID
    reduction: Reduction
    duration: DiscountDuration
    duration_in_months: int | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """An applied discount on its way through a subscription's orders."""

    applied: AppliedDiscount
    cycles_billed: int = 0
    cycles_left: int | None = None
    """None: for ever."""

    @property
    def reduces_next(self) -> bool:
        """Whether the next billed order is reduced. If not, it still belongs to the period that it reduced last."""
        return self.cycles_left is None or self.cycles_left > 0

    def billed(self) -> Discount:
        """After one more order that it reduced."""
        left = None if self.cycles_left is None else max(0, self.cycles_left - 1)
        return replace(self, cycles_billed=self.cycles_billed + 1, cycles_left=left)


def recounted(discount: Discount, before: Recurrence, after: Recurrence) -> Discount:
    """The discount once periods are of another length: the cycles that are left of its months, as many as begin within them."""
    if discount.applied.duration is not DiscountDuration.REPEATING or not discount.cycles_left:
        return discount
    days_left = discount.cycles_left * before.count * _DAYS[before.interval]
    return replace(discount, cycles_left=-(-days_left // (after.count * _DAYS[after.interval])))


def attached(applied: AppliedDiscount, anchor: datetime, recurrence: Recurrence, number: int) -> Discount:
    """The discount on a subscription whose period `number` is the first that it may reduce."""
    match applied.duration:
        case DiscountDuration.ONCE:
            return Discount(applied, cycles_left=1)
        case DiscountDuration.REPEATING:
            return Discount(applied, cycles_left=periods_within(anchor, recurrence, number, applied.duration_in_months or 1))
        case DiscountDuration.FOREVER:
            return Discount(applied)
