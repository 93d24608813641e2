"""Compares what the broker confirmed with what it holds, and has facts published again that it lost.

It looks every minute and at once whenever the connection came back or the stream was made anew:

1. notes of another epoch: the stream they speak of is gone; all their facts are published again
2. notes beyond the end of the stream: the broker lost its newest messages
3. the newest notes, and samples of all, name messages that are not ours: the numbers were lost and used again;
   everything behind the last note that still holds is published again

Publishing too much is safe, so every doubt is answered by publishing again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from services.chassis.broker import Broker, BrokerError
from services.chassis.database import Database, Row
from services.chassis.errors import BursarError
from services.chassis.event_metrics import OUTBOX_OLDEST_PENDING, OUTBOX_PENDING
from services.chassis.outbox import PARTITIONS
from services.chassis.pause import pause
from services.chassis.replay import queue
from services.chassis.sql import Statement

_EVERY_SECONDS = 60.0
_RETRY_SECONDS = 1.0
_MEASURE_SECONDS = 5.0
_NOTES = 1_000
"""Taken back in one transaction."""
_NEWEST = 200
_SAMPLES = 100
_AT_ONCE = 16
_log = logging.getLogger("bursar.reconciler")

_LAST = Statement("select coalesce(max(publication_id), 0) as last from outbox_publication")
_TAKE_BACK = Statement(
    "delete from outbox_publication where publication_id in (select publication_id from outbox_publication "
    "where publication_id <= %(until)s and (epoch <> %(epoch)s or last_seq >= %(first_lost)s) "
    f"limit {_NOTES}) returning positions"
)
_CHECKED = (
    "select p.publication_id, p.first_seq, p.last_seq, o.event_id from outbox_publication p "
    "join outbox o on o.position = p.positions[cardinality(p.positions)] "
    "where p.publication_id <= %(until)s and p.epoch = %(epoch)s and p.first_seq >= %(first_seq)s"
)
_NEWEST_NOTES = Statement(f"{_CHECKED} order by p.publication_id desc limit {_NEWEST}")
_SAMPLED_NOTES = Statement(
    f"{_CHECKED} and p.publication_id = any(array(select %(until)s - (%(until)s - o.oldest) * n / {_SAMPLES} "
    f"from generate_series(0, {_SAMPLES}) n, (select min(publication_id) as oldest from outbox_publication) o))"
)
_MEASURE = Statement(
    "select (select count(*) from (select from outbox_pending limit 100000) as some) as count, "
    "coalesce(extract(epoch from now() - min(o.stored_at)), 0)::float8 as age "
    f"from generate_series(0, {PARTITIONS - 1}) as n(partition) cross join lateral ("
    "select p.position from outbox_pending p where p.partition = n.partition order by p.position limit 1) as first "
    "join outbox o on o.position = first.position"
)


class Reconciler:
    """Any number may run; a doubt that two have is answered once."""

    def __init__(self, database: Database, broker: Broker, *, every_seconds: float = _EVERY_SECONDS) -> None:
        self._database = database
        self._broker = broker
        self._every_seconds = every_seconds
        self._wake = asyncio.Event()
        broker.on_change(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        beside = [asyncio.create_task(self._measure(stop)), asyncio.create_task(self._wake_at(stop))]
        try:
            while not stop.is_set():
                self._wake.clear()
                seconds = self._every_seconds
                try:
                    if self._broker.connected:
                        await self.reconcile()
                except (BrokerError, BursarError) as error:
                    _log.warning("cannot compare yet", extra={"reason": str(error)})
                    seconds = _RETRY_SECONDS
                await pause(self._wake, seconds)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def reconcile(self) -> int:
        """One look; how many facts are published again. BrokerError or BursarError when one side is away."""
        # What was noted before the stream is asked must be in it.
        async with self._database.transaction() as transaction:
            row = await transaction.one(_LAST)
            assert row is not None
            until = int(row["last"])
        stream = await self._broker.state()
        again = await self._take_back(until, stream.epoch, stream.last_seq + 1, "stream_gone_or_shorter")
        first_lost = await self._first_lost(until, stream.epoch, stream.first_seq)
        if first_lost is not None:
            again += await self._take_back(until, stream.epoch, first_lost, "message_replaced")
        return again

    async def _first_lost(self, until: int, epoch: datetime, first_seq: int) -> int | None:
        """Behind which sequence number nothing can be trusted; None if all that was looked at holds."""
        async with self._database.transaction() as transaction:
            given = {"until": until, "epoch": epoch, "first_seq": first_seq}
            notes = await transaction.all(_NEWEST_NOTES, **given) + await transaction.all(_SAMPLED_NOTES, **given)
        by_place = sorted({note["publication_id"]: note for note in notes}.values(), key=lambda note: int(note["last_seq"]))
        holds = await self._hold(by_place)
        if all(holds):
            return None
        first_wrong = holds.index(False)
        return int(by_place[first_wrong - 1]["last_seq"]) + 1 if first_wrong else 0

    async def _hold(self, notes: Sequence[Row]) -> list[bool]:
        limit = asyncio.Semaphore(_AT_ONCE)

        async def holds(note: Row) -> bool:
            async with limit:
                return await self._broker.message_id(note["last_seq"]) == str(note["event_id"])

        return list(await asyncio.gather(*map(holds, notes)))

    async def _take_back(self, until: int, epoch: datetime, first_lost: int, reason: str) -> int:
        """Distrust the notes of another epoch and those that reach `first_lost`, and queue their facts."""
        total = 0
        while True:
            async with self._database.transaction() as transaction:
                rows = await transaction.all(_TAKE_BACK, until=until, epoch=epoch, first_lost=first_lost)
                positions = [position for row in rows for position in row["positions"]]
                total += await queue(transaction, positions, reason)
            if positions:
                self._database.wake_relay.set()
                _log.warning("publishing again what the broker lost", extra={"reason": reason, "count": len(positions)})
            if len(rows) < _NOTES:
                return total

    async def _measure(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with self._database.transaction() as transaction:
                    row = await transaction.one(_MEASURE)
                assert row is not None
                OUTBOX_PENDING.set(row["count"])
                OUTBOX_OLDEST_PENDING.set(row["age"])
            except BursarError:
                pass  # the relay tells of it
            await pause(stop, _MEASURE_SECONDS)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()
