"""Random lives against the naive model: all operations, right and wrong ones."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.life.machine import Lives

_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def live(stack: Stack, suite: Suite, *, examples: int, steps: int, phases: tuple[Phase, ...]) -> None:
    """As many lives; BURSAR_SEED=… makes the same again."""
    chosen = int(os.environ.get("BURSAR_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"BURSAR_SEED={chosen}")  # noqa: T201 - shown when it fails
    machine = type("Lives", (Lives,), {"stack": stack, "suite": suite})
    limits = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, phases=phases, suppress_health_check=_CHECKS
    )
    run_state_machine_as_test(seed(chosen)(machine), settings=limits)


@pytest.mark.timeout(300)
def test_some_lives_are_as_the_model_says(stack: Stack, suite: Suite) -> None:
    live(stack, suite, examples=12, steps=10, phases=(Phase.generate,))


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_many_lives_are_as_the_model_says(stack: Stack, suite: Suite) -> None:
    live(stack, suite, examples=150, steps=20, phases=(Phase.generate, Phase.shrink))
