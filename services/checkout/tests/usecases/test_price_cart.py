"""What a cart costs this buyer now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.checkout.domain.address import Address
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.offer import Offer
from services.checkout.domain.price import TaxBehavior
from services.checkout.domain.tax import TaxabilityReason, TaxRate
from services.checkout.tests.builders import GERMAN, MONTHLY, NEW_YORKER, NOW, buyer, cart, discount, organization, price, product
from services.checkout.usecases.ports import Sale
from services.checkout.usecases.price_cart import Chosen, price_cart

WEEK = Interval(IntervalUnit.WEEK, 1)


class TenPercent:
    """The same everywhere; remembers what it was asked."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []

    def rates(self, sale: Sale) -> tuple[TaxRate, ...]:
        self.sales.append(sale)
        return (TaxRate(sale.buyer_country, "VAT", 100_000, TaxabilityReason.STANDARD_RATED),)


def priced(taxes: TenPercent | None = None, **fields: Any) -> Offer:
    sold = product(fields.pop("price", price(1000)), **fields.pop("product", {}))
    chosen = Chosen(sold, sold.prices[0], fields.pop("discount", None), organization(**fields.pop("organization", {})))
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
