"""Every listener hears every fact, and knows when it may have missed one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services.chassis.broker import Broker
from services.chassis.ids import new_id
from services.chassis.listener import Listener
from services.chassis.relay import Relay
from services.chassis.tests.facts import ADD, added, commit
from services.chassis.tests.running import running
from tests.support.databases import ServiceDatabase
from tests.support.eventually import eventually
from tests.support.nats import NatsServer, nats_server


class Cache:
    """Notes what it hears."""

    def __init__(self, broker: Broker) -> None:
        self.versions: list[int] = []
        self.gaps = 0
        self.listener = Listener(broker, {ADD: StringValue}, lambda event: self.versions.append(event.version), self._on_gap)

    def _on_gap(self) -> None:
        self.gaps += 1


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as running_server:
        yield running_server


async def test_every_listener_hears_every_new_fact(database: ServiceDatabase, broker: Broker) -> None:
    caches = [Cache(broker), Cache(broker)]
    relay = Relay(database.worker, broker, wakes=(database.app.wake_relay,))
    await commit(database.app, added(new_id(), 99))
    await relay.drain()
    async with running(relay, *(cache.listener for cache in caches)):
        await eventually(lambda: all(cache.listener.live for cache in caches))
        before = [cache.gaps for cache in caches]
        for version in range(1, 11):
            await commit(database.app, added(new_id(), version))
        await eventually(lambda: all(cache.versions == list(range(1, 11)) for cache in caches))
        assert [cache.gaps for cache in caches] == before
    assert not any(cache.listener.live for cache in caches)


async def test_a_listener_whose_consumer_is_gone_says_so(database: ServiceDatabase, broker: Broker) -> None:
    cache = Cache(broker)
    async with running(Relay(database.worker, broker, wakes=(database.app.wake_relay,)), cache.listener):
        await eventually(lambda: cache.listener.live)
        before = cache.gaps
        await broker.delete_stream()
        await eventually(lambda: cache.gaps > before and cache.listener.live, 10)
        await commit(database.app, added(new_id(), 2))
        await eventually(lambda: cache.versions == [2])


async def test_a_listener_without_a_broker_is_not_live(database: ServiceDatabase, server: NatsServer) -> None:
    broker = Broker(server.url)
    await broker.start()
    cache = Cache(broker)
    async with running(Relay(database.worker, broker, wakes=(database.app.wake_relay,)), cache.listener):
        await eventually(lambda: cache.listener.live)
        before = cache.gaps
        server.kill()
        await eventually(lambda: not cache.listener.live and cache.gaps > before)
        server.start()
        await eventually(lambda: cache.listener.live, 10)
        await commit(database.app, added(new_id(), 3))
        await eventually(lambda: cache.versions == [3])
    await broker.close()
