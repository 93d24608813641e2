"""What may happen to a charge while it waits for its turn: somebody looks, gives it up, or stores the same."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import grpc
import pytest
from bursar.payments.v1 import payment_pb2

from services.chassis.ids import new_id
from services.chassis.status import from_rpc_error
from services.payments.domain.due import LEASE
from services.payments.storage.charge_queue import ChargeQueueRows
from services.payments.tests.builders import cancel, look_up
from services.payments.tests.builders import payment as stored_payment
from services.payments.tests.charges import Customer, charge, create, intents, told, with_card
from services.payments.tests.world import World


async def test_a_queued_charge_is_pending_for_whoever_looks(world: World) -> None:
    customer, _ = await with_card(world)
    payment = charge(customer)
    await create(world, payment)
    found = await world.command("LookUpPayment", look_up(payment))
    assert (found.status, found.processor_payment_id) == (payment_pb2.PAYMENT_STATUS_PENDING, "")


async def test_a_queued_charge_that_is_given_up_is_never_made(world: World) -> None:
    customer, _ = await with_card(world)
    payment, next_one = charge(customer), charge(customer)
    await create(world, payment)
    for _ in range(2):
        assert (await world.command("CancelPayment", cancel(payment))).status == payment_pb2.PAYMENT_STATUS_CANCELED
    [fact] = await told(world, "payment.failed")
    assert (fact.payment_id, fact.code, fact.retryable) == (payment.payment_id, "canceled", True)
    await create(world, payment, next_one)
    world.work()
    await told(world, "payment.succeeded")
    assert [intent["metadata"]["bursar_payment_id"] for intent in await intents(world)] == [next_one.payment_id]


async def test_a_charge_that_the_lane_takes_meanwhile_is_not_given_up(world: World) -> None:
    customer, _ = await with_card(world)
    payment = charge(customer)
    await create(world, payment)
    async with world.database.worker.transaction() as lane:
        now = datetime.now(UTC)
        assert len(await ChargeQueueRows().take(lane, now, now + LEASE, 1)) == 1
        giving_up = asyncio.create_task(world.command("CancelPayment", cancel(payment)))
        await asyncio.wait([giving_up], timeout=0.3)
    with pytest.raises(grpc.aio.AioRpcError) as kept:
        await giving_up
    assert from_rpc_error(kept.value).reason == "PAYMENT_NOT_CANCELABLE"
    assert "payment.failed" not in await world.types()


@pytest.mark.parametrize(("amount", "reason"), [(1000, None), (1001, "PAYMENT_AMOUNT_MISMATCH")])
async def test_whoever_stores_the_same_charge_a_moment_later_tells_nothing_and_finds_out_whether_it_is_the_same(
    world: World, amount: int, reason: str | None
) -> None:
    customer = Customer(customer_id=str(new_id()), email="ada@example.com")
    wanted = charge(customer, amount=amount)
    stored = stored_payment(
        id=UUID(wanted.payment_id),
        organization_id=world.organization_id,
        customer_id=UUID(customer.customer_id),
        subject_id=UUID(wanted.order_id),
        asked_at=None,
    )
    async with world.database.worker.transaction() as rival:
        await ChargeQueueRows().add(rival, [stored])
        late = asyncio.create_task(create(world, wanted))
        await asyncio.wait([late], timeout=0.3)
    if reason is None:
        await late
    else:
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await late
        assert from_rpc_error(refusal.value).reason == reason
    assert await world.types() == []


async def test_a_charge_is_either_given_up_or_made(world: World) -> None:
    customer, _ = await with_card(world)
    payments = [charge(customer) for _ in range(24)]
    await create(world, *payments)
    world.work()
    ended = await asyncio.gather(*(world.command("CancelPayment", cancel(each)) for each in payments), return_exceptions=True)
    given_up = {each.id for each in ended if not isinstance(each, BaseException)}
    reasons = {from_rpc_error(each).reason for each in ended if isinstance(each, grpc.aio.AioRpcError)}
    assert reasons <= {"PAYMENT_NOT_CANCELABLE"}
    made = {fact.payment_id for fact in await told(world, "payment.succeeded", len(payments) - len(given_up))}
    assert made | given_up == {each.payment_id for each in payments}
    assert {intent["metadata"]["bursar_payment_id"] for intent in await intents(world)} == made
