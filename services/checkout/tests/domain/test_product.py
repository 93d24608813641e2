"""Products and their prices."""

from __future__ import annotations

from uuid import uuid4

import pytest

from services.chassis.errors import BursarError
from services.checkout.domain import product as rules
from services.checkout.domain.price import CustomAmount, FixedAmount, Price, PriceTerms, amount_to_pay, completed
from services.checkout.domain.product import Product
from services.checkout.tests.builders import MONTHLY, NOW, fixed, product_terms


def made(*prices: PriceTerms, **terms: object) -> Product:
    ids = [uuid4() for _ in prices]
    return rules.create(uuid4(), uuid4(), product_terms(**terms), prices, price_ids=ids, default_currency="eur", now=NOW)[0]


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ([fixed(1000), fixed(2000)], "PRICE_COMBINATION_INVALID"),
        ([fixed(1000), PriceTerms("usd", CustomAmount())], "PRICE_COMBINATION_INVALID"),
        ([PriceTerms("eur", None)], "PRICE_COMBINATION_INVALID"),
        ([fixed(1000, "usd")], "PRICE_CURRENCY_MISSING"),
        ([fixed(1000, "xxx")], "CURRENCY_UNKNOWN"),
        ([fixed(49)], "AMOUNT_BELOW_MINIMUM"),
        ([fixed(1000), fixed(5999, "inr")], "AMOUNT_BELOW_MINIMUM"),
        ([fixed(1000), fixed(79, "jpy")], "AMOUNT_BELOW_MINIMUM"),
        ([fixed(100_000_000)], "AMOUNT_ABOVE_MAXIMUM"),
        ([PriceTerms("eur", CustomAmount(1000, 500))], "PRICE_BOUNDS_INVALID"),
        ([PriceTerms("eur", CustomAmount(1000, None, 500))], "PRICE_BOUNDS_INVALID"),
        ([PriceTerms("eur", CustomAmount(0, None, 20))], "AMOUNT_BELOW_MINIMUM"),
    ],
)
def test_prices_that_do_not_go_together_are_refused(prices: list[PriceTerms], reason: str) -> None:
    with pytest.raises(BursarError) as refused:
        made(*prices)
    assert refused.value.reason == reason


def test_free_is_a_fixed_price_of_nothing_in_any_currency() -> None:
    assert all(each.is_free for each in made(fixed(0), fixed(0, "jpy")).prices)


def test_a_trial_needs_a_recurring_product() -> None:
    with pytest.raises(BursarError) as refused:
        made(fixed(1000), trial=MONTHLY)
    assert refused.value.reason == "TRIAL_NEEDS_RECURRING"


def test_an_update_keeps_named_prices_archives_the_others_and_adds_new_ones() -> None:
    before = made(fixed(1000), fixed(1200, "usd"))
    euro = before.prices[0]
    prices = [PriceTerms("eur", None, None, euro.id), fixed(900, "gbp")]

    after, fact = rules.update(before, before.terms, prices, price_ids=[uuid4(), uuid4()], default_currency="eur", now=NOW)

    assert [(each.currency, each.is_archived) for each in after.prices] == [("eur", False), ("usd", True), ("gbp", False)]
    assert after.prices[0] == euro
    assert fact.product.version == before.version + 1


def test_a_price_of_another_product_cannot_be_kept() -> None:
    before = made(fixed(1000))
    with pytest.raises(BursarError) as refused:
        rules.update(before, before.terms, [PriceTerms("eur", None, None, uuid4())], price_ids=[uuid4()], default_currency="eur", now=NOW)
    assert refused.value.reason == "PRICE_NOT_FOUND"


@pytest.mark.parametrize(
    ("amount", "chosen", "pays"),
    [
        (FixedAmount(1000), None, 1000),
        (CustomAmount(50, None, 700), None, 700),
        (CustomAmount(50, None, None), None, 50),
        (CustomAmount(50, None, 700), 900, 900),
        (CustomAmount(0, None, None), 0, 0),
    ],
)
def test_what_one_unit_costs(amount: FixedAmount | CustomAmount, chosen: int | None, pays: int) -> None:
    made_price = Price(uuid4(), uuid4(), "eur", amount, None, False, NOW)
    assert amount_to_pay(made_price, chosen) == pays


@pytest.mark.parametrize(
    ("amount", "chosen"),
    [
        (FixedAmount(1000), 900),
        (CustomAmount(500, 1000, None), 499),
        (CustomAmount(500, 1000, None), 1001),
        (CustomAmount(0, None, None), 1),
        (CustomAmount(0, None, None), 49),
    ],
)
def test_what_the_buyer_may_not_choose(amount: FixedAmount | CustomAmount, chosen: int) -> None:
    with pytest.raises(BursarError) as refused:
        amount_to_pay(Price(uuid4(), uuid4(), "eur", amount, None, False, NOW), chosen)
    assert refused.value.reason == "AMOUNT_NOT_ALLOWED"


def test_the_default_minimum_is_never_below_what_can_be_charged() -> None:
    assert completed(CustomAmount(), "eur") == CustomAmount(50)
    assert completed(CustomAmount(), "gbp") == CustomAmount(50)
    assert completed(CustomAmount(), "inr") == CustomAmount(6000)
