"""The atomic batches, the relay and the consumers under fire: processes killed and frozen at bad moments, answers lost."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest
import pytest_asyncio
from google.protobuf.wrappers_pb2 import StringValue

from services.chassis import inbox
from services.chassis.broker import Broker
from services.chassis.consumer import Consumer, Patience, Reaction
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.reactor import Reactor
from services.chassis.reconciler import Reconciler
from services.chassis.relay import Relay
from services.chassis.tests.facts import ADD, added, apply, commit, counters, waiting
from services.chassis.tests.running import Runs, running
from services.chassis.tests.stream import stored, versions
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually
from tests.support.nats import NatsServer, nats_server

HURRIED = Patience(first_seconds=0.02, longest_seconds=0.5, ack_wait_seconds=1.0)


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as running_server:
        yield running_server


@pytest_asyncio.fixture
async def broker(server: NatsServer) -> AsyncIterator[Broker]:
    opened = Broker(server.url)
    await opened.start()
    await opened.ready()
    yield opened
    await opened.close()


def everything(database: ServiceDatabase, broker: Broker, *, relays: int = 1, consumers: int = 1) -> list[Runs]:
    wakes = (database.app.wake_relay, database.worker.wake_relay)
    reactions = [Reaction(ADD, StringValue, apply)]
    return [
        *(Relay(database.worker, broker, wakes=wakes) for _ in range(relays)),
        *(Consumer("counters", reactions, database.worker, broker, patience=HURRIED) for _ in range(consumers)),
        Reconciler(database.worker, broker),
    ]


async def test_a_broker_killed_in_the_middle_of_batches_loses_and_reorders_nothing(
    database: ServiceDatabase, broker: Broker, server: NatsServer
) -> None:
    subject, chance = new_id(), random.Random(5)
    relay = Relay(database.worker, broker)
    cut_short = 0
    for first in range(1, 1201, 300):
        await commit(database.app, *(added(subject, version) for version in range(first, first + 300)))
        draining = asyncio.create_task(relay.drain())
        await asyncio.sleep(chance.uniform(0.001, 0.012))
        server.kill()
        cut_short += isinstance((await asyncio.gather(draining, return_exceptions=True))[0], Exception)
        server.start()
        await broker.ready()
    assert cut_short > 1
    await relay.drain()
    assert await waiting(database.worker) == 0
    assert versions(await stored(broker)) == {str(subject): list(range(1, 1201))}


@pytest.mark.faults
async def test_two_relays_and_two_consumers_under_random_kills_take_every_fact_once(
    database: ServiceDatabase, broker: Broker, server: NatsServer
) -> None:
    subject, others, chance = new_id(), [new_id() for _ in range(20)], random.Random(15)

    async def write() -> None:
        for version in range(1, 1001):
            await commit(database.app, added(subject, version), added(others[version % 20], 1 + version // 20))

    async def kill_brokers() -> None:
        for _ in range(4):
            await asyncio.sleep(chance.uniform(0.3, 1.0))
            server.kill()
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            server.start()

    async def kill_workers(writer: asyncio.Task[None]) -> None:
        while not writer.done():
            stop = asyncio.Event()
            tasks = [asyncio.create_task(part.run(stop)) for part in everything(database, broker, relays=2, consumers=2)]
            await asyncio.sleep(chance.uniform(0.05, 0.7))
            stop.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    writing = asyncio.create_task(write())
    await asyncio.gather(writing, kill_brokers(), kill_workers(writing))
    async with running(*everything(database, broker, relays=2, consumers=2)):
        await eventually(lambda: _taken_once(database, 2000), 30)
        await eventually(lambda: _none_waiting(database), 30)
    assert (await counters(database.worker))[subject] == (1000, 1000)
    assert versions(await stored(broker))[str(subject)] == list(range(1, 1001))
    assert await inbox.parked(database.worker) == []


@pytest.mark.faults
async def test_a_frozen_broker_delays_facts_and_nothing_else(database: ServiceDatabase, broker: Broker, server: NatsServer) -> None:
    subjects = [new_id() for _ in range(50)]
    async with running(*everything(database, broker)):
        await commit(database.app, added(subjects[0], 1))
        await eventually(lambda: _taken_once(database, 1))
        server.signal(signal.SIGSTOP)
        for subject in subjects[1:]:
            async with asyncio.timeout(1):
                await commit(database.app, added(subject, 1))
            await asyncio.sleep(0.25)
        assert await waiting(database.worker) >= 49
        server.signal(signal.SIGCONT)
        await eventually(lambda: _taken_once(database, 50), 20)
        await eventually(lambda: _none_waiting(database), 10)


@pytest.mark.faults
async def test_a_broker_away_for_long_gets_everything_when_it_is_back(
    database: ServiceDatabase, broker: Broker, server: NatsServer
) -> None:
    subjects = [new_id() for _ in range(10)]
    async with running(*everything(database, broker, relays=2)):
        for version in range(1, 101):
            if version == 20:
                server.kill()
            await commit(database.app, *(added(subject, version) for subject in subjects))
            await asyncio.sleep(0.05)
        assert await waiting(database.worker) > 700
        server.start()
        await eventually(lambda: _taken_once(database, 1000), 20)
    assert await counters(database.worker) == dict.fromkeys(subjects, (100, 100))


@pytest.mark.parametrize("seed", range(8))
async def test_facts_repeated_and_shuffled_end_in_the_same_state(database: ServiceDatabase, seed: int) -> None:
    chance = random.Random(seed)
    subjects = [new_id() for _ in range(5)]
    events = [_event(subject, version) for subject in subjects for version in range(1, chance.randint(2, 30))]
    expected = {subject: (last, last) for subject in subjects for last in [sum(event.subject_id == subject for event in events)]}
    arrivals = [event for event in events for _ in range(chance.randint(1, 3))]
    chance.shuffle(arrivals)
    reactors = [Reactor("counters", [Reaction(ADD, StringValue, apply)], database.worker) for _ in range(3)]
    batches: list[list[Event[StringValue]]] = []
    while arrivals:
        size = chance.randint(1, 20)
        batches.append(arrivals[:size])
        arrivals = arrivals[size:]

    async def take(reactor: Reactor) -> None:
        while batches:
            await reactor.take(batches.pop())

    await asyncio.gather(*map(take, reactors))
    assert await counters(database.worker) == expected


def _event(subject_id: UUID, version: int) -> Event[StringValue]:
    fact = added(subject_id, version)
    return Event(fact.event_id, fact.type, fact.organization_id, fact.subject_id, version, fact.occurred_at, StringValue())


async def _taken_once(database: ServiceDatabase, facts: int) -> bool:
    assert sum(applied for _, applied in (await counters(database.worker)).values()) == facts
    return True


async def _none_waiting(database: ServiceDatabase) -> bool:
    return await waiting(database.worker) == 0
