"""From the commit of a fact to the commit of its reaction, against the commit alone; at some twenty events a second."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import uvloop
from google.protobuf.wrappers_pb2 import StringValue

from benchmarks.events import TYPE, Bench, bench, fact
from benchmarks.figure import Figure, at_most, percentile
from services.chassis.consumer import Consumer, Reaction
from services.chassis.database import Database, Transaction
from services.chassis.event import Event
from services.chassis.relay import Relay

_ROUNDS = 7
_EVENTS = 60
_TARGET_P50, _TARGET_P99 = 3.5, 15.0
_LONGEST_SECONDS = 5.0


class _Effects(Database):
    """The consumer's database, which tells when the reaction to a fact is committed."""

    def __init__(self, url: str) -> None:
        super().__init__(url, name="effects")
        self.committed: dict[UUID, asyncio.Future[float]] = {}
        self._in_hand: list[UUID] = []

    async def react(self, transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
        self._in_hand += [event.id for event in events]

    @asynccontextmanager
    async def transaction(self, organization_id: UUID | None = None) -> AsyncIterator[Transaction]:
        async with super().transaction(organization_id) as transaction:
            yield transaction
        done, self._in_hand = self._in_hand, []
        for event_id in done:
            self.committed[event_id].set_result(time.perf_counter())


async def _round(on: Bench, effects: _Effects) -> tuple[list[float], list[float]]:
    """Milliseconds of commits and of hops."""
    commits, hops = [], []
    for _ in range(_EVENTS):
        await asyncio.sleep(random.uniform(0.02, 0.06))
        one = fact()
        effect = effects.committed[one.event_id] = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        async with on.database.worker.transaction() as transaction:
            transaction.publish(one)
        committed = time.perf_counter()
        async with asyncio.timeout(_LONGEST_SECONDS):
            hops.append((await effect - committed) * 1000)
        commits.append((committed - started) * 1000)
    return commits, hops


async def _figures() -> list[Figure]:
    async with bench() as on:
        effects = _Effects(on.database.urls.worker)
        await effects.open()
        relay = Relay(on.database.worker, on.broker, wakes=(on.database.worker.wake_relay,))
        consumer = Consumer("bench", [Reaction(TYPE, StringValue, effects.react)], effects, on.broker)
        stop = asyncio.Event()
        tasks = [asyncio.create_task(part.run(stop)) for part in (relay, consumer)]
        await _round(on, effects)
        rounds = [await _round(on, effects) for _ in range(_ROUNDS)]
        stop.set()
        await asyncio.gather(*tasks)
        await effects.close()
    commit = statistics.median(milliseconds for commits, _ in rounds for milliseconds in commits)
    hops = [milliseconds for _, hops in rounds for milliseconds in hops]
    p50, p99 = statistics.median(hops), percentile(hops, 0.99)
    return [
        at_most("one hop, p50, of a commit", p50, "ms", ratio=p50 / commit, target=_TARGET_P50),
        at_most("one hop, p99, of a commit", p99, "ms", ratio=p99 / commit, target=_TARGET_P99),
    ]


def figures() -> list[Figure]:
    """Measure."""
    return uvloop.run(_figures())


if __name__ == "__main__":
    print(*figures(), sep="\n")
