"""A simulated Stripe for the folder, reset before each test, and the service around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio

from services.payments.tests.webhook_bridge import WebhookBridge
from services.payments.tests.world import SECRET, World, running
from tests.contract.stripe.simulator_process import SimulatorProcess
from tests.support.databases import ServiceDatabase


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def simulator_url() -> AsyncIterator[str]:
    simulator = await SimulatorProcess.start()
    yield simulator.url
    await simulator.stop()


@pytest_asyncio.fixture
async def bridge() -> AsyncIterator[WebhookBridge]:
    bridge = WebhookBridge()
    await bridge.start()
    yield bridge
    await bridge.stop()


@pytest_asyncio.fixture
async def simulator(simulator_url: str, bridge: WebhookBridge) -> AsyncIterator[SimulatorProcess]:
    """Reset, with its webhooks going to the bridge."""
    simulator = SimulatorProcess(None, simulator_url)
    await simulator.control("POST", "reset")
    await simulator.control("POST", "webhooks/register", url=bridge.url, secret=SECRET)
    yield simulator
    await simulator.http.aclose()


@pytest_asyncio.fixture
async def database(service_database: Callable[[str], Awaitable[ServiceDatabase]]) -> ServiceDatabase:
    return await service_database("payments")


@pytest_asyncio.fixture
async def world(database: ServiceDatabase, simulator: SimulatorProcess, bridge: WebhookBridge, tmp_path: Path) -> AsyncIterator[World]:
    """The service without its background work; `world.work()` starts that."""
    async with running(database, simulator, bridge, tmp_path) as world:
        yield world
