"""Fixtures for the tests of all services. The servers are real, on loopback, and gone with the session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
import stripe  # noqa: F401 - whole, before payments loads it without what it does not use itself: contract tests do

from deploy.local.nats import ephemeral_nats
from deploy.local.postgres import ephemeral_postgres
from tests.support.databases import Cluster, ServiceDatabase, opened


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a cluster's superuser."""
    with ephemeral_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def nats_url() -> Iterator[str]:
    """URL of a JetStream server that the tests of the session share: use a stream of your own."""
    with ephemeral_nats() as url:
        yield url


@pytest.fixture(scope="session")
def cluster(postgres_url: str) -> Cluster:
    """Makes databases for services."""
    return Cluster(postgres_url)


@pytest_asyncio.fixture
async def service_database(cluster: Cluster) -> AsyncIterator[Callable[[str], Awaitable[ServiceDatabase]]]:
    """`await service_database("checkout")` is a migrated database of that service without rows, with its pools open."""
    async with AsyncExitStack() as stack:

        async def create(service: str) -> ServiceDatabase:
            return await stack.enter_async_context(opened(stack.enter_context(cluster.lent(service))))

        yield create
