"""The posting lane: calls wait, one statement posts them all.

While a batch is in flight the next one collects; an idle lane posts at once; there is no timer. More lanes beside it, in other
processes, are safe and queue in the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection

from services.chassis import deadline
from services.chassis.arrays import adapt
from services.chassis.errors import BursarError
from services.ledger.domain.errors import LedgerBusy, LedgerUnavailable
from services.ledger.domain.posting import Posting, Result
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.post import LARGEST_BATCH, LARGEST_BATCH_LEGS, post
from services.ledger.storage.prepared import Prepared, prepare

LARGEST_QUEUE = 8_192
_STATEMENT_SECONDS = 20
_ATTEMPTS = 6
_FIRST_BACK_OFF_SECONDS = 0.05
_SHORTEST_SECONDS = 0.002
"""A call with less time left than this is not begun."""
_TOLD = (BursarError, psycopg.Error, RuntimeError)
"""What the callers of one batch are told of, while the lane goes on for the others."""
_log = logging.getLogger("bursar.ledger.lane")


class _Waiting:
    """One call that waits for its postings."""

    __slots__ = ("answer", "left", "results")

    def __init__(self, count: int) -> None:
        self.results: list[Result | None] = [None] * count
        self.left = count
        self.answer: asyncio.Future[list[Result | None]] = asyncio.get_running_loop().create_future()

    def put(self, place: int, result: Result) -> None:
        self.results[place] = result
        self.left -= 1
        if self.left == 0 and not self.answer.done():
            self.answer.set_result(self.results)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Queued:
    prepared: Prepared
    call: _Waiting
    place: int


class PostingLane:
    """Posts for all calls of this process on one connection of the worker role."""

    def __init__(self, url: str, registry: AccountRegistry, *, largest_queue: int = LARGEST_QUEUE) -> None:
        self._url = url
        self._registry = registry
        self._largest_queue = largest_queue
        self._queue: deque[_Queued] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self._connection: AsyncConnection[tuple[object, ...]] | None = None

    async def post(self, postings: Sequence[Posting]) -> list[Result]:
        """What came of each, in their order. LedgerBusy when too many wait; LedgerUnavailable when nobody knows the outcome."""
        ids = await self._registry.ids(postings)
        prepared = [prepare(posting, ids) for posting in postings]
        if self._closed or deadline.remaining_seconds() < _SHORTEST_SECONDS:
            raise LedgerUnavailable
        if len(self._queue) + len(prepared) > self._largest_queue:
            raise LedgerBusy
        call = _Waiting(len(prepared))
        self._queue.extend(_Queued(each, call, place) for place, each in enumerate(prepared))
        self._wake.set()
        # A caller who leaves does not take back what is queued: the key tells the next one what became of it.
        results = await call.answer if prepared else []
        return [result for result in results if result is not None]

    async def run(self, stop: asyncio.Event) -> None:
        """Post what is queued until told to stop; what waits then is still posted."""
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set() or self._queue:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    await self._settle(self._take())
        finally:
            self._closed = True
            stopping.cancel()
            for queued in self._queue:
                queued.call.fail(LedgerUnavailable())
            await self._disconnect()

    def _take(self) -> list[_Queued]:
        batch: list[_Queued] = []
        legs = 0
        while self._queue and len(batch) < LARGEST_BATCH:
            legs += self._queue[0].prepared.leg_count
            if legs > LARGEST_BATCH_LEGS:
                break
            batch.append(self._queue.popleft())
        return batch

    async def _settle(self, batch: Sequence[_Queued]) -> None:
        try:
            results = await self._posted([queued.prepared for queued in batch])
        except _TOLD as error:
            for queued in batch:
                queued.call.fail(error)
            return
        for queued, result in zip(batch, results, strict=True):
            queued.call.put(queued.place, result)

    async def _posted(self, batch: Sequence[Prepared]) -> list[Result]:
        """Post, again and again while the database is away: the keys answer if an earlier attempt was committed unseen."""
        back_off = _FIRST_BACK_OFF_SECONDS
        for _ in range(_ATTEMPTS):
            try:
                return await post(await self._connected(), batch)
            except psycopg.OperationalError as error:
                _log.warning("posting again", extra={"error": type(error).__name__, "reason": str(error)})
                await self._disconnect()
                await asyncio.sleep(back_off)
                back_off *= 2
        raise LedgerUnavailable

    async def _connected(self) -> AsyncConnection[tuple[object, ...]]:
        if self._connection is None:
            options = f"-c statement_timeout={_STATEMENT_SECONDS}s"
            self._connection = await AsyncConnection.connect(
                self._url, autocommit=True, application_name="bursar-ledger-lane", options=options, connect_timeout=5
            )
            adapt(self._connection)
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()
