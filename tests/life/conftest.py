"""A shop, and the audit: after the tests of a module nothing in the suite contradicts anything else."""

from __future__ import annotations

import pytest

from deploy.audit.invariants import audit
from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.life.shop import UNTAXED, Shop, on, open_shop


@pytest.fixture
def shop(stack: Stack) -> Shop:
    """Opened on 1 April 2026; the 16th is the middle of the month."""
    return open_shop(stack, on(4, 1), **UNTAXED, allow_trial_without_payment_method=True)


@pytest.fixture
def audited(suite: Suite) -> list[str]:
    """What is wrong with the whole suite."""
    wait_until_quiet(suite, 30.0)
    return [f"{verdict.invariant}: {verdict.problems}" for verdict in audit(suite) if verdict.problems]
