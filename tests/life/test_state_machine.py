"""Random lives against the naive model: all operations, right and wrong ones. Many more of them are lived in tests/faults."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import Phase

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.life.machine import live


@pytest.mark.timeout(300)
def test_some_lives_are_as_the_model_says(stack: Stack, suite: Suite) -> None:
    seed = int(os.environ.get("BURSAR_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"BURSAR_SEED={seed}")  # noqa: T201 - shown when it fails
    live(stack, suite, seed, examples=3, steps=10, phases=(Phase.generate,))
