"""What the broker confirmed and lost is published again, and takes effect once all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services.chassis.broker import Broker, BrokerError
from services.chassis.consumer import Consumer, Reaction
from services.chassis.ids import new_id
from services.chassis.outbox import Fact
from services.chassis.reconciler import Reconciler
from services.chassis.relay import Relay
from services.chassis.replay import replay
from services.chassis.sql import Statement
from services.chassis.tests.facts import ADD, added, apply, commit, counters, waiting
from services.chassis.tests.running import running
from services.chassis.tests.stream import ids, stored
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually
from tests.support.nats import NatsServer, nats_server

_FORGET = Statement("delete from inbox")


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as running_server:
        yield running_server


async def test_nothing_is_published_again_while_all_is_well(database: ServiceDatabase, broker: Broker) -> None:
    await commit(database.app, *_facts(700))
    await Relay(database.worker, broker).drain()
    assert await Reconciler(database.worker, broker).reconcile() == 0
    assert await waiting(database.worker) == 0


async def test_after_the_stream_was_deleted_every_fact_is_in_the_new_one(database: ServiceDatabase, broker: Broker) -> None:
    facts = _facts(30)
    consumer = Consumer("counters", [Reaction(ADD, StringValue, apply)], database.worker, broker)
    relay = Relay(database.worker, broker, wakes=(database.app.wake_relay, database.worker.wake_relay))
    await commit(database.app, *facts)
    async with running(relay, consumer, Reconciler(database.worker, broker)):
        await eventually(lambda: _taken(database, facts))
        await broker.delete_stream()
        await commit(database.app, *(more := _facts(3)))
        await eventually(lambda: _taken(database, facts + more), 10)
        await eventually(lambda: _stored(broker, facts + more), 10)
    assert {applied for _, applied in (await counters(database.worker)).values()} == {1}


async def test_messages_that_a_broker_took_back_are_published_again(database: ServiceDatabase, server: NatsServer) -> None:
    broker = await _connected(server)
    relay = Relay(database.worker, broker)
    kept, lost, later = _facts(40), _facts(25), _facts(10)
    await commit(database.app, *kept)
    await relay.drain()
    server.stop()
    server.save_store()
    server.start()
    await broker.ready()
    await commit(database.app, *lost)
    await eventually(lambda: _drained(database, relay))
    server.stop()
    server.restore_store()
    server.start()
    await broker.ready()
    # The numbers of the lost messages are used again, by more than were lost, before anybody looks.
    await commit(database.app, *later, *_facts(30))
    await eventually(lambda: _drained(database, relay))
    assert not set(_ids(lost)) & set(ids(await stored(broker)))
    assert await Reconciler(database.worker, broker).reconcile() >= 25
    await relay.drain()
    assert set(_ids(kept + lost + later)) <= set(ids(await stored(broker)))
    assert await Reconciler(database.worker, broker).reconcile() == 0
    await broker.close()


async def test_a_shorter_stream_is_noticed_when_the_connection_comes_back(database: ServiceDatabase, server: NatsServer) -> None:
    broker = await _connected(server)
    consumer = Consumer("counters", [Reaction(ADD, StringValue, apply)], database.worker, broker)
    relay = Relay(database.worker, broker, wakes=(database.app.wake_relay, database.worker.wake_relay))
    kept, lost = _facts(10), _facts(10)
    async with running(relay, consumer, Reconciler(database.worker, broker)):
        await commit(database.app, *kept)
        await eventually(lambda: _taken(database, kept))
        server.stop()
        server.save_store()
        server.start()
        await broker.ready()
        await commit(database.app, *lost)
        await eventually(lambda: _taken(database, kept + lost), 10)
        server.stop()
        server.restore_store()
        server.start()
        await eventually(lambda: _stored(broker, kept + lost), 10)
        await eventually(lambda: _drained(database, relay), 10)
    assert {applied for _, applied in (await counters(database.worker)).values()} == {1}
    await broker.close()


async def test_after_the_store_was_wiped_every_fact_is_published_again(database: ServiceDatabase, server: NatsServer) -> None:
    broker = await _connected(server)
    relay = Relay(database.worker, broker, wakes=(database.app.wake_relay, database.worker.wake_relay))
    facts = _facts(1200)
    async with running(relay, Reconciler(database.worker, broker)):
        await commit(database.app, *facts)
        await eventually(lambda: _stored(broker, facts), 10)
        server.kill()
        server.wipe_store()
        server.start()
        await eventually(lambda: _stored(broker, facts), 10)
    await broker.close()


async def test_replay_publishes_a_range_of_facts_again(database: ServiceDatabase, forgetful_broker: Broker) -> None:
    before = datetime.now(UTC)
    await commit(database.app, *_facts(3), added(new_id(), 1, type="other.done"))
    relay = Relay(database.worker, forgetful_broker)
    await relay.drain()
    await asyncio.sleep(0.15)
    assert await replay(database.worker, type=ADD, since=before - timedelta(minutes=1)) == 3
    assert await replay(database.worker, until=before - timedelta(minutes=1)) == 0
    assert await replay(database.worker, organization_id=new_id()) == 0
    await relay.drain()
    assert (await forgetful_broker.state()).last_seq == 7


def _facts(count: int) -> list[Fact]:
    return [added(new_id(), 1) for _ in range(count)]


def _ids(facts: list[Fact]) -> list[str]:
    return [str(fact.event_id) for fact in facts]


async def _connected(server: NatsServer) -> Broker:
    broker = Broker(server.url)
    await broker.start()
    await broker.ready()
    return broker


async def _drained(database: ServiceDatabase, relay: Relay) -> bool:
    try:
        await relay.drain()
    except BrokerError:
        return False
    return await waiting(database.worker) == 0


async def _taken(database: ServiceDatabase, facts: list[Fact]) -> bool:
    return set(await counters(database.worker)) == {fact.subject_id for fact in facts}


async def _stored(broker: Broker, facts: list[Fact]) -> bool:
    try:
        return set(_ids(facts)) <= set(ids(await stored(broker)))
    except (BrokerError, TimeoutError):
        return False
