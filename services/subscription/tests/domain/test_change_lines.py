"""What each change bills, line by line and by hand. Source: the rules of proration."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.pricing.price import UnitBasedPrice
from services.pricing.tiers import Tier
from services.subscription.domain.change_shapes import ProrationBehavior, SeatsChange, UnitsChange
from services.subscription.domain.cycle import caught_up
from services.subscription.domain.discount import AppliedDiscount
from services.subscription.domain.entry import EntryType
from services.subscription.domain.periods import Period
from services.subscription.tests.builders import a_subscription, at, by_seats, discount, price, terms
from services.subscription.tests.domain.changing import (
    END,
    FIFTH_OFF,
    HALF,
    HALF_OFF,
    THREE_EUROS,
    amounts,
    change,
    lines,
    to,
    with_discounts,
)

_B = ProrationBehavior


def test_each_old_price_is_credited_and_each_new_one_debited_for_the_rest() -> None:
    before = a_subscription(terms=terms(prices=(price(1000), by_seats((None, 300))), seats=2))
    decision = change(before, to(before, 2000, 500), _B.PRORATE)
    assert lines(decision) == [(EntryType.PRORATION, each) for each in (-500, -300, 1000, 500)]
    assert {(each.period, each.proration, each.order_id) for each in decision.change.entries} == {(Period(HALF, END), True, None)}
    assert [(each.label, each.price_id, each.product_id) for each in decision.change.entries] == [
        *(("Pro", each.id, before.terms.product_id) for each in before.terms.prices),
        *(("Alike", each.id, decision.change.after.terms.product_id) for each in decision.change.after.terms.prices),
    ]
    assert [each.description for each in decision.change.entries] == [
        "Unused time: Pro at 10.00 EUR, 14 Feb 2026 – 28 Feb 2026",
        "Unused time: Pro, 2 seats at 3.00 EUR, 14 Feb 2026 – 28 Feb 2026",
        "Remaining time: Alike at 20.00 EUR, 14 Feb 2026 – 28 Feb 2026",
        "Remaining time: Alike, 2 seats at 5.00 EUR, 14 Feb 2026 – 28 Feb 2026",
    ]
    assert (decision.change.after.period, decision.change.after.anchor) == (before.period, before.anchor)


@pytest.mark.parametrize(
    ("was", "becomes", "expected"),
    [
        (None, None, [-500, 1000]),
        (FIFTH_OFF, FIFTH_OFF, [-400, 800]),
        (FIFTH_OFF, None, [-400, 1000]),
        (None, FIFTH_OFF, [-500, 800]),
        (HALF_OFF, HALF_OFF, [-250, 500]),  # used up, but the period's all the same
        (HALF_OFF, FIFTH_OFF, [-250, 800]),
        (THREE_EUROS, THREE_EUROS, [-350, 850]),
    ],
)
def test_a_credit_is_of_what_was_paid_and_a_debit_of_what_will_be(
    was: AppliedDiscount | None, becomes: AppliedDiscount | None, expected: list[int]
) -> None:
    before = with_discounts(was, becomes)
    first = change(before, to(before, 2000), _B.PRORATE)
    assert amounts(first) == expected
    # At the same instant it goes back: what was debited is credited to the cent.
    again = change(first.change.after, to(first.change.after, 1000), _B.PRORATE)
    assert amounts(again)[0] == -expected[1]


def test_a_discount_that_reduced_another_period_reduces_no_debit() -> None:
    once = discount("once")
    later = caught_up(with_discounts(once, once), at(END))[-1].after
    assert (later.period_discount, later.terms.discount) == (None, None)
    stays = replace(with_discounts(once, once), period_discount=None)
    assert amounts(change(stays, to(stays, 2000), _B.PRORATE)) == [-500, 1000]


def test_lines_say_what_a_discount_takes_off_a_period() -> None:
    before = with_discounts(THREE_EUROS, THREE_EUROS)
    first = change(before, to(before, 2000), _B.PRORATE).change.entries[0]
    assert first.description == "Unused time: Pro at 10.00 EUR, 14 Feb 2026 – 28 Feb 2026, minus 3.00 EUR a period"


@pytest.mark.parametrize(
    ("seats", "off", "expected"),
    [
        (3, None, [(EntryType.SEATS_INCREASE, 500)]),
        (1, None, [(EntryType.SEATS_DECREASE, -500)]),
        (3, FIFTH_OFF, [(EntryType.SEATS_INCREASE, 400)]),
        (3, THREE_EUROS, [(EntryType.SEATS_INCREASE, 500)]),  # three euros off before and after
        (2, None, []),
    ],
)
def test_another_number_is_one_line_of_the_difference(seats: int, off: AppliedDiscount | None, expected: list[Any]) -> None:
    before = a_subscription(terms=terms(prices=(by_seats((None, 1000)),), seats=2), discount=off)
    decision = change(before, SeatsChange(seats), _B.PRORATE)
    assert lines(decision) == expected
    assert decision.change.after.terms.seats == seats
    assert decision.change.after.period_discount == before.period_discount


def test_more_may_cost_less_and_is_an_increase_all_the_same() -> None:
    before = a_subscription(terms=terms(prices=(price(UnitBasedPrice((Tier(5, 100), Tier(None, 80)))),), units=5))
    assert lines(change(before, UnitsChange(6), _B.PRORATE)) == [(EntryType.UNITS_INCREASE, -10)]


def test_in_the_last_second_nothing_is_left_to_bill() -> None:
    before = a_subscription()
    assert amounts(change(before, to(before, 9900), _B.INVOICE, now=END - timedelta(milliseconds=1))) == []
