"""Purchases that a balance pays, alone and against each other."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from bursar.checkout.v1 import (
    billing_service_pb2,
    checkout_pb2,
    discount_pb2,
    discount_service_pb2,
)
from bursar.payments.v1 import payments_events_pb2
from bursar.types.v1 import tax_pb2

from services.chassis.errors import NotPossibleNow
from services.checkout.domain.price import TaxBehavior
from services.checkout.tests.api.test_billing import adjust, balance
from services.checkout.tests.builders import organization
from services.checkout.tests.fakes import decline
from services.checkout.tests.shop import Shop
from services.checkout.tests.subscribers import billing, subscriber


async def test_a_card_is_asked_for_where_renewals_follow_what_the_balance_covers(shop: Shop) -> None:
    product = await shop.product(1000, monthly=True)
    ada = await subscriber(shop)
    await adjust(shop, ada, 1000)
    cart = await shop.checkout(product, customer_id=ada)
    with pytest.raises(NotPossibleNow) as refused:
        await shop.confirm(cart, confirmation_token_id=None)
    assert refused.value.reason == "PAYMENT_METHOD_MISSING"
    assert (await shop.confirm(cart)).status == checkout_pb2.CHECKOUT_STATUS_SUCCEEDED
    assert (shop.payments.charged, len(shop.payments.saved)) == ({}, 1)


async def test_a_billing_that_leaves_it_open_is_taxed_as_the_organization_sells(shop: Shop) -> None:
    shop.directory.made = lambda organization_id: organization(
        organization_id, default_tax_behavior=TaxBehavior.EXCLUSIVE, tax_registrations=("DE",)
    )
    due = billing(await subscriber(shop), tax_behavior=tax_pb2.TAX_BEHAVIOR_UNSPECIFIED)
    made = await shop.billing.BillNow(billing_service_pb2.BillNowRequest(billing=due), shop.call())
    assert (made.net_amount, made.total_amount) == (1000, 1190)


async def test_a_purchase_without_a_charge_and_a_late_payment_do_not_wait_in_a_circle(shop: Shop) -> None:
    """Both take from the balance of one customer, redeem the same discount and draw from the same series."""
    product, ada = await shop.product(1000), await subscriber(shop)
    discount = await shop.discounts.CreateDiscount(
        discount_service_pb2.CreateDiscountRequest(
            request_id="d",
            name="Spring",
            percentage=discount_pb2.PercentageDiscount(basis_points=2000),
            duration=discount_pb2.DISCOUNT_DURATION_ONCE,
        ),
        shop.call(),
    )
    for _ in range(8):
        await adjust(shop, ada, 400)
        shop.payments.answers = [decline]
        late = await shop.confirm(await shop.checkout(product, customer_id=ada, discount_id=discount.id))
        await adjust(shop, ada, 5000)
        cart = await shop.checkout(product, customer_id=ada, discount_id=discount.id)
        fact = payments_events_pb2.PaymentSucceeded(payment_id=str(uuid4()), checkout_id=late.id, order_id=late.order_id, attempt=1)
        await asyncio.gather(shop.confirm(cart), shop.react("payment.succeeded", fact))
        await adjust(shop, ada, -await balance(shop, ada))
    assert await shop.sql("select status, count(*) from orders group by status") == [{"status": "paid", "count": 16}]
    assert len(await shop.sql("select 1 from discount_redemption")) == 16
