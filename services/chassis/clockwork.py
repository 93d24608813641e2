"""How a service takes part when the clock of a sandbox is advanced: it takes over the time, does what is due, and says when it is done.

identity leads (services/identity): it moves the time of all services to the next instant at which one of them has something to do, has them
do it, and goes on when every fact of the sandbox has been taken by whoever reacts to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bursar.clockwork.v1 import clockwork_service_pb2 as pb

from services.chassis import deadline, inbox
from services.chassis.call import Call
from services.chassis.clock import SystemClock
from services.chassis.database import Database, Row, Transaction
from services.chassis.errors import NotPossibleNow, Unavailable
from services.chassis.ids import is_sandbox
from services.chassis.organization_clock import OrganizationClock, move_time
from services.chassis.sql import Statement
from services.chassis.timestamps import from_timestamp, to_timestamp

_MOST_TOLD = 20
_FACTS = Statement(
    "select position, event_id, type, subject_id, occurred_at from outbox "
    # As the index spells it.
    "where organization_id = %(organization_id)s and is_sandbox(organization_id) and position > %(after)s "
    "and position <= %(until)s order by position limit %(most)s"
)
_NO_END = (1 << 63) - 1
_OWN_TRANSACTION = Statement("select pg_current_xact_id()::text::bigint as number")
_OLDEST_TRANSACTION = Statement("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as number")
_UNDER_WAY_SECONDS = 3.0
_LOOK_SECONDS = 0.002


async def _nothing_due(transaction: Transaction, organization_id: UUID, until: datetime) -> datetime | None:
    return None


async def _nothing_to_do(organization_id: UUID, now: datetime) -> int:
    return 0


async def _nothing_unfinished(transaction: Transaction, organization_id: UUID) -> Sequence[str]:
    return ()


async def _nothing_to_move(organization_id: UUID, before: datetime, now: datetime) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What a service has that depends on time. Transactions are the worker's and see all organizations."""

    find_due: Callable[[Transaction, UUID, datetime], Awaitable[datetime | None]] = _nothing_due
    """The earliest instant, up to and with the one given, at which it has something to do for a sandbox."""
    run_due: Callable[[UUID, datetime], Awaitable[int]] = _nothing_to_do
    """Do all that is due for a sandbox at its time; how many things that were. In transactions of its own."""
    unfinished: Callable[[Transaction, UUID], Awaitable[Sequence[str]]] = _nothing_unfinished
    """What it is still at besides taking facts, e.g. `1 payment without an answer`."""
    move_outside: Callable[[UUID, datetime, datetime], Awaitable[None]] = _nothing_to_move
    """Take the outside world along, before the time is taken over; may be repeated with the same instants."""


class ClockworkServicer:
    """Serves bursar.clockwork.v1 for one service. `types`: what its consumer reacts to."""

    def __init__(self, consumer: str, types: Sequence[str], clockwork: Clockwork, database: Database) -> None:
        self._consumer = consumer
        self._types = frozenset(types)
        self._clockwork = clockwork
        self._database = database
        self._clock = OrganizationClock(SystemClock())

    async def FindDue(self, request: pb.FindDueRequest, call: Call) -> pb.FindDueResponse:
        sandbox = _sandbox(call)
        async with self._database.transaction() as transaction:
            due_at = await self._clockwork.find_due(transaction, sandbox, from_timestamp(request.until, "until"))
        return pb.FindDueResponse(due_at=to_timestamp(due_at))

    async def MoveTime(self, request: pb.MoveTimeRequest, call: Call) -> pb.MoveTimeResponse:
        sandbox, now = _sandbox(call), from_timestamp(request.now, "now")
        async with self._database.transaction() as transaction:
            before = await self._clock.now(transaction, sandbox)
        await self._clockwork.move_outside(sandbox, before, now)
        async with self._database.transaction() as transaction:
            await move_time(transaction, sandbox, now)
        return pb.MoveTimeResponse()

    async def RunDue(self, request: pb.RunDueRequest, call: Call) -> pb.RunDueResponse:
        sandbox = _sandbox(call)
        async with self._database.transaction() as transaction:
            now = await self._clock.now(transaction, sandbox)
        return pb.RunDueResponse(done=await self._clockwork.run_due(sandbox, now))

    async def ListFacts(self, request: pb.ListFactsRequest, call: Call) -> pb.ListFactsResponse:
        facts = await committed_facts(self._database, _sandbox(call), request.after_position, request.page_size)
        return pb.ListFactsResponse(facts=facts)

    async def CheckSettled(self, request: pb.CheckSettledRequest, call: Call) -> pb.CheckSettledResponse:
        sandbox = _sandbox(call)
        expected = {UUID(fact.event_id) for fact in request.facts if fact.type in self._types}
        async with self._database.transaction() as transaction:
            taken = await inbox.taken(transaction, self._consumer, expected)
            unfinished = await self._clockwork.unfinished(transaction, sandbox)
        return pb.CheckSettledResponse(untaken=len(expected - taken), unfinished=unfinished[:_MOST_TOLD])


async def committed_facts(database: Database, sandbox: UUID, after: int, most: int) -> list[pb.CommittedFact]:
    """The facts of a sandbox behind a position, in their order; nothing will appear between them later.

    A transaction draws its positions before it commits, so one that is still under way may hold a lower position than one that is
    seen. Therefore: look, wait until whoever was writing then has ended, and look again up to the same end.
    """
    async with database.transaction() as transaction:
        seen = await transaction.all(_FACTS, organization_id=sandbox, after=after, until=_NO_END, most=most)
        if not seen:
            return []
        now = await transaction.one(_OWN_TRANSACTION)
    assert now is not None
    await _ended(database, now["number"])
    async with database.transaction() as transaction:
        rows = await transaction.all(_FACTS, organization_id=sandbox, after=after, until=seen[-1]["position"], most=most)
    return [_fact(row) for row in rows]


async def _ended(database: Database, number: int) -> None:
    """Every transaction that wrote before this one has ended. Unavailable if that takes long."""
    try:
        async with asyncio.timeout(min(_UNDER_WAY_SECONDS, deadline.remaining_seconds())):
            while True:
                async with database.transaction() as transaction:
                    oldest = await transaction.one(_OLDEST_TRANSACTION)
                if oldest is not None and oldest["number"] > number:
                    return
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise Unavailable("FACTS_UNDER_WAY", "a transaction that began long ago is still writing", retry_after_seconds=0.5) from None


def _fact(row: Row) -> pb.CommittedFact:
    return pb.CommittedFact(
        position=row["position"],
        event_id=str(row["event_id"]),
        type=row["type"],
        subject_id=str(row["subject_id"]),
        occurred_at=to_timestamp(row["occurred_at"]),
    )


def _sandbox(call: Call) -> UUID:
    if not is_sandbox(call.organization_id):
        raise NotPossibleNow("ORGANIZATION_NOT_SANDBOX", "only a sandbox has a clock")
    return call.organization_id
