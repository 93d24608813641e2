"""The broker freezes, forgets its stream, or loses what it had confirmed: the outbox is the record, so nothing is lost."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path
from uuid import uuid4

import nats
import pytest

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from services.chassis.settings import Settings
from tests.faults.breaking import freeze
from tests.faults.buyers import let_in, plans
from tests.faults.conftest import Tell
from tests.faults.day import open_day
from tests.faults.retrying import Retrying
from tests.faults.shop import open_shop
from tests.faults.soundness import come_to_rest, each_buyer_got_one
from tests.support.eventually import eventually

pytestmark = pytest.mark.faults

_RECONCILED_SECONDS = 75.0
"""Services that publish nothing compare once a minute."""
STREAM: str = Settings.model_fields["nats_stream"].default


async def test_purchases_go_on_while_the_broker_is_frozen(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    day = await open_day(stack, suite, seed, purchases=60, per_second=4.0, meanwhile=freeze(stack, "nats", 20.0))
    assert day.slowest_at_once_seconds < 10.0
    tell(str(day))


async def test_a_stream_that_was_deleted_is_filled_again(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    async def delete_twice() -> None:
        for _ in range(2):
            await asyncio.sleep(2.0)
            connection = await nats.connect(stack.description()["nats"]["url"])
            await connection.jetstream().delete_stream(STREAM)
            await connection.close()

    day = await open_day(stack, suite, seed, purchases=40, per_second=8.0, meanwhile=delete_twice())
    await eventually(lambda: _holds_all(stack, suite), _RECONCILED_SECONDS)
    tell(str(day))


async def test_messages_that_the_broker_took_back_are_published_again(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    """An older copy of its store, as after a power cut of what was not synced: sequence numbers are used a second time."""
    day = await open_day(stack, suite, seed, purchases=15, per_second=10.0)
    await asyncio.to_thread(_save, stack)
    saved = await _messages(stack)
    later = await open_day(stack, suite, seed + 1, purchases=15, per_second=10.0)
    await asyncio.to_thread(_take_back, stack)
    last = await open_day(stack, suite, seed + 2, purchases=15, per_second=10.0)
    await eventually(lambda: _holds_all(stack, suite), _RECONCILED_SECONDS)
    await asyncio.to_thread(come_to_rest, stack, suite)
    tell(f"back to {saved} messages of {_facts(suite)} facts; {day}; {later}; {last}")


async def test_what_nobody_can_read_is_given_up_and_stops_nothing(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    shop, poison = await asyncio.to_thread(open_shop, stack), uuid4()
    connection = await nats.connect(stack.description()["nats"]["url"])
    headers = {
        "Nats-Msg-Id": str(poison),
        "event-type": "order.paid",
        "organization-id": str(shop.merchant.organization_id),
        "subject-id": str(uuid4()),
        "subject-version": "1",
        "occurred-at": "2026-02-28T12:00:00.000000Z",
    }
    await connection.jetstream().publish("events.order.paid.3", b"\xff\xff no order", headers=headers)
    await connection.close()
    async with Retrying(shop.merchant.edge_url, random.Random(seed)) as client:
        bought = await let_in(shop, client, plans(20, 10.0, random.Random(seed)))
    quiet = await asyncio.to_thread(come_to_rest, stack, suite, parked=[poison])
    each_buyer_got_one(suite, shop, bought)
    tell(f"{len(bought)} purchases beside it, quiet after {quiet:.1f} s")


def _messages_on_disk(stack: Stack) -> Path:
    return stack.layout.data / "nats" / "jetstream" / "$G" / "streams" / STREAM / "msgs"


def _saved(stack: Stack) -> Path:
    return stack.layout.data / "nats-saved"


def _save(stack: Stack) -> None:
    """While it is frozen nothing moves on disk."""
    stack.pause("nats")
    shutil.copytree(_messages_on_disk(stack), _saved(stack))
    stack.resume("nats")


def _take_back(stack: Stack) -> None:
    """Die with newer messages, come back with older ones. What consumers have acknowledged is not taken back."""
    stack.pause("nats")
    shutil.rmtree(_messages_on_disk(stack))
    shutil.copytree(_saved(stack), _messages_on_disk(stack))
    stack.kill("nats")
    stack.wait_ready("nats")


async def _messages(stack: Stack) -> int:
    connection = await nats.connect(stack.description()["nats"]["url"])
    try:
        return (await connection.jetstream().stream_info(STREAM)).state.messages
    finally:
        await connection.close()


async def _holds_all(stack: Stack, suite: Suite) -> bool:
    """Whether the stream has every fact again, for consumers that are still to come."""
    return await _messages(stack) >= _facts(suite)


def _facts(suite: Suite) -> int:
    return sum(int(suite.value(service, "select count(*) from outbox")) for service in suite.services)
