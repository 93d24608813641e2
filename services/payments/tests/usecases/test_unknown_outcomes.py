"""The answer got lost: the payment is unknown, resolves by reading, and money moves once."""

from __future__ import annotations

from typing import Any

import pytest
from bursar.payments.v1 import payment_pb2

from services.chassis.sql import Statement
from services.payments.tests.builders import look_up, payment_request
from services.payments.tests.world import World
from tests.support.eventually import eventually

INTENTS = "/v1/payment_intents"
_AGE = Statement("update attempt set asked_at = asked_at - interval '1 hour', due_at = now()")


async def fault(world: World, **given: Any) -> None:
    await world.simulator.control("POST", "faults", **({"method": "POST", "path": INTENTS, "times": 3} | given))


async def resolved(world: World, fact: str) -> None:
    async def told() -> bool:
        return fact in await world.types()

    await eventually(told, 10.0)


async def charges(world: World) -> int:
    return len([each for each in (await world.simulator.api("GET", "/v1/charges")).json()["data"] if each["paid"]])


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"when": "before"}, id="cut before Stripe did it"),
        pytest.param({"when": "after", "times": 1}, id="cut after Stripe did it, the SDK repeats"),
        pytest.param({"when": "after"}, id="cut after Stripe did it, every time"),
        pytest.param({"when": "after", "status": 500, "times": 1, "should_retry": False}, id="500 after Stripe did it, kept"),
        pytest.param({"when": "before", "status": 409}, id="409 every time"),
        pytest.param({"when": "before", "status": 429, "times": 2}, id="429 twice"),
    ],
)
async def test_one_charge_and_one_fact_whatever_got_lost(world: World, given: dict[str, Any]) -> None:
    await world.simulator.control("POST", "webhooks/hold")
    await fault(world, **given)
    payment = await world.command("CreatePayment", payment_request(save_payment_method=True))
    assert payment.status in (payment_pb2.PAYMENT_STATUS_UNKNOWN, payment_pb2.PAYMENT_STATUS_SUCCEEDED)
    world.work()
    await resolved(world, "payment.succeeded")
    assert await charges(world) == 1
    assert (await world.types()).count("payment.succeeded") == 1


async def test_a_lost_decline_is_found_too(world: World) -> None:
    await fault(world, when="after", status=500, times=1, should_retry=False)
    request = payment_request(confirmation_token_id="pm_card_visa_chargeDeclined")
    assert (await world.command("CreatePayment", request)).status == payment_pb2.PAYMENT_STATUS_UNKNOWN
    looked = await world.command("LookUpPayment", look_up(request))
    assert (looked.status, looked.decline_code) == (payment_pb2.PAYMENT_STATUS_FAILED, "generic_decline")


async def test_a_customer_whose_making_got_lost_is_found_and_not_made_twice(world: World) -> None:
    await fault(world, path="/v1/customers", when="after", status=500, times=1, should_retry=False)
    payment = await world.command("CreatePayment", payment_request())
    assert payment.status == payment_pb2.PAYMENT_STATUS_SUCCEEDED
    assert len((await world.simulator.api("GET", "/v1/customers")).json()["data"]) == 1


async def test_what_never_arrived_is_given_up_after_a_while(world: World) -> None:
    await fault(world, when="before", times=100, status=500, should_retry=False)
    request = payment_request()
    assert (await world.command("CreatePayment", request)).status == payment_pb2.PAYMENT_STATUS_UNKNOWN
    async with world.database.worker.transaction() as transaction:
        await transaction.execute(_AGE)
    world.work()
    await resolved(world, "payment.failed")
    [(_, _, fact)] = await world.facts()
    assert (fact.code, fact.retryable) == ("processor_unreachable", True)
    assert await charges(world) == 0


async def test_a_process_that_died_before_it_recorded_the_answer_charges_once(world: World) -> None:
    """The row is as a crash leaves it: pending, its lease over, while Stripe has the money."""
    await world.simulator.control("POST", "webhooks/hold")
    request = payment_request()
    await world.command("CreatePayment", request)
    async with world.database.worker.transaction() as transaction:
        await transaction.execute(
            Statement("update attempt set status = 'pending', processor_id = null, succeeded_at = null, version = 0, due_at = now()")
        )
        await transaction.execute(Statement("delete from outbox_pending"))
        await transaction.execute(Statement("delete from outbox"))
    world.work()
    await resolved(world, "payment.succeeded")
    assert await charges(world) == 1


async def test_webhooks_alone_settle_what_the_caller_never_heard_of(world: World) -> None:
    """Each event four times and in any order, after the call itself got no answer."""
    await world.simulator.control("POST", "webhooks/hold")
    await fault(world, when="after")
    payment = await world.command("CreatePayment", payment_request())
    assert payment.status == payment_pb2.PAYMENT_STATUS_UNKNOWN
    events = (await world.simulator.api("GET", "/v1/events")).json()["data"]
    for seed in range(3):
        await world.simulator.control("POST", "webhooks/replay", events=[event["id"] for event in events])
        await world.simulator.control("POST", "webhooks/release", order="shuffle", seed=seed)
    world.work()
    await resolved(world, "payment.settled")
    assert await world.types() == ["payment.succeeded", "payment.settled"]


async def test_what_stripe_began_and_never_confirmed_is_called_off(world: World) -> None:
    await fault(world, when="before", times=100, status=500, should_retry=False)
    request = payment_request()
    await world.command("CreatePayment", request)
    customers = (await world.simulator.api("GET", "/v1/customers")).json()["data"]
    await world.simulator.control("DELETE", "faults")
    begun = {"amount": "1000", "currency": "usd", "customer": customers[0]["id"], "metadata[bursar_payment_id]": request.payment_id}
    intent = (await world.simulator.api("POST", INTENTS, begun)).json()
    async with world.database.worker.transaction() as transaction:
        await transaction.execute(_AGE)
    world.work()
    await resolved(world, "payment.failed")
    assert (await world.simulator.api("GET", f"{INTENTS}/{intent['id']}")).json()["status"] == "canceled"
    assert (await world.command("LookUpPayment", look_up(request))).status == payment_pb2.PAYMENT_STATUS_CANCELED
