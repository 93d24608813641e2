"""Products that are sold by seats and by units, from the price list to the fact that starts the subscription."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from bursar.checkout.v1 import checkout_events_pb2, checkout_pb2, checkout_service_pb2, order_service_pb2, product_pb2, product_service_pb2
from bursar.types.v1 import intervals_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.errors import BursarError
from services.checkout.tests.shop import Shop

TIERS = [product_pb2.PriceTier(bound=10, unit_amount=1000), product_pb2.PriceTier(unit_amount=800)]
SEATS = product_pb2.SeatBasedPrice(tiers=TIERS, minimum_seats=2, maximum_seats=50)
UNITS = product_pb2.UnitBasedPrice(
    tier_type=product_pb2.TIER_TYPE_GRADUATED, tiers=TIERS, unit_label={"en": product_pb2.UnitLabel(one="call", other="calls")}
)


async def product(shop: Shop, *prices: product_service_pb2.PriceInput, monthly: bool = True) -> product_pb2.Product:
    request = product_service_pb2.CreateProductRequest(request_id=str(uuid4()), name="Team", prices=prices)
    if monthly:
        request.recurring_interval = intervals_pb2.RECURRING_INTERVAL_MONTH
    return await shop.products.CreateProduct(request, shop.call())


def price(**amount: Any) -> product_service_pb2.PriceInput:
    return product_service_pb2.PriceInput(price_currency="eur", **amount)


BASE = price(fixed=product_pb2.FixedPrice(price_amount=500))


async def refused(work: Any) -> tuple[str, list[str]]:
    with pytest.raises(BursarError) as error:
        await work
    return error.value.reason, [violation.field for violation in error.value.violations]


async def change(shop: Shop, checkout: checkout_pb2.Checkout, **fields: Any) -> checkout_pb2.Checkout:
    request = checkout_service_pb2.UpdateClientCheckoutRequest(
        request_id=str(uuid4()),
        client_secret=checkout.client_secret,
        update_mask=FieldMask(paths=list(fields)),
        change=checkout_service_pb2.CheckoutChange(**fields),
    )
    return await shop.client.UpdateClientCheckout(request, shop.call())


async def succeeded(shop: Shop) -> checkout_events_pb2.CheckoutSucceeded:
    """The last fact of a purchase."""
    rows = await shop.sql("select payload from outbox where type = 'checkout.succeeded' order by position desc limit 1")
    return checkout_events_pb2.CheckoutSucceeded.FromString(bytes(rows[0]["payload"]))


@pytest.mark.parametrize("prices", [[price(seat_based=SEATS)], [BASE, price(seat_based=SEATS)], [price(unit_based=UNITS), BASE]])
async def test_a_price_list_comes_back_as_it_was_given(shop: Shop, prices: list[product_service_pb2.PriceInput]) -> None:
    made = await product(shop, *prices)
    found = await shop.products.GetProduct(product_service_pb2.GetProductRequest(id=made.id), shop.call())
    assert found == made
    assert [each.WhichOneof("amount_type") for each in found.prices] == [each.WhichOneof("amount_type") for each in prices]
    by_units = [each.unit_based for each in found.prices if each.HasField("unit_based")]
    assert all(each.tiers == TIERS and each.unit_label == UNITS.unit_label and each.minimum_units == 0 for each in by_units)
    by_seats = [each.seat_based for each in found.prices if each.HasField("seat_based")]
    assert all(each.tiers == TIERS and each.tier_type == product_pb2.TIER_TYPE_VOLUME for each in by_seats)


async def test_a_wrong_tier_is_named_by_its_place(shop: Shop) -> None:
    gap = product_pb2.SeatBasedPrice(tiers=[product_pb2.PriceTier(bound=10, unit_amount=1), product_pb2.PriceTier(bound=20, unit_amount=1)])
    assert await refused(product(shop, BASE, price(seat_based=gap))) == ("PRICE_TIERS_INVALID", ["prices[1].seat_based.tiers[1].bound"])
    assert await refused(product(shop, price(unit_based=UNITS), monthly=False)) == ("UNIT_PRICE_NEEDS_RECURRING", ["recurring_interval"])


async def test_a_team_buys_seats_beside_a_base_price(shop: Shop) -> None:
    sold = await product(shop, BASE, price(seat_based=SEATS))
    opened = await shop.checkout(sold)
    assert (opened.seats, opened.min_seats, opened.max_seats, opened.amount) == (2, 2, 50, 2500)
    assert not opened.HasField("units")

    chosen = await change(shop, opened, seats=12)
    assert (chosen.seats, chosen.amount, chosen.total_amount) == (12, 500 + 12 * 800, 10100)
    assert [each.id for each in chosen.prices] == [each.id for each in sold.prices]
    assert chosen.product_price_id == sold.prices[0].id
    assert await refused(change(shop, opened, seats=51)) == ("QUANTITY_NOT_ALLOWED", ["seats"])
    assert await refused(change(shop, opened, units=3)) == ("QUANTITY_NOT_ALLOWED", ["units"])

    bought = await shop.confirm(chosen)
    fact = await succeeded(shop)
    assert bought.status == checkout_pb2.CHECKOUT_STATUS_SUCCEEDED
    assert (fact.seats, fact.product_name, fact.amount, fact.customer_email) == (12, "Team", 10100, "ada@example.com")
    assert (fact.claim_seat_for_buyer, fact.upgrades_subscription, fact.HasField("units")) == (True, False, False)
    assert [each.id for each in fact.prices] == [each.id for each in sold.prices]
    order = await shop.orders.GetOrder(order_service_pb2.GetOrderRequest(id=bought.order_id), shop.call())
    assert [(item.amount, item.quantity, item.HasField("quantity")) for item in order.items] == [(500, 0, False), (9600, 12, True)]
    assert order.items[1].description == "Team, 12 seats at 8.00 EUR, 31 Mar 2026 – 30 Apr 2026"


async def test_the_merchants_own_page_gives_out_the_seats(shop: Shop) -> None:
    checkout = await shop.checkout(await product(shop, price(seat_based=SEATS)), success_url="https://example.com/thanks")
    await shop.confirm(checkout)
    assert not (await succeeded(shop)).claim_seat_for_buyer


async def test_seats_are_sold_once_too(shop: Shop) -> None:
    bought = await shop.confirm(await shop.checkout(await product(shop, price(seat_based=SEATS), monthly=False), seats=3))
    order = await shop.orders.GetOrder(order_service_pb2.GetOrderRequest(id=bought.order_id), shop.call())
    assert (order.seats, order.subtotal_amount, order.items[0].description) == (3, 3000, "Team, 3 seats at 10.00 EUR")


async def test_units_are_declared_and_the_first_may_be_none(shop: Shop) -> None:
    sold = await product(shop, price(unit_based=UNITS))
    opened = await shop.checkout(sold)
    assert (opened.units, opened.min_units, opened.HasField("max_units"), opened.total_amount) == (0, 0, False, 0)
    assert opened.is_payment_setup_required, "more may be used later"
    chosen = await change(shop, opened, units=12)
    assert chosen.amount == 10 * 1000 + 2 * 800
    await shop.confirm(chosen)
    fact = await succeeded(shop)
    assert (fact.units, fact.HasField("seats"), fact.claim_seat_for_buyer) == (12, False, False)


async def test_the_merchant_bounds_what_the_buyer_chooses(shop: Shop) -> None:
    sold = await product(shop, price(seat_based=SEATS))
    opened = await shop.checkout(sold, min_seats=5, max_seats=9)
    assert (opened.seats, opened.min_seats, opened.max_seats) == (5, 5, 9)
    assert await refused(change(shop, opened, seats=4)) == ("QUANTITY_NOT_ALLOWED", ["seats"])
    assert await refused(shop.checkout(sold, min_seats=51)) == ("QUANTITY_NOT_ALLOWED", ["min_seats"])
    assert await refused(shop.checkout(sold, min_seats=9, max_seats=5)) == ("QUANTITY_NOT_ALLOWED", ["max_seats"])
    assert await refused(shop.checkout(sold, max_units=5)) == ("QUANTITY_NOT_ALLOWED", ["max_units"])
    assert await refused(shop.checkout(await shop.product(1000), seats=5)) == ("QUANTITY_NOT_ALLOWED", ["seats"])


async def test_a_price_that_is_archived_meanwhile_is_not_sold_and_a_new_list_is_shown(shop: Shop) -> None:
    sold = await product(shop, BASE, price(seat_based=SEATS))
    opened = await shop.checkout(sold)
    dearer = price(fixed=product_pb2.FixedPrice(price_amount=900))
    kept = product_service_pb2.PriceInput(id=sold.prices[1].id, price_currency="eur")
    request = product_service_pb2.UpdateProductRequest(
        request_id="1", id=sold.id, update_mask=FieldMask(paths=["prices"]), prices=[dearer, kept]
    )
    await shop.products.UpdateProduct(request, shop.call())
    assert await refused(shop.confirm(opened)) == ("PRODUCT_ARCHIVED", [])
    shown = await change(shop, opened, seats=3)
    assert shown.amount == 900 + 3000
    assert (await shop.confirm(shown)).status == checkout_pb2.CHECKOUT_STATUS_SUCCEEDED


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"recurring_interval_count": 3}, ("RECURRING_INTERVAL_MISSING", ["recurring_interval"])),
        ({"trial_interval_count": 3}, ("TRIAL_INCOMPLETE", ["trial_interval"])),
        ({"trial_interval": intervals_pb2.RECURRING_INTERVAL_DAY}, ("TRIAL_INCOMPLETE", ["trial_interval_count"])),
    ],
)
async def test_half_an_interval_is_refused_by_the_other_half(shop: Shop, fields: dict[str, Any], refusal: tuple[str, list[str]]) -> None:
    request = product_service_pb2.CreateProductRequest(request_id="1", name="Team", prices=[BASE], **fields)
    assert await refused(shop.products.CreateProduct(request, shop.call())) == refusal
