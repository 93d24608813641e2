"""The other services' part in advancing a clock, over gRPC. identity's own facts are read where they are."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import grpc
from bursar.clockwork.v1 import clockwork_service_pb2 as pb
from google.protobuf.message import Message

from services.chassis.clockwork import committed_facts
from services.chassis.database import Database
from services.chassis.errors import Unavailable
from services.chassis.peers import Peers
from services.chassis.timestamps import from_timestamp, to_timestamp
from services.identity.domain.clock_advance import SERVICE_ORDER, Happening
from services.identity.usecases.ports import Unsettled

_METHODS = pb.DESCRIPTOR.services_by_name["ClockworkService"].methods_by_name
_OWN = "identity"
_FACTS_A_CALL = 5000
_SECONDS = 5.0
_RUN_SECONDS = 30.0
"""What is due in a large sandbox takes long; what was done stays done, and the rest is done by another call."""
_log = logging.getLogger("bursar.clock")

M = TypeVar("M", bound=Message)


class ClockworkPeers:
    """Asks the services that have an address among `addresses`."""

    def __init__(self, peers: Peers, addresses: Sequence[str], database: Database) -> None:
        self.services = tuple(name for name in SERVICE_ORDER if name in addresses and name != _OWN)
        self._peers = peers
        self._database = database

    async def find_due(self, service: str, sandbox: UUID, until: datetime) -> datetime | None:
        request = pb.FindDueRequest(until=to_timestamp(until))
        answer = await self._call(service, "FindDue", sandbox, request, pb.FindDueResponse)
        return from_timestamp(answer.due_at, "due_at") if answer.HasField("due_at") else None

    async def move_time(self, service: str, sandbox: UUID, now: datetime) -> None:
        request = pb.MoveTimeRequest(now=to_timestamp(now))
        await self._call(service, "MoveTime", sandbox, request, pb.MoveTimeResponse, _RUN_SECONDS)

    async def run_due(self, service: str, sandbox: UUID) -> int:
        answer = await self._call(service, "RunDue", sandbox, pb.RunDueRequest(), pb.RunDueResponse, _RUN_SECONDS)
        return answer.done

    async def list_facts(self, service: str, sandbox: UUID, after: int) -> list[Happening]:
        facts: list[Happening] = []
        while True:
            page = await self._facts(service, sandbox, facts[-1].position if facts else after)
            facts += [_happening(service, fact) for fact in page]
            if len(page) < _FACTS_A_CALL:
                return facts

    async def check_settled(self, service: str, sandbox: UUID, facts: Sequence[Happening]) -> Unsettled:
        request = pb.CheckSettledRequest(facts=[pb.FactReference(event_id=str(fact.event_id), type=fact.type) for fact in facts])
        answer = await self._call(service, "CheckSettled", sandbox, request, pb.CheckSettledResponse)
        return Unsettled(answer.untaken, tuple(answer.unfinished))

    async def _facts(self, service: str, sandbox: UUID, after: int) -> Sequence[pb.CommittedFact]:
        if service == _OWN:
            return await committed_facts(self._database, sandbox, after, _FACTS_A_CALL)
        request = pb.ListFactsRequest(after_position=after, page_size=_FACTS_A_CALL)
        return (await self._call(service, "ListFacts", sandbox, request, pb.ListFactsResponse)).facts

    async def _call(self, service: str, method: str, sandbox: UUID, request: Message, answer_type: type[M], seconds: float = _SECONDS) -> M:
        described = _METHODS[method]
        try:
            return await self._peers.call(
                described,
                request,
                answer_type,
                organization_id=sandbox,
                timeout_seconds=seconds,
                service=service,
            )
        except Unavailable as error:
            cause = error.__cause__
            if isinstance(cause, grpc.aio.AioRpcError) and cause.code() is grpc.StatusCode.UNIMPLEMENTED:
                _log.error("a service takes no part in advancing clocks", extra={"where": service})
                raise Unavailable("CLOCKWORK_MISSING", f"the service {service} does not serve ClockworkService") from error
            raise


def _happening(service: str, fact: pb.CommittedFact) -> Happening:
    return Happening(
        service=service,
        position=fact.position,
        event_id=UUID(fact.event_id),
        type=fact.type,
        subject_id=UUID(fact.subject_id),
        occurred_at=from_timestamp(fact.occurred_at, "occurred_at"),
    )
