"""Which orders of a subscription its discount reduces."""

from __future__ import annotations

from services.subscription.domain.changes import Why, canceled
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.entry import BillingEntry
from services.subscription.tests.builders import (
    NOW,
    a_subscription,
    at,
    billed_in,
    discount,
    entry,
    terms,
)
from services.subscription.tests.domain.cycling import DAY, FEBRUARY


def _discounted(duration: str, months: int | None = None, trial_days: int = 0) -> list[bool]:
    story = caught_up(a_subscription(trial_days, discount=discount(duration, months)), at(NOW + 160 * DAY))
    return [billing.discount is not None for billing in billed_in(story)]


def test_a_discount_reduces_as_many_orders_as_it_has() -> None:
    """The checkout's order was the first, unless it was a trial's of nothing."""
    assert _discounted("forever") == [True] * 5
    assert _discounted("once") == [False] * 5
    assert _discounted("once", trial_days=14) == [True, False, False, False, False]
    assert _discounted("repeating", 3) == [True, True, False, False, False]
    assert _discounted("repeating", 3, trial_days=14) == [True, True, True, False, False]


def test_a_discount_that_is_used_up_stays_for_the_period_that_it_reduced() -> None:
    before = a_subscription(discount=discount("repeating", 2))
    first = caught_up(before, at(FEBRUARY))[-1].after
    assert first.terms.discount is not None
    assert (first.terms.discount.cycles_billed, first.terms.discount.cycles_left) == (2, 0)
    assert caught_up(first, at(NOW + 70 * DAY))[-1].after.terms.discount is None


def test_a_period_knows_what_reduced_it() -> None:
    once = discount("once")
    before = a_subscription(trial_days=14, discount=once)
    first = caught_up(before, at(NOW + 14 * DAY))[-1].after
    assert (before.period_discount, first.period_discount) == (None, once)
    assert caught_up(first, at(first.period.end))[-1].after.period_discount is None
    free = a_subscription(terms=terms(0), discount=discount("repeating", 3))
    (step,) = caught_up(free, at(FEBRUARY))
    assert (step.after.period_discount, step.after.terms.discount) == (None, free.terms.discount), "an order that is none uses up nothing"


def test_an_order_of_prorations_alone_uses_up_no_discount() -> None:
    before = canceled(a_subscription(trial_days=14, discount=discount("once")), Why(), at()).after
    waiting: list[BillingEntry] = [entry(before)]
    (billing,) = billed_in(caught_up(before, at(NOW + 14 * DAY, waiting)))
    assert billing.discount is None
