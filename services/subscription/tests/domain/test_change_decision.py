"""When each change holds, what it charges first and what forbids it. Source: the rules of proration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.chassis.errors import NotPossibleNow
from services.subscription.domain.change_shapes import ProrationBehavior, ProrationDefaults, SeatsChange
from services.subscription.domain.changes import Why, canceled
from services.subscription.domain.entry import EntryType
from services.subscription.domain.periods import Interval, period
from services.subscription.domain.status import BILLABLE, Status
from services.subscription.domain.subscription import ChargingUpdate, Pause, Subscription
from services.subscription.tests.builders import MONTHLY, NOW, a_subscription, at, by_seats, discount, entry, terms
from services.subscription.tests.domain.changing import (
    DAY,
    FIFTH_OFF,
    HALF,
    HALF_OFF,
    amounts,
    change,
    paid,
    to,
)

_B = ProrationBehavior


def test_an_invoice_takes_along_what_waited_and_holds_nothing_yet() -> None:
    before = a_subscription(terms=terms(1000), discount=FIFTH_OFF)
    waiting = entry(before, 250)
    decision = change(before, to(before, 2000), _B.INVOICE, waiting)
    billing, update = decision.charge, decision.change.after.charging_update
    assert billing is not None
    assert update is not None
    assert [line.amount for line in billing.entries] == [-400, 800, 250]
    assert (billing.discount, billing.void_on_failure, billing.period, billing.reason) == (None, True, None, "subscription_update")
    assert update.entry_ids == tuple(line.id for line in billing.entries[:2])
    assert (decision.change.after.terms, decision.change.after.due_at) == (before.terms, None)
    after = paid(decision)
    assert (after.terms.amount, after.period, after.period_discount) == (2000, before.period, FIFTH_OFF)


def test_a_reset_bills_a_new_period_with_the_discount_less_the_rest_of_the_old_one() -> None:
    before = a_subscription(terms=terms(1000), discount=discount("repeating", 3))
    decision = change(before, to(before, 2000), _B.RESET)
    billing, after = decision.charge, paid(decision)
    assert billing is not None
    assert [(line.amount, line.type, line.proration) for line in billing.entries] == [
        (-400, EntryType.PRORATION, True),
        (2000, EntryType.CYCLE, False),
    ]
    assert (billing.discount, after.period_discount) == (before.period_discount, before.period_discount)
    assert (after.anchor, after.period_number, after.period) == (HALF, 0, period(HALF, MONTHLY, 0))
    assert after.terms.discount is not None
    assert (after.terms.discount.cycles_billed, after.terms.discount.cycles_left) == (2, 1)


def test_a_reset_does_not_bring_back_a_discount_that_is_used_up() -> None:
    before = a_subscription(terms=terms(1000), discount=HALF_OFF)
    decision = change(before, to(before, 2000), _B.RESET)
    assert decision.charge is not None
    assert ([line.amount for line in decision.charge.entries], decision.charge.discount) == ([-250, 2000], None)
    assert (paid(decision).terms.discount, paid(decision).period_discount) == (None, None)


def test_a_reset_of_a_period_that_begins_at_that_instant_uses_up_no_discount() -> None:
    before = a_subscription(terms=terms(1000), discount=discount("repeating", 3))
    decision = change(before, to(before, 2000), _B.RESET, now=NOW)
    assert decision.charge is not None
    assert [(line.amount, line.proration) for line in decision.charge.entries] == [(-800, True), (1600, True)]
    after = paid(decision, NOW)
    assert after.terms.discount == before.terms.discount
    assert (after.period, after.period_discount) == (before.period, before.period_discount)


@pytest.mark.parametrize(("amount", "upgrade"), [(1001, True), (1000, False), (999, False)])
def test_what_costs_more_is_an_upgrade(amount: int, upgrade: bool) -> None:
    before = a_subscription(terms=terms(1000))
    for defaults in (ProrationDefaults(_B.INVOICE, _B.NEXT_PERIOD), ProrationDefaults(_B.RESET, _B.PRORATE)):
        decision = change(before, to(before, amount), defaults=defaults)
        assert decision.behavior is (defaults.upgrade if upgrade else defaults.downgrade)
        assert change(before, to(before, amount), _B.PRORATE, defaults=defaults).behavior is _B.PRORATE


@pytest.mark.parametrize(
    ("asked", "applies"), [(None, _B.RESET), (_B.PRORATE, _B.RESET), (_B.INVOICE, _B.RESET), (_B.NEXT_PERIOD, _B.NEXT_PERIOD)]
)
def test_another_interval_begins_a_new_period_now_unless_it_is_put_off(asked: _B | None, applies: _B) -> None:
    before = a_subscription(terms=terms(1000))
    decision = change(before, to(before, 9000, recurrence=(Interval.YEAR, 1)), asked)
    assert decision.behavior is applies
    assert (decision.charge is None) == (applies is _B.NEXT_PERIOD)
    for default in _B:
        by_default = change(
            before, to(before, 500, recurrence=(Interval.WEEK, 1)), defaults=ProrationDefaults(_B.INVOICE, default)
        ).behavior
        assert by_default is (_B.NEXT_PERIOD if default is _B.NEXT_PERIOD else _B.RESET)


def test_in_a_trial_nothing_is_prorated_but_a_change_can_be_put_off() -> None:
    before = a_subscription(14, terms=terms(prices=(by_seats((None, 1000)),), seats=2))
    for behavior in (None, _B.PRORATE, _B.INVOICE, _B.RESET):
        decision = change(before, SeatsChange(5), behavior, now=NOW + DAY)
        assert (amounts(decision), decision.charge, decision.change.after.terms.seats) == ([], None, 5)
    put_off = change(before, SeatsChange(5), _B.NEXT_PERIOD, now=NOW + DAY).change.after
    assert put_off.pending_update is not None
    assert (put_off.terms.seats, put_off.pending_update.seats) == (2, 5)
    at_once = change(put_off, SeatsChange(4), now=NOW + DAY).change.after
    assert (at_once.terms.seats, at_once.pending_update) == (4, None)


def test_what_is_so_anyway_waits_for_nothing() -> None:
    before = a_subscription(terms=terms(prices=(by_seats((None, 1000)),), seats=2))
    waiting = change(before, SeatsChange(3), _B.NEXT_PERIOD).change.after
    assert waiting.pending_update is not None
    assert change(waiting, SeatsChange(3), _B.NEXT_PERIOD, now=HALF + DAY).change.facts == ()
    assert change(waiting, SeatsChange(2), _B.NEXT_PERIOD).change.after.pending_update is None
    assert change(before, SeatsChange(2), _B.NEXT_PERIOD).change.facts == ()


def _in(status: Status) -> Subscription:
    return replace(a_subscription(), status=status, pause=Pause(paused_at=NOW) if status is Status.PAUSED else None)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (_in(Status.CANCELED), "SUBSCRIPTION_ENDED"),
        (_in(Status.INCOMPLETE_EXPIRED), "SUBSCRIPTION_ENDED"),
        (_in(Status.INCOMPLETE), "SUBSCRIPTION_STATUS_WRONG"),
        (_in(Status.PAUSED), "SUBSCRIPTION_PAUSED"),
        (_in(Status.UNPAID), "SUBSCRIPTION_UNPAID"),
        (canceled(a_subscription(), Why(), at()).after, "SUBSCRIPTION_CANCELED"),
        (replace(a_subscription(), charging_update=ChargingUpdate(entry(a_subscription()).id, NOW, terms())), "CHANGE_UNDER_WAY"),
    ],
)
def test_what_may_not_be_changed(before: Subscription, reason: str) -> None:
    with pytest.raises(NotPossibleNow) as refused:
        change(before, to(before, 4900), _B.NEXT_PERIOD)
    assert refused.value.reason == reason


@pytest.mark.parametrize("status", sorted(BILLABLE))
def test_what_is_billable_may_be_changed(status: Status) -> None:
    before = _in(status)
    assert change(before, to(before, 4900), _B.NEXT_PERIOD).change.after.pending_update is not None
