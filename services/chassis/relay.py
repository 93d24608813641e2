"""Carries facts from the outbox to the broker. Every process that commits facts runs one, and any number may run side by side.

A round: take the advisory locks of the partitions that have facts waiting and that nobody else holds, read their oldest facts,
publish them in one batch, note where they lie and strike them from the list. A partition's facts therefore leave in the order in
which they were written, which for one subject is the order of its versions.

The locks live as long as a transaction that stays open while the broker answers, at most some three seconds. It is READ COMMITTED
and idle then: it holds no snapshot and no row locks, so it neither keeps vacuum back nor blocks a writer; a relay that dies or loses
its connection gives its locks up at once, and it works behind a pooler in transaction mode, which locks of a session would not.
Nothing is lost if its end is lost: the facts wait still and are published again under the same ids.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection

from services.chassis.arrays import array_of
from services.chassis.broker import Broker, BrokerError, Outgoing
from services.chassis.database import Database, Row
from services.chassis.errors import BursarError
from services.chassis.event import headers_of
from services.chassis.event_metrics import OUTBOX_PUBLISHED, RELAY_SECONDS
from services.chassis.outbox import PARTITIONS
from services.chassis.pause import pause

BATCH = 500
_BATCH_BYTES = 4 * 1024 * 1024
_LANES = 4
"""So many rounds at once when there is much to do, over different partitions: one works while the other waits for an answer."""
_LOCK_CLASS = 0x6F757462
_CONTENDED_SECONDS = 0.005
"""Somebody else holds the partition and may have read before our facts were there."""
_IDLE_SECONDS = 1.0
"""For the facts of a process that died between commit and relay."""
_BACK_OFF_SECONDS = (0.05, 2.0)
_END_SECONDS = 2.0
_log = logging.getLogger("bursar.relay")

# Striking off needs no flush: what is forgotten in a crash is published again under the same ids.
_LOCK = f"""
select set_config('bursar.held', coalesce(array_agg(partition) filter (where held), '{{}}')::text, true),
  set_config('synchronous_commit', 'off', true), set_config('statement_timeout', '5s', true),
  count(*) filter (where held) as held, count(*) filter (where held is not null) as waiting
from (
  select partition, case when exists (select from outbox_pending p where p.partition = n.partition)
    then pg_try_advisory_xact_lock({_LOCK_CLASS}, n.partition) end as held
  from generate_series(%(lane)s::int, {PARTITIONS - 1}, %(lanes)s::int) as n(partition)) as partitions
"""
# A statement of its own, because its snapshot must be younger than the locks. Each partition gives an equal share of the batch.
_READ = """
select o.position, o.partition, o.event_id::text, o.organization_id::text, o.type, o.subject_id::text, o.version::text, o.payload,
  o.traceparent, to_char(o.occurred_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at
from (select unnest(current_setting('bursar.held')::smallint[]) as partition) as held
cross join lateral (
  select p.position from outbox_pending p where p.partition = held.partition
  order by p.position limit greatest(1, %(batch)s / greatest(1, cardinality(current_setting('bursar.held')::smallint[])))) as waiting
join outbox o on o.position = waiting.position
order by o.position limit %(batch)s
"""
_NOTE = """
insert into outbox_publication (epoch, first_seq, last_seq, positions)
values (%(epoch)s, %(first_seq)s, %(last_seq)s, %(positions)s::bigint[])
"""
_STRIKE = """
delete from outbox_pending p using unnest(%(partitions)s::smallint[], %(positions)s::bigint[]) as done(partition, position)
where p.partition = done.partition and p.position = done.position
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did. `more`: facts may be left in the partitions it held; `contended`: in partitions somebody else held."""

    published: int
    more: bool = False
    contended: bool = False


class Relay:
    """`wakes` are set by the databases of this process whenever facts were committed."""

    def __init__(self, database: Database, broker: Broker, *, wakes: Sequence[asyncio.Event] = (), batch: int = BATCH) -> None:
        self._database = database
        self._broker = broker
        self._batch = batch
        self._wakes = wakes
        self._wake = asyncio.Event()
        broker.on_change(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until told to stop, and then what is left, for two seconds at most."""
        watchers = [asyncio.create_task(self._pass_on(wake)) for wake in self._wakes]
        watchers.append(asyncio.create_task(self._wake_at(stop)))
        try:
            failures = 0
            while not stop.is_set():
                self._wake.clear()
                try:
                    contended = await self.drain()
                    failures = 0
                except (BrokerError, BursarError, psycopg.Error) as error:
                    failures += 1
                    _log.warning("facts wait", extra={"error": type(error).__name__, "reason": str(error)})
                    await pause(stop, min(_BACK_OFF_SECONDS[1], _BACK_OFF_SECONDS[0] * 2**failures))
                    continue
                await pause(self._wake, _CONTENDED_SECONDS if contended else _IDLE_SECONDS)
            await self._end()
        finally:
            for watcher in watchers:
                watcher.cancel()

    async def drain(self) -> bool:
        """Relay until nothing is left but what somebody else holds; whether there is such. Errors as in `relay_once`."""
        lanes = 1
        while True:
            rounds = await asyncio.gather(*(self.relay_once(lane, lanes) for lane in range(lanes)), return_exceptions=True)
            for done in rounds:
                if isinstance(done, BaseException):
                    raise done
            finished = [done for done in rounds if isinstance(done, Round)]
            if not any(done.more for done in finished):
                return any(done.contended for done in finished)
            lanes = _LANES

    async def relay_once(self, lane: int = 0, lanes: int = 1) -> Round:
        """One round over every `lanes`-th partition. BrokerError or Unavailable when one side is away; nothing is lost."""
        if not self._broker.connected:
            return Round(0)
        started = time.monotonic()
        answered = 0.0
        async with self._database.connection() as connection:
            try:
                locks, waiting = await _take(connection, lane, lanes, self._batch)
                rows = _at_most(waiting, _BATCH_BYTES)
                if rows:
                    answered = await self._publish(connection, rows)
                await connection.execute("commit")
            except BaseException:
                await _give_up(connection)
                raise
        if rows:
            OUTBOX_PUBLISHED.inc(len(rows))
            RELAY_SECONDS.labels("broker").inc(answered)
            RELAY_SECONDS.labels("database").inc(time.monotonic() - started - answered)
        held = int(locks["held"])
        # A partition that gave its whole share may have more.
        more = bool(rows) and (len(rows) < len(waiting) or len(rows) >= self._batch // held)
        return Round(len(rows), more, contended=locks["waiting"] > held)

    async def _publish(self, connection: AsyncConnection[Row], rows: Sequence[Row]) -> float:
        """The seconds that the broker took."""
        root, epoch = self._broker.root, self._broker.epoch
        asked = time.monotonic()
        places = await self._broker.publish(
            [Outgoing(f"{root}.{row['type']}.{row['partition']}", row["payload"], headers_of(row)) for row in rows]
        )
        answered = time.monotonic() - asked
        positions = [row["position"] for row in rows]
        async with connection.pipeline():
            for start, end in _runs(places):
                note = {
                    "epoch": epoch,
                    "first_seq": places[start],
                    "last_seq": places[end - 1],
                    "positions": array_of("BIGINT", positions[start:end]),
                }
                await connection.execute(_NOTE, note)
            partitions = array_of("SMALLINT", [row["partition"] for row in rows])
            await connection.execute(_STRIKE, {"partitions": partitions, "positions": array_of("BIGINT", positions)})
        return answered

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.drain()
        except (BrokerError, BursarError, TimeoutError):
            _log.warning("stopped with facts waiting; another process relays them")

    async def _pass_on(self, wake: asyncio.Event) -> None:
        while True:
            await wake.wait()
            wake.clear()
            self._wake.set()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()


async def _take(connection: AsyncConnection[Row], lane: int, lanes: int, batch: int) -> tuple[Row, list[Row]]:
    async with connection.pipeline():
        await connection.execute("begin")
        locks = await connection.execute(_LOCK, {"lane": lane, "lanes": lanes})
        facts = await connection.execute(_READ, {"batch": batch})
        locked = await locks.fetchone()
        rows = await facts.fetchall()
    assert locked is not None
    return locked, rows


def _at_most(rows: list[Row], size: int) -> list[Row]:
    """The first rows whose payloads fit, at least one."""
    for index, row in enumerate(rows):
        size -= len(row["payload"])
        if size < 0 and index:
            return rows[:index]
    return rows


def _runs(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    """(start, end) of each stretch of consecutive sequence numbers."""
    start = 0
    for end in range(1, len(places) + 1):
        if end == len(places) or places[end] != places[end - 1] + 1:
            yield start, end
            start = end


async def _give_up(connection: AsyncConnection[Row]) -> None:
    try:
        await asyncio.shield(connection.execute("rollback"))
    except psycopg.Error:
        await connection.close()
