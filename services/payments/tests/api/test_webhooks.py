"""The webhook door: rejects leave no row, duplicates one."""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson
import pytest
import stripe

from services.chassis.sql import Statement
from services.payments.tests.world import SECRET, World
from services.payments.usecases.process_stripe_events import MOST_ATTEMPTS
from tests.support.eventually import eventually

EVENT = orjson.dumps(
    {"id": "evt_1", "object": "event", "type": "customer.created", "created": int(time.time()), "data": {"object": {"id": "cus_1"}}}
)
_ALL_DUE = Statement("update stripe_event set due_at = now() where due_at is not null")


def signature(body: bytes, secret: str = SECRET, age: float = 0.0) -> str:
    return str(stripe.WebhookSignature.generate_signature_header(body.decode("latin-1"), secret, int(time.time() - age)))


async def test_an_event_is_stored_once_and_marked_when_it_is_nothing_to_us(world: World) -> None:
    for _ in range(3):
        assert await world.deliver(EVENT, signature(EVENT)) == 200
    assert await world.deliver(EVENT, signature(EVENT, "whsec_older")) == 200
    assert [(event["id"], event["status"], event["source"]) for event in await world.events()] == [("evt_1", "received", "webhook")]
    world.work()

    async def ignored() -> bool:
        return [event["status"] for event in await world.events()] == ["ignored"]

    await eventually(ignored)


_OTHER = orjson.dumps({"object": "event", "id": 1})


@pytest.mark.parametrize(
    ("body", "sign"),
    [
        (EVENT, lambda: signature(EVENT, "whsec_wrong")),
        (EVENT, lambda: signature(EVENT, age=600)),
        (EVENT, lambda: signature(EVENT, age=-600)),
        (EVENT.replace(b"cus_1", b"cus_2"), lambda: signature(EVENT)),
        (EVENT, lambda: ""),
        (b"{}", lambda: signature(b"{}")),
        (_OTHER, lambda: signature(_OTHER)),
    ],
    ids=["another secret", "old", "of the future", "another body", "unsigned", "empty", "an id that is no text"],
)
async def test_what_is_not_stripes_is_refused_without_a_trace(world: World, body: bytes, sign: Callable[[], str]) -> None:
    assert await world.deliver(body, sign()) == 400
    assert await world.events() == []


async def test_an_event_that_cannot_be_read_is_parked_and_stops_nobody(world: World) -> None:
    poison = EVENT.replace(b"evt_1", b"evt_poison").replace(b"customer.created", b"payment_intent.x")
    for body in (poison, EVENT):
        assert await world.deliver(body, signature(body)) == 200
    world.work()
    for attempts in range(1, MOST_ATTEMPTS + 1):
        await eventually(lambda times=attempts: _failed(world, times))  # type: ignore[misc]
        async with world.database.worker.transaction() as transaction:
            await transaction.execute(_ALL_DUE)
        await world.deliver(EVENT, signature(EVENT))  # wakes the worker
    parked = {event["id"]: event for event in await world.events()}["evt_poison"]
    assert parked["status"] == "parked"
    assert parked["error"].startswith("KeyError")


async def _failed(world: World, times: int) -> bool:
    events = {event["id"]: event for event in await world.events()}
    return bool(events["evt_poison"]["attempts"] == times and events["evt_1"]["status"] == "ignored")
