"""Quotes add up to the cent, whatever is sold."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.quote import Line, price_lines
from services.checkout.domain.tax import TaxabilityReason, TaxRate, tax_lines
from services.pricing.reduction import FixedReduction, Percentage, Reduction

amounts = st.lists(st.integers(0, 9_999_999), min_size=1, max_size=12)
signed = st.lists(st.integers(-9_999_999, 9_999_999) | st.integers(-9, 9), min_size=1, max_size=8)
reductions = st.one_of(
    st.none(),
    st.integers(1, 10_000).map(Percentage),
    st.integers(0, 99_999_999).map(lambda amount: FixedReduction({"eur": amount})),
)
rates = st.lists(st.integers(0, 400_000), max_size=3).map(
    lambda each: [TaxRate("XX", "VAT", ppm, TaxabilityReason.STANDARD_RATED) for ppm in each]
)


@given(amounts, reductions, rates, st.booleans())
def test_totals_follow_from_the_lines(given_amounts: list[int], reduction: Reduction | None, tax: list[TaxRate], inclusive: bool) -> None:
    quote = price_lines("eur", [Line("x", each) for each in given_amounts], reduction=reduction, rates=tax, inclusive=inclusive)

    assert quote.subtotal_amount == sum(given_amounts)
    assert all(0 <= line.discount_amount <= line.amount for line in quote.lines)
    assert quote.tax_lines is not None
    assert quote.tax_amount == sum(line.amount for line in quote.tax_lines) == sum(line.tax_amount for line in quote.lines)
    left = quote.subtotal_amount - quote.discount_amount
    assert quote.total_amount == (left if inclusive else left + quote.tax_amount)
    assert quote.net_amount + quote.tax_amount == quote.total_amount
    assert quote.net_amount >= 0
    assert all(line.tax_amount >= 0 for line in quote.lines)


@given(amounts, rates)
def test_each_exclusive_tax_is_its_rate_on_the_whole_rounded_once(given_amounts: list[int], tax: list[TaxRate]) -> None:
    quote = price_lines("eur", [Line("x", each) for each in given_amounts], reduction=None, rates=tax, inclusive=False)
    for line in quote.tax_lines or ():
        exact = quote.net_amount * line.rate_ppm
        assert abs(line.amount * 1_000_000 - exact) <= 500_000


@given(amounts, st.integers(0, 400_000))
def test_an_inclusive_tax_is_that_of_its_net_amount_to_the_cent(given_amounts: list[int], ppm: int) -> None:
    rate = TaxRate("XX", "VAT", ppm, TaxabilityReason.STANDARD_RATED)
    quote = price_lines("eur", [Line("x", each) for each in given_amounts], reduction=None, rates=[rate], inclusive=True)
    assert abs(quote.net_amount * ppm - quote.tax_amount * 1_000_000) <= 1_000_000


@given(signed, rates, st.booleans())
def test_credits_and_debits_of_a_proration_add_up_too(given_amounts: list[int], tax: list[TaxRate], inclusive: bool) -> None:
    lines = [Line("x", each, proration=True) for each in given_amounts]
    quote = price_lines("eur", lines, reduction=Percentage(5000), rates=tax, inclusive=inclusive)
    assert quote.discount_amount == 0, "a proration's discount is already in its amount"
    assert quote.tax_amount == sum(line.amount for line in quote.tax_lines or ())
    assert quote.tax_lines == tax_lines(sum(given_amounts), tax, inclusive=inclusive)
    mirrored = price_lines(
        "eur", [Line("x", -each, proration=True) for each in given_amounts], reduction=None, rates=tax, inclusive=inclusive
    )
    assert mirrored.total_amount == -quote.total_amount


@given(st.one_of(amounts, signed), reductions, rates, st.booleans())
def test_each_line_has_its_own_tax_to_the_cent(
    given_amounts: list[int], reduction: Reduction | None, tax: list[TaxRate], inclusive: bool
) -> None:
    quote = price_lines("eur", [Line("x", each) for each in given_amounts], reduction=reduction, rates=tax, inclusive=inclusive)

    rate = Fraction(sum(each.rate_ppm for each in tax), 1_000_000)
    roundings = 1 if inclusive else len(tax)
    for line in quote.lines:
        exact = line.taxable * rate / (1 + rate if inclusive else 1)
        assert abs(line.tax_amount - exact) <= Fraction(max(2, roundings), 2)
        assert line.tax_amount * line.taxable >= 0, "a debit has no credit's tax, a credit no debit's"
        assert line.taxable or not line.tax_amount


@given(st.integers(-9_999_999, 9_999_999), reductions, rates, st.booleans())
def test_the_tax_of_one_line_is_that_of_the_order(amount: int, reduction: Reduction | None, tax: list[TaxRate], inclusive: bool) -> None:
    quote = price_lines("eur", [Line("x", amount)], reduction=reduction, rates=tax, inclusive=inclusive)
    (line,) = quote.lines
    assert line.tax_amount == sum(each.amount for each in tax_lines(line.taxable, tax, inclusive=inclusive))


@pytest.mark.parametrize(
    ("inclusive", "given_amounts", "taxes"),
    [
        (True, [-1903, 6346], [-317, 1058]),
        (True, [-3473, 5320], [-579, 887]),
        (False, [-2700, 1833, 1229], [-540, 366, 246]),
        (False, [10_000, -9_999], [2_000, -2_000]),
        (False, [-10_000, 9_999], [-2_000, 2_000]),
        (False, [10_000, -10_000], [2_000, -2_000]),
        (False, [12, 12, 0], [3, 2, 0]),
        (False, [-12, -12, 0], [-2, -3, 0]),
    ],
)
def test_each_line_has_the_tax_that_it_would_have_alone(inclusive: bool, given_amounts: list[int], taxes: list[int]) -> None:
    vat = TaxRate("FR", "TVA", 200_000, TaxabilityReason.STANDARD_RATED)
    quote = price_lines("eur", [Line("x", each) for each in given_amounts], reduction=None, rates=[vat], inclusive=inclusive)
    assert [line.tax_amount for line in quote.lines] == taxes


def test_cents_of_several_roundings_go_to_lines_that_owe_tax() -> None:
    """1, 1 and 1 of three rates on 2 cents, where 1.5 is exact; nothing of 3 x 0.45, where 1.35 is."""
    up = [TaxRate("US", str(ppm), ppm, TaxabilityReason.STANDARD_RATED) for ppm in (250_000, 250_000, 250_000)]
    down = [TaxRate("US", str(ppm), ppm, TaxabilityReason.STANDARD_RATED) for ppm in (150_000, 150_000, 150_000)]
    more = price_lines("eur", [Line("free", 0), Line("x", 2)], reduction=None, rates=up, inclusive=False)
    less = price_lines("eur", [Line("free", 0), Line("x", 3)], reduction=None, rates=down, inclusive=False)
    assert [line.tax_amount for line in more.lines] == [0, 3]
    assert [line.tax_amount for line in less.lines] == [0, 0]


def test_a_percentage_rounds_half_away_on_each_line_and_a_fixed_amount_is_split() -> None:
    lines = [Line("a", 105), Line("b", 105), Line("c", 105)]
    percent = price_lines("eur", lines, reduction=Percentage(1000), rates=[], inclusive=True)
    fixed = price_lines("eur", lines, reduction=FixedReduction({"eur": 100}), rates=[], inclusive=True)
    assert [line.discount_amount for line in percent.lines] == [11, 11, 11]
    assert [line.discount_amount for line in fixed.lines] == [34, 33, 33]


def test_without_a_known_place_there_is_no_tax_yet() -> None:
    quote = price_lines("eur", [Line("a", 1000)], reduction=None, rates=None, inclusive=True)
    assert quote.tax_lines is None
    assert quote.total_amount == 1000
