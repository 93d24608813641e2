"""A change that waits for its charge, and what people do meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.subscription.domain.change_decision import Decision, Rules, changed
from services.subscription.domain.change_plain import pending_update_cleared
from services.subscription.domain.change_shapes import ProductChange, ProrationBehavior, ProrationDefaults, SeatsChange
from services.subscription.domain.changes import Why, canceled
from services.subscription.domain.charging import charge_of, charged, not_charged
from services.subscription.domain.entry import EntryState
from services.subscription.domain.periods import Interval
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import NOW, a_subscription, at, by_seats, discount, entry, terms
from services.subscription.tests.domain.change_strategies import like

DAY = timedelta(days=1)
LATER = NOW + 14 * DAY


def team() -> Subscription:
    """Two seats at 10.00, with another product for the next period."""
    sold = a_subscription(terms=terms(prices=(by_seats((None, 1000)),), seats=2))
    wish = ProductChange(like(sold.terms, [1500], (Interval.MONTH, 1)))
    return changed(sold, wish, rules(ProrationBehavior.NEXT_PERIOD), at()).change.after


def rules(behavior: ProrationBehavior) -> Rules:
    return Rules(ProrationDefaults(), behavior)


def reset(before: Subscription, *pending: int) -> Decision:
    """Another seat and a new period, on the 14th of February."""
    waiting = [entry(before, amount) for amount in pending]
    return changed(before, SeatsChange(3), rules(ProrationBehavior.RESET), at(LATER, waiting))


def test_what_goes_on_waiting_waits_for_the_end_of_the_new_period() -> None:
    decision = reset(team())
    assert decision.charge is not None
    after = charged(decision.change.after, decision.charge.entries, at(LATER)).after
    assert (after.anchor, after.period.end, after.terms.seats) == (LATER, datetime(2026, 3, 14, 10, tzinfo=UTC), 3)
    assert after.pending_update is not None
    assert after.pending_update.applies_at == after.period.end


def test_a_change_to_come_that_is_taken_back_meanwhile_does_not_come_back() -> None:
    decision = reset(team())
    assert decision.charge is not None
    cleared = pending_update_cleared(decision.change.after, at(LATER)).after
    assert charged(cleared, decision.charge.entries, at(LATER)).after.pending_update is None
    assert not_charged(cleared, decision.charge.entries, at(LATER)).after.pending_update is None


def test_a_cancellation_meanwhile_is_one_of_the_new_period() -> None:
    decision = reset(team())
    assert decision.charge is not None
    ending = canceled(decision.change.after, Why(), at(LATER)).after
    after = charged(ending, decision.charge.entries, at(LATER)).after
    assert after.cancellation is not None
    assert after.cancellation.ends_at == after.period.end == after.due_at


def test_what_waited_before_is_billed_with_the_change_and_waits_anew_without_it() -> None:
    before = team()
    decision = reset(before, -700)
    assert decision.charge is not None
    assert [(line.amount, line.state) for line in decision.charge.entries][-1] == (-700, EntryState.CHARGING)
    (again,) = (each for each in not_charged(decision.change.after, decision.charge.entries, at(LATER)).entries if each.order_id is None)
    assert (again.amount, again.state, again.charged_first) == (-700, EntryState.PENDING, False)
    assert again.id not in {line.id for line in decision.charge.entries}
    assert again.subscription_id == before.id


@pytest.mark.parametrize(
    ("behavior", "facts"),
    [(ProrationBehavior.INVOICE, ["updated"]), (ProrationBehavior.RESET, ["updated", "cycled"])],
)
def test_who_asks_for_the_charge_again_asks_for_the_same_order(behavior: ProrationBehavior, facts: list[str]) -> None:
    before = a_subscription(terms=terms(prices=(by_seats((None, 1000)),), seats=2), discount=discount("forever"))
    decision = changed(before, SeatsChange(3), rules(behavior), at(LATER, [entry(before, 300)]))
    assert decision.charge is not None
    assert (decision.charge.discount is None) == (behavior is ProrationBehavior.INVOICE), "prorations have theirs in the amount"
    holds, billing = charge_of(decision.change.after, decision.charge.entries[::-1])
    assert billing == decision.charge
    change = charged(decision.change.after, decision.charge.entries, at(LATER))
    assert [fact.value.removeprefix("subscription.") for fact in change.facts] == facts
    assert change.after == replace(holds, version=change.after.version, modified_at=LATER)
