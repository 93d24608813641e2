"""Processes that die and come back, on a schedule made from a seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from deploy.local.stack import Stack


def everything(stack: Stack, chance: random.Random) -> list[str]:
    """Every process of the suite, in a random order."""
    names = sorted(stack.processes())
    chance.shuffle(names)
    return names


async def kill_in_turn(stack: Stack, names: Sequence[str], pause_seconds: float) -> list[str]:
    """`kill -9` one after the other with a pause before each; the names of those that were up to be killed."""
    killed = []
    for name in names:
        await asyncio.sleep(pause_seconds)
        try:
            stack.kill(name)
        except (LookupError, ProcessLookupError):
            continue  # not back yet from dying with somebody else
        killed.append(name)
    return killed


async def freeze(stack: Stack, name: str, seconds: float) -> None:
    """SIGSTOP, and SIGCONT after a while."""
    stack.pause(name)
    try:
        await asyncio.sleep(seconds)
    finally:
        stack.resume(name)
