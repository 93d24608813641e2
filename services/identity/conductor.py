"""Carries out the advances of clocks, beside the API: any replica takes over any advance that nobody is at."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from services.chassis.errors import BursarError
from services.chassis.pause import pause
from services.identity.clients.patience import PatientParticipants
from services.identity.storage.leased_advances import LEASE_SECONDS, LeasedAdvance, LeaseLost
from services.identity.usecases.conduct_advance import conduct_advance
from services.identity.usecases.ports import Participants

_log = logging.getLogger("bursar.clock")
_RUNNING = Gauge("bursar_clock_advances_running", "Advances of sandbox clocks that this process is at.")
_FINISHED = Counter("bursar_clock_advances_finished_total", "Advances of sandbox clocks that this process finished.")
_SECONDS = Histogram("bursar_clock_advance_seconds", "How long an advance took from its request to its end.")
_MOST_AT_ONCE = 16
_LOOK_SECONDS = 0.5
_RENEW_SECONDS = LEASE_SECONDS / 5
_CANCEL_SECONDS = 0.2


class Waiting:
    """What an advance waits for, by what it concerns."""

    def __init__(self) -> None:
        self._said: dict[str, Sequence[str]] = {}

    def tell(self, about: str, sentences: Sequence[str]) -> None:
        self._said[about] = sentences

    @property
    def sentences(self) -> list[str]:
        return [sentence for sentences in self._said.values() for sentence in sentences]


class Conductor:
    """Looks for advances that nobody is at, all the time; `wake` makes it look at once."""

    def __init__(
        self, claim: Callable[[], Awaitable[LeasedAdvance | None]], participants: Participants, machine_now: Callable[[], datetime]
    ) -> None:
        self.wake = asyncio.Event()
        self.stopping = asyncio.Event()
        """Whoever waits for an advance here should stop waiting."""
        self._claim = claim
        self._participants = participants
        self._machine_now = machine_now
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; another replica then goes on with what is unfinished."""
        waker = asyncio.create_task(self._stop_when(stop))
        while not stop.is_set():
            self.wake.clear()
            try:
                while len(self._tasks) < _MOST_AT_ONCE and (leased := await self._claim()) is not None:
                    task = asyncio.create_task(self._carry_out(leased))
                    self._tasks.add(task)
                    task.add_done_callback(self._ended)
            except BursarError as error:
                _log.warning("advances of clocks are looked for again", extra={"reason": error.reason})
            await pause(self.wake, _LOOK_SECONDS)
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            # Again if need be: before Python 3.12 a wait that ends at the same moment swallows the cancellation.
            await asyncio.wait(self._tasks, timeout=_CANCEL_SECONDS)
        await waker

    async def _stop_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.stopping.set()
        self.wake.set()

    async def _carry_out(self, leased: LeasedAdvance) -> None:
        waiting = Waiting()
        conducting = asyncio.current_task()
        assert conducting is not None
        keeping = asyncio.create_task(_keep(leased, waiting, conducting))
        _RUNNING.inc()
        try:
            participants = PatientParticipants(self._participants, waiting.tell)
            await conduct_advance(leased, participants=participants, machine_now=self._machine_now, tell=waiting.tell)
            self._finished(leased)
        except LeaseLost:
            _log.warning("another replica goes on with the advance of a clock")
        except BursarError as error:
            _log.warning("an advance of a clock is taken up again", extra={"reason": error.reason})
        except asyncio.CancelledError:
            await _released(leased)
            raise
        finally:
            _RUNNING.dec()
            keeping.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an advance of a clock failed and is taken up again", exc_info=error)

    def _finished(self, leased: LeasedAdvance) -> None:
        advance = leased.advance
        seconds = (self._machine_now() - advance.created_at).total_seconds()
        _FINISHED.inc()
        _SECONDS.observe(seconds)
        told = {"org": str(advance.organization_id), "count": advance.happenings_count, "ms": round(seconds * 1000, 1)}
        _log.info("a clock was advanced", extra=told)


async def _keep(leased: LeasedAdvance, waiting: Waiting, conducting: asyncio.Task[None]) -> None:
    """Renew the lease; without one the work must end, for somebody else may be at it."""
    until = time.monotonic() + LEASE_SECONDS
    while not conducting.done():
        await asyncio.sleep(_RENEW_SECONDS)
        try:
            await leased.renew(waiting.sentences)
            until = time.monotonic() + LEASE_SECONDS
        except LeaseLost:
            break
        except BursarError:
            if time.monotonic() > until - _RENEW_SECONDS:
                break
    while not conducting.done():
        conducting.cancel()
        await asyncio.wait([conducting], timeout=_CANCEL_SECONDS)


async def _released(leased: LeasedAdvance) -> None:
    try:
        await leased.release()
    except BursarError:
        return  # it runs out by itself
