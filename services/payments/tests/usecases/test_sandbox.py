"""A sandbox's payments bear its own time, and its clock waits for what is under way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bursar.payments.v1 import payment_method_service_pb2 as methods_pb2
from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.errors import Unavailable
from services.chassis.ids import new_id
from services.chassis.timestamps import from_timestamp
from services.payments.clients.stripe_clock import StripeClock
from services.payments.tests.builders import look_up, payment_request, setup_request
from services.payments.tests.world import SANDBOX_START, World
from tests.support.eventually import eventually


async def settled(world: World) -> None:
    async def quiet() -> bool:
        return await world.unfinished() == []

    await eventually(quiet, 20.0)


async def facts(world: World) -> dict[str, Any]:
    return {type: message for type, _, message in await world.facts()}


async def test_what_is_stored_and_told_bears_the_sandboxs_time(world: World) -> None:
    world.become_sandbox()
    world.work()
    request = payment_request(save_payment_method=True)
    await world.command("CreatePayment", request)
    await settled(world)
    later = SANDBOX_START + timedelta(days=29)
    await world.move_sandbox(later)
    renewal = payment_request(customer=request.customer, saved_payment_method=payment_service_pb2.SavedPaymentMethod())
    await world.command("CreatePayments", payment_service_pb2.CreatePaymentsRequest(payments=[renewal]))
    await settled(world)
    first, second = [await world.command("LookUpPayment", look_up(each)) for each in (request, renewal)]
    for payment, at in ((first, SANDBOX_START), (second, later)):
        times = (payment.created_at, payment.modified_at, payment.settled_at)
        assert {from_timestamp(each, "time") for each in times} == {at}
        assert payment.status == payment_pb2.PAYMENT_STATUS_SUCCEEDED
    told = [message for type, _, message in await world.facts() if type in ("payment.succeeded", "payment.settled")]
    assert [from_timestamp(getattr(message, "succeeded_at", None) or message.settled_at, "at") for message in told] == [
        *[SANDBOX_START] * 2,
        *[later] * 2,
    ]
    settlement = (await facts(world))["payment.settled"]
    assert timedelta(0) < from_timestamp(settlement.available_at, "available_at") - later < timedelta(days=6)
    page = methods_pb2.ListPaymentMethodsRequest(customer_id=request.customer.customer_id)
    [method] = (await world.read(world.methods, "ListPaymentMethods", page)).payment_methods
    assert from_timestamp(method.created_at, "created_at") == SANDBOX_START


async def test_a_sandbox_years_ahead_gets_its_answers_all_the_same(world: World) -> None:
    """Leases, retries and windows keep the machine's time."""
    world.become_sandbox()
    await world.simulator.control("POST", "clock/advance", seconds=400 * 86_400)
    await world.simulator.control("POST", "webhooks/hold")
    await world.simulator.control("POST", "faults", method="POST", path="/v1/payment_intents", when="after", times=3)
    world.work()
    await world.command("CreatePayment", payment_request())
    await settled(world)
    assert {"payment.succeeded", "payment.settled"} <= set(await facts(world))


async def test_its_clock_waits_for_what_is_under_way_and_not_for_the_buyer(world: World) -> None:
    world.become_sandbox()
    customer = payment_service_pb2.PaymentCustomer(customer_id=str(new_id()), email="grace@example.com")
    await world.simulator.control("POST", "webhooks/hold")
    await world.command("CreateSetup", setup_request(customer=customer))
    charge = payment_request(customer=customer, saved_payment_method=payment_service_pb2.SavedPaymentMethod())
    await world.command("CreatePayments", payment_service_pb2.CreatePaymentsRequest(payments=[charge]))
    assert await world.unfinished() == ["1 charge in the queue"]
    await world.command("CreatePayment", payment_request())
    assert await world.unfinished() == ["1 charge in the queue", "1 payment to be settled"]
    await world.command("CreatePayment", payment_request(confirmation_token_id="pm_card_threeDSecure2Required"))
    assert await world.unfinished() == ["1 charge in the queue", "1 payment to be settled"]
    await world.simulator.control("POST", "faults", method="POST", path="/v1/payment_intents", times=3)
    await world.command("CreatePayment", payment_request())
    assert "1 payment without an answer" in await world.unfinished()
    await world.simulator.control("POST", "webhooks/release", order="fifo")

    async def received() -> bool:
        return any("events of the processor" in each for each in await world.unfinished())

    await eventually(received)
    world.work()
    await settled(world)


async def test_other_organizations_do_not_hold_it_up(world: World) -> None:
    await world.simulator.control("POST", "webhooks/hold")
    await world.command("CreatePayment", payment_request())
    world.become_sandbox()
    assert await world.unfinished() == []


async def test_a_payment_that_the_processor_books_in_its_own_time_does_not_hold_it_up(world: World) -> None:
    world.become_sandbox()
    await world.simulator.control("POST", "webhooks/hold")
    await world.command("CreatePayment", payment_request())
    async with world.database.worker.transaction() as transaction:
        await transaction.connection.execute("update attempt set asked_at = asked_at - interval '2 minutes'")
    assert await world.unfinished() == []


async def test_the_stand_ins_clock_goes_along_once(world: World) -> None:
    clock = StripeClock(f"{world.simulator.url}/_sim/clock/advance")
    before, now = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 2, 1, tzinfo=UTC)
    for _ in range(2):
        await clock.move(world.organization_id, before, now)
        await clock.move(world.organization_id, now, now)
    assert (await world.simulator.control("GET", "clock"))["offset_seconds"] // 86_400 == 31
    for nothing_there in (f"{world.simulator.url}/_sim/no_clock", "http://127.0.0.1:1/clock"):
        with pytest.raises(Unavailable):
            await StripeClock(nothing_there).move(world.organization_id, before, now)
