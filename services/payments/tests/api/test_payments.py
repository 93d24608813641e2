"""Payments as they are read, and whose they are."""

from __future__ import annotations

import grpc
import pytest
from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.ids import new_id
from services.chassis.status import from_rpc_error
from services.payments.tests.builders import cancel, look_up, payment_request
from services.payments.tests.world import World
from services.payments.usecases import metrics


async def test_a_payment_reads_as_it_was_answered_without_the_buyers_secret(world: World) -> None:
    request = payment_request(confirmation_token_id="pm_card_authenticationRequired")
    created = await world.command("CreatePayment", request)
    read = await world.read(world.payments, "GetPayment", payment_service_pb2.GetPaymentRequest(id=created.id))
    assert not read.HasField("next_action")
    created.ClearField("next_action")
    assert read == created


async def test_payments_are_listed_filtered_sorted_and_counted(world: World) -> None:
    requests = [payment_request(amount=amount) for amount in (300, 100, 200)]
    requests.append(payment_request(amount=400, confirmation_token_id="pm_card_visa_chargeDeclined"))
    for request in requests:
        await world.command("CreatePayment", request)
    succeeded = [payment_pb2.PAYMENT_STATUS_SUCCEEDED]
    question = payment_service_pb2.ListPaymentsRequest(page_size=2, order_by="amount", status=succeeded, include_total=True)
    first = await world.read(world.payments, "ListPayments", question)
    assert ([payment.amount for payment in first.payments], first.total_count) == ([100, 200], 3)
    question.page_token = first.next_page_token
    second = await world.read(world.payments, "ListPayments", question)
    assert [payment.amount for payment in second.payments] == [300]
    one_order = payment_service_pb2.ListPaymentsRequest(order_id=[requests[3].order_id])
    assert [payment.amount for payment in (await world.read(world.payments, "ListPayments", one_order)).payments] == [400]
    by_method = payment_service_pb2.ListPaymentsRequest(method=["card"], order_by="-method", page_size=3)
    assert len((await world.read(world.payments, "ListPayments", by_method)).payments) == 3
    by_method.method[0] = "sepa_debit"
    assert list((await world.read(world.payments, "ListPayments", by_method)).payments) == []


async def test_the_gauges_are_set(world: World) -> None:
    await world.command("CreatePayment", payment_request())
    await world.schedule("observe")
    assert metrics.UNKNOWN._value.get() == 0
    assert metrics.EVENTS_PARKED._value.get() == 0
    assert await world.schedule("prune-stripe-events") == 0


async def test_another_organizations_payment_is_not_there(world: World) -> None:
    request = payment_request()
    await world.command("CreatePayment", request)
    stranger = new_id()
    listed = await world.read(world.payments, "ListPayments", payment_service_pb2.ListPaymentsRequest(), organization_id=stranger)
    assert list(listed.payments) == []
    by_id = payment_service_pb2.GetPaymentRequest(id=request.payment_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.read(world.payments, "GetPayment", by_id, organization_id=stranger)
    assert from_rpc_error(refused.value).reason == "PAYMENT_NOT_FOUND"
    for verb, question in (("LookUpPayment", look_up(request)), ("CancelPayment", cancel(request))):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await world.command(verb, question, organization_id=stranger)
        assert from_rpc_error(refused.value).reason == "PAYMENT_NOT_FOUND"


async def test_another_organization_cannot_take_the_id_of_a_payment(world: World) -> None:
    request = payment_request()
    await world.command("CreatePayment", request)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.command("CreatePayment", request, organization_id=new_id())
    assert from_rpc_error(refused.value).reason == "ATTEMPT_ID_TAKEN"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"currency": "xxx"}, "CURRENCY_UNKNOWN"),
        ({"amount": 0}, "FIELD_INVALID"),
        ({"amount": 2**62}, "FIELD_INVALID"),
        ({"order_id": "order"}, "FIELD_INVALID"),
        ({"confirmation_token_id": "4242424242424242"}, "PAYMENT_METHOD_MISSING"),
        ({"trigger": 0}, "FIELD_INVALID"),
    ],
)
async def test_a_wrong_request_is_refused_before_anything_happens(world: World, given: dict[str, object], reason: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.command("CreatePayment", payment_request(**given))
    assert from_rpc_error(refused.value).reason == reason
    assert (await world.simulator.api("GET", "/v1/customers")).json()["data"] == []
