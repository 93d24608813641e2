"""The lane of charges: asks payments at once when it is woken, and looks every so often in case nobody woke it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.chassis.errors import BursarError
from services.chassis.pause import pause

_EAGER_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Whoever wakes the lane is just about to commit: it looks again until it finds something."""
_log = logging.getLogger("bursar.checkout")


class ChargeLane:
    """`step` says how much it did; as long as it did something it is run again."""

    def __init__(self, step: Callable[[], Awaitable[int]], *, every_seconds: float) -> None:
        self._step = step
        self._every_seconds = every_seconds
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Orders are to be charged, in a moment at the latest."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. A step that fails runs again a little later."""
        beside = asyncio.create_task(self._wake_at(stop))
        while not stop.is_set():
            await pause(self._woken, self._every_seconds)
            was_woken = self._woken.is_set()
            self._woken.clear()
            for seconds in _EAGER_SECONDS if was_woken else (0.0,):
                await asyncio.sleep(seconds)
                if stop.is_set() or await self._did_something():
                    break
        beside.cancel()

    async def _did_something(self) -> bool:
        done = 0
        try:
            while (more := await self._step()) > 0:
                done += more
        except BursarError as error:
            _log.warning("charges will be asked for again", extra={"reason": error.reason})
        except Exception:  # noqa: BLE001 - a defect in one round must not end the lane for good
            _log.exception("charges failed and will be asked for again")
        return done > 0

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()
