"""The books over a real database, with a lane that posts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest_asyncio
from bursar.ledger.v1 import ledger_service_pb2

from services.chassis.clock import ManualClock
from services.chassis.database import Database
from services.ledger.api.ledger_service import LedgerServicer
from services.ledger.api.posting_service import LedgerPostingServicer
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.lane import PostingLane
from services.ledger.storage.reads import StoredReads
from services.ledger.tests.builders import NOW
from services.ledger.watch import audit_books
from tests.support.client import Client, serving
from tests.support.databases import ServiceDatabase


@pytest_asyncio.fixture
async def database(service_database: Callable[[str], Awaitable[ServiceDatabase]]) -> ServiceDatabase:
    """A fresh database of the ledger."""
    return await service_database("ledger")


@pytest_asyncio.fixture
async def registry(database: ServiceDatabase) -> AsyncIterator[AccountRegistry]:
    connection = Database(database.urls.worker, name="accounts", pool_size=1)
    await connection.open()
    yield AccountRegistry(connection)
    await connection.close()


@pytest_asyncio.fixture
async def lane(database: ServiceDatabase, registry: AccountRegistry) -> AsyncIterator[PostingLane]:
    """A lane at work."""
    stop = asyncio.Event()
    lane = PostingLane(database.urls.worker, registry)
    running = asyncio.create_task(lane.run(stop))
    yield lane
    stop.set()
    await running


@pytest_asyncio.fixture
async def client(database: ServiceDatabase, lane: PostingLane, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of both API services."""
    contracts = ledger_service_pb2.DESCRIPTOR.services_by_name
    audit = partial(audit_books, database.worker, ManualClock(NOW))
    servicers = [
        (contracts["LedgerService"], LedgerServicer(own=database.app, every=database.worker, reads=StoredReads, audit=audit)),
        (contracts["LedgerPostingService"], LedgerPostingServicer(books=lane)),
    ]
    async with serving("ledger", servicers, tmp_path, ["checkout", "benefits"], client=Client) as client:
        yield client
