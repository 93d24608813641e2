"""The whole suite, started once for the session: every process real, every call through the edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.audit.suite import Addresses, Suite
from deploy.local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running suite. Postgres wants a short path for its socket, so the folder is a session's own."""
    directory: Path = tmp_path_factory.mktemp("stack")
    with Stack.start(directory) as running:
        yield running


@pytest.fixture(scope="session")
def suite(stack: Stack) -> Iterator[Suite]:
    """The databases and the broker behind it."""
    with Suite(Addresses.of(stack.description())) as opened:
        yield opened
