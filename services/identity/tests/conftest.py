"""The service over a real database, called as the suite calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from bursar.identity.v1 import access_token_service_pb2, clock_service_pb2, organization_service_pb2

from services.chassis.clock import ManualClock
from services.chassis.identity import IdentitySigner
from services.chassis.organization_clock import OrganizationClock
from services.chassis.tests.keys import signers
from services.identity.api.access_token_service import AccessTokenServicer
from services.identity.api.callers import Callers
from services.identity.api.clock_service import ClockServicer
from services.identity.api.organization_service import OrganizationServicer
from services.identity.api.sealing import Seal
from services.identity.app import ROOMS
from services.identity.conductor import Conductor
from services.identity.contracts import known_scopes
from services.identity.events.published import OutboxPublisher
from services.identity.storage.leased_advances import LeasedAdvance, claim
from services.identity.tests.builders import NOW
from services.identity.tests.client import IdentityClient
from services.identity.tests.suite import FakeService, FakeSuite
from tests.support.client import serving
from tests.support.databases import ServiceDatabase

Claiming = Callable[[], Awaitable[LeasedAdvance | None]]


@pytest_asyncio.fixture
async def database(service_database: Callable[[str], Awaitable[ServiceDatabase]]) -> ServiceDatabase:
    """A fresh database of identity."""
    return await service_database("identity")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def signer(tmp_path: Path) -> IdentitySigner:
    """Signs as identity; `trust` in the same folder believes it."""
    return signers(tmp_path, ["identity", "checkout"])[0]["identity"]


@pytest.fixture
def suite() -> FakeSuite:
    """The services that take part in advancing a clock."""
    return FakeSuite({name: FakeService(NOW) for name in ("checkout", "subscription", "ledger")})


@pytest.fixture
def claiming(database: ServiceDatabase) -> Claiming:
    """Takes up an advance that nobody is at."""
    return partial(claim, database.worker, OutboxPublisher)


@pytest.fixture
def conductor(claiming: Claiming, suite: FakeSuite, clock: ManualClock) -> Conductor:
    """Does nothing until it is run."""
    return Conductor(claiming, suite, clock.now)


@pytest_asyncio.fixture
async def client(database: ServiceDatabase, clock: ManualClock, conductor: Conductor, tmp_path: Path) -> AsyncIterator[IdentityClient]:
    """A client of the API services."""
    organization_clock = OrganizationClock(clock)
    callers = Callers(own=database.app, every=database.worker)
    tokens = AccessTokenServicer(callers=callers, rooms=ROOMS, seal=Seal(bytes(32)), known_scopes=known_scopes(), clock=clock)
    servicers = [
        (
            organization_service_pb2.DESCRIPTOR.services_by_name["OrganizationService"],
            OrganizationServicer(callers=callers, rooms=ROOMS, clock=organization_clock),
        ),
        (
            clock_service_pb2.DESCRIPTOR.services_by_name["ClockService"],
            ClockServicer(callers=callers, rooms=ROOMS, clock=organization_clock, wake=conductor.wake, stopping=conductor.stopping),
        ),
        (access_token_service_pb2.DESCRIPTOR.services_by_name["AccessTokenService"], tokens),
    ]
    async with serving("identity", servicers, tmp_path, ["checkout"], client=IdentityClient) as client:
        yield client
