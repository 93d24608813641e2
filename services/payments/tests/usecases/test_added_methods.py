"""Cards that customers add on their own, and which of them pays: every change of that is told."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from bursar.payments.v1 import payment_method_service_pb2 as methods_pb2
from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.ids import new_id
from services.chassis.status import from_rpc_error
from services.payments.tests.builders import setup_request
from services.payments.tests.world import World
from tests.support.eventually import eventually


def addition(customer_id: str, **given: Any) -> methods_pb2.CreatePaymentMethodRequest:
    fields = {"request_id": str(new_id()), "confirmation_token_id": "pm_card_visa"} | given
    return methods_pb2.CreatePaymentMethodRequest(customer_id=customer_id, **fields)


async def added(world: World, customer_id: str, **given: Any) -> Any:
    return await world.read(world.methods, "CreatePaymentMethod", addition(customer_id, **given))


async def told(world: World) -> list[tuple[str, str, bool]]:
    """Facts of payment methods: what, of which, and whether it is the default."""
    facts = [(type, message) for type, _, message in await world.facts() if type.startswith("payment_method.")]
    return [(type.split(".")[1], message.payment_method_id, getattr(message, "is_default", False)) for type, message in facts]


async def listed(world: World, customer_id: str) -> dict[str, bool]:
    request = methods_pb2.ListPaymentMethodsRequest(customer_id=customer_id)
    return {method.id: method.is_default for method in (await world.read(world.methods, "ListPaymentMethods", request)).payment_methods}


async def test_an_added_card_is_the_default_and_the_former_one_is_told_of(world: World) -> None:
    customer_id = str(new_id())
    first = await added(world, customer_id)
    assert (first.status, first.customer_id, first.checkout_id) == (payment_pb2.SETUP_STATUS_SUCCEEDED, customer_id, "")
    second = await added(world, customer_id, confirmation_token_id="pm_card_mastercard")
    one, two = first.payment_method_id, second.payment_method_id
    assert await told(world) == [("created", one, True), ("created", two, True), ("updated", one, False)]
    assert await listed(world, customer_id) == {one: False, two: True}
    assert [version for type, version, _ in await world.facts() if type == "payment_method.updated"] == [2]
    assert {type.partition(".")[0] for type in await world.types()} == {"payment_method"}


async def test_the_fingerprint_is_the_same_for_the_same_card_and_not_the_processors(world: World) -> None:
    for card in ("pm_card_visa", "pm_card_visa", "pm_card_mastercard"):
        await added(world, str(new_id()), confirmation_token_id=card)
    visa, again, other = (message.fingerprint for type, _, message in await world.facts() if type == "payment_method.created")
    assert visa == again != other
    customers = (await world.simulator.api("GET", "/v1/customers")).json()["data"]
    methods = (await world.simulator.api("GET", f"/v1/customers/{customers[0]['id']}/payment_methods")).json()["data"]
    assert methods[0]["card"]["fingerprint"] not in (visa, other)


async def test_a_repeated_request_adds_one_card(world: World) -> None:
    request = addition(str(new_id()))
    answers = [await world.read(world.methods, "CreatePaymentMethod", request) for _ in range(3)]
    assert len({answer.payment_method_id for answer in answers}) == 1
    assert len(await told(world)) == 1
    request.confirmation_token_id = "pm_card_mastercard"
    with pytest.raises(grpc.aio.AioRpcError) as reused:
        await world.read(world.methods, "CreatePaymentMethod", request)
    assert from_rpc_error(reused.value).reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize(("given", "reason"), [({"confirmation_token_id": "4242"}, "PAYMENT_METHOD_MISSING"), ({}, "CUSTOMER_NOT_FOUND")])
async def test_what_cannot_be_added_is_refused(world: World, given: dict[str, str], reason: str) -> None:
    customer_id = str(new_id())
    if reason == "CUSTOMER_NOT_FOUND":
        world.checkout.unknown.add(customer_id)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await added(world, customer_id, **given)
    assert from_rpc_error(error.value).reason == reason


async def test_a_declined_card_is_not_added(world: World) -> None:
    setup = await added(world, str(new_id()), confirmation_token_id="pm_card_visa_chargeDeclined")
    assert (setup.status, setup.decline_code) == (payment_pb2.SETUP_STATUS_FAILED, "generic_decline")
    assert await world.types() == []


async def test_a_card_that_wants_its_owner_is_added_once_they_have_acted(world: World) -> None:
    customer_id = str(new_id())
    former = (await added(world, customer_id)).payment_method_id
    request = addition(customer_id, confirmation_token_id="pm_card_threeDSecure2Required", return_url="https://shop.example/cards")
    setup = await world.read(world.methods, "CreatePaymentMethod", request)
    assert setup.status == payment_pb2.SETUP_STATUS_REQUIRES_ACTION
    assert setup.next_action.redirect_url.startswith("http")
    world.work()
    intent = setup.next_action.processor_client_secret.split("_secret_")[0]
    await world.simulator.control("POST", "buyer/authenticate", intent=intent, outcome="succeed")

    async def there() -> bool:
        return len(await listed(world, customer_id)) == 2

    await eventually(there)
    again = await world.read(world.methods, "CreatePaymentMethod", request)
    assert (again.id, again.status) == (setup.id, payment_pb2.SETUP_STATUS_SUCCEEDED)
    assert await listed(world, customer_id) == {former: False, again.payment_method_id: True}


async def test_a_chosen_card_pays_from_now_on(world: World) -> None:
    customer_id = str(new_id())
    one, two = [(await added(world, customer_id)).payment_method_id for _ in range(2)]
    before = await told(world)
    for request_id in ("a", "a", "b"):
        request = methods_pb2.SetDefaultPaymentMethodRequest(request_id=request_id, id=one)
        assert (await world.read(world.methods, "SetDefaultPaymentMethod", request)).is_default
    assert sorted((await told(world))[len(before) :]) == sorted([("updated", one, True), ("updated", two, False)])
    assert await listed(world, customer_id) == {one: True, two: False}


async def test_another_organizations_card_cannot_be_chosen(world: World) -> None:
    method_id = (await added(world, str(new_id()))).payment_method_id
    request = methods_pb2.SetDefaultPaymentMethodRequest(request_id="a", id=method_id)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.read(world.methods, "SetDefaultPaymentMethod", request, organization_id=new_id())
    assert from_rpc_error(error.value).reason == "PAYMENT_METHOD_NOT_FOUND"


async def test_whoever_follows_a_deleted_default_is_told(world: World) -> None:
    customer_id = str(new_id())
    one, two, three = [(await added(world, customer_id)).payment_method_id for _ in range(3)]
    before = await told(world)
    for method_id in (one, three, two):
        await world.read(world.methods, "DeletePaymentMethod", methods_pb2.DeletePaymentMethodRequest(id=method_id))
    assert (await told(world))[len(before) :] == [
        ("deleted", one, False),
        ("deleted", three, False),
        ("updated", two, True),
        ("deleted", two, False),
    ]


async def test_a_card_saved_on_the_way_to_a_purchase_leaves_the_default_alone(world: World) -> None:
    customer = payment_service_pb2.PaymentCustomer(customer_id=str(new_id()), email="grace@example.com")
    default = (await added(world, customer.customer_id)).payment_method_id
    await world.command("CreateSetup", setup_request(customer=customer))
    assert [flag for method_id, flag in (await listed(world, customer.customer_id)).items() if method_id == default] == [True]
