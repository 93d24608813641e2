"""Conversations with the processor that outlive their callers, one at a time for each attempt in this process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

from services.chassis import deadline
from services.payments.domain.attempt import Attempt

_log = logging.getLogger("bursar.payments")
_CLOSE_SECONDS = 25.0


class Asks:
    """A caller who leaves, or whose time is over, does not end what it began: money may be moving."""

    def __init__(self) -> None:
        self._tasks: dict[UUID, asyncio.Task[Attempt]] = {}

    def running(self, attempt_id: UUID) -> asyncio.Task[Attempt] | None:
        """The conversation about the attempt, if one is going on in this process."""
        return self._tasks.get(attempt_id)

    def start(self, attempt_id: UUID, ask: Callable[[], Coroutine[Any, Any, Attempt]]) -> asyncio.Task[Attempt]:
        """The conversation that is going on, or a new one."""
        task = self._tasks.get(attempt_id)
        if task is None:
            task = asyncio.create_task(_unbounded(ask))
            self._tasks[attempt_id] = task
            task.add_done_callback(lambda done: self._ended(attempt_id, done))
        return task

    async def close(self) -> None:
        """Let what is going on come to its end."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=_CLOSE_SECONDS)

    def _ended(self, attempt_id: UUID, task: asyncio.Task[Attempt]) -> None:
        del self._tasks[attempt_id]
        if not task.cancelled() and task.exception() is not None:
            _log.warning("a conversation with the processor failed; it will be looked up", exc_info=task.exception())


async def _unbounded(ask: Callable[[], Awaitable[Attempt]]) -> Attempt:
    deadline.set_deadline(deadline.UNBOUNDED_SECONDS)
    return await ask()


async def finished(task: asyncio.Task[Attempt], seconds: float) -> Attempt | None:
    """The attempt, if the conversation ends in time. It goes on in any case."""
    await asyncio.wait([task], timeout=max(0.0, seconds))
    return task.result() if task.done() else None
