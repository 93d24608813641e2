from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import Invalid
from services.chassis.money import LARGEST_AMOUNT, Money, allocate, divide_half_away


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (-3, 2, -2), (5, 4, 1), (-5, 4, -1), (7, 4, 2), (0, 3, 0), (1, 3, 0), (2, 3, 1)],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert divide_half_away(numerator, denominator) == rounded


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_rounding_is_symmetric_and_never_off_by_more_than_a_half(numerator: int, denominator: int) -> None:
    rounded = divide_half_away(numerator, denominator)
    assert abs(Fraction(numerator, denominator) - rounded) <= Fraction(1, 2)
    assert divide_half_away(-numerator, denominator) == -rounded


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_parts_add_up_and_stay_within_one_unit_of_their_share(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part - Fraction(total * weight, whole)) < 1 for part, weight in zip(parts, weights, strict=True))


def test_left_overs_go_to_the_largest_remainders() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert allocate(5, [10, 30, 60]) == [1, 1, 3]
    assert allocate(7, [0, 0]) == [7, 0]


def test_money_of_two_currencies_does_not_mix() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Money("eur", 1) + Money("usd", 1)


@pytest.mark.parametrize(("currency", "amount", "text"), [("eur", -1234, "-12.34 EUR"), ("jpy", 500, "500 JPY"), ("kwd", 1, "0.001 KWD")])
def test_amounts_are_shown_in_their_currencys_decimals(currency: str, amount: int, text: str) -> None:
    assert str(Money(currency, amount)) == text


def test_unknown_currencies_and_huge_amounts_are_refused() -> None:
    with pytest.raises(Invalid, match="not a currency"):
        Money("xxx", 1)
    with pytest.raises(Invalid, match="too large"):
        Money("eur", LARGEST_AMOUNT + 1)
