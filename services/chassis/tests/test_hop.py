"""From the commit of a fact to the commit of its effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.protobuf.wrappers_pb2 import StringValue

from services.chassis.broker import Broker
from services.chassis.consumer import Consumer, Patience, Reaction
from services.chassis.ids import new_id
from services.chassis.relay import Relay
from services.chassis.tests.facts import ADD, added, apply, claimed, commit, counters, waiting
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually


@asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    """Relays and consumers at work."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def test_a_committed_fact_takes_effect_once(database: ServiceDatabase, broker: Broker) -> None:
    relay = Relay(database.worker, broker, wakes=(database.app.wake_relay,))
    consumer = Consumer("counters", [Reaction(ADD, StringValue, apply)], database.worker, broker)
    subject = new_id()
    async with running(relay, consumer):
        for version in range(1, 6):
            await commit(database.app, added(subject, version))

        async def settled() -> bool:
            return await counters(database.worker) == {subject: (5, 5)}

        await eventually(settled)
        assert await claimed(database.worker) == 5

        async def confirmed() -> bool:
            return await waiting(database.worker) == 0

        await eventually(confirmed)
