"""Hundreds of random lives of subscriptions: after each move the suite and the naive model agree."""

from __future__ import annotations

import pytest
from hypothesis import Phase

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.soundness import come_to_rest
from tests.life.machine import live

pytestmark = pytest.mark.faults


@pytest.mark.timeout(3600)
def test_many_lives_are_as_the_model_says(stack: Stack, suite: Suite, seed: int) -> None:
    live(stack, suite, seed, examples=200, steps=20, phases=(Phase.generate, Phase.shrink))
    come_to_rest(stack, suite)
