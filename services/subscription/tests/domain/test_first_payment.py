"""What can be done with a subscription whose first payment needs the buyer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.chassis.errors import NotPossibleNow
from services.subscription.domain.changes import Transition, Why, canceled, paused, resumed_now, revoked, uncanceled
from services.subscription.domain.first_payment import FirstPayment, awaited, awaited_again, begun, expired
from services.subscription.domain.preview import previewed_cancellation, previewed_charge
from services.subscription.domain.start import started
from services.subscription.domain.status import BILLABLE, Status
from services.subscription.domain.story import Change, SubscriptionFact
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, at, discount, purchase

DAY = timedelta(days=1)


def waiting(trial_days: int = 0) -> Subscription:
    return awaited(FirstPayment(purchase(trial_days), 4), NOW).after


@pytest.mark.parametrize("trial_days", [0, 14])
def test_it_begins_as_if_nobody_had_waited(trial_days: int) -> None:
    bought = purchase(trial_days, discount=discount("repeating", 3))
    before = awaited(FirstPayment(bought, 4), NOW).after
    after, at_once = begun(before, bought, NOW).after, started(bought, NOW).after
    assert (after.status, after.terms, after.period, after.trial) == (at_once.status, at_once.terms, at_once.period, at_once.trial)
    assert (after.due_at, after.period_discount, after.first_payment_version) == (at_once.due_at, at_once.period_discount, None)
    assert begun(after, bought, NOW) == Change(after)


def test_time_bills_nothing_and_a_preview_shows_that() -> None:
    assert waiting().due_at is None
    assert waiting().status not in BILLABLE
    assert previewed_charge(waiting(), at()).billing is None


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (lambda before, situation: canceled(before, Why(), situation), "SUBSCRIPTION_STATUS_WRONG"),
        (uncanceled, "SUBSCRIPTION_NOT_CANCELED"),
        (lambda before, situation: paused(before, None, situation), "SUBSCRIPTION_NOT_ACTIVE"),
        (resumed_now, "SUBSCRIPTION_NOT_PAUSED"),
        (previewed_cancellation, "SUBSCRIPTION_STATUS_WRONG"),
    ],
)
def test_there_is_nothing_yet_that_could_be_canceled_or_rest(command: Transition, reason: str) -> None:
    with pytest.raises(NotPossibleNow) as refused:
        command(waiting(), at())
    assert refused.value.reason == reason


def test_who_revokes_it_is_not_overruled_by_a_late_payment() -> None:
    bought = purchase()
    ended = revoked(awaited(FirstPayment(bought, 4), NOW).after, Why(), at()).after
    assert ended.status is Status.CANCELED
    for change in (begun(ended, bought, NOW), awaited_again(ended, FirstPayment(bought, 7), NOW), expired(ended, NOW + DAY, NOW)):
        assert change == Change(ended)


def test_what_expired_is_incomplete_again_when_a_buyer_is_asked_once_more() -> None:
    bought = purchase()
    over = expired(awaited(FirstPayment(bought, 4), NOW).after, NOW + DAY, NOW).after
    assert (over.status, over.ended_at) == (Status.INCOMPLETE_EXPIRED, NOW + DAY)
    again = awaited_again(over, FirstPayment(bought, 7), NOW)
    assert (again.after.status, again.after.ended_at, again.facts) == (Status.INCOMPLETE, None, (SubscriptionFact.UPDATED,))
