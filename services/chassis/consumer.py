"""Takes facts in batches from the stream, acknowledges them after the commit, and sees to those that cannot be taken.

What happens to an event:

    taken         committed together with its claim, then acknowledged; a copy of it is dropped by the claim
    too early     its reaction returned it: not claimed, delivered again later and later, parked after `early_attempts`
    failed        its reaction raised: the batch is halved until it stands alone, it is tried `attempts` times, then parked
    unreadable    parked at once
    unknown       of a type that only a newer replica reacts to: as too early
    interrupted   the database was away or busy: all of the batch waits, and nobody's attempts are counted
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from services.chassis import inbox
from services.chassis.broker import Broker, BrokerError
from services.chassis.database import Database
from services.chassis.deadline import set_deadline
from services.chassis.errors import BursarError, Conflict, Unavailable
from services.chassis.event import EVENT_ID, EVENT_TYPE, Event, NoReaction, Reaction, Unreadable, read_event
from services.chassis.event_metrics import CONSUMER_BATCH, CONSUMER_EVENTS, CONSUMER_LAG, CONSUMER_SECONDS
from services.chassis.pause import pause
from services.chassis.reactor import Reactor, TooEarly, told
from services.chassis.subscription import ACK_WAIT_SECONDS, Delivery, Subscription, durable, filters

__all__ = ["Consumer", "Event", "Patience", "Reaction"]

BATCH = 500
"""At most so many at once: twice as fast as 100 when there is a backlog, and half a megabyte of facts."""
_LANES = 2
"""So many batches at once when there is a backlog: one computes while the other waits for the database."""
_IDLE_SECONDS = 1.0
_STEP_SECONDS = 5.0
_CHORES_SECONDS = 2.0
_BACK_OFF_SECONDS = (0.05, 2.0)
_INTERRUPTIONS = (Unavailable, Conflict, psycopg.OperationalError)
_INTERRUPTIONS_LIMIT = 6
"""So often a batch may be interrupted while the database answers; then one of its events is the reason."""
_log = logging.getLogger("bursar.consumer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how fast an event is tried; the delay doubles from the first to the longest."""

    attempts: int = 5
    early_attempts: int = 20
    first_seconds: float = 0.1
    longest_seconds: float = 30.0
    ack_wait_seconds: float = ACK_WAIT_SECONDS
    """After this an event whose consumer is not heard of is given to another."""

    def delay(self, attempt: int) -> float:
        """Until the next attempt, after this many."""
        return float(min(self.longest_seconds, self.first_seconds * 2 ** min(attempt - 1, 30)))


class _Taken(NamedTuple):
    delivery: Delivery
    event: Event[Any]


class Consumer:
    """All reactions of one service. Any number may run side by side under one name; each event is taken by one of them."""

    def __init__(
        self,
        name: str,
        reactions: Sequence[Reaction[Any]],
        database: Database,
        broker: Broker,
        *,
        patience: Patience | None = None,
        batch: int = BATCH,
    ) -> None:
        self.name = name
        self._reactor = Reactor(name, reactions, database)
        self._database = database
        self._patience = patience or Patience()
        config = durable(name, filters(broker.root, self._reactor.messages), ack_wait_seconds=self._patience.ack_wait_seconds)
        self._subscription = Subscription(broker, config, batch=batch)
        self._batch = batch
        self._turn = asyncio.Lock()
        """Of the lane that takes next."""
        self._busy = 0
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """React until told to stop; the batches in hand are finished."""
        self._stop = stop
        beside = [asyncio.create_task(self._interrupt_at(stop)), asyncio.create_task(self._chores(stop))]
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(_LANES):
                    lanes.create_task(self._lane(stop))
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._subscription.close()

    async def _lane(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                async with self._turn:
                    deliveries = await self._subscription.take(_IDLE_SECONDS, self._enough)
                    self._busy += 1
                failures = 0
                try:
                    await self._process(deliveries)
                finally:
                    self._busy -= 1
                    self._subscription.look_again()
            except BrokerError as error:
                failures += 1
                _log.info("waiting for the broker", extra={"consumer": self.name, "reason": str(error)})
                await pause(stop, _back_off(failures))

    def _enough(self) -> int:
        """Beside a lane that works only a whole batch is worth a transaction of its own; what is less waits for the other's end."""
        return self._batch if self._busy else 1

    async def _process(self, deliveries: Sequence[Delivery]) -> None:
        started = time.monotonic()
        taken: list[_Taken] = []
        for delivery in deliveries:
            try:
                taken.append(_Taken(delivery, read_event(delivery.headers, delivery.payload, self._reactor.messages)))
            except Unreadable as error:
                await self._park(delivery, error)
            except NoReaction as error:
                await self._early(delivery, error)
        if taken:
            CONSUMER_SECONDS.labels(self.name, "read").inc(time.monotonic() - started)
            await self._react(taken)
        if deliveries:
            CONSUMER_BATCH.labels(self.name).observe(time.monotonic() - started)

    async def _react(self, taken: Sequence[_Taken]) -> None:
        started = time.monotonic()
        try:
            early = await self._patiently(taken)
            CONSUMER_SECONDS.labels(self.name, "react").inc(time.monotonic() - started)
        except Exception as error:
            if len(taken) == 1:
                await self._failed(taken[0].delivery, error)
                return
            half = len(taken) // 2
            await self._react(taken[:half])
            await self._react(taken[half:])
            return
        done = time.monotonic()
        await self._subscription.ack(each.delivery for each in taken if each.event.id not in early)
        CONSUMER_SECONDS.labels(self.name, "ack").inc(time.monotonic() - done)
        for each in taken:
            if each.event.id in early:
                await self._early(each.delivery, TooEarly("too early, and still so after many attempts"))

    async def _patiently(self, taken: Sequence[_Taken]) -> set[UUID]:
        """Take the events, waiting as long as the database is away. Raises what a reaction raised."""
        interruptions, failures = 0, 0
        while True:
            try:
                return await self._reactor.take([each.event for each in taken])
            except _INTERRUPTIONS as error:
                failures += 1
                _log.warning("interrupted", extra={"consumer": self.name, "error": type(error).__name__, "reason": str(error)})
                if await self._database_answers():
                    interruptions += 1
                if interruptions > _INTERRUPTIONS_LIMIT or self._stop.is_set():
                    raise
            await self._subscription.working(each.delivery for each in taken)
            await pause(self._stop, _back_off(failures))

    async def _early(self, delivery: Delivery, error: Exception) -> None:
        if delivery.attempts >= self._patience.early_attempts:
            await self._park(delivery, error)
        else:
            await self._subscription.later([delivery], self._patience.delay(delivery.attempts))

    async def _failed(self, delivery: Delivery, error: Exception) -> None:
        if self._stop.is_set() and isinstance(error, _INTERRUPTIONS):
            await self._subscription.later([delivery], 0)
            return
        _log.warning("reaction failed", extra=self._about(delivery, error), exc_info=error)
        if delivery.attempts >= self._patience.attempts:
            await self._park(delivery, error)
        else:
            await self._subscription.later([delivery], self._patience.delay(delivery.attempts))

    async def _park(self, delivery: Delivery, error: Exception) -> None:
        set_deadline(_STEP_SECONDS)
        try:
            async with self._database.transaction() as transaction:
                await inbox.park(
                    transaction,
                    self.name,
                    delivery.headers,
                    delivery.payload,
                    subject=delivery.subject,
                    error=told(error),
                    attempts=delivery.attempts,
                )
        except BursarError:
            await self._subscription.later([delivery], self._patience.longest_seconds)
            return
        _log.error("parked", extra=self._about(delivery, error))
        event_type = delivery.headers.get(EVENT_TYPE, "")
        CONSUMER_EVENTS.labels(self.name, event_type if event_type in self._reactor.messages else "unknown", "parked").inc()
        await self._subscription.ack([delivery])

    async def _chores(self, stop: asyncio.Event) -> None:
        """Re-drive what operators asked for, and measure."""
        while not stop.is_set():
            try:
                while not stop.is_set() and await self._reactor.redrive():
                    pass
                await self._reactor.count_parked()
                CONSUMER_LAG.labels(self.name).set(await self._subscription.lag())
            except (BrokerError, *_INTERRUPTIONS):
                pass  # the loop tells of it
            await pause(stop, _CHORES_SECONDS)

    async def _database_answers(self) -> bool:
        set_deadline(_STEP_SECONDS)
        try:
            async with self._database.connection() as connection:
                await connection.execute("select 1")
        except BursarError:
            return False
        return True

    async def _interrupt_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._subscription.interrupt()

    def _about(self, delivery: Delivery, error: Exception) -> dict[str, object]:
        headers = delivery.headers
        return {"consumer": self.name, "event_id": headers.get(EVENT_ID), "event_type": headers.get(EVENT_TYPE), "reason": told(error)}


def _back_off(failures: int) -> float:
    return float(min(_BACK_OFF_SECONDS[1], _BACK_OFF_SECONDS[0] * 2 ** min(failures, 10)))
