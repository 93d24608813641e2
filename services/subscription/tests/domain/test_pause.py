"""Pauses, from their beginning with the end of a period to the new period after them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.subscription.domain.changes import Why, canceled, paused, resumed_now
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.errors import PeriodBilled
from services.subscription.domain.periods import Period, period
from services.subscription.domain.status import Status
from services.subscription.tests.builders import (
    MONTHLY,
    NOW,
    a_subscription,
    at,
    billed_in,
    entry,
)
from services.subscription.tests.domain.cycling import DAY, FEBRUARY, told


def test_a_pause_begins_with_the_end_of_the_period_and_ends_when_it_was_said() -> None:
    resumes_at = datetime(2026, 3, 30, 12, tzinfo=UTC)
    before = paused(a_subscription(), resumes_at, at()).after
    story = caught_up(before, at(resumes_at - DAY))
    resting = story[-1].after
    assert (told(story), billed_in(story)) == (["updated", "paused"], [])
    assert (resting.status, resting.due_at) == (Status.PAUSED, resumes_at)
    assert resting.pause is not None
    assert resting.pause.paused_at == FEBRUARY
    on = caught_up(resting, at(resumes_at + 2 * DAY))
    after = on[-1].after
    assert told(on) == ["updated", "resumed", "cycled"]
    # Over a month end: the new anchor is the 30th, not the 31st of before.
    assert (after.status, after.anchor, after.period_number, after.pause) == (Status.ACTIVE, resumes_at, 0, None)
    assert after.period == Period(resumes_at, datetime(2026, 4, 30, 12, tzinfo=UTC))
    assert [billing.period for billing in billed_in(on)] == [after.period]


def test_a_pause_that_is_over_before_it_begins_is_none() -> None:
    asked = paused(a_subscription(), FEBRUARY + 10 * DAY, at()).after
    moved = replace(asked, period=Period(NOW, FEBRUARY + 20 * DAY), anchor=FEBRUARY + 20 * DAY, period_number=-1)
    story = caught_up(moved, at(FEBRUARY + 20 * DAY))
    after = story[-1].after
    assert (told(story), after.status, after.pause) == (["cycled"], Status.ACTIVE, None)
    assert [billing.period and billing.period.start for billing in billed_in(story)] == [FEBRUARY + 20 * DAY]


def test_an_open_pause_waits_for_somebody() -> None:
    resting = caught_up(paused(a_subscription(), None, at()).after, at(NOW + 400 * DAY))[-1].after
    assert (resting.status, resting.due_at) == (Status.PAUSED, None)
    now = NOW + 500 * DAY
    change = resumed_now(resting, at(now))
    assert told((change,)) == ["updated", "resumed", "cycled"]
    assert change.after.period == period(now, MONTHLY, 0)
    assert change.billing is not None


def test_what_waited_is_not_billed_by_a_pause_but_by_what_follows_it() -> None:
    before = paused(a_subscription(), None, at()).after
    waiting = entry(before)
    resting = caught_up(before, at(FEBRUARY, [waiting]))
    assert billed_in(resting) == []
    change = resumed_now(resting[-1].after, at(FEBRUARY + DAY, [waiting]))
    assert change.billing is not None
    assert [line.amount for line in change.billing.entries] == [1900, -500]


def test_a_cancellation_comes_before_a_pause() -> None:
    before = canceled(paused(a_subscription(), None, at()).after, Why(), at()).after
    story = caught_up(before, at(FEBRUARY))
    assert (told(story), story[-1].after.status) == (["updated", "revoked"], Status.CANCELED)


def test_a_pause_does_not_begin_while_money_is_owed() -> None:
    before = replace(paused(a_subscription(), None, at()).after, status=Status.PAST_DUE, past_due_at=NOW)
    story = caught_up(before, at(FEBRUARY))
    assert (told(story), story[-1].after.status) == (["cycled"], Status.PAST_DUE)
    assert story[-1].after.pause == before.pause


def test_a_period_that_begins_at_this_instant_is_not_billed_twice() -> None:
    resting = caught_up(paused(a_subscription(), None, at()).after, at(FEBRUARY))[-1].after
    assert resumed_now(resting, at(FEBRUARY)).billing is not None
    with pytest.raises(PeriodBilled):
        resumed_now(resting, replace(at(FEBRUARY), is_billed=True))
