"""What each change leads to and tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.chassis.errors import NotPossibleNow
from services.subscription.domain.changes import Why, canceled, ended_with_customer, paused, revoked, uncanceled
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.errors import (
    ResumesAtTooEarly,
    SubscriptionCanceled,
    SubscriptionEnded,
    SubscriptionNotCanceled,
    TooFarAhead,
)
from services.subscription.domain.periods import Period, period
from services.subscription.domain.start import started
from services.subscription.domain.status import BILLABLE, ENDED, LIFECYCLE, RUNNING, Status
from services.subscription.domain.story import Change
from services.subscription.domain.subscription import ChargingUpdate, PendingUpdate, ProductTarget, Subscription
from services.subscription.tests.builders import MONTHLY, NOW, a_subscription, at, entry, purchase

DAY = timedelta(days=1)
LATER = NOW + DAY


def told(change: Change) -> list[str]:
    return [fact.value.removeprefix("subscription.") for fact in change.facts]


def in_status(status: Status) -> Subscription:
    return replace(a_subscription(trial_days=14 if status is Status.TRIALING else 0), status=status)


def test_it_starts_active_in_its_first_period() -> None:
    bought = purchase()
    change = started(bought, LATER)
    after = change.after
    assert told(change) == ["created", "active", "updated"]
    assert (after.status, after.period, after.trial, after.anchor) == (Status.ACTIVE, period(NOW, MONTHLY, 0), None, NOW)
    assert (after.version, after.created_at, after.modified_at, after.due_at) == (3, LATER, LATER, after.period.end)
    assert (after.id, after.customer_id, after.terms) == (bought.subscription_id, bought.customer_id, bought.terms)


def test_it_starts_with_its_trial() -> None:
    change = started(purchase(trial_days=14), NOW)
    trial = Period(NOW, NOW + 14 * DAY)
    assert told(change) == ["created", "updated"]
    assert (change.after.status, change.after.period, change.after.trial) == (Status.TRIALING, trial, trial)
    assert (change.after.anchor, change.after.version, change.after.period_number) == (trial.end, 2, -1)
    assert change.after.due_at == trial.end - 3 * DAY  # it is announced


def test_a_trial_of_no_length_is_none() -> None:
    assert started(purchase(trial_end=NOW), NOW).after.status is Status.ACTIVE


def test_canceling_sets_its_end_and_time_ends_it() -> None:
    before = a_subscription()
    change = canceled(before, Why("too_expensive", "sorry"), at(LATER))
    assert told(change) == ["updated", "canceled"]
    assert change.after.cancellation is not None
    assert (change.after.status, change.after.cancellation.ends_at, change.after.due_at) == (
        Status.ACTIVE,
        before.period.end,
        before.period.end,
    )
    assert (change.after.cancellation.canceled_at, change.after.cancellation.at_period_end) == (LATER, True)
    (end,) = caught_up(change.after, at(before.period.end + 3 * DAY))
    assert told(end) == ["updated", "revoked"]
    assert (end.after.status, end.after.ended_at, end.after.due_at) == (Status.CANCELED, before.period.end, None)
    assert (end.after.version, end.after.modified_at) == (7, before.period.end + 3 * DAY)


def test_a_canceled_trial_ends_without_a_paid_period() -> None:
    change = canceled(a_subscription(trial_days=14), Why(), at(LATER))
    (end,) = caught_up(change.after, at(NOW + 14 * DAY))
    assert (end.after.status, end.after.ended_at, told(end)) == (Status.CANCELED, NOW + 14 * DAY, ["updated", "revoked"])


def test_canceling_again_changes_only_what_was_said() -> None:
    once = canceled(a_subscription(), Why("unused", "a"), at(NOW)).after
    again = canceled(once, Why("other"), at(LATER))
    assert told(again) == ["updated"]
    assert again.after.cancellation == replace(once.cancellation, reason="other")  # type: ignore[type-var]
    assert canceled(again.after, Why("other", "a"), at(LATER)) == Change(again.after)
    assert canceled(again.after, Why(), at(LATER)) == Change(again.after)


def test_a_cancellation_is_taken_back() -> None:
    before = a_subscription()
    back = uncanceled(canceled(before, Why("unused", "a"), at(NOW)).after, at(LATER))
    assert told(back) == ["updated", "uncanceled"]
    assert back.after == replace(before, version=7, modified_at=LATER)
    with pytest.raises(SubscriptionNotCanceled):
        uncanceled(back.after, at(LATER))


def test_revoking_ends_it_at_once() -> None:
    before = a_subscription()
    change = revoked(before, Why("low_quality"), at(LATER))
    assert told(change) == ["updated", "canceled", "revoked"]
    cancellation = change.after.cancellation
    assert cancellation is not None
    assert (cancellation.canceled_at, cancellation.ends_at, cancellation.at_period_end, cancellation.reason) == (
        LATER,
        LATER,
        False,
        "low_quality",
    )
    assert (change.after.status, change.after.ended_at, change.after.period) == (Status.CANCELED, LATER, before.period)
    assert revoked(change.after, Why("other"), at(LATER + DAY)) == Change(change.after)


def test_revoking_what_was_canceled_tells_of_no_second_cancellation() -> None:
    change = revoked(canceled(a_subscription(), Why("unused"), at(NOW)).after, Why(), at(LATER))
    assert told(change) == ["updated", "revoked"]
    assert change.after.cancellation is not None
    assert (change.after.cancellation.canceled_at, change.after.cancellation.ends_at, change.after.cancellation.reason) == (
        NOW,
        LATER,
        "unused",
    )


@pytest.mark.parametrize("status", Status)
def test_from_which_statuses_each_command_is_legal(status: Status) -> None:
    before = in_status(status)
    if status in BILLABLE:
        assert canceled(before, Why(), at(NOW)).after.status is status
    elif status in ENDED:
        with pytest.raises(SubscriptionEnded):
            canceled(before, Why(), at(NOW))
        with pytest.raises(SubscriptionEnded):
            uncanceled(before, at(NOW))
    else:
        with pytest.raises(NotPossibleNow, match=f"the subscription is {status}; "):
            canceled(before, Why(), at(NOW))
    assert revoked(before, Why(), at(NOW)).after.status is (status if status in ENDED else Status.CANCELED)


def test_the_table_knows_every_status_and_leads_out_of_no_end() -> None:
    assert LIFECYCLE.statuses == set(Status)
    led_out = {ended: {verb for verb, targets in LIFECYCLE.moves.items() if ended in targets} for ended in ENDED}
    late = {"await_payment", "activate", "start_trial"}  # a first payment may come after its checkout expired
    assert led_out == {Status.CANCELED: set(), Status.INCOMPLETE_EXPIRED: late}
    assert {Status.TRIALING, Status.ACTIVE} == RUNNING < BILLABLE == {*RUNNING, Status.PAST_DUE}


def test_nothing_of_what_has_ended_is_still_to_come() -> None:
    before = paused(a_subscription(), None, at()).after
    target = ProductTarget(before.id, "Team", MONTHLY, before.terms.prices, "exclusive")
    before = replace(
        before,
        past_due_at=NOW,
        pending_update=PendingUpdate(NOW, before.period.end, target),
        charging_update=ChargingUpdate(before.id, NOW, before.terms),
    )
    after = revoked(before, Why(), at(LATER)).after
    assert (after.pause, after.past_due_at, after.pending_update, after.charging_update) == (None, None, None, None)
    assert after.due_at is None


def test_a_pause_ends_after_it_begins() -> None:
    before = a_subscription()
    with pytest.raises(ResumesAtTooEarly):
        paused(before, before.period.end, at())
    assert paused(before, before.period.end + timedelta(microseconds=1), at()).after.pause is not None
    with pytest.raises(TooFarAhead):  # the period after it would leave the calendar
        paused(before, NOW.replace(year=9999), at())
    with pytest.raises(SubscriptionCanceled):
        paused(canceled(before, Why(), at()).after, None, at())


def test_with_its_customer_it_ends_when_that_was_deleted() -> None:
    before = a_subscription()
    deleted_at, now = before.period.end + DAY, before.period.end + 100 * DAY
    story = ended_with_customer(before, deleted_at, at(now, [entry(before)]))
    assert [fact for step in story for fact in told(step)] == ["cycled", "updated", "canceled", "revoked"]
    assert (story[-1].after.ended_at, story[-1].entries) == (deleted_at, ()), "what waited was billed with the renewal"
    assert ended_with_customer(story[-1].after, deleted_at, at(now)) == ()


def test_of_a_customer_who_was_gone_before_it_ends_as_it_begins() -> None:
    (end,) = ended_with_customer(a_subscription(), NOW - DAY, at())
    assert (end.after.started_at, end.after.ended_at) == (NOW, NOW)
