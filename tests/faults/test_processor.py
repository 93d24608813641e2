"""The processor fails, stalls, and loses, repeats and shuffles its webhooks: every charge is known, once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.audit.suite import Addresses, Suite
from deploy.local.options import StackOptions
from deploy.local.stack import Stack
from tests.faults.conftest import Tell, started
from tests.faults.day import open_day
from tests.faults.simulator import Simulator, misbehave

pytestmark = pytest.mark.faults

LOST_WEBHOOK_SECONDS = 100.0
"""What no webhook brought is read from the processor's list of events, once a minute."""


@pytest_asyncio.fixture
async def simulator(stack: Stack) -> AsyncIterator[Simulator]:
    """The control of the stack's processor."""
    opened = Simulator(stack.description()["simulator"]["url"])
    yield opened
    await opened.close()


async def test_purchases_survive_a_processor_that_misbehaves(
    stack: Stack, suite: Suite, simulator: Simulator, seed: int, tell: Tell
) -> None:
    async def trouble() -> None:
        await misbehave(simulator, random.Random(seed), times=8, pause_seconds=1.0)
        await simulator.calm()

    day = await open_day(stack, suite, seed, purchases=60, per_second=6.0, meanwhile=trouble(), quiet_seconds=LOST_WEBHOOK_SECONDS)
    tell(f"{await simulator.used_faults()} failed calls, webhooks {await simulator.delivered()}; {day}")


async def test_webhooks_that_are_all_lost_are_read_from_the_list_of_events(
    stack: Stack, suite: Suite, simulator: Simulator, seed: int, tell: Tell
) -> None:
    await simulator.do("webhooks/drop", next=None)
    day = await open_day(stack, suite, seed, purchases=20, per_second=10.0, quiet_seconds=LOST_WEBHOOK_SECONDS)
    counts = await simulator.delivered()
    assert counts.get("delivered", 0) == 0
    heard = suite.value("payments", "select count(*) from stripe_event where source = 'list' and status = 'processed'")
    tell(f"{counts['dropped']} webhooks lost, {heard} events read from the list; {day}")


async def test_webhooks_thrice_and_in_any_order_change_nothing(
    stack: Stack, suite: Suite, simulator: Simulator, seed: int, tell: Tell
) -> None:
    async def hold_back() -> None:
        await simulator.do("webhooks/hold")
        await asyncio.sleep(6.0)
        await simulator.do("webhooks/duplicate", next=None, copies=3)
        await simulator.do("webhooks/release", order="shuffle", seed=seed)

    day = await open_day(stack, suite, seed, purchases=30, per_second=10.0, meanwhile=hold_back())
    tell(f"webhooks {await simulator.delivered()}; {day}")


@pytest.mark.parametrize("place", ["before_stripe", "after_stripe_before_commit"])
async def test_payments_that_die_around_the_charge_charge_once(place: str, seed: int, tell: Tell) -> None:
    """Every third call to the processor is the last thing that the process does."""
    options = StackOptions(extra_environment={"payments": {"BURSAR_CRASHPOINT": f"{place}:3"}})
    with started(options) as stack, Suite(Addresses.of(stack.description())) as suite:
        day = await open_day(stack, suite, seed, purchases=12, per_second=2.0)
        deaths = stack.process("payments").restarts
        assert deaths > 0, "the place was never passed"
    tell(f"{deaths} deaths; {day}")
