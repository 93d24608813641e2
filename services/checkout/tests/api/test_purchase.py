"""A purchase from cart to paid order, as a dialogue."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2, order_pb2, order_service_pb2

from services.chassis.errors import Invalid, NotPossibleNow
from services.checkout.domain.payment import ActionNeeded, AttemptOutcome, PaymentAction, Succeeded
from services.checkout.tests.fakes import decline, silence, success
from services.checkout.tests.shop import Shop
from services.checkout.usecases.expire_checkouts import expire_checkouts
from services.checkout.usecases.resolve_attempts import resolve_attempts
from services.checkout.usecases.settle_attempts import settle_attempts

SUCCEEDED = checkout_pb2.CHECKOUT_STATUS_SUCCEEDED
CONFIRMED = checkout_pb2.CHECKOUT_STATUS_CONFIRMED
OPEN = checkout_pb2.CHECKOUT_STATUS_OPEN


async def order_of(shop: Shop, checkout: checkout_pb2.Checkout) -> order_pb2.Order:
    return await shop.orders.GetOrder(order_service_pb2.GetOrderRequest(id=checkout.order_id), shop.call())


async def test_a_free_product_is_bought_without_payments(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(0))
    assert not checkout.is_payment_required

    bought = await shop.confirm(checkout, confirmation_token_id=None)

    order = await order_of(shop, bought)
    assert bought.status == SUCCEEDED
    assert (order.status, order.total_amount, order.due_amount) == (order_pb2.ORDER_STATUS_PAID, 0, 0)
    assert order.invoice_number.startswith("ACME-")
    assert order.invoice_number.endswith("-0001")
    assert shop.payments.calls == 0
    assert await shop.facts() == [
        "product.created",
        "checkout.created",
        "customer.created",
        "checkout.updated",
        "order.created",
        "checkout.succeeded",
        "order.paid",
    ]


async def test_a_paid_product_is_charged_once_and_delivered(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product(1190))
    assert (checkout.net_amount, checkout.tax_amount, checkout.total_amount) == (1000, 190, 1190)

    bought = await shop.confirm(checkout)

    order = await order_of(shop, bought)
    assert bought.status == SUCCEEDED
    assert (order.subtotal_amount, order.net_amount, order.tax_amount, order.total_amount, order.due_amount) == (
        1190,
        1000,
        190,
        1190,
        1190,
    )
    assert order.items[0].tax_amount == 190
    assert order.receipt_number.startswith("RCPT-")
    assert list(shop.payments.charged.values()) == [1190]


async def test_a_decline_opens_the_checkout_and_the_next_attempt_pays_the_same_order(shop: Shop) -> None:
    shop.payments.answers = [decline, success]
    checkout = await shop.checkout(await shop.product())

    declined = await shop.confirm(checkout)
    assert declined.status == OPEN
    assert declined.payment_failure.decline_code == "insufficient_funds"
    assert (await order_of(shop, declined)).status == order_pb2.ORDER_STATUS_PENDING

    bought = await shop.confirm(checkout)
    assert bought.status == SUCCEEDED
    assert bought.order_id == declined.order_id
    assert not bought.HasField("payment_failure")
    assert len(shop.payments.charged) == 1
    facts = await shop.facts()
    assert facts.count("order.created") == 1
    assert facts.count("order.payment_failed") == 1
    assert facts.count("order.paid") == 1


async def test_the_order_of_a_checkout_is_paid_and_void_with_it_and_not_by_hand(shop: Shop) -> None:
    shop.payments.answers = [decline]
    declined = await shop.confirm(await shop.checkout(await shop.product()))
    void = order_service_pb2.VoidOrderRequest(request_id="1", id=declined.order_id)
    retry = order_service_pb2.RetryOrderPaymentRequest(request_id="1", id=declined.order_id, confirmation_token_id="ctoken")
    for by_hand in (shop.orders.VoidOrder(void, shop.call("void")), shop.orders.RetryOrderPayment(retry, shop.call("retry"))):
        with pytest.raises(NotPossibleNow) as refused:
            await by_hand
        assert refused.value.reason == "PAYMENT_UNDER_WAY"
    assert shop.charges.asked == {}


async def test_a_repeated_confirm_after_a_decline_does_not_charge_again(shop: Shop) -> None:
    shop.payments.answers = [decline, success]
    checkout = await shop.checkout(await shop.product())
    await shop.confirm(checkout, request_id="one")

    again = await shop.confirm(checkout, request_id="one")

    assert again.status == OPEN
    assert shop.payments.calls == 1
    with pytest.raises(Invalid) as refused:
        await shop.confirm(checkout, request_id="one", confirmation_token_id="ctoken_other")
    assert refused.value.reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize("same_request", [True, False])
async def test_200_parallel_confirms_make_one_charge_and_one_order(shop: Shop, same_request: bool) -> None:
    shop.payments.seconds = 0.05
    checkout = await shop.checkout(await shop.product())

    answers = await asyncio.gather(
        *(shop.confirm(checkout, request_id="one" if same_request else f"number {number}") for number in range(200))
    )

    assert {answer.status for answer in answers} <= {CONFIRMED, SUCCEEDED}
    assert shop.payments.calls == 1
    assert (await shop.sql("select count(*) from orders"))[0]["count"] == 1
    assert (await shop.facts()).count("order.paid") == 1


async def test_without_an_answer_it_stays_confirmed_until_a_fact_tells(shop: Shop) -> None:
    shop.payments.answers = [silence]
    waiting = await shop.confirm(await shop.checkout(await shop.product()))
    assert waiting.status == CONFIRMED

    (row,) = await shop.sql("select id, payment_id from checkout")
    outcome = AttemptOutcome(row["id"], 1, Succeeded(row["payment_id"], "stripe", None))
    for _ in range(3):
        async with shop.open_all() as store:
            await settle_attempts([outcome, outcome], store=store)

    order = await order_of(shop, waiting)
    assert order.paid
    assert order.invoice_number.endswith("-0001")
    assert (await shop.facts()).count("order.paid") == 1


async def test_a_sweep_asks_payments_for_what_nobody_told(lone_shop: Shop) -> None:
    shop = lone_shop
    shop.payments.answers = [silence]
    checkout = await shop.confirm(await shop.checkout(await shop.product()))

    assert await resolve_attempts(shop.clock.now(), open_store=shop.open_all, payments=shop.payments) == 0, "too soon"
    shop.clock.advance(timedelta(seconds=31))
    assert await resolve_attempts(shop.clock.now(), open_store=shop.open_all, payments=shop.payments) == 1

    found = await shop.client.GetClientCheckout(
        checkout_service_pb2.GetClientCheckoutRequest(client_secret=checkout.client_secret), shop.call()
    )
    assert found.status == OPEN
    assert found.payment_failure.code == "payment_not_made"


async def test_a_buyer_who_has_to_act_is_told_how_and_may_come_back(shop: Shop) -> None:
    shop.payments.answers = [lambda _: ActionNeeded(PaymentAction("pi_secret", "https://bank.example"))]
    checkout = await shop.checkout(await shop.product())

    first = await shop.confirm(checkout)
    again = await shop.confirm(checkout)

    assert first.payment_action.redirect_url == again.payment_action.redirect_url == "https://bank.example"
    assert shop.payments.calls == 1


async def test_money_that_comes_after_expiry_is_delivered(lone_shop: Shop) -> None:
    shop = lone_shop
    shop.payments.answers = [decline]
    checkout = await shop.confirm(await shop.checkout(await shop.product()))
    shop.clock.advance(timedelta(hours=25))
    assert await expire_checkouts(shop.clock.now(), open_store=shop.open_all) == 1
    assert (await order_of(shop, checkout)).status == order_pb2.ORDER_STATUS_VOID

    (row,) = await shop.sql("select id, payment_id from checkout")
    async with shop.open_all() as store:
        outcome = AttemptOutcome(row["id"], 1, Succeeded(row["payment_id"], "stripe", None))
        await settle_attempts([outcome], store=store)

    assert (await order_of(shop, checkout)).paid


async def test_a_second_payment_of_a_paid_order_is_kept_for_somebody_to_give_back(shop: Shop) -> None:
    checkout = await shop.confirm(await shop.checkout(await shop.product()))
    (row,) = await shop.sql("select id from checkout")

    async with shop.open_all() as store:
        await settle_attempts([AttemptOutcome(row["id"], 2, Succeeded(uuid4(), "stripe", None))], store=store)

    assert len(await shop.sql("select * from surplus_payment")) == 1
    assert (await order_of(shop, checkout)).paid


async def test_a_checkout_with_a_payment_under_way_does_not_expire(lone_shop: Shop) -> None:
    shop = lone_shop
    shop.payments.answers = [silence]
    await shop.confirm(await shop.checkout(await shop.product()))
    shop.clock.advance(timedelta(hours=25))

    assert await expire_checkouts(shop.clock.now(), open_store=shop.open_all) == 0


async def test_an_expired_checkout_cannot_be_confirmed(shop: Shop) -> None:
    checkout = await shop.checkout(await shop.product())
    shop.clock.advance(timedelta(hours=25))

    with pytest.raises(NotPossibleNow) as refused:
        await shop.confirm(checkout)
    assert refused.value.reason == "CHECKOUT_EXPIRED"
