"""Changes by which nothing is prorated. The period is the 28 days from 31 January."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.subscription.domain.change_decision import Rules, changed
from services.subscription.domain.change_errors import PeriodEndInPast, TrialEndInPast, TrialNotPossible
from services.subscription.domain.change_plain import discount_changed, period_end_changed, product_changed_in_trial, trial_end_changed
from services.subscription.domain.change_shapes import ProductChange, ProrationBehavior, ProrationDefaults
from services.subscription.domain.changes import paused
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.errors import TooFarAhead
from services.subscription.domain.periods import Interval, Period
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, a_subscription, at, billed_in, discount, entry
from services.subscription.tests.domain.change_strategies import like

DAY = timedelta(days=1)
END = NOW + 28 * DAY


def in_trial(trial: tuple[Interval, int] | None, now: datetime, *, same: bool = False) -> Subscription:
    """A trial of fourteen days, after a change to a product with another."""
    before = a_subscription(14)
    product = like(before.terms, [4900], (Interval.MONTH, 1))
    product = replace(product, trial_interval=trial[0] if trial else None, trial_interval_count=trial[1] if trial else 0)
    product = replace(product, id=before.terms.product_id) if same else product
    terms = replace(before.terms, product_id=product.id, prices=product.prices)
    return product_changed_in_trial(before, terms, ProductChange(product), at(now)).after


@pytest.mark.parametrize("days", [1, 6, 7])
def test_another_trial_that_is_over_by_now_ends_now(days: int) -> None:
    after = in_trial((Interval.DAY, days), NOW + 7 * DAY)
    assert (after.status, after.trial) == (Status.ACTIVE, Period(NOW, NOW + 7 * DAY))
    assert (after.anchor, after.period.start, after.period_number) == (NOW + 7 * DAY, NOW + 7 * DAY, 0)


def test_another_trial_is_counted_from_the_start_of_this_one() -> None:
    after = in_trial((Interval.MONTH, 1), NOW + 7 * DAY)
    assert (after.status, after.period, after.trial, after.anchor) == (Status.TRIALING, Period(NOW, END), Period(NOW, END), END)
    assert in_trial(None, NOW + 7 * DAY, same=True).period.end == NOW + 14 * DAY, "of the same product nothing of the trial changes"


def test_a_trial_that_is_ended_was_as_long_as_it_was() -> None:
    after = trial_end_changed(a_subscription(14), None, at(NOW + 3 * DAY)).after
    assert (after.trial, after.period.start) == (Period(NOW, NOW + 3 * DAY), NOW + 3 * DAY)


def test_a_trial_on_top_begins_now_credits_nothing_and_bills_when_it_is_over() -> None:
    before = a_subscription()
    change = trial_end_changed(before, END + DAY, at(NOW + DAY, [entry(before, 300)]))
    assert (change.entries, change.billing, change.after.trial) == ((), None, Period(NOW + DAY, END + DAY))
    story = caught_up(change.after, at(END + DAY, [entry(before, 300)]))
    assert [[line.amount for line in each.entries] for each in billed_in(story)] == [[1900, 300]]


def test_ends_are_in_the_future_and_not_beyond_all_measure() -> None:
    active, trialing = a_subscription(), a_subscription(14)
    for instant in (NOW, NOW - DAY):
        with pytest.raises(PeriodEndInPast):
            period_end_changed(active, instant, at())
        with pytest.raises(TrialEndInPast):
            trial_end_changed(trialing, instant, at())
    with pytest.raises(TooFarAhead):
        period_end_changed(active, NOW + 100 * 366 * DAY, at())
    assert period_end_changed(active, NOW + timedelta(microseconds=1), at()).after.due_at == NOW + timedelta(microseconds=1)


def test_one_that_owes_a_renewal_gets_no_trial_and_is_told_what_would() -> None:
    owing = replace(a_subscription(), status=Status.PAST_DUE, past_due_at=NOW)
    with pytest.raises(
        TrialNotPossible, match="is past due; it gets a trial only while it is active, or another end of one while trialing"
    ):
        trial_end_changed(owing, NOW + DAY, at())


def test_what_waits_for_the_period_waits_for_its_new_end() -> None:
    before = a_subscription()
    rules = Rules(ProrationDefaults(), ProrationBehavior.NEXT_PERIOD)
    waiting = changed(before, ProductChange(like(before.terms, [4900], (Interval.MONTH, 1))), rules, at()).change.after
    moved = period_end_changed(waiting, NOW + 5 * DAY, at()).after
    assert moved.pending_update is not None
    assert moved.pending_update.applies_at == moved.period.end == NOW + 5 * DAY
    assert caught_up(moved, at(NOW + 5 * DAY))[-1].after.terms.amount == 4900


def test_a_period_of_any_status_can_be_moved_and_a_trials_end_with_it() -> None:
    trialing = period_end_changed(a_subscription(14), NOW + 3 * DAY, at()).after
    assert trialing.trial == trialing.period == Period(NOW, NOW + 3 * DAY)
    behind = replace(a_subscription(), status=Status.PAST_DUE, past_due_at=NOW)
    assert period_end_changed(behind, NOW + 3 * DAY, at()).after.period.end == NOW + 3 * DAY


def test_a_pause_is_left_out_if_its_end_is_that_of_the_period() -> None:
    resumes_at = END + 5 * DAY
    before = paused(a_subscription(), resumes_at, at()).after
    story = caught_up(period_end_changed(before, resumes_at, at()).after, at(resumes_at))
    assert [fact.value for step in story for fact in step.facts] == ["subscription.cycled"]


@pytest.mark.parametrize(("duration", "months", "left"), [("once", None, 1), ("repeating", 2, 2), ("forever", None, None)])
def test_another_discount_is_counted_from_the_next_period_on(duration: str, months: int | None, left: int | None) -> None:
    before = a_subscription(discount=discount("forever"))
    after = discount_changed(before, discount(duration, months), at()).after
    assert after.terms.discount is not None
    assert (after.terms.discount.cycles_billed, after.terms.discount.cycles_left) == (0, left)
    assert after.period_discount == before.period_discount
    bills = billed_in(caught_up(after, at(NOW + 200 * DAY)))
    assert [bill.discount is not None for bill in bills] == ([True] * 6 if left is None else [True] * left + [False] * (6 - left))


def test_months_are_those_after_the_next_period_begins() -> None:
    # The next week begins on 7 March; the month from there has those of 7, 14, 21, 28 March and 4 April, that from 28 February only four.
    before = a_subscription()
    weekly = replace(before.terms.recurrence, interval=Interval.WEEK)
    before = replace(before, terms=replace(before.terms, recurrence=weekly), period_number=4, anchor=datetime(2026, 1, 31, tzinfo=UTC))
    discounted = discount_changed(before, discount("repeating", 1), at()).after.terms.discount
    assert discounted is not None
    assert discounted.cycles_left == 5
