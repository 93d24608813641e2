"""The lane in which queued charges are made: many at a time, outcomes recorded many in a transaction.

Every process has one. Each takes what no other has, under a lease; what a process took and did not finish is looked up by others when
that is over, like any attempt without an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from services.chassis.crashpoint import crashpoint
from services.chassis.errors import BursarError
from services.chassis.pause import pause
from services.payments.domain.attempt import Attempt
from services.payments.domain.customer import Customer
from services.payments.domain.due import LEASE
from services.payments.usecases.ask_processor import answer_of
from services.payments.usecases.ports import Ports
from services.payments.usecases.record_outcomes import Said, record_persistently

_IN_HAND = 2
"""Taken at most, as a multiple of the charges at a time, so that none has to wait for the next transaction."""
_GATHER_SECONDS = 0.05
_REST_SECONDS = 1.0
_log = logging.getLogger("bursar.payments")
_Charges = set["asyncio.Task[Said]"]


class ChargeLane:
    """`at_once`: charges at a time. `wake` when there is something to do."""

    def __init__(self, ports: Ports, *, at_once: int) -> None:
        self._ports = ports
        self._most_in_hand = _IN_HAND * at_once
        self._gate = asyncio.Semaphore(at_once)
        self._woken = asyncio.Event()
        self._running: _Charges = set()

    def wake(self) -> None:
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then what was begun is finished and nothing more is taken."""
        stopping = asyncio.create_task(self._wake_at(stop))
        while not stop.is_set() or self._running:
            self._woken.clear()
            if not stop.is_set() and len(self._running) <= self._most_in_hand // 2:
                await self._take()
            if self._running:
                done, self._running = await asyncio.wait(self._running, timeout=_GATHER_SECONDS)
                await self._record(done)
            elif not stop.is_set():
                await pause(self._woken, _REST_SECONDS)
        stopping.cancel()

    async def _take(self) -> None:
        """A database that is away is asked again a little later."""
        now, room = self._ports.clock.now(), self._most_in_hand - len(self._running)
        try:
            async with self._ports.worker_database.transaction() as transaction:
                taken = await self._ports.queue.take(transaction, now, now + LEASE, room)
                keys = [(one.organization_id, one.customer_id) for one in taken]
                customers = await self._ports.customers.of(transaction, keys) if taken else {}
        except BursarError as error:
            _log.warning("queued charges wait", extra={"reason": error.reason})
            return
        self._running |= {asyncio.create_task(self._charge(one, customers[one.customer_id])) for one in taken}

    async def _charge(self, attempt: Attempt, customer: Customer) -> Said:
        async with self._gate:
            return Said(attempt.id, await answer_of(self._ports, attempt, customer))

    async def _record(self, done: Iterable[asyncio.Task[Said]]) -> None:
        """What cannot be recorded is looked up when its lease is over."""
        said = []
        for task in done:
            if error := task.exception():
                _log.error("a charge failed; it will be looked up", exc_info=error)
            else:
                said.append(task.result())
        if not said:
            return
        crashpoint("after_charges_before_commit")
        try:
            await record_persistently(self._ports, said)
        except BursarError as error:
            _log.warning("outcomes of charges will be looked up", extra={"reason": error.reason, "count": len(said)})

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()
