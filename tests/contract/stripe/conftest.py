"""A simulator for the whole folder, reset before each test, reached by the official SDK."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.contract.stripe.openapi import Document, load
from tests.contract.stripe.simulator_process import Launch, SimulatorProcess
from tests.contract.stripe.webhook_receiver import SECRET, WebhookReceiver


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_simulator() -> AsyncIterator[str]:
    simulator = await SimulatorProcess.start()
    yield simulator.url
    assert await simulator.stop() == 0


@pytest_asyncio.fixture
async def simulator(running_simulator: str) -> AsyncIterator[SimulatorProcess]:
    connected = SimulatorProcess(None, running_simulator)
    await connected.control("POST", "reset")
    yield connected
    await connected.http.aclose()


@pytest_asyncio.fixture
async def launch() -> AsyncIterator[Launch]:
    """Start simulators of one's own; what is still running at the end of the test is killed."""
    started: list[SimulatorProcess] = []

    async def start(*arguments: str) -> SimulatorProcess:
        started.append(await SimulatorProcess.start(*arguments))
        return started[-1]

    yield start
    for simulator in started:
        if simulator.process and simulator.process.returncode is None:
            await simulator.kill()


@pytest.fixture
def api(simulator: SimulatorProcess) -> Any:
    """`StripeClient(...).v1`."""
    return simulator.stripe_client().v1


@pytest_asyncio.fixture
async def receiver(simulator: SimulatorProcess) -> AsyncIterator[WebhookReceiver]:
    endpoint = WebhookReceiver()
    await endpoint.start()
    await simulator.control("POST", "webhooks/register", url=endpoint.url, secret=SECRET)
    yield endpoint
    for registered in (await simulator.stripe_client().v1.webhook_endpoints.list_async()).data:
        await simulator.stripe_client().v1.webhook_endpoints.delete_async(registered.id)
    await endpoint.stop()


@pytest.fixture(scope="session")
def document() -> Document:
    found = load()
    if found is None:
        pytest.skip("../shared/stripe/openapi.json is not on this machine")
    return found
