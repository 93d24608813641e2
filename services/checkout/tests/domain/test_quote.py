"""Quotes add up to the cent, whatever is sold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.quote import Line, price_lines
from services.checkout.domain.tax import TaxabilityReason, TaxRate
from services.pricing.reduction import FixedReduction, Percentage, Reduction

amounts = st.lists(st.integers(0, 9_999_999), min_size=1, max_size=12)
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


@given(st.lists(st.integers(-9_999_999, 9_999_999), min_size=1, max_size=8), rates, st.booleans())
def test_credits_and_debits_of_a_proration_add_up_too(given_amounts: list[int], tax: list[TaxRate], inclusive: bool) -> None:
    lines = [Line("x", each, proration=True) for each in given_amounts]
    quote = price_lines("eur", lines, reduction=Percentage(5000), rates=tax, inclusive=inclusive)
    assert quote.discount_amount == 0, "a proration's discount is already in its amount"
    assert quote.tax_amount == sum(line.amount for line in quote.tax_lines or ())
    shares, whole = [line.tax_amount for line in quote.lines], sum(given_amounts)
    assert sum(shares) == quote.tax_amount
    assert all(
        abs(share * whole - quote.tax_amount * each) < abs(whole) for share, each in zip(shares, given_amounts, strict=True) if whole
    )
    mirrored = price_lines(
        "eur", [Line("x", -each, proration=True) for each in given_amounts], reduction=None, rates=tax, inclusive=inclusive
    )
    assert mirrored.total_amount == -quote.total_amount


def test_a_credit_and_a_debit_share_the_tax_as_they_would_round_alone() -> None:
    vat = TaxRate("FR", "TVA", 200_000, TaxabilityReason.STANDARD_RATED)
    quote = price_lines("eur", [Line("old", -1903), Line("new", 6346)], reduction=None, rates=[vat], inclusive=True)
    assert (quote.tax_amount, [line.tax_amount for line in quote.lines]) == (741, [-317, 1058])


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
