"""The service over a real database, called as the suite calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from bursar.identity.v1 import access_token_service_pb2, organization_service_pb2

from services.chassis.clock import ManualClock
from services.chassis.identity import IdentitySigner
from services.chassis.server import Server
from services.chassis.tests.keys import signers
from services.identity.api.access_token_service import AccessTokenServicer
from services.identity.api.callers import Callers
from services.identity.api.organization_service import OrganizationServicer
from services.identity.api.sealing import Seal
from services.identity.app import ROOMS
from services.identity.contracts import known_scopes
from services.identity.tests.builders import NOW
from services.identity.tests.client import Client
from tests.support.databases import ServiceDatabase


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


@pytest_asyncio.fixture
async def client(database: ServiceDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of both API services."""
    made, verifier = signers(tmp_path, ["identity", "checkout"])
    callers = Callers(own=database.app, every=database.worker)
    seal = Seal.from_file(tmp_path / "identity.pem")
    server = Server(verifier, service="identity")
    organizations = OrganizationServicer(callers=callers, rooms=ROOMS, clock=clock)
    server.add(organization_service_pb2.DESCRIPTOR.services_by_name["OrganizationService"], organizations)
    tokens = AccessTokenServicer(callers=callers, rooms=ROOMS, seal=seal, known_scopes=known_scopes(), clock=clock)
    server.add(access_token_service_pb2.DESCRIPTOR.services_by_name["AccessTokenService"], tokens)
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(channel, made)
    await server.stop(drain_seconds=0, grace_seconds=1)
