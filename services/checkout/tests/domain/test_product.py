"""Products and their prices."""

from __future__ import annotations

from uuid import uuid4

import pytest

from services.chassis.errors import BursarError
from services.checkout.domain import product as rules
from services.checkout.domain.price import Price, PriceTerms, TaxBehavior, check_choice, completed
from services.checkout.domain.product import Product
from services.checkout.tests.builders import MONTHLY, NOW, fixed, product_terms, seats, units
from services.pricing.price import CustomPrice, FixedPrice, PriceAmount, SeatBasedPrice
from services.pricing.tiers import Tier


def made(*prices: PriceTerms, **terms: object) -> Product:
    ids = [uuid4() for _ in prices]
    return rules.create(uuid4(), uuid4(), product_terms(**terms), prices, price_ids=ids, default_currency="eur", now=NOW)[0]


SEATS, UNITS = PriceTerms("eur", seats(1000, 800)), PriceTerms("eur", units(5))
PAY_WHAT_YOU_WANT = PriceTerms("eur", CustomPrice())


@pytest.mark.parametrize(
    ("prices", "reason", "field"),
    [
        ([fixed(1000), fixed(2000)], "PRICE_COMBINATION_INVALID", "prices"),
        ([fixed(1000), PriceTerms("usd", CustomPrice())], "PRICE_COMBINATION_INVALID", "prices"),
        ([fixed(1000), PriceTerms("eur", None)], "PRICE_COMBINATION_INVALID", "prices[1]"),
        ([fixed(1000, "usd")], "PRICE_CURRENCY_MISSING", "prices"),
        ([fixed(1000, "xxx")], "CURRENCY_UNKNOWN", "prices[0].price_currency"),
        ([fixed(49)], "AMOUNT_BELOW_MINIMUM", "prices[0].fixed.price_amount"),
        ([fixed(1000), fixed(5999, "inr")], "AMOUNT_BELOW_MINIMUM", "prices[1].fixed.price_amount"),
        ([fixed(1000), fixed(79, "jpy")], "AMOUNT_BELOW_MINIMUM", "prices[1].fixed.price_amount"),
        ([fixed(100_000_000)], "AMOUNT_ABOVE_MAXIMUM", "prices[0].fixed.price_amount"),
        ([PriceTerms("eur", CustomPrice(1000, 500))], "PRICE_BOUNDS_INVALID", "prices[0].custom.maximum_amount"),
        ([PriceTerms("eur", CustomPrice(1000, None, 500))], "PRICE_BOUNDS_INVALID", "prices[0].custom.preset_amount"),
        ([PriceTerms("eur", CustomPrice(0, None, 20))], "AMOUNT_BELOW_MINIMUM", "prices[0].custom.preset_amount"),
        ([PriceTerms("eur", SeatBasedPrice((Tier(5, 100),)))], "PRICE_TIERS_INVALID", "prices[0].seat_based.tiers[0].bound"),
        ([PriceTerms("eur", seats(100, minimum_seats=9, maximum_seats=8))], "PRICE_BOUNDS_INVALID", "prices[0].seat_based.maximum_seats"),
        ([SEATS, SEATS], "PRICE_COMBINATION_INVALID", "prices"),
        ([SEATS, UNITS], "PRICE_COMBINATION_INVALID", "prices"),
        ([fixed(1000), PAY_WHAT_YOU_WANT], "PRICE_COMBINATION_INVALID", "prices"),
        ([SEATS, PAY_WHAT_YOU_WANT], "PRICE_COMBINATION_INVALID", "prices"),
        ([fixed(1000), SEATS, fixed(1000, "usd")], "PRICE_COMBINATION_INVALID", "prices"),
        ([fixed(1000), PriceTerms("eur", seats(100), TaxBehavior.INCLUSIVE)], "PRICE_COMBINATION_INVALID", "prices"),
    ],
)
def test_prices_that_do_not_go_together_are_refused(prices: list[PriceTerms], reason: str, field: str) -> None:
    with pytest.raises(BursarError) as refused:
        made(*prices, recurring=MONTHLY)
    assert refused.value.reason == reason
    assert [violation.field for violation in refused.value.violations] == [field]


@pytest.mark.parametrize(
    "prices",
    [
        [fixed(1000), SEATS],
        [fixed(1000), UNITS],
        [SEATS],
        [UNITS],
        [PAY_WHAT_YOU_WANT],
        [SEATS, fixed(100), PriceTerms("usd", seats(1), TaxBehavior.EXCLUSIVE), fixed(100, "usd", TaxBehavior.EXCLUSIVE)],
    ],
)
def test_prices_that_go_together_are_sold_together(prices: list[PriceTerms]) -> None:
    product = made(*prices, recurring=MONTHLY)
    assert [price.amount for price in rules.prices_in(product, "eur")] == [
        completed(price.amount, "eur", at="prices") for price in prices if price.currency == "eur" and price.amount
    ]


def test_units_are_billed_again_and_again() -> None:
    with pytest.raises(BursarError) as refused:
        made(UNITS)
    assert refused.value.reason == "UNIT_PRICE_NEEDS_RECURRING"
    assert made(SEATS).active_prices[0].amount == SEATS.amount, "seats are sold once, too"


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
    ("amount", "chosen"),
    [
        (FixedPrice(1000), 900),
        (seats(1000), 1000),
        (CustomPrice(500, 1000, None), 499),
        (CustomPrice(500, 1000, None), 1001),
        (CustomPrice(0, None, None), 1),
        (CustomPrice(0, None, None), 49),
    ],
)
def test_what_the_buyer_may_not_choose(amount: PriceAmount, chosen: int) -> None:
    with pytest.raises(BursarError) as refused:
        check_choice(Price(uuid4(), uuid4(), "eur", amount, None, False, NOW), chosen)
    assert (refused.value.reason, refused.value.violations[0].field) == ("AMOUNT_NOT_ALLOWED", "amount")


@pytest.mark.parametrize(
    ("amount", "chosen"),
    [(FixedPrice(1000), None), (FixedPrice(1000), 1000), (seats(7), None), (CustomPrice(500, 1000, None), 1000), (CustomPrice(0), 0)],
)
def test_what_the_buyer_may_choose(amount: PriceAmount, chosen: int | None) -> None:
    check_choice(Price(uuid4(), uuid4(), "eur", amount, None, False, NOW), chosen)
    assert completed(amount, "eur", at="prices") == amount


@pytest.mark.parametrize(
    ("currency", "minimum"), [("usd", 50), ("eur", 50), ("gbp", 40), ("jpy", 80), ("inr", 6000), ("sek", 500), ("brl", 250), ("bam", 50)]
)
def test_each_currency_has_its_smallest_charge(currency: str, minimum: int) -> None:
    assert completed(FixedPrice(minimum), currency, at="prices") == FixedPrice(minimum)
    with pytest.raises(BursarError):
        completed(FixedPrice(minimum - 1), currency, at="prices")


@pytest.mark.parametrize(("currency", "minimum"), [("eur", 50), ("gbp", 50), ("inr", 6000)])
def test_the_default_minimum_is_never_below_what_can_be_charged(currency: str, minimum: int) -> None:
    assert completed(CustomPrice(), currency, at="prices") == CustomPrice(minimum)
