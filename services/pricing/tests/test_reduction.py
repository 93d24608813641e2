"""What discounts take off: never more than there is, and fixed ones to the cent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.reduction import FixedReduction, Percentage, Reduction, reductions

AMOUNTS = st.lists(st.integers(0, 99_999_999), max_size=8)


@pytest.mark.parametrize(
    ("reduction", "amounts", "off"),
    [
        (Percentage(2500), [1000, 333], [250, 83]),
        (Percentage(5000), [1, 3], [1, 2]),  # halves are rounded away from zero, each line alone
        (Percentage(10_000), [999, 0], [999, 0]),
        (FixedReduction({"usd": 100}), [100, 100, 100], [34, 33, 33]),
        (FixedReduction({"usd": 500}), [100, 200], [100, 200]),
        (FixedReduction({"usd": 500}), [], []),
    ],
)
def test_lines_are_reduced(reduction: Reduction, amounts: list[int], off: list[int]) -> None:
    assert reductions(reduction, "usd", amounts) == off


@given(st.integers(1, 10_000), AMOUNTS)
def test_a_percentage_takes_at_most_a_line(basis_points: int, amounts: list[int]) -> None:
    off = reductions(Percentage(basis_points), "usd", amounts)
    assert len(off) == len(amounts)
    assert all(0 <= part <= amount for part, amount in zip(off, amounts, strict=True))


@given(st.integers(0, 999_999_999_999), AMOUNTS)
def test_a_fixed_reduction_adds_up_and_takes_at_most_a_line(amount: int, amounts: list[int]) -> None:
    off = reductions(FixedReduction({"usd": amount}), "usd", amounts)
    assert sum(off) == min(amount, sum(amounts))
    assert all(0 <= part <= line for part, line in zip(off, amounts, strict=True))
