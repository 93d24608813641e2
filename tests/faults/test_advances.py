"""Processes die, stop and freeze while a sandbox's clock advances: the end is the one that nobody disturbed."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.conftest import Tell
from tests.faults.soundness import come_to_rest
from tests.life.dump import dump
from tests.life.playing import play
from tests.life.story import NEXT_YEAR, SUMMER, steps

pytestmark = pytest.mark.faults

_PAUSE_SECONDS, _FROZEN_SECONDS, _READY_SECONDS = (0.05, 0.6), 1.0, 60.0
_MOST_AT_ONCE = 3


class Trouble:
    """Breaks something now and then while one waits for an advance; all is up again afterwards."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._stack = stack
        self._chance = chance

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        over = threading.Event()
        breaking = threading.Thread(target=self._break, args=(over, self._plan()))
        breaking.start()
        try:
            yield
        finally:
            over.set()
            breaking.join()
            for name in self._stack.processes():
                self._stack.wait_ready(name, _READY_SECONDS)

    def _plan(self) -> list[tuple[float, str, str]]:
        """Pauses, what is done, and to whom: drawn before, so that a seed is a schedule whatever the time that things take."""
        names, ways = sorted(self._stack.processes()), ("kill", "kill", "stop", "freeze")
        return [
            (self._chance.uniform(*_PAUSE_SECONDS), self._chance.choice(ways), self._chance.choice(names))
            for _ in range(self._chance.randint(1, _MOST_AT_ONCE))
        ]

    def _break(self, over: threading.Event, plan: list[tuple[float, str, str]]) -> None:
        for seconds, way, name in plan:
            if over.wait(seconds):
                return
            try:
                self._do(way, name)
            except (LookupError, ProcessLookupError):
                continue  # it is not back yet
            self.done[f"{way} {name}"] += 1

    def _do(self, way: str, name: str) -> None:
        if way == "kill":
            self._stack.kill(name)
        elif way == "stop":
            self._stack.restart(name)
        else:
            self._stack.pause(name)
            time.sleep(_FROZEN_SECONDS)
            self._stack.resume(name)


def test_what_dies_while_time_passes_changes_nothing(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    calm = play(stack, steps(), SUMMER)
    trouble = Trouble(stack, random.Random(seed))
    broken = play(stack, steps(), SUMMER, meanwhile=trouble.meanwhile)
    tell(", ".join(f"{count}× {what}" for what, count in sorted(trouble.done.items())))
    come_to_rest(stack, suite)
    assert dump(suite, broken.merchant.organization_id) == dump(suite, calm.merchant.organization_id)


def test_a_year_of_days_ends_as_a_year_at_once(stack: Stack, suite: Suite) -> None:
    long = play(stack, steps(), NEXT_YEAR)
    daily = play(stack, steps(), NEXT_YEAR, stride=timedelta(days=1))
    come_to_rest(stack, suite)
    assert dump(suite, daily.merchant.organization_id) == dump(suite, long.merchant.organization_id)
