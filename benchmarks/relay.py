"""The relay (read, publish in atomic batches, strike off) against publishing one by one with confirmation; everything synced."""

from __future__ import annotations

import statistics
import time
from uuid import UUID

import uvloop

from benchmarks.events import TYPE, Bench, bench, fact
from benchmarks.figure import Figure, at_least
from services.chassis.broker import Outgoing
from services.chassis.event import headers_of
from services.chassis.ids import new_id
from services.chassis.relay import Relay

_ROUNDS = 7
_FACTS = 5_000
_SINGLES = 500
_TARGET = 10.0


async def _relayed(on: Bench, relay: Relay) -> float:
    """Facts a second."""
    for _ in range(_FACTS // 500):
        async with on.database.worker.transaction() as transaction:
            transaction.publish(*(fact() for _ in range(500)))
    started = time.perf_counter()
    await relay.drain()
    return _FACTS / (time.perf_counter() - started)


async def _singly(on: Bench) -> float:
    """Messages a second."""
    messages = [_message() for _ in range(_SINGLES)]
    started = time.perf_counter()
    for message in messages:
        await on.broker.publish([message])
    return _SINGLES / (time.perf_counter() - started)


def _message() -> Outgoing:
    one = fact()
    event_id: UUID = new_id()
    row = {
        "event_id": str(event_id),
        "type": TYPE,
        "organization_id": str(one.organization_id),
        "subject_id": str(one.subject_id),
        "version": "1",
        "occurred_at": one.occurred_at.isoformat(),
        "traceparent": None,
    }
    return Outgoing(one.subject, one.message.SerializeToString(), headers_of(row))


async def _figures() -> list[Figure]:
    async with bench() as on:
        relay = Relay(on.database.worker, on.broker)
        await _singly(on)
        await _relayed(on, relay)
        rounds = [(await _relayed(on, relay), await _singly(on)) for _ in range(_ROUNDS)]
    rate = statistics.median(relayed for relayed, _ in rounds)
    ratio = statistics.median(relayed / singly for relayed, singly in rounds)
    return [at_least("relay, of single publishes", rate, "facts/s", ratio=ratio, target=_TARGET)]


def figures() -> list[Figure]:
    """Measure."""
    return uvloop.run(_figures())


if __name__ == "__main__":
    print(*figures(), sep="\n")
