"""Services are replaced under load: callers who retry as our client does notice nothing, and nobody else's work is lost."""

from __future__ import annotations

import asyncio
import random

import pytest

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.faults.breaking import everything, freeze
from tests.faults.conftest import Tell
from tests.faults.day import open_day

pytestmark = pytest.mark.faults

INFRASTRUCTURE = frozenset(("postgres", "nats", "simulator", "edge"))


async def test_every_service_is_restarted_in_order_while_people_buy(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    services = [name for name in everything(stack, random.Random(seed)) if name not in INFRASTRUCTURE]

    async def roll() -> None:
        for name in services:
            await asyncio.sleep(0.5)
            await asyncio.to_thread(stack.restart, name)

    # A buyer who is refused fails the day.
    day = await open_day(stack, suite, seed, purchases=120, per_second=4.0, meanwhile=roll())
    tell(f"restarted {', '.join(services)}; {day}")


async def test_a_ledger_that_stands_still_holds_up_nobody(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    day = await open_day(stack, suite, seed, purchases=60, per_second=4.0, meanwhile=freeze(stack, "ledger", 15.0))
    assert day.slowest_seconds < 10.0
    tell(str(day))


async def test_a_database_that_stands_still_is_waited_for(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    day = await open_day(stack, suite, seed, purchases=40, per_second=4.0, meanwhile=freeze(stack, "postgres", 8.0))
    tell(str(day))
