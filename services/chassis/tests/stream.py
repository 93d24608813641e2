"""Reading the whole stream of a test, as the server has it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.chassis.broker import MESSAGE_ID, Broker
from services.chassis.event import SUBJECT_ID, SUBJECT_VERSION
from services.chassis.subscription import Delivery, Subscription, durable

_names = iter(range(1_000_000))


async def stored(broker: Broker) -> list[Delivery]:
    """Every message in the order of the stream."""
    subscription = Subscription(broker, durable(f"reader{next(_names)}", [f"{broker.root}.>"]))
    wanted = (await broker.state()).last_seq
    messages: list[Delivery] = []
    async with asyncio.timeout(10):
        while not messages or messages[-1].sequence < wanted:
            messages += await subscription.take(1.0)
    await subscription.close()
    return messages


def ids(messages: Sequence[Delivery]) -> list[str]:
    """Their event ids."""
    return [message.headers[MESSAGE_ID] for message in messages]


def versions(messages: Sequence[Delivery]) -> dict[str, list[int]]:
    """The versions of each subject, in the order of the stream, each id counted once."""
    seen: set[str] = set()
    told: dict[str, list[int]] = {}
    for message in messages:
        if message.headers[MESSAGE_ID] not in seen:
            seen.add(message.headers[MESSAGE_ID])
            told.setdefault(message.headers[SUBJECT_ID], []).append(int(message.headers[SUBJECT_VERSION]))
    return told
