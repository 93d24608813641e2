"""A migrated database for each test, and the service on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from services.benefits.tests.suite import Suite
from tests.support.databases import Cluster, ServiceDatabase, opened


@pytest_asyncio.fixture
async def database(cluster: Cluster) -> AsyncIterator[ServiceDatabase]:
    """The service's database, both pools open."""
    with cluster.lent("benefits") as urls:
        async with opened(urls) as both:
            yield both


@pytest_asyncio.fixture
async def suite(database: ServiceDatabase) -> Suite:
    """Use cases and reactions on it."""
    return Suite(database.app, database.worker)
