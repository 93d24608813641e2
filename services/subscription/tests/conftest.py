"""The service over a real database, called as the suite calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from bursar.subscription.v1 import subscription_service_pb2

from services.chassis.clock import ManualClock
from services.chassis.ids import new_id
from services.chassis.organization_clock import OrganizationClock
from services.chassis.peers import Peers
from services.chassis.reactor import Reactor
from services.chassis.tests.keys import signers
from services.subscription.api.invitation_token import InvitationTokens
from services.subscription.api.subscription_query_service import SubscriptionQueryServicer
from services.subscription.api.subscription_service import SubscriptionServicer
from services.subscription.app import SEAT_STORE_OF, STORE_OF, neighbours
from services.subscription.events.consumed import reactions
from services.subscription.events.consumed_seats import SeatReactions
from services.subscription.tests.builders import NOW
from tests.support.client import Client, serving
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
    organization_clock = OrganizationClock(clock)
    seats = SeatReactions(SEAT_STORE_OF, organization_clock, new_id, InvitationTokens(b"test").hash)
    return Reactor("subscription", reactions(STORE_OF, organization_clock, seats), database.worker)


def subscription_servicer(database: ServiceDatabase, clock: ManualClock, peers: Peers) -> SubscriptionServicer:
    """What serves SubscriptionService, with whom it asks."""
    return SubscriptionServicer(
        database=database.app, store_of=STORE_OF, seats_of=SEAT_STORE_OF, clock=OrganizationClock(clock), ask=neighbours(peers)
    )


@pytest_asyncio.fixture
async def client(database: ServiceDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of both API services."""
    contracts = subscription_service_pb2.DESCRIPTOR.services_by_name
    servicers = [
        (
            contracts["SubscriptionService"],
            subscription_servicer(database, clock, Peers({}, signers(tmp_path, ["subscription"])[0]["subscription"])),
        ),
        (contracts["SubscriptionQueryService"], SubscriptionQueryServicer(database=database.app, store_of=STORE_OF)),
    ]
    async with serving("subscription", servicers, tmp_path, ["checkout", "ledger"], client=Client) as client:
        yield client
