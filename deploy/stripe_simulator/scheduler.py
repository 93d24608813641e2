"""Work that is due later: settlement, refunds that finish, disputes that open, holds that expire.

Tasks are rows like any other, so they survive a restart. They run in due order, when real time reaches them or when the
clock is advanced past them.
"""

import asyncio
import heapq
from collections.abc import Callable

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.clock import Clock
from deploy.stripe_simulator.jsons import Json, load
from deploy.stripe_simulator.store import Store, Transaction

KIND = "sim.task"
BATCH = 100


class Scheduler:
    """A heap over the task rows. `run(account, verb, arguments, task_id)` does one task and deletes its row."""

    def __init__(self, store: Store, clock: Clock, run: Callable[[str, str, Json, str], None]) -> None:
        self._store = store
        self._clock = clock
        self._run = run
        self._heap: list[tuple[float, str]] = []
        self._woken = asyncio.Event()

    def recover(self) -> None:
        """Take up the tasks of an earlier process."""
        self._heap = [(_due(row.body), row.id) for row in self._store.rows.values() if row.kind == KIND]
        heapq.heapify(self._heap)

    def add(self, due: float, task_id: str) -> None:
        """Note a committed task row."""
        heapq.heappush(self._heap, (due, task_id))
        if self._heap[0][1] == task_id:
            self._woken.set()

    def advance(self, seconds: float) -> int:
        """Move the clock; everything due in between is done at its own time. Returns the number of tasks done."""
        offset = self._clock.offset_seconds + seconds
        target = self._clock.exact() + seconds
        done = 0
        while self._heap and self._heap[0][0] <= target:
            self._clock.move_to(self._heap[0][0])
            done += self._run_first()
        self._clock.offset_seconds = max(offset, self._clock.offset_seconds)
        return done

    async def serve(self) -> None:
        """Do tasks as real time reaches them, until cancelled."""
        while True:
            self._woken.clear()
            for _ in range(BATCH):
                if not self._heap or self._heap[0][0] > self._clock.exact():
                    break
                self._run_first()
            wait = max(0.0, self._heap[0][0] - self._clock.exact()) if self._heap else None
            try:
                await asyncio.wait_for(self._woken.wait(), wait)
            except TimeoutError:
                continue

    def _run_first(self) -> int:
        _, task_id = heapq.heappop(self._heap)
        row = self._store.rows.get(task_id)
        if row is None:
            return 0
        task = load(row.body)
        self._run(row.account, task["verb"], task["arguments"], task_id)
        return 1


def plan(tx: Transaction, due: float, verb: str, arguments: Json, task_id: str | None = None) -> tuple[float, str]:
    """Write a task row; with an id of its own the same task is planned once."""
    identifier = task_id or f"task_{ids.letters(16)}"
    tx.put({"id": identifier, "due": due, "verb": verb, "arguments": arguments}, kind=KIND)
    return due, identifier


def _due(body: bytes) -> float:
    due: float = load(body)["due"]
    return due
