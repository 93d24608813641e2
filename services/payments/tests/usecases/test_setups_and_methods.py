"""Cards that are kept: by setups, by payments, for charges in the buyer's absence, and forgotten."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from bursar.payments.v1 import payment_method_service_pb2 as methods_pb2
from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.ids import new_id
from services.chassis.status import from_rpc_error
from services.payments.tests.builders import payment_request, setup_request
from services.payments.tests.world import World
from tests.support.eventually import eventually


async def kept(world: World, customer: payment_service_pb2.PaymentCustomer, card: str = "pm_card_visa") -> str:
    setup = await world.command("CreateSetup", setup_request(customer=customer, confirmation_token_id=card))
    assert setup.status == payment_pb2.SETUP_STATUS_SUCCEEDED
    return str(setup.payment_method_id)


def somebody() -> payment_service_pb2.PaymentCustomer:
    return payment_service_pb2.PaymentCustomer(customer_id=str(new_id()), email="grace@example.com")


async def listed(world: World, customer: Any, **given: Any) -> list[Any]:
    request = methods_pb2.ListPaymentMethodsRequest(customer_id=customer.customer_id, **given)
    return list((await world.read(world.methods, "ListPaymentMethods", request)).payment_methods)


async def test_a_setup_keeps_the_card_and_tells(world: World) -> None:
    customer = somebody()
    method_id = await kept(world, customer)
    assert await world.types() == ["payment_method.created", "payment.setup_succeeded"]
    [method] = await listed(world, customer)
    assert (method.id, method.is_default, method.card.brand, method.card.last4) == (method_id, True, "visa", "4242")


async def test_a_declined_setup_says_why(world: World) -> None:
    setup = await world.command("CreateSetup", setup_request(confirmation_token_id="pm_card_visa_chargeDeclined"))
    assert (setup.status, setup.decline_code) == (payment_pb2.SETUP_STATUS_FAILED, "generic_decline")
    assert await world.types() == ["payment.setup_failed"]


async def test_a_setup_with_3d_secure_ends_by_webhook(world: World) -> None:
    request = setup_request(confirmation_token_id="pm_card_authenticationRequired")
    setup = await world.command("CreateSetup", request)
    assert setup.status == payment_pb2.SETUP_STATUS_REQUIRES_ACTION
    world.work()
    intent = setup.next_action.processor_client_secret.split("_secret_")[0]
    await world.simulator.control("POST", "buyer/authenticate", intent=intent, outcome="succeed")

    async def told() -> bool:
        return "payment.setup_succeeded" in await world.types()

    await eventually(told)
    question = payment_service_pb2.LookUpSetupRequest(checkout_id=request.checkout_id, attempt=1)
    assert (await world.command("LookUpSetup", question)).payment_method_id


async def test_a_kept_card_pays_in_the_buyers_absence(world: World) -> None:
    customer = somebody()
    method_id = await kept(world, customer)
    payment = await world.command("CreatePayment", payment_request(customer=customer, payment_method_id=method_id))
    assert (payment.status, payment.payment_method_id) == (payment_pb2.PAYMENT_STATUS_SUCCEEDED, method_id)
    intent = (await world.simulator.api("GET", f"/v1/payment_intents/{payment.processor_payment_id}")).json()
    assert intent["setup_future_usage"] is None


async def test_a_card_that_wants_its_owner_fails_in_the_owners_absence(world: World) -> None:
    customer = somebody()
    request = setup_request(customer=customer, confirmation_token_id="pm_card_authenticationRequired")
    setup = await world.command("CreateSetup", request)
    intent = setup.next_action.processor_client_secret.split("_secret_")[0]
    await world.simulator.control("POST", "buyer/authenticate", intent=intent, outcome="succeed")
    question = payment_service_pb2.LookUpSetupRequest(checkout_id=request.checkout_id, attempt=1)
    method_id = (await world.command("LookUpSetup", question)).payment_method_id
    payment = await world.command("CreatePayment", payment_request(customer=customer, payment_method_id=method_id))
    assert (payment.status, payment.failure_code) == (payment_pb2.PAYMENT_STATUS_FAILED, "authentication_required")


async def test_the_first_card_is_the_default_until_it_is_deleted(world: World) -> None:
    customer = somebody()
    first = await kept(world, customer)
    second = await kept(world, customer, "pm_card_mastercard")
    assert {method.id: method.is_default for method in await listed(world, customer)} == {first: True, second: False}
    request = methods_pb2.DeletePaymentMethodRequest(id=first, request_id="once")
    answers = [await world.read(world.methods, "DeletePaymentMethod", request) for _ in range(2)]
    assert answers[0] == answers[1]
    assert {method.id: method.is_default for method in await listed(world, customer)} == {second: True}
    assert (await world.types()).count("payment_method.deleted") == 1
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await world.read(world.methods, "GetPaymentMethod", methods_pb2.GetPaymentMethodRequest(id=first))
    assert from_rpc_error(gone.value).reason == "PAYMENT_METHOD_NOT_FOUND"


async def test_a_deleted_card_is_forgotten_by_the_processor_as_well(world: World) -> None:
    customer = somebody()
    method_id = await kept(world, customer)
    await world.read(world.methods, "DeletePaymentMethod", methods_pb2.DeletePaymentMethodRequest(id=method_id))
    await world.simulator.control("POST", "faults", path="/v1/payment_methods/*", status=500, times=1, should_retry=False)
    assert await world.schedule("detach-payment-methods") == 0
    async with world.database.worker.transaction() as transaction:
        await transaction.connection.execute("update payment_method set detach_at = now()")
    assert await world.schedule("detach-payment-methods") == 1
    assert await world.schedule("detach-payment-methods") == 0
    customers = (await world.simulator.api("GET", "/v1/customers")).json()["data"]
    left = (await world.simulator.api("GET", f"/v1/customers/{customers[0]['id']}/payment_methods")).json()["data"]
    assert left == []


async def test_a_card_that_the_processor_forgot_is_deleted_here(world: World) -> None:
    customer = somebody()
    await kept(world, customer)
    world.work()
    customers = (await world.simulator.api("GET", "/v1/customers")).json()["data"]
    [method] = (await world.simulator.api("GET", f"/v1/customers/{customers[0]['id']}/payment_methods")).json()["data"]
    await world.simulator.api("POST", f"/v1/payment_methods/{method['id']}/detach")

    async def gone() -> bool:
        return await listed(world, customer) == []

    await eventually(gone)
    assert (await world.types()).count("payment_method.deleted") == 1


async def test_another_customers_card_is_no_card(world: World) -> None:
    method_id = await kept(world, somebody())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.command("CreatePayment", payment_request(payment_method_id=method_id))
    assert from_rpc_error(refused.value).reason == "PAYMENT_METHOD_NOT_FOUND"


async def test_cards_are_listed_in_pages_newest_first(world: World) -> None:
    customer = somebody()
    ids = [await kept(world, customer) for _ in range(3)]
    request = methods_pb2.ListPaymentMethodsRequest(customer_id=customer.customer_id, page_size=2)
    first = await world.read(world.methods, "ListPaymentMethods", request)
    request.page_token = first.next_page_token
    second = await world.read(world.methods, "ListPaymentMethods", request)
    assert [method.id for method in [*first.payment_methods, *second.payment_methods]] == ids[::-1]
    assert second.next_page_token == ""
