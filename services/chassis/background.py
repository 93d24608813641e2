"""Work that runs beside the API, again and again: at once when it is woken, otherwise every so often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from services.chassis.errors import BursarError

_log = logging.getLogger("bursar.background")


class Background:
    """`step` says how much it did; as long as it did something it is run again. `linger_seconds` pass before each step, so that
    what comes in quick succession is done in one."""

    def __init__(self, name: str, step: Callable[[], Awaitable[int]], *, every_seconds: float, linger_seconds: float) -> None:
        self._name = name
        self._step = step
        self._every_seconds = every_seconds
        self._linger_seconds = linger_seconds
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. A step that fails runs again a little later."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            await asyncio.sleep(self._linger_seconds)
            self._woken.clear()
            if not await self._done_something():
                await self._rest(stopping)
        stopping.cancel()

    async def _done_something(self) -> bool:
        try:
            return bool(await self._step())
        except BursarError as error:
            _log.warning("work will run again", extra={"where": self._name, "reason": error.reason})
        except Exception:
            _log.exception("work failed and will run again", extra={"where": self._name})
            self._woken.clear()
        return False

    async def _rest(self, stopping: asyncio.Task[Literal[True]]) -> None:
        woken = asyncio.create_task(self._woken.wait())
        await asyncio.wait([woken, stopping], timeout=self._every_seconds, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()
