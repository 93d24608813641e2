"""The service over a real database, called as the suite calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from bursar.subscription.v1 import subscription_service_pb2

from services.chassis.clock import ManualClock
from services.chassis.reactor import Reactor
from services.chassis.server import Server
from services.chassis.tests.keys import signers
from services.subscription.api.subscription_query_service import SubscriptionQueryServicer
from services.subscription.api.subscription_service import SubscriptionServicer
from services.subscription.app import STORE_OF
from services.subscription.events.consumed import reactions
from services.subscription.tests.builders import NOW
from services.subscription.tests.client import Client
from tests.support.databases import ServiceDatabase


@pytest_asyncio.fixture
async def database(service_database: Callable[[str], Awaitable[ServiceDatabase]]) -> ServiceDatabase:
    """A fresh database of subscription."""
    return await service_database("subscription")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def reactor(database: ServiceDatabase, clock: ManualClock) -> Reactor:
    """Takes facts of the other services."""
    return Reactor("subscription", reactions(STORE_OF, clock), database.worker)


@pytest_asyncio.fixture
async def client(database: ServiceDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of both API services."""
    made, verifier = signers(tmp_path, ["identity", "checkout", "ledger"])
    server = Server(verifier, service="subscription")
    services = subscription_service_pb2.DESCRIPTOR.services_by_name
    server.add(services["SubscriptionService"], SubscriptionServicer(database=database.app, store_of=STORE_OF, clock=clock))
    server.add(services["SubscriptionQueryService"], SubscriptionQueryServicer(database=database.app, store_of=STORE_OF))
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(channel, made)
    await server.stop(drain_seconds=0, grace_seconds=1)
