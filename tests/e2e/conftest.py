"""Merchants with everything a merchant can own, and a look at every row that they make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.merchants import Merchant, found_merchant
from tests.e2e.records import Records
from tests.e2e.simulator import Simulator
from tests.e2e.world import World, populate


@pytest.fixture(scope="session")
def records(stack: Stack) -> Iterator[Records]:
    """Every row of every service."""
    with Records(stack.description()) as opened:
        yield opened


@pytest.fixture(scope="session")
def simulator(stack: Stack) -> Simulator:
    """The processor."""
    return Simulator(stack.description()["simulator"]["url"])


@pytest.fixture(scope="session")
def merchant(stack: Stack) -> Merchant:
    """An organization of its own with a token for everything."""
    return found_merchant(stack, "first")


@pytest.fixture(scope="session")
def stranger(stack: Stack) -> Merchant:
    """Another organization with a token for everything."""
    return found_merchant(stack, "second")


@pytest.fixture(scope="session")
def world(merchant: Merchant, stack: Stack, suite: Suite) -> World:
    """One of everything that an organization can own, owned by `merchant`."""
    return populate(merchant, stack, suite)


@pytest.fixture(scope="session")
def strangers_world(stranger: Merchant, stack: Stack, suite: Suite) -> World:
    """The same, owned by `stranger`."""
    return populate(stranger, stack, suite)


@pytest.fixture(scope="session")
def clumsy(stack: Stack) -> Merchant:
    """A merchant whose developer gets everything wrong."""
    return found_merchant(stack, "clumsy")


@pytest.fixture(scope="session")
def clumsy_world(clumsy: Merchant, stack: Stack, suite: Suite) -> World:
    """The same, owned by `clumsy`."""
    return populate(clumsy, stack, suite)


@pytest.fixture(scope="module")
def _quiet(suite: Suite, clumsy_world: World) -> None:
    """Nothing is under way any more from the tests before."""
    wait_until_quiet(suite, 30.0)


@pytest.fixture
def unwritten(records: Records, _quiet: None) -> Iterator[None]:
    """What the test asks for is refused, so it leaves no row anywhere."""
    before = records.counts()
    yield
    after = records.counts()
    assert {table: after[table] - before[table] for table in after if after[table] != before[table]} == {}
