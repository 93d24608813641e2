"""After the tests of a module nothing in the suite contradicts anything else."""

from __future__ import annotations

import pytest

from deploy.audit.invariants import audit
from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite


@pytest.fixture
def audited(suite: Suite) -> list[str]:
    """What is wrong with the whole suite."""
    wait_until_quiet(suite, 30.0)
    return [f"{verdict.invariant}: {verdict.problems}" for verdict in audit(suite) if verdict.problems]
