"""The model against sums done by hand from the billing rules; what it says of the suite is worth no more than this."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tests.life.catalog import Discount, Merchant, Price, Product, rounded
from tests.life.dates import later, period
from tests.life.model import Life
from tests.life.operations import (
    AdjustBalance,
    Cancel,
    ChangeProduct,
    ChangeQuantity,
    Operation,
    Pause,
    Resume,
    Subscribe,
    Uncancel,
    UseCard,
)


def on(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def monthly(amount: int, name: str = "Monthly", trial_days: int = 0) -> Product:
    return Product(name, (Price(amount=amount),), trial_days=trial_days)


def seats(each: int) -> Product:
    return Product("Team", (Price("seats", tiers=((None, each),)),))


def lived(*operations: Operation, until: datetime, merchant: Merchant | None = None) -> Life:
    return Life(merchant or Merchant()).live(operations, until)


def test_a_month_that_is_too_short_does_not_pull_the_later_ones_forward() -> None:
    life = lived(Subscribe(on(1, 31, 9), monthly(1900)), until=on(1, 31, 9, year=2027))
    days = [(order.at.month, order.at.day) for order in life.orders]
    assert days == [(1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31), (1, 31)]
    assert {order.at.hour for order in life.orders} == {9}
    assert [order.reason for order in life.orders[:2]] == ["subscription_create", "subscription_cycle"]


def test_february_has_29_days_in_a_leap_year() -> None:
    assert period(on(1, 31, year=2028), "month", 1, "UTC", 1) == (on(2, 29, year=2028), on(3, 31, year=2028))
    assert later(on(2, 29, year=2028), "year", 1, "UTC") == on(2, 28, year=2029)


def test_the_wall_clock_counts_and_a_time_that_is_left_out_is_an_hour_on() -> None:
    before = datetime(2026, 2, 28, 1, 30, tzinfo=UTC)  # 02:30 in Berlin
    assert later(before, "month", 1, "Europe/Berlin") == datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    assert later(before, "day", 29, "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30, for there is no 02:30
    assert later(before, "day", 30, "Europe/Berlin") == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("exact", "whole"), [(Fraction(1, 2), 1), (Fraction(-1, 2), -1), (Fraction(5, 2), 3), (Fraction(7, 3), 2)])
def test_halves_go_away_from_zero(exact: Fraction, whole: int) -> None:
    assert rounded(exact) == whole


def test_an_upgrade_in_the_middle_is_billed_with_the_next_period() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000)), ChangeProduct(on(4, 16), monthly(2000, "Large"), "prorate"), until=on(5, 1))
    assert [line.amount for line in life.orders[1].lines] == [-500, 1000, 2000]
    assert [(line.start, line.end) for line in life.orders[1].lines] == [*[(on(4, 16), on(5, 1))] * 2, (on(5, 1), on(6, 1))]
    assert life.orders[1].total == 2500


def test_an_upgrade_that_is_invoiced_is_paid_first_and_undone_when_it_is_not() -> None:
    steps = [Subscribe(on(4, 1), monthly(1000)), ChangeProduct(on(4, 16), monthly(2000, "Large"), "invoice")]
    paid = lived(*steps, until=on(5, 1))
    assert [(order.reason, order.total) for order in paid.orders[1:]] == [("subscription_update", 500), ("subscription_cycle", 2000)]
    failed = lived(steps[0], UseCard(on(4, 10), "declined"), steps[1], UseCard(on(4, 17), "good"), until=on(5, 1))
    assert [(order.status, order.total) for order in failed.orders] == [("paid", 1000), ("void", 500), ("paid", 1000)]
    assert (failed.status, failed.balance) == ("active", 0)


def test_a_downgrade_that_is_invoiced_is_a_credit_for_the_next_order() -> None:
    life = lived(Subscribe(on(4, 1), monthly(2000)), ChangeProduct(on(4, 16), monthly(1000, "Small"), "invoice"), until=on(5, 1))
    credit, renewal = life.orders[1:]
    assert (credit.total, credit.due, credit.applied_balance, credit.status) == (-500, 0, 500, "paid")
    assert (renewal.total, renewal.applied_balance, renewal.due, life.balance) == (1000, -500, 500, 0)


def test_a_reset_begins_a_period_at_the_full_price_less_the_rest_of_the_old_one() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000)), ChangeProduct(on(4, 16), monthly(2000, "Large"), "reset"), until=on(5, 16))
    assert [order.total for order in life.orders] == [1000, 1500, 2000]
    assert life.orders[2].at == on(5, 16)


def test_a_change_for_the_next_period_costs_nothing_before() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000)), ChangeProduct(on(4, 16), monthly(300, "Small"), "next_period"), until=on(5, 1))
    assert [order.total for order in life.orders] == [1000, 300]


def test_more_seats_are_one_line_and_the_discount_comes_before_the_factor() -> None:
    subscribed = Subscribe(on(4, 1), seats(1000), seats=2, discount=Discount(basis_points=2500))
    life = lived(subscribed, ChangeQuantity(on(4, 16), 3, "prorate"), until=on(5, 1))
    assert [order.total for order in life.orders] == [1500, 2250 + 375]
    assert life.orders[1].discount == 750


def test_tiers_by_volume_and_graduated() -> None:
    tiers = ((5, 100), (None, 80))
    assert [Price("units", tiers=tiers).costs(count) for count in (0, 5, 6)] == [0, 500, 480]
    assert [Price("units", tiers=tiers, graduated=True).costs(count) for count in (0, 5, 6)] == [0, 500, 580]


@pytest.mark.parametrize(("lasts", "totals"), [("once", [750, 1000, 1000, 1000]), (3, [750, 750, 750, 1000]), ("forever", [750] * 4)])
def test_a_discount_lasts_as_long_as_it_says(lasts: str | int, totals: list[int]) -> None:
    life = lived(Subscribe(on(1, 31), monthly(1000), discount=Discount(2500, lasts=lasts)), until=on(4, 30))
    assert [order.total for order in life.orders] == totals


def test_a_trial_is_an_order_of_nothing_and_does_not_use_up_a_discount() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000, trial_days=14), discount=Discount(2500, lasts="once")), until=on(5, 15))
    assert [(order.at, order.reason, order.total) for order in life.orders] == [
        (on(4, 1), "subscription_create", 0),
        (on(4, 15), "subscription_cycle", 750),
        (on(5, 15), "subscription_cycle", 1000),
    ]


@pytest.mark.parametrize(("included", "figures"), [(False, (190, 1190)), (True, (160, 1000))])
def test_tax_on_top_and_included(included: bool, figures: tuple[int, int]) -> None:
    merchant = Merchant(tax=Fraction(19, 100), tax_included=included)
    order = lived(Subscribe(on(4, 1), monthly(1000)), until=on(4, 2), merchant=merchant).orders[0]
    assert (order.tax, order.total) == figures


def test_what_is_too_small_to_charge_is_carried_to_the_next_order() -> None:
    life = lived(Subscribe(on(4, 1), monthly(30)), until=on(5, 1))
    assert [(order.total, order.applied_balance, order.due) for order in life.orders] == [(30, -30, 0), (30, 30, 60)]
    assert (life.balance, {order.status for order in life.orders}) == (0, {"paid"})


def test_a_balance_pays_first() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000)), AdjustBalance(on(4, 2), 1500), until=on(6, 1))
    assert [order.due for order in life.orders] == [1000, 0, 500]


def test_a_card_that_is_declined_is_tried_four_times_more_and_then_it_is_over() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000)), UseCard(on(4, 2), "declined"), until=on(7, 1))
    assert [(order.at, order.status) for order in life.orders] == [(on(4, 1), "paid"), (on(5, 1), "void")]
    assert (life.status, life.ended_at) == ("canceled", on(5, 22))


def test_who_never_pays_a_period_does_not_keep_what_was_credited_within_it() -> None:
    steps = [Subscribe(on(4, 1), monthly(2000)), UseCard(on(4, 2), "declined")]
    credit = ChangeProduct(on(5, 16, 12), monthly(1000, "Small"), "invoice")
    assert lived(*steps, credit, until=on(5, 21)).balance == 500
    life = lived(*steps, credit, until=on(7, 1))
    assert [(order.status, order.total) for order in life.orders] == [("paid", 2000), ("void", 2000), ("paid", -500)]
    assert (life.status, life.balance) == ("canceled", 0)


def test_what_somebody_has_beyond_what_they_owe_stays_theirs_and_what_the_order_took_comes_back() -> None:
    steps = [Subscribe(on(4, 1), monthly(1000)), AdjustBalance(on(4, 2), 300), UseCard(on(4, 3), "declined")]
    life = lived(*steps, AdjustBalance(on(5, 4), 900), until=on(7, 1))
    assert [(order.status, order.due) for order in life.orders] == [("paid", 1000), ("void", 700)]
    assert life.balance == 900 - 700 + 300


def test_a_card_that_never_will_do_is_not_tried_again() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000)), UseCard(on(4, 2), "lost"), until=on(5, 21, 23))
    assert (life.status, life.orders[1].retries) == ("past_due", [])
    assert lived(Subscribe(on(4, 1), monthly(1000)), UseCard(on(4, 2), "lost"), until=on(5, 22)).status == "canceled"


def test_a_new_card_pays_at_once() -> None:
    life = lived(Subscribe(on(4, 1), monthly(1000)), UseCard(on(4, 2), "declined"), UseCard(on(5, 4), "good"), until=on(6, 1))
    assert [order.status for order in life.orders] == ["paid"] * 3
    assert (life.status, life.orders[2].at) == ("active", on(6, 1))


def test_a_subscription_that_is_kept_goes_on_from_the_payment() -> None:
    steps = [Subscribe(on(4, 1), monthly(1000)), UseCard(on(4, 2), "declined")]
    merchant = Merchant(unpaid="keep")
    assert lived(*steps, until=on(9, 1), merchant=merchant).status == "unpaid"
    life = lived(*steps, UseCard(on(8, 10), "good"), until=on(9, 10), merchant=merchant)
    assert [(order.at, order.status) for order in life.orders] == [
        (on(4, 1), "paid"),
        (on(5, 1), "paid"),
        (on(8, 10), "paid"),
        (on(9, 10), "paid"),
    ]


def test_what_is_unpaid_ends_with_its_period_if_that_was_said_before() -> None:
    steps = [Subscribe(on(4, 1), monthly(1000)), UseCard(on(4, 2), "declined"), Cancel(on(5, 10))]
    life = lived(*steps, until=on(6, 1), merchant=Merchant(unpaid="keep"))
    assert (life.status, life.ended_at, [order.status for order in life.orders]) == ("canceled", on(6, 1), ["paid", "void"])


def test_an_end_is_kept_taken_back_and_bills_what_waits() -> None:
    upgrade = ChangeProduct(on(4, 16), monthly(2000, "Large"), "prorate")
    life = lived(Subscribe(on(4, 1), monthly(1000)), upgrade, Cancel(on(4, 20)), until=on(7, 1))
    assert [(order.reason, order.total) for order in life.orders[1:]] == [("subscription_update", 500)]
    assert (life.status, life.ended_at) == ("canceled", on(5, 1))
    kept = lived(Subscribe(on(4, 1), monthly(1000)), Cancel(on(4, 20)), Uncancel(on(4, 21)), until=on(5, 1))
    assert (kept.status, len(kept.orders)) == ("active", 2)


def test_a_pause_costs_nothing_and_a_new_period_begins_after_it() -> None:
    steps = [Subscribe(on(4, 1), monthly(1000)), Pause(on(4, 10))]
    assert lived(*steps, until=on(6, 1)).status == "paused"
    life = lived(*steps, Resume(on(6, 20)), until=on(7, 20))
    assert [order.at for order in life.orders] == [on(4, 1), on(6, 20), on(7, 20)]
    by_itself = lived(steps[0], Pause(on(4, 10), resumes_at=on(5, 5)), until=on(5, 6))
    assert [order.at for order in by_itself.orders] == [on(4, 1), on(5, 5)]


def test_a_years_renewals_cost_the_same_however_finely_time_passes() -> None:
    subscribed = Subscribe(on(1, 31), monthly(999))
    whole = lived(subscribed, until=on(12, 31))
    steps = [AdjustBalance(on(1, 31) + timedelta(days=day), 0) for day in range(1, 300)]
    assert lived(subscribed, *steps, until=on(12, 31)).orders == whole.orders
