"""A free subscription goes on with what its customer buys."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2, customer_service_pb2, product_pb2

from services.chassis.errors import BursarError
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.tests.api.test_quantities import SEATS, price, product, succeeded
from services.checkout.tests.builders import organization
from services.checkout.tests.shop import Shop

SUCCEEDED = checkout_pb2.CHECKOUT_STATUS_SUCCEEDED


async def customer(shop: Shop, email: str = "ada@example.com") -> UUID:
    request = customer_service_pb2.CreateCustomerRequest(request_id=str(uuid4()), email=email)
    return UUID((await shop.customers.CreateCustomer(request, shop.call())).id)


def standing(shop: Shop, customer_id: UUID, **fields: Any) -> StandingSubscription:
    """A free subscription that runs, unless told otherwise; the subscription service knows it."""
    given: dict[str, Any] = {"is_running": True, "is_free": True, "seats": None} | fields
    made = StandingSubscription(uuid4(), customer_id, **given)
    shop.subscriptions.standing.append(made)
    shop.subscriptions.count = 1
    return made


async def upgrade(shop: Shop, subscription: StandingSubscription, sold: product_pb2.Product, **fields: Any) -> checkout_pb2.Checkout:
    request = checkout_service_pb2.CreateCheckoutRequest(
        request_id=str(uuid4()), product_ids=[sold.id], upgraded_subscription_id=str(subscription.id), **fields
    )
    request.customer_billing_address.country = "DE"
    return await shop.checkouts.CreateCheckout(request, shop.call())


async def refused(work: Any) -> str:
    with pytest.raises(BursarError) as error:
        await work
    return error.value.reason


async def test_the_subscription_keeps_its_id_and_its_customer_pays(shop: Shop) -> None:
    ada = await customer(shop)
    free = standing(shop, ada)
    checkout = await upgrade(shop, free, await shop.product(1000, monthly=True))
    assert (checkout.upgraded_subscription_id, checkout.customer_id, checkout.customer_email) == (str(free.id), str(ada), "ada@example.com")

    bought = await shop.confirm(checkout)

    assert (bought.status, bought.subscription_id) == (SUCCEEDED, str(free.id))
    fact = await succeeded(shop)
    assert (fact.subscription_id, fact.upgrades_subscription) == (str(free.id), True)


async def test_it_does_not_count_as_another_subscription_but_others_do(shop: Shop) -> None:
    free = standing(shop, await customer(shop))
    paid = await shop.product(1000, monthly=True)
    plain = await shop.checkout(paid)
    assert await refused(shop.confirm(plain)) == "ALREADY_SUBSCRIBED"
    shop.subscriptions.count = 2
    checkout = await upgrade(shop, free, paid)
    assert await refused(shop.confirm(checkout)) == "ALREADY_SUBSCRIBED"
    shop.subscriptions.count = 1
    assert (await shop.confirm(checkout)).status == SUCCEEDED


async def test_what_cannot_be_upgraded(shop: Shop) -> None:
    ada, bob = await customer(shop), await customer(shop, "bob@example.com")
    paid = await shop.product(1000, monthly=True)
    free = standing(shop, ada)
    assert await refused(upgrade(shop, standing(shop, ada, is_free=False), paid)) == "SUBSCRIPTION_NOT_FREE"
    assert await refused(upgrade(shop, standing(shop, ada, is_running=False), paid)) == "SUBSCRIPTION_NOT_FREE"
    assert await refused(upgrade(shop, StandingSubscription(uuid4(), ada, True, True, None), paid)) == "SUBSCRIPTION_NOT_FOUND"
    assert await refused(upgrade(shop, free, paid, customer_id=str(bob))) == "SUBSCRIPTION_NOT_FOUND"
    assert await refused(upgrade(shop, free, paid, external_customer_id="somebody new")) == "SUBSCRIPTION_NOT_FOUND"
    assert await refused(upgrade(shop, free, await shop.product(1000))) == "PRODUCT_NOT_RECURRING"


async def test_what_is_free_no_more_is_not_upgraded_twice(shop: Shop) -> None:
    shop.directory.made = lambda organization_id: organization(organization_id, allow_multiple_subscriptions=True)
    free = standing(shop, await customer(shop))
    paid = await shop.product(1000, monthly=True)
    first, second, late = [await upgrade(shop, free, paid) for _ in range(3)]
    answers = await asyncio.gather(shop.confirm(first), shop.confirm(second), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Checkout", "SubscriptionNotFree"]
    shop.clock.advance(timedelta(hours=1))
    assert await refused(shop.confirm(late)) == "SUBSCRIPTION_NOT_FREE", "the purchase is not in it yet, however long that takes"
    (bought,) = [answer for answer in answers if isinstance(answer, checkout_pb2.Checkout)]
    later = await upgrade(shop, free, await shop.product(0, monthly=True))
    shop.subscriptions.standing = [replace(free, checkout_id=UUID(bought.id))]
    assert (await shop.confirm(later, confirmation_token_id=None)).status == SUCCEEDED, "it is, and still costs nothing"
    shop.subscriptions.standing = [StandingSubscription(free.id, free.customer_id, True, False, None)]
    assert await refused(shop.confirm(late)) == "SUBSCRIPTION_NOT_FREE"


async def test_seats_that_may_be_taken_are_kept(shop: Shop) -> None:
    free = standing(shop, await customer(shop), seats=7)
    sold = await product(shop, price(seat_based=SEATS))
    checkout = await upgrade(shop, free, sold)
    assert (checkout.seats, checkout.min_seats) == (7, 7)
    assert await refused(upgrade(shop, free, sold, seats=6)) == "QUANTITY_NOT_ALLOWED"
