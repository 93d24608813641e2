"""Carts: what they cost, how they change, what a purchase needs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from bursar.checkout.v1 import (
    checkout_pb2,
    checkout_service_pb2,
    customer_balance_service_pb2,
    customer_service_pb2,
    discount_pb2,
    discount_service_pb2,
    order_pb2,
    order_service_pb2,
    product_service_pb2,
)
from bursar.types.v1 import address_pb2, intervals_pb2, tax_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.errors import BursarError
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.tests.builders import organization
from services.checkout.tests.fakes import decline, success
from services.checkout.tests.shop import Shop

SUCCEEDED = checkout_pb2.CHECKOUT_STATUS_SUCCEEDED
LATE_SANDBOX = "bursar_cs_________j_-AAAAAAAAAAA" + 43 * "A"
"""The organization's clock would have started after the last year there is."""
QUEBEC = address_pb2.Address(country="CA", state="QC")


async def refused(work: Any) -> str:
    with pytest.raises(BursarError) as error:
        await work
    return error.value.reason


async def change(shop: Shop, checkout: checkout_pb2.Checkout, **fields: Any) -> checkout_pb2.Checkout:
    request = checkout_service_pb2.UpdateClientCheckoutRequest(
        request_id=str(uuid4()),
        client_secret=checkout.client_secret,
        update_mask=FieldMask(paths=list(fields)),
        change=checkout_service_pb2.CheckoutChange(**fields),
    )
    return await shop.client.UpdateClientCheckout(request, shop.call())


async def discount(shop: Shop, **fields: Any) -> discount_pb2.Discount:
    given = {"code": "SPRING", "percentage": discount_pb2.PercentageDiscount(basis_points=5000), **fields}
    given.setdefault("duration", discount_pb2.DISCOUNT_DURATION_ONCE)
    request = discount_service_pb2.CreateDiscountRequest(request_id=str(uuid4()), name="Spring", **given)
    return await shop.discounts.CreateDiscount(request, shop.call())


async def test_the_place_decides_about_the_tax(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(1000), customer_billing_address=None)
    assert not checkout.HasField("tax_amount")
    assert checkout.total_amount == 1000

    german = await change(shop, checkout, customer_billing_address=address_pb2.Address(country="DE"))
    canadian = await change(shop, checkout, customer_billing_address=QUEBEC)

    assert (german.tax_behavior, german.net_amount, german.tax_amount, german.total_amount) == (
        tax_pb2.TAX_BEHAVIOR_INCLUSIVE,
        840,
        160,
        1000,
    )
    assert (canadian.tax_behavior, canadian.net_amount, canadian.tax_amount, canadian.total_amount) == (
        tax_pb2.TAX_BEHAVIOR_EXCLUSIVE,
        1000,
        150,
        1150,
    )
    assert [line.name for line in canadian.tax_lines] == ["GST", "QST"]


async def test_a_business_abroad_pays_no_tax_and_whoever_stops_being_one_does(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(1000))
    french = address_pb2.Address(country="FR", city="Paris", postal_code="75001", line1="1 rue")
    business = await change(shop, checkout, customer_billing_address=french, is_business_customer=True, customer_tax_id="FR40303265045")
    assert (business.tax_amount, business.tax_lines[0].reason) == (0, tax_pb2.TAXABILITY_REASON_REVERSE_CHARGE)
    private = await change(shop, checkout, is_business_customer=False)
    assert not private.HasField("customer_tax_id")
    assert private.tax_amount == 167
    assert await refused(change(shop, checkout, customer_tax_id="FR00000000000")) == "TAX_ID_INVALID"


async def test_the_buyer_may_switch_between_the_products_of_the_cart(shop: Shop) -> None:
    first, second = await shop.product(1000), await shop.product(2000)
    request = checkout_service_pb2.CreateCheckoutRequest(request_id="1", product_ids=[first.id, second.id])
    checkout = await shop.checkouts.CreateCheckout(request, shop.call())
    assert (checkout.product_id, checkout.amount) == (first.id, 1000)
    switched = await change(shop, checkout, product_id=second.id)
    assert (switched.product.id, switched.amount) == (second.id, 2000)
    assert await refused(change(shop, checkout, product_id=str(uuid4()))) == "PRODUCT_NOT_FOUND"


async def test_pay_what_you_want(shop: Shop) -> None:
    request = product_service_pb2.CreateProductRequest(request_id="1", name="Donation")
    request.prices.add(price_currency="eur").custom.preset_amount = 500
    product = await shop.products.CreateProduct(request, shop.call())
    checkout = await shop.checkout(product)
    assert checkout.amount == 500
    assert (await change(shop, checkout, amount=1500)).total_amount == 1500
    assert await refused(change(shop, checkout, amount=10)) == "AMOUNT_NOT_ALLOWED"


async def test_a_code_is_entered_and_taken_away(shop: Shop) -> None:
    await discount(shop)
    checkout = await shop.checkout(await shop.product(1000))
    reduced = await change(shop, checkout, discount_code="spring")
    assert (reduced.discount_amount, reduced.total_amount, reduced.is_discount_applicable) == (500, 500, True)
    assert (await change(shop, checkout, discount_code="")).total_amount == 1000
    assert await refused(change(shop, checkout, discount_code="nothing")) == "DISCOUNT_NOT_FOUND"
    closed = await shop.checkout(await shop.product(1000), allow_discount_codes=False)
    assert await refused(change(shop, closed, discount_code="SPRING")) == "DISCOUNT_CODES_NOT_ALLOWED"


async def test_the_last_redemption_goes_to_one_of_many(shop: Shop) -> None:
    made = await discount(shop, max_redemptions=3)
    product = await shop.product(1000)
    checkouts = [await shop.checkout(product, discount_code="SPRING", customer_email=f"buyer{number}@example.com") for number in range(12)]

    answers = await asyncio.gather(*(shop.confirm(checkout) for checkout in checkouts), return_exceptions=True)

    bought = [answer for answer in answers if isinstance(answer, checkout_pb2.Checkout)]
    failed = [answer for answer in answers if isinstance(answer, BursarError)]
    assert len(bought) == 3
    assert {error.reason for error in failed} == {"DISCOUNT_EXHAUSTED"}
    found = await shop.discounts.GetDiscount(discount_service_pb2.GetDiscountRequest(id=made.id), shop.call())
    assert found.redemptions_count == 3


async def test_one_person_redeems_as_often_as_allowed_whatever_the_alias(shop: Shop) -> None:
    await discount(shop, max_redemptions_per_customer=1)
    product = await shop.product(1000)
    first = await shop.checkout(product, discount_code="SPRING", customer_email="ada@example.com")
    second = await shop.checkout(product, discount_code="SPRING", customer_email="Ada+2@example.com")
    assert (await shop.confirm(first)).status == SUCCEEDED
    assert await refused(shop.confirm(second)) == "DISCOUNT_EXHAUSTED"


async def test_a_decline_gives_the_redemption_back(shop: Shop) -> None:
    made = await discount(shop, max_redemptions=1)
    shop.payments.answers = [decline, success]
    checkout = await shop.checkout(await shop.product(1000), discount_code="SPRING")
    await shop.confirm(checkout)
    request = discount_service_pb2.GetDiscountRequest(id=made.id)
    assert (await shop.discounts.GetDiscount(request, shop.call())).redemptions_count == 0
    assert (await shop.confirm(checkout)).status == SUCCEEDED
    assert (await shop.discounts.GetDiscount(request, shop.call())).redemptions_count == 1


async def test_a_subscription_starts_with_a_charge_and_a_saved_card(shop: Shop) -> None:
    bought = await shop.confirm(await shop.checkout(await shop.product(1000, monthly=True)))
    order = await shop.orders.GetOrder(order_service_pb2.GetOrderRequest(id=bought.order_id), shop.call())
    assert bought.subscription_id == order.subscription_id != ""
    assert order.billing_reason == order_pb2.ORDER_BILLING_REASON_SUBSCRIPTION_CREATE
    period = order.items[0]
    assert (period.end_timestamp.seconds - period.start_timestamp.seconds) // 86400 == 30
    (row,) = await shop.sql("select payment_method_id from checkout")
    assert row["payment_method_id"] is not None


async def test_a_trial_saves_a_card_and_orders_nothing(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(1000, monthly=True, trial_days=14))
    assert (checkout.is_payment_required, checkout.is_payment_setup_required) == (False, True)
    assert checkout.active_trial_interval == intervals_pb2.RECURRING_INTERVAL_DAY

    bought = await shop.confirm(checkout)

    order = await shop.orders.GetOrder(order_service_pb2.GetOrderRequest(id=bought.order_id), shop.call())
    assert (order.total_amount, order.status, order.receipt_number) == (0, order_pb2.ORDER_STATUS_PAID, "")
    assert shop.payments.saved == [UUID(checkout.id)]
    assert not shop.payments.charged


async def test_a_trial_without_a_card_if_the_organization_allows(shop: Shop) -> None:
    shop.directory.made = lambda organization_id: organization(organization_id, allow_trial_without_payment_method=True)
    checkout = await shop.checkout(await shop.product(1000, monthly=True, trial_days=14))
    assert (await shop.confirm(checkout, confirmation_token_id=None)).status == SUCCEEDED
    assert shop.payments.calls == 0


async def test_a_second_trial_of_the_same_person_is_refused_if_asked_for(shop: Shop) -> None:
    shop.directory.made = lambda each: organization(each, prevent_trial_abuse=True, allow_multiple_subscriptions=True)
    product = await shop.product(1000, monthly=True, trial_days=14)
    await shop.confirm(await shop.checkout(product, customer_email="ada@example.com"))
    again = await shop.checkout(product, customer_email="ada+again@example.com")
    assert await refused(shop.confirm(again)) == "TRIAL_ALREADY_USED"


async def test_who_has_a_subscription_gets_no_second_one(shop: Shop) -> None:
    product = await shop.product(1000, monthly=True)
    await shop.confirm(await shop.checkout(product))
    shop.subscriptions.count = 1
    assert await refused(shop.confirm(await shop.checkout(product))) == "ALREADY_SUBSCRIBED"
    other = await shop.confirm(await shop.checkout(product, customer_email="bob@example.com"))
    assert other.status == SUCCEEDED
    assert len(shop.subscriptions.asked) == 1, "a new customer needs no question"


async def test_what_was_bought_counts_until_the_subscription_service_knows_it_and_then_does_what_that_says(shop: Shop) -> None:
    product = await shop.product(1000, monthly=True)
    bought = await shop.confirm(await shop.checkout(product))
    shop.clock.advance(timedelta(hours=1))
    assert await refused(shop.confirm(await shop.checkout(product))) == "ALREADY_SUBSCRIBED", "it has not started yet"
    started = StandingSubscription(UUID(bought.subscription_id), UUID(bought.customer_id), False, False, None, UUID(bought.id))
    shop.subscriptions.standing = [replace(started, has_begun=False)]
    assert await refused(shop.confirm(await shop.checkout(product))) == "ALREADY_SUBSCRIBED", "its payment was not heard of yet"
    shop.subscriptions.standing = [started]
    assert (await shop.confirm(await shop.checkout(product))).status == SUCCEEDED, "it has ended"


async def test_too_little_to_charge_is_owed(shop: Shop) -> None:
    await discount(shop, percentage=discount_pb2.PercentageDiscount(basis_points=9700))
    checkout = await shop.checkout(await shop.product(1000), discount_code="SPRING")
    bought = await shop.confirm(checkout, confirmation_token_id=None)
    order = await shop.orders.GetOrder(order_service_pb2.GetOrderRequest(id=bought.order_id), shop.call())
    assert (order.total_amount, order.applied_balance_amount, order.due_amount, order.paid) == (30, -30, 0, True)
    assert [row["amount"] for row in await shop.sql("select amount from customer_balance")] == [-30]


async def test_of_many_first_subscriptions_at_once_one_is_sold(shop: Shop) -> None:
    product = await shop.product(1000, monthly=True)
    checkouts = [await shop.checkout(product) for _ in range(6)]

    answers = await asyncio.gather(*(shop.confirm(checkout) for checkout in checkouts), return_exceptions=True)

    assert sum(isinstance(answer, checkout_pb2.Checkout) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, BursarError)} == {"ALREADY_SUBSCRIBED"}
    assert shop.payments.calls == 1


@pytest.mark.parametrize(
    ("fields", "token", "reason"),
    [
        ({"customer_email": None}, "ctoken", "CUSTOMER_EMAIL_MISSING"),
        ({"customer_billing_address": None}, "ctoken", "BILLING_ADDRESS_MISSING"),
        ({"customer_billing_address": address_pb2.Address(country="US")}, "ctoken", "BILLING_ADDRESS_MISSING"),
        ({"is_business_customer": True}, "ctoken", "BILLING_ADDRESS_MISSING"),
        ({"require_billing_address": True}, "ctoken", "BILLING_ADDRESS_MISSING"),
        ({}, None, "PAYMENT_METHOD_MISSING"),
    ],
)
async def test_what_a_purchase_needs(shop: Shop, fields: dict[str, Any], token: str | None, reason: str) -> None:
    checkout = await shop.checkout(await shop.product(1000), **fields)
    assert await refused(shop.confirm(checkout, confirmation_token_id=token)) == reason
    assert (await shop.sql("select count(*) from orders"))[0]["count"] == 0


async def test_last_changes_come_with_the_yes(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(1000), customer_email=None, customer_billing_address=None)
    last = checkout_service_pb2.CheckoutChange(customer_email="ada@example.com", customer_billing_address=address_pb2.Address(country="AT"))
    bought = await shop.confirm(checkout, change=last)
    assert (bought.status, bought.tax_amount) == (SUCCEEDED, 167)


async def test_an_archived_price_blocks_the_yes(shop: Shop) -> None:
    product = await shop.product(1000)
    checkout = await shop.checkout(product)
    update = product_service_pb2.UpdateProductRequest(request_id="1", id=product.id, update_mask=FieldMask(paths=["prices"]))
    update.prices.add(price_currency="eur").fixed.price_amount = 2000
    await shop.products.UpdateProduct(update, shop.call())
    assert await refused(shop.confirm(checkout)) == "PRODUCT_ARCHIVED"
    assert (await change(shop, checkout, customer_name="Ada")).total_amount == 2000
    assert (await shop.confirm(checkout)).status == SUCCEEDED
    late = await shop.checkout(product)
    await shop.products.UpdateProduct(
        product_service_pb2.UpdateProductRequest(
            request_id="2", id=product.id, update_mask=FieldMask(paths=["is_archived"]), is_archived=True
        ),
        shop.call(),
    )
    assert await refused(shop.confirm(late)) == "PRODUCT_ARCHIVED"
    assert await refused(shop.checkout(product)) == "PRODUCT_ARCHIVED"


async def test_a_known_customer_is_recognized_and_completed(shop: Shop) -> None:
    request = customer_service_pb2.CreateCustomerRequest(request_id="1", email="Ada@example.com", external_id="u1")
    ada = await shop.customers.CreateCustomer(request, shop.call())
    bought = await shop.confirm(await shop.checkout(await shop.product(1000), customer_name="Ada L."))
    assert bought.customer_id == ada.id
    assert (await shop.sql("select external_customer_id from orders"))[0]["external_customer_id"] == "u1"
    found = await shop.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=ada.id), shop.call())
    assert (found.name, found.billing_address.country) == ("Ada L.", "DE")


async def test_who_only_types_an_address_changes_nothing_of_that_customer_and_learns_nothing(shop: Shop) -> None:
    request = customer_service_pb2.CreateCustomerRequest(
        request_id="1", email="ada@example.com", external_id="u1", name="Ada L.", billing_address=address_pb2.Address(country="AT")
    )
    ada = await shop.customers.CreateCustomer(request, shop.call())
    product = await shop.product(0)
    stranger = await shop.confirm(await shop.checkout(product, metadata={"note": "for us"}), confirmation_token_id=None)
    assert (stranger.customer_name, stranger.external_customer_id, len(stranger.metadata.fields)) == ("", "", 0)
    found = await shop.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=ada.id), shop.call())
    assert found == ada

    await shop.confirm(await shop.checkout(product, external_customer_id="u1"), confirmation_token_id=None)
    found = await shop.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=ada.id), shop.call())
    assert found.billing_address.country == "DE"


async def test_a_declined_attempt_does_not_make_a_stranger_the_customer_whose_address_they_typed(shop: Shop) -> None:
    request = customer_service_pb2.CreateCustomerRequest(request_id="1", email="ada@example.com", external_id="u1", name="Ada L.")
    ada = await shop.customers.CreateCustomer(request, shop.call())
    balance = customer_balance_service_pb2.AdjustCustomerBalanceRequest(
        request_id="2", customer_id=ada.id, currency="eur", amount=5000, reason="goodwill"
    )
    await shop.balances.AdjustCustomerBalance(balance, shop.call())
    shop.payments.answers = [decline, success]
    checkout = await shop.checkout(await shop.product(1000), customer_email="ada@example.com", customer_billing_name="Eve")

    assert await refused(shop.confirm(checkout, confirmation_token_id=None)) == "PAYMENT_METHOD_MISSING", "her balance is hers"
    assert (await shop.confirm(checkout)).customer_id == ada.id
    corrected = checkout_service_pb2.CheckoutChange(customer_email="eve@example.com")
    bought = await shop.confirm(checkout, change=corrected)

    assert (bought.status, bought.customer_email) == (SUCCEEDED, "eve@example.com")
    (row,) = await shop.sql("select customer_id, external_customer_id, due_amount from orders")
    assert (str(row["customer_id"]), row["external_customer_id"], row["due_amount"]) == (bought.customer_id, None, 1000)
    assert bought.customer_id != ada.id
    found = await shop.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=ada.id), shop.call())
    assert (found.name, found.billing_name) == ("Ada L.", "Eve"), "what was missing, by the first attempt, and no more"


async def test_two_first_purchases_of_one_person_make_one_customer(shop: Shop) -> None:
    product = await shop.product(0)
    checkouts = [await shop.checkout(product) for _ in range(6)]
    bought = await asyncio.gather(*(shop.confirm(checkout, confirmation_token_id=None) for checkout in checkouts))
    assert len({answer.customer_id for answer in bought}) == 1
    numbers = sorted(row["invoice_number"][-4:] for row in await shop.sql("select invoice_number from orders"))
    assert numbers == [f"{number:04d}" for number in range(1, 7)], "a series has no gaps"


async def test_a_closed_checkout_does_not_change(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(1000))
    await shop.confirm(checkout)
    assert await refused(change(shop, checkout, customer_name="Eve")) == "CHECKOUT_NOT_OPEN"


async def test_two_buyers_may_use_the_same_request_id(shop: Shop) -> None:
    product = await shop.product(1000)
    for name in ("Ada", "Bob"):
        checkout = await shop.checkout(product)
        request = checkout_service_pb2.UpdateClientCheckoutRequest(
            request_id="1", client_secret=checkout.client_secret, update_mask=FieldMask(paths=["customer_name"])
        )
        request.change.customer_name = name
        assert (await shop.client.UpdateClientCheckout(request, shop.call())).customer_name == name


@pytest.mark.parametrize("secret", ["bursar_cs_0000000000000000000000", "x" * 40, "ü" * 20, LATE_SANDBOX])
async def test_a_secret_of_nobody_finds_nothing(shop: Shop, secret: str) -> None:
    request = checkout_service_pb2.GetClientCheckoutRequest(client_secret=secret)
    assert await refused(shop.client.GetClientCheckout(request, shop.call())) == "CHECKOUT_NOT_FOUND"
    confirm = checkout_service_pb2.ConfirmClientCheckoutRequest(request_id="1", client_secret=secret)
    assert await refused(shop.client.ConfirmClientCheckout(confirm, shop.call())) == "CHECKOUT_NOT_FOUND"


async def test_checkouts_and_orders_are_listed(shop: Shop) -> None:
    product = await shop.product(1000)
    bought = await shop.confirm(await shop.checkout(product))
    await shop.checkout(product, customer_email="bob@example.com")
    listed = await shop.checkouts.ListCheckouts(checkout_service_pb2.ListCheckoutsRequest(status=SUCCEEDED), shop.call())
    by_email = await shop.checkouts.ListCheckouts(checkout_service_pb2.ListCheckoutsRequest(query="BOB@"), shop.call())
    assert [each.id for each in listed.checkouts] == [bought.id]
    assert [each.customer_email for each in by_email.checkouts] == ["bob@example.com"]
    request = order_service_pb2.ListOrdersRequest(
        status=[order_pb2.ORDER_STATUS_PAID], checkout_id=[bought.id], order_by="-total_amount", include_total=True
    )
    orders = await shop.orders.ListOrders(request, shop.call())
    assert [each.id for each in orders.orders] == [bought.order_id]
    assert orders.total_count == 1
    missing = order_service_pb2.ListOrdersRequest(status=[order_pb2.ORDER_STATUS_REFUNDED])
    assert not (await shop.orders.ListOrders(missing, shop.call())).orders
