"""ClockService."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from uuid import UUID

from bursar.identity.v1 import clock_service_pb2 as pb
from bursar.identity.v1.clock_pb2 import Clock, ClockAdvance

from services.chassis import deadline
from services.chassis.call import Call
from services.chassis.database import Transaction
from services.chassis.idempotency import once
from services.chassis.ids import is_sandbox, new_id, parse_id
from services.chassis.organization_clock import OrganizationClock
from services.chassis.pagination import page_of
from services.identity.api.callers import Callers
from services.identity.api.rooms import Rooms
from services.identity.convert import advance_to_proto, clock_to_proto, happenings_to_proto, read_target
from services.identity.domain import clock_advance as rules
from services.identity.domain.errors import ClockAdvanceNotFound, OrganizationNotSandbox
from services.identity.usecases.advance_clock import advance_clock

_FIRST_HAPPENINGS = 100
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.005, 0.1
_LONGEST_MARGIN_SECONDS = 1.0
_MARGIN_SHARE = 0.1


class ClockServicer:
    """Every method is for sandboxes and works on the caller's own clock."""

    def __init__(self, *, callers: Callers, rooms: Rooms, clock: OrganizationClock, wake: asyncio.Event, stopping: asyncio.Event) -> None:
        self._callers = callers
        self._rooms = rooms
        self._clock = clock
        self._wake = wake
        """Of whoever carries advances out in this process."""
        self._stopping = stopping
        """Set when the process ends: then nobody is kept waiting."""

    async def GetClock(self, request: pb.GetClockRequest, call: Call) -> Clock:
        sandbox = _sandbox(call)
        async with self._callers.transaction(call) as transaction:
            running = await self._rooms.advances(transaction).running(sandbox)
            return clock_to_proto(sandbox, await self._clock.now(transaction, sandbox), running)

    async def AdvanceClock(self, request: pb.AdvanceClockRequest, call: Call) -> ClockAdvance:
        sandbox = _sandbox(call)
        async with self._callers.transaction(call) as transaction:
            effect = partial(self._advance, transaction, sandbox, request)
            stored = await once(transaction, sandbox, call.method, request, ClockAdvance, effect)
        self._wake.set()
        return await self._finished(sandbox, UUID(stored.id), call)

    async def GetClockAdvance(self, request: pb.GetClockAdvanceRequest, call: Call) -> ClockAdvance:
        return await self._read(_sandbox(call), parse_id(request.id, "id"), call)

    async def ListClockHappenings(self, request: pb.ListClockHappeningsRequest, call: Call) -> pb.ListClockHappeningsResponse:
        sandbox, advance_id = _sandbox(call), parse_id(request.clock_advance_id, "clock_advance_id")
        page = page_of(request, ("occurred_at",), "occurred_at")
        async with self._callers.transaction(call) as transaction:
            advances = self._rooms.advances(transaction)
            advance = await advances.get(sandbox, advance_id)
            if advance is None:
                raise ClockAdvanceNotFound(advance_id)
            return happenings_to_proto(*await advances.page_happenings(advance, page))

    async def _advance(self, transaction: Transaction, sandbox: UUID, request: pb.AdvanceClockRequest) -> ClockAdvance:
        advance = await advance_clock(
            new_id(),
            sandbox,
            read_target(request),
            self._clock.system.now(),
            organizations=self._rooms.organizations(transaction),
            advances=self._rooms.advances(transaction),
            sandbox_now=partial(self._clock.now, transaction, sandbox),
        )
        return advance_to_proto(advance)

    async def _finished(self, sandbox: UUID, advance_id: UUID, call: Call) -> ClockAdvance:
        """The advance when it is finished, or as it stands shortly before the caller's deadline or our own end."""
        left = deadline.remaining_seconds()
        until = time.monotonic() + left - min(_LONGEST_MARGIN_SECONDS, left * _MARGIN_SHARE)
        seconds = _SHORTEST_SECONDS
        while True:
            late = time.monotonic() + seconds > until or self._stopping.is_set()
            async with self._callers.transaction(call) as transaction:
                advance = await self._rooms.advances(transaction).get(sandbox, advance_id)
            if late or (advance is not None and advance.status != rules.RUNNING):
                return await self._read(sandbox, advance_id, call)
            await asyncio.sleep(seconds)
            seconds = min(seconds * 1.5, _LONGEST_SECONDS)

    async def _read(self, sandbox: UUID, advance_id: UUID, call: Call) -> ClockAdvance:
        async with self._callers.transaction(call) as transaction:
            advances = self._rooms.advances(transaction)
            advance = await advances.get(sandbox, advance_id)
            if advance is None:
                raise ClockAdvanceNotFound(advance_id)
            return advance_to_proto(advance, await advances.first_happenings(advance, _FIRST_HAPPENINGS))


def _sandbox(call: Call) -> UUID:
    if not is_sandbox(call.organization_id):
        raise OrganizationNotSandbox
    return call.organization_id
