"""A small day with two deaths, in the default run."""

from __future__ import annotations

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.breaking import kill_in_turn
from tests.faults.conftest import Tell
from tests.faults.day import open_day


async def test_twenty_purchases_survive_the_death_of_payments_and_of_the_broker(
    shared_stack: Stack, shared_suite: Suite, seed: int, tell: Tell
) -> None:
    deaths = kill_in_turn(shared_stack, ["payments", "nats"], 0.7)
    day = await open_day(shared_stack, shared_suite, seed, purchases=20, per_second=10.0, meanwhile=deaths)
    tell(str(day))
