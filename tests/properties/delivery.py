"""Brings facts to a service: as they were told, or repeated and in any order, in batches of any size."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.message import Message

from services.chassis.event import Event
from tests.properties.services import Reacting

_BATCH = 100
_MOST_ROUNDS = 200
"""What is too early is brought again; so often at most without any of it being taken."""


async def in_order(service: Reacting, facts: Iterable[Event[Any]]) -> int:
    """One copy of each, in order, in full batches. How many deliveries it took."""
    wanted = _wanted(service, facts)
    return await _bring(service, deque(wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)))


async def shuffled(service: Reacting, facts: Iterable[Event[Any]], chance: random.Random) -> int:
    """One to three copies of each, in any order, in batches of any size. How many deliveries it took."""
    copies = [fact for fact in _wanted(service, facts) for _ in range(chance.choice((1, 1, 2, 3)))]
    chance.shuffle(copies)
    batches: deque[list[Event[Any]]] = deque()
    while copies:
        size = chance.randint(1, _BATCH)
        batches.append(copies[:size])
        copies = copies[size:]
    return await _bring(service, batches)


def _wanted(service: Reacting, facts: Iterable[Event[Any]]) -> list[Event[Any]]:
    return [_read(fact, service.reactor.messages[fact.type]) for fact in facts if fact.type in service.reactor.messages]


def _read(fact: Event[Any], message: type[Message]) -> Event[Any]:
    return fact._replace(message=message.FromString(bytes(fact.message))) if isinstance(fact.message, bytes | memoryview) else fact


async def _bring(service: Reacting, batches: deque[list[Event[Any]]]) -> int:
    deliveries, fruitless = 0, 0
    while batches:
        batch = batches.popleft()
        early = await service.reactor.take(batch)
        deliveries += len(batch)
        fruitless = fruitless + 1 if len(early) == len({fact.id for fact in batch}) else 0
        if fruitless > _MOST_ROUNDS:
            raise AssertionError(f"{service.reactor.consumer} calls too early what nothing else follows: {_types(batch)}")
        if early:
            batches.append([fact for fact in batch if fact.id in early])
    return deliveries


def _types(batch: Sequence[Event[Any]]) -> list[str]:
    return sorted({fact.type for fact in batch})
