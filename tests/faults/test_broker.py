"""The broker freezes, forgets its stream, or loses what it had confirmed: the outbox is the record, so nothing is lost."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import nats
import pytest

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from services.chassis.settings import Settings
from tests.faults.breaking import freeze
from tests.faults.conftest import Tell
from tests.faults.day import open_day
from tests.faults.soundness import come_to_rest

pytestmark = pytest.mark.faults

STREAM: str = Settings.model_fields["nats_stream"].default


async def test_purchases_go_on_while_the_broker_is_frozen(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    day = await open_day(stack, suite, seed, purchases=60, per_second=4.0, meanwhile=freeze(stack, "nats", 20.0))
    # No purchase needs the broker, so none waits for it to come back.
    assert day.slowest_seconds < 10.0
    tell(str(day))


async def test_a_stream_that_was_deleted_is_filled_again(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    async def delete_twice() -> None:
        for _ in range(2):
            await asyncio.sleep(2.0)
            connection = await nats.connect(stack.description()["nats"]["url"])
            await connection.jetstream().delete_stream(STREAM)
            await connection.close()

    day = await open_day(stack, suite, seed, purchases=40, per_second=8.0, meanwhile=delete_twice())
    assert await _messages(stack) >= _facts(suite)
    tell(str(day))


async def test_messages_that_the_broker_took_back_are_published_again(stack: Stack, suite: Suite, seed: int, tell: Tell) -> None:
    """An older copy of its store, as after a power cut of what was not synced: sequence numbers are used a second time."""
    day = await open_day(stack, suite, seed, purchases=15, per_second=10.0)
    await asyncio.to_thread(_save, stack)
    saved = await _messages(stack)
    later = await open_day(stack, suite, seed + 1, purchases=15, per_second=10.0)
    await asyncio.to_thread(_take_back, stack)
    last = await open_day(stack, suite, seed + 2, purchases=15, per_second=10.0)
    await asyncio.to_thread(come_to_rest, stack, suite)
    assert await _messages(stack) >= _facts(suite)
    tell(f"back to {saved} messages of {_facts(suite)} facts; {day}; {later}; {last}")


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


def _facts(suite: Suite) -> int:
    return sum(int(suite.value(service, "select count(*) from outbox")) for service in suite.services)
