"""When an order is tried again, for how long, and what ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.dunning import (
    DUNNING,
    USUAL_DAYS,
    Dunning,
    DunningPhase,
    after_failure,
    after_new_card,
    exhaust,
    is_over,
)
from services.checkout.tests.builders import NOW

RETRYING, WAITING, EXHAUSTED = DunningPhase.RETRYING, DunningPhase.WAITING, DunningPhase.EXHAUSTED
DAYS = st.lists(st.integers(1, 90), min_size=1, max_size=10, unique=True).map(sorted)


@pytest.mark.parametrize(
    ("verb", "legal"), [("retry", {RETRYING, WAITING}), ("wait", {RETRYING, WAITING}), ("exhaust", {RETRYING, WAITING})]
)
def test_only_what_is_not_over_goes_on(verb: str, legal: set[DunningPhase]) -> None:
    assert {phase for phase in DunningPhase if DUNNING.allows(verb, phase)} == legal


def test_the_usual_days_are_counted_from_the_first_failure() -> None:
    dunning, seen = after_failure(None, retryable=True, days=USUAL_DAYS, now=NOW), []
    while dunning.due_at is not None:
        seen.append((dunning.due_at - NOW).days)
        # An attempt takes its time; the next one keeps to the day of the first failure.
        dunning = after_failure(dunning, retryable=True, days=USUAL_DAYS, now=dunning.due_at + timedelta(minutes=5))
    assert (seen, dunning.phase, dunning.past_due_at) == ([2, 7, 14, 21], EXHAUSTED, NOW)


@given(DAYS, st.lists(st.tuples(st.booleans(), st.integers(0, 10 * 24 * 3600)), max_size=20))
def test_whatever_fails_whenever_it_ends_on_the_last_day_at_the_latest(days: list[int], failures: list[tuple[bool, int]]) -> None:
    end, now, dunning = NOW + timedelta(days=days[-1]), NOW, None
    for retryable, seconds in failures:
        dunning = after_failure(dunning, retryable=retryable, days=days, now=now)
        if dunning.phase is EXHAUSTED:
            assert now >= end
            assert dunning.due_at is None
            return
        assert dunning.due_at is not None
        assert now < dunning.due_at <= end
        assert (dunning.due_at == end) or dunning.phase is RETRYING
        assert (dunning.next_payment_attempt_at is None) == (dunning.phase is WAITING)
        now += timedelta(seconds=seconds)


def test_a_decline_for_ever_waits_for_the_end_and_a_new_card_takes_up_the_days_that_are_left() -> None:
    waiting = after_failure(None, retryable=False, days=USUAL_DAYS, now=NOW)
    assert waiting == Dunning(WAITING, NOW, NOW + timedelta(days=21))
    assert not is_over(waiting, NOW + timedelta(days=20))
    assert is_over(waiting, NOW + timedelta(days=21))
    again = after_new_card(waiting, days=USUAL_DAYS, now=NOW + timedelta(days=9))
    assert again == Dunning(RETRYING, NOW, NOW + timedelta(days=14))
    assert not is_over(again, NOW + timedelta(days=30)), "it is tried then"


def test_a_new_card_ends_nothing() -> None:
    """Only a failure or the sweep does, which tell of it."""
    last_day = NOW + timedelta(days=21)
    for phase in (WAITING, RETRYING):
        due = Dunning(phase, NOW, last_day)
        assert after_new_card(due, days=USUAL_DAYS, now=last_day) == due
        assert after_new_card(due, days=[2], now=NOW + timedelta(days=3)) == due, "the organization has fewer days now"


def test_what_is_over_stays_over() -> None:
    over = exhaust(Dunning(RETRYING, NOW, NOW))
    assert after_failure(over, retryable=True, days=[90], now=NOW) == over
    assert after_new_card(over, days=[90], now=NOW) == over
