"""A shop over a fresh database for each test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest_asyncio

from services.checkout.tests.shop import Shop
from tests.support.databases import ServiceDatabase


@pytest_asyncio.fixture
async def shop(service_database: Callable[[str], Awaitable[ServiceDatabase]]) -> Shop:
    return Shop(await service_database("checkout"))
