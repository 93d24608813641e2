"""Processes die at any moment: nothing that was promised is lost, and nothing happens twice."""

from __future__ import annotations

import random

import pytest

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.breaking import everything, kill_in_turn
from tests.faults.conftest import Tell
from tests.faults.day import open_day

pytestmark = pytest.mark.faults


async def test_200_purchases_survive_the_death_of_every_process(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    victims = everything(stack, random.Random(seed))
    deaths = kill_in_turn(stack, victims, 2.0)
    day = await open_day(stack, suite, seed, purchases=200, per_second=8.0, meanwhile=deaths)
    tell(f"killed {', '.join(victims)}; {day}")


async def test_purchases_survive_a_service_that_dies_again_and_again(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    chance = random.Random(seed)
    victims = [chance.choice(["checkout", "payments"]) for _ in range(8)]
    day = await open_day(stack, suite, seed, purchases=80, per_second=6.0, meanwhile=kill_in_turn(stack, victims, 1.2))
    tell(f"killed {', '.join(victims)}; {day}")
