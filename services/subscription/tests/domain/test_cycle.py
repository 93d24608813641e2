"""What happens at each instant that is due, and what it bills."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.pricing.price import UnitBasedPrice, UnitLabel
from services.pricing.tiers import Tier
from services.subscription.domain.billing import BillingReason
from services.subscription.domain.changes import Why, canceled, paused, revoked
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.entry import EntryState, EntryType
from services.subscription.domain.periods import Interval, Period, Recurrence, period
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import ChargingUpdate, PendingUpdate, ProductTarget, Subscription
from services.subscription.tests.builders import (
    MONTHLY,
    NOW,
    a_subscription,
    at,
    billed_in,
    by_seats,
    entry,
    price,
    terms,
)
from services.subscription.tests.domain.cycling import DAY, FEBRUARY, lines, told


def test_a_period_ends_and_the_next_is_billed() -> None:
    before = a_subscription()
    assert caught_up(before, at(FEBRUARY - timedelta(microseconds=1))) == ()
    story = caught_up(before, at(FEBRUARY))
    (billing,) = billed_in(story)
    after = story[-1].after
    assert told(story) == ["cycled"]
    assert (after.status, after.period, after.period_number, after.version) == (Status.ACTIVE, period(NOW, MONTHLY, 1), 1, 4)
    assert after.due_at == after.period.end == datetime(2026, 3, 31, 10, tzinfo=UTC)
    assert (billing.reason, billing.period, billing.void_on_failure, billing.discount) == (BillingReason.CYCLE, after.period, False, None)
    (line,) = billing.entries
    assert (line.type, line.state, line.order_id, line.amount, line.currency) == (
        EntryType.CYCLE,
        EntryState.BILLED,
        billing.order_id,
        1900,
        "eur",
    )
    assert (line.label, line.description, line.period) == ("Pro", "Pro at 19.00 EUR, 28 Feb 2026 – 31 Mar 2026", after.period)
    assert story[-1].entries == billing.entries


def test_each_missed_period_is_billed_on_its_own_in_order() -> None:
    story = caught_up(a_subscription(), at(NOW + 200 * DAY))
    assert told(story) == ["cycled"] * 6
    assert [billing.period for billing in billed_in(story)] == [period(NOW, MONTHLY, number) for number in range(1, 7)]
    assert len({billing.order_id for billing in billed_in(story)}) == 6
    assert [step.after.version for step in story] == list(range(4, 10))
    assert len(caught_up(a_subscription(), at(NOW + 200 * DAY), most=2)) == 2


def test_a_line_says_what_is_billed() -> None:
    calls = UnitBasedPrice((Tier(None, 5),), unit_label={"en": UnitLabel("calls", "call")})
    sold = {
        "5 seats at 10.00 EUR": terms(prices=(by_seats((None, 1000)),), seats=5),
        "1 seat at 10.00 EUR": terms(prices=(by_seats((None, 1000)),), seats=1),
        "12 seats at 9.00 EUR": terms(prices=(by_seats((10, 1000), (None, 900)),), seats=12),
        "12 seats": terms(prices=(by_seats((10, 1000), (None, 900), graduated=True),), seats=12),
        "4 seats at 10.00 EUR": terms(prices=(by_seats((10, 1000), (None, 900), graduated=True),), seats=4),
        "40 calls at 5 JPY": terms(prices=(price(calls, currency="jpy"),), currency="jpy", units=40),
    }
    for words, each in sold.items():
        ((_, description),) = lines(caught_up(a_subscription(terms=each), at(FEBRUARY)))[0]
        assert description == f"Pro, {words}, 28 Feb 2026 – 31 Mar 2026"
    tokyo = terms(recurrence=Recurrence(Interval.MONTH, 1, "Asia/Tokyo"))
    ((_, description),) = lines(caught_up(a_subscription(terms=tokyo, started_at=NOW + timedelta(hours=8)), at(FEBRUARY + 9 * DAY)))[0]
    assert description == "Pro at 19.00 EUR, 1 Mar 2026 – 1 Apr 2026"  # a day later than in UTC


def test_every_price_is_a_line_and_what_costs_nothing_is_none() -> None:
    several = terms(prices=(price(1000), by_seats((None, 300)), price(0)), seats=4)
    assert [[amount for amount, _ in each] for each in lines(caught_up(a_subscription(terms=several), at(FEBRUARY)))] == [[1000, 1200]]
    story = caught_up(a_subscription(terms=terms(0)), at(FEBRUARY))
    assert (told(story), billed_in(story)) == (["cycled"], [])


def test_what_waited_is_billed_with_the_next_period_only() -> None:
    before = a_subscription()
    waiting = entry(before, -700)
    story = caught_up(before, at(NOW + 70 * DAY, [waiting]))
    assert [[amount for amount, _ in each] for each in lines(story)] == [[1900, -700], [1900]]
    assert story[0].entries[-1] == replace(waiting, state=EntryState.BILLED, order_id=billed_in(story)[0].order_id)


def test_a_trial_turns_into_the_first_paid_period() -> None:
    before = a_subscription(trial_days=14)
    story = caught_up(before, at(NOW + 20 * DAY))
    after = story[-1].after
    assert told(story) == ["trial_end_announced", "updated", "active", "cycled"]
    assert (after.status, after.anchor, after.period) == (Status.ACTIVE, NOW + 14 * DAY, period(NOW + 14 * DAY, MONTHLY, 0))
    assert (after.trial, after.period_number) == (before.trial, 0)
    (billing,) = billed_in(story)
    assert (billing.reason, billing.period) == (BillingReason.CYCLE, after.period)


@pytest.mark.parametrize(
    ("trial_hours", "before_end"),
    [(23, None), (24, timedelta(days=1)), (71, timedelta(days=1)), (72, timedelta(days=3)), (720, timedelta(days=3))],
)
def test_the_end_of_a_trial_is_announced_once(trial_hours: int, before_end: timedelta | None) -> None:
    """Source: the contract of `subscription.trial_end_announced`."""
    end = NOW + timedelta(hours=trial_hours)
    before = a_subscription(trial_end=end)
    if before_end is None:
        assert before.due_at == end
        return
    assert before.due_at == end - before_end
    story = caught_up(before, at(end - before_end))
    assert told(story) == ["trial_end_announced"]
    assert (story[-1].after.due_at, story[-1].after.status) == (end, Status.TRIALING)


@pytest.mark.parametrize(
    ("interval", "count", "announced"), [("year", 1, True), ("month", 7, True), ("month", 5, False), ("day", 180, False)]
)
def test_the_renewal_of_a_long_period_is_announced_a_week_before(interval: str, count: int, announced: bool) -> None:
    """Source: the contract of `subscription.renewal_announced`: of more than 180 days."""
    before = a_subscription(terms=terms(recurrence=Recurrence(Interval(interval), count, "UTC")))
    story = caught_up(before, at(before.period.end))
    assert told(story) == (["renewal_announced", "cycled"] if announced else ["cycled"])
    if announced:
        assert before.due_at == before.period.end - 7 * DAY
        assert story[-1].after.due_at == story[-1].after.period.end - 7 * DAY
        assert canceled(before, Why(), at()).after.due_at == before.period.end  # what ends is not renewed
        assert paused(before, None, at()).after.due_at == before.period.end  # neither is what rests


def test_what_waited_is_the_last_order_of_what_ends_with_its_period() -> None:
    before = canceled(a_subscription(), Why(), at()).after
    waiting = entry(before, 250)
    story = caught_up(before, at(FEBRUARY, [waiting]))
    (billing,) = billed_in(story)
    assert told(story) == ["updated", "billed", "revoked"]
    assert (billing.reason, [line.id for line in billing.entries]) == (BillingReason.UPDATE, [waiting.id])


def test_nothing_waits_for_what_has_ended_with_its_period() -> None:
    before = canceled(paused(_to_come(a_subscription()), None, at()).after, Why(), at()).after
    after = caught_up(before, at(FEBRUARY))[-1].after
    assert (after.status, after.pending_update, after.pause) == (Status.CANCELED, None, None)


def test_what_waited_is_dropped_by_an_end_at_once() -> None:
    before = a_subscription()
    change = revoked(before, Why(), at(NOW, [entry(before)]))
    assert (change.billing, [each.state for each in change.entries]) == (None, [EntryState.DROPPED])


def _to_come(before: Subscription, interval: Interval = Interval.MONTH) -> Subscription:
    target = ProductTarget(before.id, "Team", replace(MONTHLY, interval=interval), (by_seats((None, 500)),), "inclusive")
    return replace(before, pending_update=PendingUpdate(NOW, FEBRUARY, target, seats=3))


def test_a_change_that_waited_holds_from_the_next_period_on() -> None:
    story = caught_up(_to_come(a_subscription()), at(FEBRUARY))
    after = story[-1].after
    assert (after.terms.product_name, after.terms.seats, after.terms.amount, after.pending_update) == ("Team", 3, 1500, None)
    assert lines(story) == [[(1500, "Team, 3 seats at 5.00 EUR, 28 Feb 2026 – 31 Mar 2026")]]
    assert (after.anchor, after.period_number) == (NOW, 1)


def test_a_change_of_interval_counts_from_where_it_holds() -> None:
    after = caught_up(_to_come(a_subscription(), Interval.YEAR), at(FEBRUARY))[-1].after
    assert (after.anchor, after.period_number) == (FEBRUARY, 0)
    assert after.period == Period(FEBRUARY, datetime(2027, 2, 28, 10, tzinfo=UTC))


def test_a_change_to_what_is_not_sold_any_more_is_dropped() -> None:
    before = _to_come(a_subscription())
    assert before.pending_update is not None
    assert before.pending_update.product is not None
    after = caught_up(before, at(FEBRUARY, lost_product_id=before.pending_update.product.product_id))[-1].after
    assert (after.terms, after.pending_update) == (before.terms, None)
    other = caught_up(before, at(FEBRUARY, lost_product_id=before.terms.product_id))[-1].after
    assert other.terms.product_name == "Team"


def test_while_a_change_waits_for_its_charge_time_waits_too() -> None:
    before = replace(a_subscription(), charging_update=ChargingUpdate(entry(a_subscription()).id, NOW, terms()))
    assert (before.due_at, caught_up(before, at(FEBRUARY))) == (None, ())


def test_a_renewal_while_past_due_adds_an_order() -> None:
    before = replace(a_subscription(), status=Status.PAST_DUE, past_due_at=NOW)
    story = caught_up(before, at(FEBRUARY))
    assert (told(story), story[-1].after.status, len(billed_in(story))) == (["cycled"], Status.PAST_DUE, 1)


def test_an_unpaid_one_is_not_renewed_but_may_end() -> None:
    before = replace(a_subscription(), status=Status.UNPAID, past_due_at=NOW)
    assert caught_up(before, at(NOW + 400 * DAY)) == ()
    ending = replace(canceled(a_subscription(), Why(), at()).after, status=Status.UNPAID)
    assert told(caught_up(ending, at(FEBRUARY))) == ["updated", "revoked"]


def test_a_period_of_hand_made_length_leads_up_to_the_new_anchor() -> None:
    end = datetime(2026, 2, 10, 10, tzinfo=UTC)
    before = replace(a_subscription(), anchor=end, period_number=-1, period=Period(NOW, end))
    story = caught_up(before, at(end + 60 * DAY))
    assert [billing.period for billing in billed_in(story)] == [period(end, MONTHLY, number) for number in range(3)]


def test_a_day_that_a_country_skipped_is_not_billed() -> None:
    # Samoa had no 30 December 2011.
    start = datetime(2011, 12, 28, 20, tzinfo=UTC)
    samoan = a_subscription(terms=terms(recurrence=Recurrence(Interval.DAY, 1, "Pacific/Apia")), started_at=start)
    periods = [billing.period for billing in billed_in(caught_up(samoan, at(start + 3 * DAY)))]
    assert [each.start for each in periods if each] == [start + DAY, start + 2 * DAY, start + 3 * DAY]
    assert all(each.end - each.start == DAY for each in periods if each)
