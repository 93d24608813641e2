"""Waiting for what happens by itself, with a bound."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

_PAUSE_SECONDS = 0.02


@overload
async def eventually(check: Callable[[], Awaitable[T]], seconds: float = 5.0) -> T: ...


@overload
async def eventually(check: Callable[[], T], seconds: float = 5.0) -> T: ...


async def eventually(check: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first truthy answer of `check`, which may be async and may fail assertions until then.

    When the time is over its last assertion is raised, or an AssertionError with its last answer.
    """
    until = time.monotonic() + seconds
    while True:
        failed: AssertionError | None = None
        answer: object = None
        try:
            answer = check()
            if inspect.isawaitable(answer):
                answer = await answer
            if answer:
                return answer
        except AssertionError as error:
            failed = error
        if time.monotonic() > until:
            raise failed or AssertionError(f"not within {seconds} s; the last answer was {answer!r}")
        await asyncio.sleep(_PAUSE_SECONDS)
