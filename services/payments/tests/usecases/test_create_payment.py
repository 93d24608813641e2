"""A payment, from the caller's request to the facts."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from bursar.payments.v1 import payment_pb2

from services.payments.tests.builders import look_up, payment_request
from services.payments.tests.world import World
from tests.support.eventually import eventually


async def test_a_good_card_pays_and_the_fact_is_told_once(world: World) -> None:
    world.work()
    request = payment_request(save_payment_method=True)
    payment = await world.command("CreatePayment", request)
    assert payment.status == payment_pb2.PAYMENT_STATUS_SUCCEEDED
    assert payment.method == "card"
    assert payment.processor_payment_id.startswith("pi_")
    assert payment.payment_method_id
    await eventually(lambda: _settled(world))
    facts = await world.facts()
    assert [(type, version) for type, version, _ in facts] == [
        ("payment_method.created", 1),
        ("payment.succeeded", 1),
        ("payment.settled", 2),
    ]
    succeeded, settled = facts[1][2], facts[2][2]
    assert (succeeded.payment_id, succeeded.order_id, succeeded.amount) == (request.payment_id, request.order_id, 1000)
    assert succeeded.payment_method_id == payment.payment_method_id
    assert (settled.amount, settled.fee_amount, settled.net_amount, settled.currency) == (1000, 59, 941, "usd")


async def _settled(world: World) -> bool:
    return "payment.settled" in await world.types()


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "retryable"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline", True),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", True),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", False),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "", False),
        ("pm_nothing_of_the_kind", "resource_missing", "", False),
    ],
)
async def test_a_decline_says_why(world: World, card: str, code: str, decline_code: str, retryable: bool) -> None:
    payment = await world.command("CreatePayment", payment_request(confirmation_token_id=card))
    assert payment.status == payment_pb2.PAYMENT_STATUS_FAILED
    assert (payment.failure_code, payment.decline_code) == (code, decline_code)
    [(type, version, fact)] = await world.facts()
    assert (type, version, fact.code, fact.retryable) == ("payment.failed", 1, code, retryable)
    assert fact.message == payment.decline_message != ""


async def test_the_same_order_and_attempt_is_charged_once_however_often_it_is_asked_for(world: World) -> None:
    request = payment_request()
    payments = await asyncio.gather(*(world.command("CreatePayment", request) for _ in range(20)))
    assert {payment.status for payment in payments} == {payment_pb2.PAYMENT_STATUS_SUCCEEDED}
    assert {payment.id for payment in payments} == {request.payment_id}
    charges = (await world.simulator.api("GET", "/v1/charges")).json()["data"]
    assert len(charges) == 1
    assert await world.types() == ["payment.succeeded"]


async def test_the_same_attempt_with_another_amount_is_refused(world: World) -> None:
    request = payment_request()
    await world.command("CreatePayment", request)
    request.amount = 1001
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.command("CreatePayment", request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await world.types() == ["payment.succeeded"]


async def test_a_short_deadline_gets_unknown_and_the_payment_goes_on(world: World) -> None:
    await world.simulator.control("POST", "faults", path="/v1/payment_intents", delay_ms=1500)
    request = payment_request()
    payment = await world.command("CreatePayment", request, seconds=1.0)
    assert payment.status == payment_pb2.PAYMENT_STATUS_UNKNOWN

    async def paid() -> bool:
        return bool((await world.command("LookUpPayment", look_up(request))).status == payment_pb2.PAYMENT_STATUS_SUCCEEDED)

    await eventually(paid)
    assert await world.types() == ["payment.succeeded"]
    assert len((await world.simulator.api("GET", "/v1/payment_intents")).json()["data"]) == 1
