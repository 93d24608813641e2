"""What a cart costs this buyer now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.address import Address
from services.checkout.domain.cart import Quantity
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.offer import Offer
from services.checkout.domain.price import TaxBehavior
from services.checkout.domain.tax import TaxabilityReason, TaxRate
from services.checkout.tests.builders import (
    GERMAN,
    MONTHLY,
    NEW_YORKER,
    NOW,
    buyer,
    cart,
    discount,
    organization,
    price,
    product,
    seats,
    units,
)
from services.checkout.usecases.outside_ports import Sale
from services.checkout.usecases.price_cart import Chosen, price_cart
from services.pricing.errors import QuantityNotAllowed
from services.pricing.price import PriceAmount
from services.pricing.reduction import FixedReduction, Percentage

WEEK = Interval(IntervalUnit.WEEK, 1)


class TenPercent:
    """The same everywhere; remembers what it was asked."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []

    def rates(self, sale: Sale) -> tuple[TaxRate, ...]:
        self.sales.append(sale)
        return (TaxRate(sale.buyer_country, "VAT", 100_000, TaxabilityReason.STANDARD_RATED),)


def priced(taxes: TenPercent | None = None, **fields: Any) -> Offer:
    sold = product(*fields.pop("prices", [fields.pop("price", price(1000))]), **fields.pop("product", {}))
    chosen = Chosen(sold, sold.prices, fields.pop("discount", None), organization(**fields.pop("organization", {})))
    given_buyer = buyer(**fields.pop("buyer", {}))
    return price_cart(cart(product_id=sold.id, **fields), given_buyer, chosen, NOW, taxes=taxes or TenPercent())


@pytest.mark.parametrize(
    ("behavior", "address", "total"),
    [
        (None, GERMAN, 1000),
        (None, NEW_YORKER, 1100),
        (TaxBehavior.EXCLUSIVE, GERMAN, 1100),
        (TaxBehavior.INCLUSIVE, NEW_YORKER, 1000),
        (TaxBehavior.LOCATION, Address("IN"), 1100),
    ],
)
def test_behavior_of_the_price_then_of_the_organization_by_the_place(behavior: TaxBehavior | None, address: Address, total: int) -> None:
    offer = priced(price=price(1000, tax_behavior=behavior), buyer={"billing_address": address})
    assert offer.quote.total_amount == total


@pytest.mark.parametrize("address", [None, Address("US"), Address("CA")])
def test_without_a_place_nobody_asks_for_rates(address: Address | None) -> None:
    taxes = TenPercent()
    offer = priced(taxes, buyer={"billing_address": address})
    assert offer.quote.tax_lines is None
    assert not taxes.sales


def test_the_calculator_is_told_what_decides() -> None:
    taxes = TenPercent()
    priced(taxes, buyer={"is_business": True, "tax_id": "DE136695976"}, organization={"tax_registrations": ("EU",), "country": "FR"})
    assert taxes.sales == [Sale("FR", ("EU",), "DE", None, True, True, NOW.date())]


def test_a_discount_that_does_not_apply_leaves_the_price_alone() -> None:
    assert priced(discount=discount(ends_at=NOW - timedelta(days=1))).discount is None
    assert priced(discount=discount()).quote.discount_amount == 200


@pytest.mark.parametrize(
    ("fields", "trial"),
    [
        ({"product": {"recurring": MONTHLY, "trial": WEEK}}, WEEK),
        ({"product": {"recurring": MONTHLY, "trial": WEEK}, "allow_trial": False}, None),
        ({"product": {"recurring": MONTHLY, "trial": WEEK}, "trial_override": MONTHLY}, MONTHLY),
        ({"product": {"recurring": MONTHLY}, "trial_override": WEEK}, WEEK),
        ({"trial_override": WEEK}, None),
    ],
)
def test_which_trial_it_starts_with(fields: dict[str, Any], trial: Interval | None) -> None:
    offer = priced(**fields)
    assert offer.trial == trial
    assert (offer.trial_end is None) == (trial is None)
    assert offer.quote.total_amount == 1000, "what follows the trial"


def test_an_amount_chosen_for_a_fixed_price_has_to_be_that_price() -> None:
    assert priced(amount=1000).quote.total_amount == 1000


def test_all_prices_of_the_product_are_bought_at_once() -> None:
    both = [price(1000), price(seats(500, 400))]
    offer = priced(
        prices=both, seats=Quantity(12), discount=discount(reduction=FixedReduction({"eur": 580})), product={"recurring": MONTHLY}
    )
    assert [(line.price_id, line.quantity, line.amount, line.discount_amount) for line in offer.quote.lines] == [
        (offer.prices[0].id, None, 1000, 100),
        (offer.prices[1].id, 12, 4800, 480),
    ]
    assert (offer.seats, offer.units, offer.quote.total_amount) == (12, None, 5220)


@pytest.mark.parametrize(
    ("amount", "fields", "field"),
    [(seats(9_999_999), {"seats": Quantity(11)}, "seats"), (units(99_999_999), {"units": Quantity(11)}, "units")],
)
def test_more_than_the_largest_charge_is_refused_by_its_quantity(amount: PriceAmount, fields: Any, field: str) -> None:
    with pytest.raises(QuantityNotAllowed) as refused:
        priced(price=price(amount), product={"recurring": MONTHLY}, **fields)
    assert refused.value.violations[0].field == field


@given(st.integers(0, 99_999), st.integers(0, 999), st.integers(1, 999), st.integers(1, 10_000))
def test_what_is_bought_adds_up(fixed_amount: int, rate: int, number: int, basis_points: int) -> None:
    reduced = discount(reduction=Percentage(basis_points))
    offer = priced(
        prices=[price(fixed_amount), price(units(rate))], units=Quantity(number), discount=reduced, product={"recurring": MONTHLY}
    )
    quote = offer.quote
    assert quote.subtotal_amount == fixed_amount + rate * number
    assert quote.total_amount == quote.subtotal_amount - sum(line.discount_amount for line in quote.lines) >= 0
    assert sum(line.tax_amount for line in quote.lines) == sum(tax.amount for tax in quote.tax_lines or ())
