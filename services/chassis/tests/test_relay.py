"""Facts leave once, in order, whoever relays and whatever happens to the broker meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services.chassis import tracing
from services.chassis.broker import Broker, BrokerUnavailable, Outgoing
from services.chassis.consumer import Consumer, Reaction
from services.chassis.database import Transaction
from services.chassis.event import Event, headers_of
from services.chassis.ids import new_id
from services.chassis.outbox import Fact
from services.chassis.relay import Relay
from services.chassis.tests.facts import ADD, added, apply, claimed, commit, counters, waiting
from services.chassis.tests.running import running
from services.chassis.tests.stream import ids, stored, versions
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually


async def test_a_committed_fact_takes_effect_once(database: ServiceDatabase, broker: Broker) -> None:
    relay = Relay(database.worker, broker, wakes=(database.app.wake_relay,))
    consumer = Consumer("counters", [Reaction(ADD, StringValue, apply)], database.worker, broker)
    subject = new_id()
    async with running(relay, consumer):
        for version in range(1, 6):
            await commit(database.app, added(subject, version))

        async def settled() -> bool:
            return await counters(database.worker) == {subject: (5, 5)} and await waiting(database.worker) == 0

        await eventually(settled)
    assert await claimed(database.worker) == 5


async def test_a_fact_arrives_as_it_was_committed(database: ServiceDatabase, broker: Broker) -> None:
    fact = added(new_id(), 7, "hello")
    heard: list[Event[StringValue]] = []

    async def hear(transaction: Transaction, events: Sequence[Event[StringValue]]) -> None:
        heard.extend(events)

    await commit(database.app, fact)
    async with running(Relay(database.worker, broker), Consumer("c", [Reaction(ADD, StringValue, hear)], database.worker, broker)):
        await eventually(lambda: heard)
    expected = Event(fact.event_id, ADD, fact.organization_id, fact.subject_id, 7, fact.occurred_at, StringValue(value="hello"))
    assert [event._replace(traceparent=None) for event in heard] == [expected]
    assert tracing.parse_traceparent(heard[0].traceparent), "a fact that nobody called for starts a trace"


async def test_a_rolled_back_fact_never_leaves(database: ServiceDatabase, broker: Broker) -> None:
    async def fail() -> None:
        async with database.app.transaction(added(new_id(), 1).organization_id) as transaction:
            transaction.publish(added(new_id(), 1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await Relay(database.worker, broker).drain()
    assert (await broker.state()).last_seq == 0


async def test_several_relays_keep_the_order_of_each_subject(database: ServiceDatabase, broker: Broker) -> None:
    subjects = [new_id() for _ in range(6)]
    relays = [Relay(database.worker, broker, wakes=(database.app.wake_relay,)) for _ in range(3)]

    async def write(subject_number: int) -> None:
        for version in range(1, 61):
            await commit(database.app, added(subjects[subject_number], version))

    async with running(*relays):
        await asyncio.gather(*(write(number) for number in range(len(subjects))))
        await eventually(lambda: _none_waiting(database))
    assert versions(await stored(broker)) == {str(subject): list(range(1, 61)) for subject in subjects}


async def test_relays_that_are_cancelled_at_any_moment_lose_and_reorder_nothing(database: ServiceDatabase, broker: Broker) -> None:
    subject, chance, cut_short = new_id(), random.Random(11), 0
    for first in range(1, 1201, 40):
        await commit(database.app, *(added(subject, version) for version in range(first, first + 40)))
        cut = asyncio.create_task(Relay(database.worker, broker).drain())
        await asyncio.sleep(chance.uniform(0.0, 0.01))
        cut_short += cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
    assert cut_short > 10
    await eventually(lambda: _drained(database, broker))
    assert versions(await stored(broker)) == {str(subject): list(range(1, 1201))}


async def test_a_batch_that_holds_a_known_id_leaves_one_by_one(database: ServiceDatabase, broker: Broker) -> None:
    facts = [added(new_id(), 1) for _ in range(5)]
    known = await broker.publish([_outgoing(broker, facts[2])])
    await commit(database.app, *facts)
    await Relay(database.worker, broker).drain()
    assert await waiting(database.worker) == 0
    assert sorted(ids(await stored(broker))) == sorted(str(fact.event_id) for fact in facts)
    assert known == [1]


async def test_more_than_one_batch_leaves_in_order(database: ServiceDatabase, broker: Broker) -> None:
    subject = new_id()
    await commit(database.app, *(added(subject, version) for version in range(1, 1301)))
    await Relay(database.worker, broker).drain()
    assert versions(await stored(broker)) == {str(subject): list(range(1, 1301))}


async def test_while_the_broker_is_away_facts_wait(database: ServiceDatabase) -> None:
    broker = Broker("nats://127.0.0.1:9")
    await broker.start()
    async with running(Relay(database.worker, broker, wakes=(database.app.wake_relay,))):
        await commit(database.app, added(new_id(), 1), added(new_id(), 1))
        with pytest.raises(BrokerUnavailable):
            await broker.publish([Outgoing("events.counter.added.1", b"", {})])
    assert await waiting(database.worker) == 2
    await broker.close()


async def test_a_fact_too_large_for_the_broker_is_refused_with_its_transaction(database: ServiceDatabase) -> None:
    with pytest.raises(ValueError, match="larger than"):
        await commit(database.app, added(new_id(), 1, "x" * 600_000))
    assert await waiting(database.worker) == 0


@pytest.mark.parametrize("batch", [1, 3, 40])
async def test_batches_smaller_than_the_number_of_partitions_leave_nothing(database: ServiceDatabase, broker: Broker, batch: int) -> None:
    subjects = [new_id() for _ in range(20)]
    await commit(database.app, *(added(subject, version) for version in (1, 2, 3) for subject in subjects))
    relay = Relay(database.worker, broker, batch=batch)
    assert (await relay.relay_once()).published <= batch
    await relay.drain()
    assert await waiting(database.worker) == 0
    assert versions(await stored(broker)) == {str(subject): [1, 2, 3] for subject in subjects}


async def test_large_facts_leave_in_batches_that_the_broker_takes(database: ServiceDatabase, broker: Broker) -> None:
    await commit(database.app, *(added(new_id(), 1, "x" * 500_000) for _ in range(20)))
    await Relay(database.worker, broker).drain()
    assert (await broker.state()).last_seq == 20


def _outgoing(broker: Broker, fact: Fact) -> Outgoing:
    row = {
        "event_id": str(fact.event_id),
        "type": fact.type,
        "organization_id": str(fact.organization_id),
        "subject_id": str(fact.subject_id),
        "version": str(fact.version),
        "occurred_at": fact.occurred_at.isoformat(),
        "traceparent": None,
    }
    return Outgoing(f"{broker.root}.{fact.type}.{fact.partition}", fact.message.SerializeToString(), headers_of(row))


async def _none_waiting(database: ServiceDatabase) -> bool:
    return await waiting(database.worker) == 0


async def _drained(database: ServiceDatabase, broker: Broker) -> bool:
    await Relay(database.worker, broker).drain()
    return await _none_waiting(database)
