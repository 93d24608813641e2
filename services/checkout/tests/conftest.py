"""A shop for each test: an organization of its own in one database, or a database of its own where sweeps go over all organizations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio

from services.checkout.tests.shop import Shop
from tests.support.databases import Cluster, ServiceDatabase, ServiceUrls, opened


@pytest.fixture(scope="session")
def shared_urls(cluster: Cluster) -> Iterator[ServiceUrls]:
    urls = cluster.create("checkout")
    yield urls
    cluster.drop(urls)


@pytest_asyncio.fixture
async def shop(shared_urls: ServiceUrls) -> AsyncIterator[Shop]:
    async with opened(shared_urls) as database:
        yield Shop(database)


@pytest_asyncio.fixture
async def lone_shop(service_database: Callable[[str], Awaitable[ServiceDatabase]]) -> Shop:
    return Shop(await service_database("checkout"))
