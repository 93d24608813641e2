"""The suite to break, a seed that makes the breaking repeatable, and a place to say what was measured."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.audit.suite import Addresses, Suite
from deploy.local.options import StackOptions
from deploy.local.stack import Stack

Tell = Callable[[str], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Says one line past the capture, so that figures and seeds are seen when all is well, too."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{request.node.name}: {line}", flush=True)  # noqa: T201 - the seed has to be seen

    return say


@pytest.fixture
def seed(tell: Tell) -> int:
    """BURSAR_SEED, or a new one; the same seed makes the same purchases and the same schedule of faults."""
    chosen = int(os.environ.get("BURSAR_SEED") or random.SystemRandom().randrange(1 << 32))
    tell(f"BURSAR_SEED={chosen}")
    return chosen


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A suite for tests that leave it sound."""
    with Stack.start(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def shared_suite(shared_stack: Stack) -> Iterator[Suite]:
    """What is behind it."""
    with Suite(Addresses.of(shared_stack.description())) as opened:
        yield opened


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A suite of the test's own."""
    with started(StackOptions()) as running:
        yield running


@pytest.fixture
def suite(stack: Stack) -> Iterator[Suite]:
    """What is behind it."""
    with Suite(Addresses.of(stack.description())) as opened:
        yield opened


@contextmanager
def started(options: StackOptions) -> Iterator[Stack]:
    """A suite with options, and nothing of it afterwards unless BURSAR_KEEP names a directory for what is left."""
    kept = os.environ.get("BURSAR_KEEP")
    if kept:
        with Stack.start(Path(kept), None, options) as running:
            yield running
        return
    with (
        TemporaryDirectory(prefix="bursar-faults-", ignore_cleanup_errors=True) as directory,
        Stack.start(Path(directory), None, options) as running,
    ):
        yield running
