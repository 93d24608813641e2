"""Fixtures for the tests of all services. The servers are real, on loopback, and gone with the session."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
import stripe  # noqa: F401 - whole, before payments loads it without what it does not use itself: contract tests do
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from deploy.local import ports
from deploy.local.nats import ephemeral_nats
from deploy.local.postgres import ephemeral_postgres
from tests.support.databases import Cluster, ServiceDatabase, opened

# Folders whose tests share what is slow to start stay on one worker; elsewhere a file does. `suite`: all services as processes.
_WORKER_GROUPS = {"tests/docs": "docs", "tests/e2e": "suite", "tests/edge": "edge", "tests/faults": "faults", "tests/life": "suite"}
_PORTS_OF_A_WORKER = 3_000


def pytest_configure(config: pytest.Config) -> None:
    """Give each parallel worker its own range of ports: two that look for free ones at once would find the same."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        ports.FIRST_PORT += int(worker.removeprefix("gw")) % 4 * _PORTS_OF_A_WORKER
        ports.LAST_PORT = ports.FIRST_PORT + _PORTS_OF_A_WORKER - 1


class GroupScheduling(LoadScopeScheduling):
    """Give each parallel worker whole groups of tests: a folder's whose tests share what is slow to start, else a file's."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return _WORKER_GROUPS.get("/".join(path.split("/")[:2]), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """Schedule by groups."""
    return GroupScheduling(config, log)


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
