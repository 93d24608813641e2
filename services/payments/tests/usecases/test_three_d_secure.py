"""3-D Secure: handed to the buyer, completed by webhook or by look-up, given up by the caller."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from bursar.payments.v1 import payment_pb2

from services.chassis.status import from_rpc_error
from services.payments.tests.builders import cancel, look_up, payment_request
from services.payments.tests.world import World
from tests.support.eventually import eventually

CARD = "pm_card_authenticationRequired"


async def begun(world: World, **given: Any) -> tuple[Any, Any]:
    request = payment_request(confirmation_token_id=CARD, **given)
    payment = await world.command("CreatePayment", request)
    assert payment.status == payment_pb2.PAYMENT_STATUS_REQUIRES_ACTION
    return request, payment


async def authenticate(world: World, payment: Any, outcome: str) -> None:
    await world.simulator.control("POST", "buyer/authenticate", intent=payment.processor_payment_id, outcome=outcome)


async def test_the_buyer_is_told_where_to_go(world: World) -> None:
    request, payment = await begun(world, return_url="https://shop.example/back")
    assert payment.next_action.redirect_url.startswith(world.simulator.url)
    assert payment.next_action.processor_client_secret.startswith(payment.processor_payment_id)
    [(type, _, fact)] = await world.facts()
    assert (type, fact.next_action) == ("payment.requires_action", payment.next_action)
    assert (await world.command("LookUpPayment", look_up(request))).next_action == payment.next_action


@pytest.mark.parametrize(("outcome", "last"), [("succeed", "payment.succeeded"), ("fail", "payment.failed")])
async def test_a_webhook_completes_it(world: World, outcome: str, last: str) -> None:
    _, payment = await begun(world, save_payment_method=True)
    world.work()
    await authenticate(world, payment, outcome)

    async def told() -> bool:
        return last in await world.types()

    await eventually(told)
    facts = {type: fact for type, _, fact in await world.facts()}
    if outcome == "succeed":
        assert facts[last].payment_method_id == facts["payment_method.created"].payment_method_id
    else:
        assert facts[last].code == "payment_intent_authentication_failure"


async def test_a_look_up_completes_it_when_no_webhook_comes(world: World) -> None:
    await world.simulator.control("POST", "webhooks/hold")
    request, payment = await begun(world)
    await authenticate(world, payment, "succeed")
    looked = await asyncio.gather(*(world.command("LookUpPayment", look_up(request)) for _ in range(5)))
    assert {each.status for each in looked} == {payment_pb2.PAYMENT_STATUS_SUCCEEDED}
    assert (await world.types()).count("payment.succeeded") == 1


async def test_a_caller_may_give_it_up_and_repeat_that(world: World) -> None:
    request, payment = await begun(world)
    for _ in range(2):
        canceled = await world.command("CancelPayment", cancel(request))
        assert canceled.status == payment_pb2.PAYMENT_STATUS_CANCELED
    intent = (await world.simulator.api("GET", f"/v1/payment_intents/{payment.processor_payment_id}")).json()
    assert intent["status"] == "canceled"
    facts = await world.facts()
    assert [(type, version) for type, version, _ in facts] == [("payment.requires_action", 1), ("payment.failed", 2)]
    assert facts[1][2].code == "canceled"


async def test_what_is_paid_meanwhile_is_not_given_up(world: World) -> None:
    await world.simulator.control("POST", "webhooks/hold")
    request, payment = await begun(world)
    await authenticate(world, payment, "succeed")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.command("CancelPayment", cancel(request))
    assert from_rpc_error(refused.value).reason == "PAYMENT_NOT_CANCELABLE"
    assert "payment.succeeded" in await world.types()


async def test_a_failed_payment_can_take_no_money_later(world: World) -> None:
    _, payment = await begun(world)
    world.work()
    await authenticate(world, payment, "fail")

    async def closed() -> bool:
        intent = (await world.simulator.api("GET", f"/v1/payment_intents/{payment.processor_payment_id}")).json()
        return bool(intent["status"] == "canceled")

    await eventually(closed)
    assert await world.types() == ["payment.requires_action", "payment.failed"]
