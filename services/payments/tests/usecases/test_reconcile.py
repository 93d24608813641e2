"""Events that no webhook brought are found in Stripe's list."""

from __future__ import annotations

from services.chassis.sql import Statement
from services.payments.clients.stripe_events import WANTED
from services.payments.tests.builders import payment_request
from services.payments.tests.world import World
from tests.support.eventually import eventually

_DUE = Statement("update stripe_cursor set due_at = now(), position = now() - interval '3 hours'")

_AGAIN = Statement("update stripe_cursor set due_at = now()")


async def cursor_due(world: World) -> None:
    async with world.database.worker.transaction() as transaction:
        await transaction.execute(_DUE)


async def make_due(world: World) -> None:
    async with world.database.worker.transaction() as transaction:
        await transaction.execute(_AGAIN)


async def test_dropped_webhooks_are_made_up_for(world: World) -> None:
    await world.simulator.control("POST", "webhooks/drop", next=None)
    for _ in range(2):
        await world.command("CreatePayment", payment_request())

    async def settled_at_stripe() -> bool:
        events = (await world.simulator.api("GET", "/v1/events")).json()["data"]
        return [event["type"] for event in events].count("charge.updated") == 2

    await eventually(settled_at_stripe)
    await cursor_due(world)
    found = [await world.schedule("reconcile-stripe-events") for _ in range(4)]
    listed = (await world.simulator.api("GET", "/v1/events", data=None)).json()["data"]
    assert sum(int(str(each)) for each in found) == len([event for event in listed if event["type"] in WANTED]) == 4
    assert {event["source"] for event in await world.events()} == {"list"}
    world.work()

    async def settled() -> bool:
        return (await world.types()).count("payment.settled") == 2

    await eventually(settled)


async def test_an_advance_of_the_processors_clock_hides_no_event(world: World) -> None:
    """Its events bear its own time: some from before it was advanced, some from after, and some that it makes when we are long past."""
    await world.simulator.control("POST", "webhooks/drop", next=None)
    await cursor_due(world)
    found = 0
    for days in (0, 20, 9):
        await world.simulator.control("POST", "clock/advance", seconds=days * 86_400)
        await world.command("CreatePayment", payment_request())
        await world.simulator.control("POST", "clock/advance", seconds=60)
        if days != 20:
            for _ in range(4):
                await make_due(world)
                found += int(str(await world.schedule("reconcile-stripe-events")))
    listed = (await world.simulator.api("GET", "/v1/events?limit=100", data=None)).json()["data"]
    assert found == len([event for event in listed if event["type"] in WANTED]) == 6


async def test_what_webhooks_brought_is_not_taken_in_again(world: World) -> None:
    await world.command("CreatePayment", payment_request())

    async def arrived() -> bool:
        return "charge.updated" in [event["type"] for event in await world.events()]

    await eventually(arrived)
    await cursor_due(world)
    found = [await world.schedule("reconcile-stripe-events") for _ in range(4)]
    assert found == [0, 0, 0, 0]


async def test_only_one_replica_reads_the_list(world: World) -> None:
    await cursor_due(world)
    async with world.database.worker.transaction() as transaction:
        await transaction.execute(Statement("update stripe_cursor set due_at = now() + interval '1 minute'"))
    assert await world.schedule("reconcile-stripe-events") == 0
