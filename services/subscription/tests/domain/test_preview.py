"""What previews foresee that no bill shows yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.chassis.ids import new_id
from services.subscription.domain.change_decision import Rules, changed
from services.subscription.domain.change_shapes import ProductChange, ProrationBehavior, ProrationDefaults
from services.subscription.domain.changes import paused
from services.subscription.domain.errors import SubscriptionEnded
from services.subscription.domain.periods import Interval
from services.subscription.domain.preview import previewed_cancellation, previewed_change, previewed_charge
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, a_subscription, at, entry
from services.subscription.tests.domain.change_strategies import like

DAY = timedelta(days=1)
_NEXT = Rules(ProrationDefaults(), ProrationBehavior.NEXT_PERIOD)


def scheduled(before: Subscription, amount: int) -> Subscription:
    return changed(before, ProductChange(like(before.terms, [amount], (Interval.MONTH, 1))), _NEXT, at()).change.after


def test_another_product_to_come_is_shown_although_the_one_before_has_lost_its_price() -> None:
    waiting = scheduled(a_subscription(), 2500)
    assert waiting.pending_update is not None
    assert waiting.pending_update.product is not None
    lost = at(lost_product_id=waiting.pending_update.product.product_id)
    dropped = previewed_charge(waiting, lost).billing
    assert dropped is not None
    assert [line.amount for line in dropped.entries] == [1900]
    wish = ProductChange(like(waiting.terms, [4900], (Interval.MONTH, 1)))
    shown = previewed_change(changed(waiting, wish, _NEXT, lost), lost).billing
    assert shown is not None
    assert [line.amount for line in shown.entries] == [4900]
    assert previewed_charge(waiting, at(lost_product_id=new_id())).subscription.terms.amount == 2500


def test_a_pause_bills_nothing_until_it_is_over() -> None:
    resting = paused(a_subscription(), NOW + 60 * DAY, at()).after
    shown = previewed_charge(resting, at())
    assert (shown.billing, shown.billed_at, shown.subscription.status) == (None, None, Status.PAUSED)
    on = previewed_charge(shown.subscription, at(NOW + 30 * DAY))
    assert on.billing is not None
    assert (on.billed_at, [line.amount for line in on.billing.entries]) == (NOW + 60 * DAY, [1900])


def test_a_change_is_shown_as_it_will_be_and_when_it_is_billed() -> None:
    before = a_subscription()
    wish = ProductChange(like(before.terms, [4900], (Interval.MONTH, 1)))
    for behavior, billed_at in ((ProrationBehavior.PRORATE, before.period.end), (ProrationBehavior.INVOICE, NOW + DAY)):
        situation = at(NOW + DAY)
        shown = previewed_change(changed(before, wish, Rules(ProrationDefaults(), behavior), situation), situation)
        assert (shown.billed_at, shown.behavior, shown.subscription.terms.amount) == (billed_at, behavior, 4900)
        assert shown.subscription.charging_update is None


def test_a_period_that_began_at_this_instant_does_not_hide_the_next() -> None:
    assert previewed_charge(a_subscription(), replace(at(), is_billed=True)).billing is not None
    begun = replace(at(a_subscription().period.end), is_billed=True)
    assert previewed_charge(a_subscription(), begun).billing is not None


def test_a_cancellation_bills_what_waits_and_no_renewal() -> None:
    before = a_subscription()
    shown = previewed_cancellation(before, at(NOW, [entry(before, 250)]))
    assert shown.billing is not None
    assert ([line.amount for line in shown.billing.entries], shown.billed_at) == ([250], before.period.end)
    assert previewed_cancellation(before, at()).billing is None
    with pytest.raises(SubscriptionEnded):
        previewed_cancellation(shown.subscription, at())
