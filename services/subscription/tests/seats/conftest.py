"""Seats over a database of their own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio

from services.subscription.tests.seats.world import SeatWorld, seat_world
from tests.support.databases import ServiceDatabase


@pytest_asyncio.fixture
async def world(service_database: Callable[[str], Awaitable[ServiceDatabase]], tmp_path: Path) -> AsyncIterator[SeatWorld]:
    async with seat_world(await service_database("subscription"), tmp_path) as made:
        yield made
