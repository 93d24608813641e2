"""Work beside the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.chassis.background import Background
from services.chassis.errors import Unavailable
from tests.support.eventually import eventually


class Work:
    """What waits to be done."""

    def __init__(self) -> None:
        self.waiting = 0
        self.done = 0
        self.failures: list[Exception] = []

    async def step(self) -> int:
        if self.failures:
            raise self.failures.pop()
        taken = min(self.waiting, 10)
        self.waiting, self.done = self.waiting - taken, self.done + taken
        return taken


@asynccontextmanager
async def running(work: Work, every_seconds: float) -> AsyncIterator[Background]:
    lane, stop = Background("test", work.step, every_seconds=every_seconds, linger_seconds=0.0), asyncio.Event()
    task = asyncio.create_task(lane.run(stop))
    yield lane
    stop.set()
    await asyncio.wait_for(task, 5)


async def test_it_does_all_that_is_there_when_it_is_woken() -> None:
    work = Work()
    async with running(work, every_seconds=3600) as lane:
        for _ in range(3):
            await asyncio.sleep(0)
        work.waiting = 25
        lane.wake()
        await eventually(lambda: work.done == 25)


async def test_it_looks_now_and_then_without_being_woken_and_survives_failures() -> None:
    work = Work()
    work.failures = [RuntimeError("a defect"), Unavailable("DATABASE_UNAVAILABLE", "away")]
    work.waiting = 5
    async with running(work, every_seconds=0.005):
        await eventually(lambda: work.done == 5)
    assert work.failures == []
