"""The arithmetic of a change in the middle of a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.reduction import FixedReduction, Percentage, Reduction
from services.subscription.domain.periods import Period
from services.subscription.domain.proration import Rest, after_discount, credits, debits, difference, rest_of

START = datetime(2026, 4, 1, tzinfo=UTC)
APRIL = Period(START, datetime(2026, 5, 1, tzinfo=UTC))
AMOUNTS = st.lists(st.integers(0, 99_999_999), min_size=1, max_size=4)
RESTS = st.integers(1, 40_000_000).flatmap(lambda seconds: st.builds(Rest, st.integers(0, seconds), st.just(seconds)))
REDUCTIONS: st.SearchStrategy[Reduction | None] = st.one_of(
    st.none(),
    st.builds(Percentage, st.integers(1, 10_000)),
    st.builds(lambda amount: FixedReduction({"eur": amount}), st.integers(0, 10**9)),
)


@pytest.mark.parametrize(
    ("days", "left", "paid", "payable", "expected"),
    [
        # (now is so many days into April), credit of the old price, debit of the new one
        (0, 30 * 86400, 1000, 3000, (-1000, 3000)),
        (15, 15 * 86400, 1000, 3000, (-500, 1500)),
        (20, 10 * 86400, 1000, 3000, (-333, 1000)),
        (10, 20 * 86400, 1000, 3000, (-667, 2000)),
        (15, 15 * 86400, 999, 1, (-500, 1)),  # both are exact halves: away from zero
        (30, 0, 1000, 3000, (0, 0)),
        (31, 0, 1000, 3000, (0, 0)),
        (-1, 30 * 86400, 1000, 3000, (-1000, 3000)),
    ],
)
def test_the_rest_of_a_month(days: int, left: int, paid: int, payable: int, expected: tuple[int, int]) -> None:
    rest = rest_of(APRIL, START + timedelta(days=days))
    assert rest == Rest(left, 30 * 86400)
    assert (*credits([paid], rest), *debits([payable], rest)) == expected


def test_a_second_that_has_begun_is_over() -> None:
    almost = timedelta(microseconds=1)
    assert rest_of(APRIL, START + almost).seconds_left == 30 * 86400 - 1
    assert rest_of(APRIL, APRIL.end - almost).seconds_left == 0
    assert rest_of(Period(START, START + almost), START).of(100) == 0


def test_the_discount_comes_off_before_the_factor() -> None:
    half_left = Rest(1, 2)
    # 33.33 % of 1000 are 333; the half of 667 is 333.5, which is 334. Taken off after the factor it would be 333.
    assert debits(after_discount([1000], Percentage(3333), "eur"), half_left) == [334]
    # 500 off in proportion 3 : 1
    assert after_discount([3000, 1000], FixedReduction({"eur": 500}), "eur") == [2625, 875]


def test_every_part_of_every_small_price_is_rounded_half_away_from_zero() -> None:
    for seconds in range(1, 13):
        for left in range(seconds + 1):
            rest = Rest(left, seconds)
            for amount in range(25):
                exact = Fraction(amount * left, seconds)
                expected = int(exact + Fraction(1, 2))
                assert debits([amount], rest) == [expected]
                assert credits([amount], rest) == [-expected]
                assert difference([amount], [0], rest) == -expected
                assert difference([0], [amount], rest) == expected


@given(AMOUNTS, REDUCTIONS, RESTS)
def test_a_change_to_the_same_comes_to_nothing(amounts: list[int], reduction: Reduction | None, rest: Rest) -> None:
    paid = after_discount(amounts, reduction, "eur")
    assert sum(credits(paid, rest)) + sum(debits(paid, rest)) == 0
    assert difference(paid, paid, rest) == 0


@given(AMOUNTS, REDUCTIONS, RESTS)
def test_no_credit_is_more_than_was_paid_and_no_debit_more_than_the_price(
    amounts: list[int], reduction: Reduction | None, rest: Rest
) -> None:
    paid = after_discount(amounts, reduction, "eur")
    for amount, payable, credit, debit in zip(amounts, paid, credits(paid, rest), debits(paid, rest), strict=True):
        assert 0 <= debit <= payable <= amount
        assert -payable <= credit <= 0


@given(st.integers(0, 99_999_999), RESTS)
def test_what_is_used_and_what_is_left_are_the_whole_to_the_cent(amount: int, rest: Rest) -> None:
    used = Rest(rest.seconds - rest.seconds_left, rest.seconds)
    assert abs(used.of(amount) + rest.of(amount) - amount) <= 1
    assert Rest(rest.seconds, rest.seconds).of(amount) == amount


@given(AMOUNTS, AMOUNTS, REDUCTIONS, RESTS)
def test_there_and_back_again_costs_nothing(old: list[int], new: list[int], reduction: Reduction | None, rest: Rest) -> None:
    paid, payable = after_discount(old, reduction, "eur"), after_discount(new, reduction, "eur")
    assert difference(paid, payable, rest) == -difference(payable, paid, rest)
    assert sum(credits(paid, rest) + debits(payable, rest)) == -sum(credits(payable, rest) + debits(paid, rest))


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), RESTS)
def test_steps_come_to_what_one_change_comes_to_within_a_cent_each(first: int, second: int, third: int, rest: Rest) -> None:
    in_steps = difference([first], [second], rest) + difference([second], [third], rest)
    assert abs(in_steps - difference([first], [third], rest)) <= 1


@given(AMOUNTS.flatmap(lambda amounts: st.tuples(st.just(amounts), st.permutations(amounts))), st.integers(1, 10_000), RESTS)
def test_the_order_of_the_prices_means_nothing(orders: tuple[list[int], list[int]], basis_points: int, rest: Rest) -> None:
    one, other = (debits(after_discount(amounts, Percentage(basis_points), "eur"), rest) for amounts in orders)
    assert sorted(one) == sorted(other)


@given(st.integers(0, 10**6), RESTS, RESTS)
def test_the_longer_the_rest_the_dearer(amount: int, one: Rest, other: Rest) -> None:
    later = Rest(one.seconds_left // 2, one.seconds)
    assert later.of(amount) <= one.of(amount)
    assert Rest(other.seconds, other.seconds).of(amount) == amount
