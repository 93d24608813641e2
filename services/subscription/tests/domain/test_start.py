"""Purchases: new subscriptions, and free ones that go on with what was bought."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.chassis.ids import new_id
from services.subscription.domain.changes import Why, canceled, paused, revoked
from services.subscription.domain.entry import EntryState
from services.subscription.domain.periods import Period, period
from services.subscription.domain.start import Purchase, started, upgraded
from services.subscription.domain.status import Status
from services.subscription.domain.story import Change
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import MONTHLY, NOW, a_subscription, at, by_seats, discount, entry, purchase, terms

DAY = timedelta(days=1)
LATER = NOW + 10 * DAY


def told(change: Change) -> list[str]:
    return [fact.value.removeprefix("subscription.") for fact in change.facts]


def bought_for(before: Subscription, trial_days: int = 0) -> Purchase:
    return purchase(
        subscription_id=before.id,
        started_at=LATER,
        trial_end=LATER + trial_days * DAY if trial_days else None,
        terms=terms(prices=(by_seats((None, 1000)),), seats=4),
        discount=discount("repeating", 6),
        upgrades_subscription=True,
    )


def test_the_checkouts_order_is_the_first_that_its_discount_reduces() -> None:
    for trial_days, billed, left in ((0, 1, 2), (14, 0, 3)):
        reduced = started(purchase(trial_days, discount=discount("repeating", 3)), NOW).after.terms.discount
        assert reduced is not None
        assert (reduced.cycles_billed, reduced.cycles_left) == (billed, left)


def test_a_free_one_goes_on_with_what_was_bought() -> None:
    free = a_subscription(terms=terms(0))
    bought = bought_for(free)
    change = upgraded(free, bought, at(LATER))
    after = change.after
    assert told(change) == ["updated", "cycled"]
    assert (change.billing, after.id, after.started_at, after.checkout_id) == (None, free.id, NOW, bought.checkout_id)
    assert (after.status, after.anchor, after.period, after.terms.amount) == (Status.ACTIVE, LATER, period(LATER, MONTHLY, 0), 4000)
    assert after.terms.discount is not None
    assert after.terms.discount.cycles_left == 5
    assert upgraded(after, bought, at(LATER + DAY)) == Change(after)


def test_what_was_bought_may_begin_with_a_trial() -> None:
    change = upgraded(a_subscription(terms=terms(0)), bought_for(a_subscription(), trial_days=7), at(LATER))
    trial = Period(LATER, LATER + 7 * DAY)
    assert (change.after.status, change.after.period, change.after.trial) == (Status.TRIALING, trial, trial)
    assert (change.after.anchor, change.after.period_number) == (trial.end, -1)


@pytest.mark.parametrize("status", [Status.TRIALING, Status.PAST_DUE, Status.UNPAID, Status.PAUSED, Status.ACTIVE])
def test_whatever_the_free_one_was_at_it_is_active(status: Status) -> None:
    change = upgraded(replace(a_subscription(), status=status), bought_for(a_subscription()), at(LATER))
    assert change.after.status is Status.ACTIVE
    became = {Status.ACTIVE: [], Status.PAUSED: ["resumed"]}.get(status, ["active"])
    assert told(change) == ["updated", *became, "cycled"]


def test_what_was_to_come_of_the_free_one_is_dropped() -> None:
    free = paused(a_subscription(), None, at()).after
    free = canceled(free, Why(), at()).after
    change = upgraded(free, bought_for(free), at(LATER, [entry(free)]))
    assert (change.after.cancellation, change.after.pause, told(change)) == (None, None, ["updated", "uncanceled", "cycled"])
    assert [each.state for each in change.entries] == [EntryState.DROPPED]


def test_what_has_ended_stays_so() -> None:
    ended = revoked(a_subscription(), Why(), at()).after
    assert upgraded(ended, replace(bought_for(ended), checkout_id=new_id()), at(LATER)) == Change(ended)
