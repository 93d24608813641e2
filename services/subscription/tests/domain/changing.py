"""Changes of subscriptions in their first period, the 28 days from 31 January."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.pricing.reduction import FixedReduction, Percentage
from services.subscription.domain.change_decision import Decision, Rules, changed
from services.subscription.domain.change_shapes import ProductChange, ProrationBehavior, ProrationDefaults, Wish
from services.subscription.domain.charging import charged
from services.subscription.domain.discount import AppliedDiscount, attached
from services.subscription.domain.entry import BillingEntry, EntryType
from services.subscription.domain.periods import Interval
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import MONTHLY, NOW, a_subscription, at, discount, terms
from services.subscription.tests.domain.change_strategies import like

DAY = timedelta(days=1)
HALF = NOW + 14 * DAY
END = NOW + 28 * DAY
MONTH = (Interval.MONTH, 1)


def change(
    before: Subscription, wish: Wish, behavior: ProrationBehavior | None = None, *pending: BillingEntry, now: Any = HALF, **rules: Any
) -> Decision:
    return changed(before, wish, Rules(rules.pop("defaults", ProrationDefaults()), behavior, **rules), at(now, pending))


def to(before: Subscription, *rates: int, recurrence: tuple[Interval, int] = MONTH) -> ProductChange:
    """A product of the same kinds of prices at other rates."""
    return ProductChange(like(before.terms, rates, recurrence))


def lines(decision: Decision) -> list[tuple[EntryType, int]]:
    return [(each.type, each.amount) for each in decision.change.entries]


def amounts(decision: Decision) -> list[int]:
    return [each.amount for each in decision.change.entries]


def paid(decision: Decision, now: Any = HALF) -> Subscription:
    assert decision.charge is not None
    return charged(decision.change.after, decision.charge.entries, at(now)).after


def with_discounts(was: AppliedDiscount | None, becomes: AppliedDiscount | None, amount: int = 1000) -> Subscription:
    """A period that one discount has reduced, and another, or the same, for what follows."""
    bought = a_subscription(terms=terms(amount), discount=was)
    if becomes == was:
        return bought
    coming = attached(becomes, NOW, MONTHLY, 1) if becomes else None
    return replace(bought, terms=replace(bought.terms, discount=coming))


HALF_OFF, FIFTH_OFF = discount("once", reduction=Percentage(5000)), discount("forever", reduction=Percentage(2000))
THREE_EUROS = discount("forever", reduction=FixedReduction({"eur": 300}))
