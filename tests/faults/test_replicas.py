"""Two workers of every service: each fact is taken by one of them, whoever dies."""

from __future__ import annotations

import random

import pytest

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.breaking import kill_in_turn
from tests.faults.conftest import Tell
from tests.faults.day import open_day
from tests.faults.replicas import second_workers

pytestmark = pytest.mark.faults

REACTING = ("checkout", "payments", "ledger", "benefits", "subscription")


async def test_two_workers_share_the_work_and_do_none_of_it_twice(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    victims = random.Random(seed).sample(REACTING, k=len(REACTING))
    with second_workers(stack, REACTING) as replicas:
        day = await open_day(stack, suite, seed, purchases=80, per_second=5.0, meanwhile=kill_in_turn(stack, victims, 2.0))
        taken = {replica.service: int(replica.taken()) for replica in replicas}
    assert taken["ledger"] > 0
    assert taken["benefits"] > 0
    tell(f"killed {', '.join(victims)}; the second workers took {taken}; {day}")
