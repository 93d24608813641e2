"""Subscriptions of free products, without a checkout."""

from __future__ import annotations

from typing import Any

from bursar.checkout.v1 import customer_pb2, product_pb2
from bursar.checkout.v1.checkout_events_pb2 import CustomerDeleted
from bursar.subscription.v1 import subscription_pb2 as pb
from bursar.types.v1 import tax_pb2

from services.chassis.ids import new_id
from services.subscription.tests.builders import NOW, ORGANIZATION, event_of, timestamp
from services.subscription.tests.changes.world import OURS, ChangeWorld, a_price, by_seats


def customer(world: ChangeWorld) -> str:
    customer_id = str(new_id())
    world.checkout.customers[customer_id] = customer_pb2.Customer(id=customer_id, organization_id=str(ORGANIZATION), external_id="c-1")
    return customer_id


async def create(world: ChangeWorld, **fields: Any) -> pb.Subscription:
    answer: pb.Subscription = await world.client.call("CreateSubscription", OURS, **fields)
    return answer


async def test_a_free_product_is_subscribed_to_at_once(world: ChangeWorld) -> None:
    product_id, customer_id = world.product(0), customer(world)
    made = await create(world, product_id=product_id, customer_id=customer_id, metadata={"from": "api"})
    assert (made.status, made.amount, made.customer_id, made.external_customer_id) == (
        pb.SUBSCRIPTION_STATUS_ACTIVE,
        0,
        customer_id,
        "c-1",
    )
    assert (made.current_period_start, dict(made.metadata)) == (timestamp(NOW), {"from": "api"})
    assert await world.get(made.id) == made
    rows = await world.rows("select type from outbox order by position")
    assert [row["type"] for row in rows] == ["subscription.created", "subscription.active", "subscription.updated"]


async def test_it_is_made_once_a_request(world: ChangeWorld) -> None:
    asked = {"request_id": "r1", "product_id": world.product(0), "customer_id": customer(world)}
    made = await create(world, **asked)
    world.checkout.products.clear()
    world.checkout.customers.clear()
    assert await create(world, **asked) == made
    assert (await world.client.refusal("CreateSubscription", OURS, **{**asked, "request_id": "r2"}))[1] == "PRODUCT_NOT_FOUND"


async def test_taxes_are_as_the_price_says_or_the_organization(world: ChangeWorld) -> None:
    said = a_price(fixed=product_pb2.FixedPrice(price_amount=0), tax_behavior=tax_pb2.TAX_BEHAVIOR_INCLUSIVE)
    unsaid = a_price(fixed=product_pb2.FixedPrice(price_amount=0))
    await create(world, product_id=world.product(prices=[unsaid]), customer_id=customer(world))
    await world.organization(tax_behavior=tax_pb2.TAX_BEHAVIOR_EXCLUSIVE)
    for price in (said, unsaid):
        await create(world, product_id=world.product(prices=[price]), customer_id=customer(world))
    rows = await world.rows("select tax_behavior from subscription order by id")
    assert [row["tax_behavior"] for row in rows] == ["location", "inclusive", "exclusive"]


async def test_a_free_seat_is_the_fewest_that_are_sold(world: ChangeWorld) -> None:
    product_id = world.product(prices=[by_seats(0, minimum_seats=2)])
    assert (await create(world, product_id=product_id, customer_id=customer(world))).seats == 2


async def test_one_billable_subscription_unless_more_are_allowed(world: ChangeWorld) -> None:
    asked = {"product_id": world.product(0), "customer_id": customer(world)}
    await create(world, **asked)
    assert (await world.client.refusal("CreateSubscription", OURS, **asked))[:2] == ("ALREADY_EXISTS", "ALREADY_SUBSCRIBED")
    await world.organization(allow_multiple_subscriptions=True)
    assert (await create(world, **asked)).status == pb.SUBSCRIPTION_STATUS_ACTIVE


async def test_a_customer_who_was_deleted_meanwhile_gets_none(world: ChangeWorld) -> None:
    customer_id = customer(world)
    await world.reactor.take([event_of(CustomerDeleted(customer_id=customer_id))])
    refusal = await world.client.refusal("CreateSubscription", OURS, product_id=world.product(0), customer_id=customer_id)
    assert refusal[1] == "CUSTOMER_NOT_FOUND"
    assert await world.rows("select id from subscription") == []


async def test_what_is_not_free_or_not_there_is_refused(world: ChangeWorld) -> None:
    customer_id = customer(world)
    for product_id, reason in (
        (world.product(1), "PRODUCT_NOT_FREE"),
        (world.product(prices=[a_price(custom=product_pb2.CustomPrice(minimum_amount=0))]), "PRODUCT_NOT_FREE"),
        (world.product(0, is_archived=True), "PRODUCT_ARCHIVED"),
        (world.product(0, recurring_interval=0), "PRODUCT_NOT_RECURRING"),
        (str(new_id()), "PRODUCT_NOT_FOUND"),
    ):
        refusal = await world.client.refusal("CreateSubscription", OURS, product_id=product_id, customer_id=customer_id)
        assert refusal[1] == reason
    nobody = {"product_id": world.product(0), "customer_id": str(new_id())}
    assert (await world.client.refusal("CreateSubscription", OURS, **nobody))[1] == "CUSTOMER_NOT_FOUND"
    assert await world.rows("select id from subscription") == []
