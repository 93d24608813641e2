"""Calls to other services, also where several serve the same contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
from bursar.clockwork.v1 import clockwork_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.call import Call
from services.chassis.errors import NotPossibleNow, Unavailable
from services.chassis.ids import new_id
from services.chassis.peers import Peers
from services.chassis.server import Server
from services.chassis.tests.keys import signers

SERVICE = pb.DESCRIPTOR.services_by_name["ClockworkService"]
RUN = SERVICE.methods_by_name["RunDue"]
FIND = SERVICE.methods_by_name["FindDue"]


class Counts:
    """Answers a number of its own, and keeps who asked for whom."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked: list[tuple[str, UUID]] = []

    def __getattr__(self, name: str) -> Any:
        async def refused(request: Any, call: Call) -> Any:
            raise NotPossibleNow("TEST_REFUSED", "not now", details={"method": name})

        return refused

    async def RunDue(self, request: pb.RunDueRequest, call: Call) -> pb.RunDueResponse:
        self.asked.append((call.identity.actor, call.organization_id))
        return pb.RunDueResponse(done=self.number)


@pytest.fixture
def services() -> dict[str, Counts]:
    return {"checkout": Counts(1), "ledger": Counts(2)}


@pytest.fixture
async def peers(services: dict[str, Counts], tmp_path: Path) -> AsyncIterator[Peers]:
    made, verifier = signers(tmp_path, ["identity"])
    async with AsyncExitStack() as stack:
        addresses = {}
        for name, servicer in services.items():
            server = Server(verifier, service=name)
            server.add(SERVICE, servicer)
            addresses[name] = f"127.0.0.1:{await server.start('127.0.0.1:0')}"
            stack.push_async_callback(server.stop, drain_seconds=0, grace_seconds=1)
        empty = grpc.aio.server()
        addresses["benefits"] = f"127.0.0.1:{empty.add_insecure_port('127.0.0.1:0')}"
        await empty.start()
        stack.push_async_callback(empty.stop, 0)
        peers = Peers(addresses, made["identity"])
        stack.push_async_callback(peers.close)
        yield peers


async def run(peers: Peers, service: str | None, organization_id: UUID | None = None) -> int:
    answer = await peers.call(
        RUN, pb.RunDueRequest(), pb.RunDueResponse, organization_id=organization_id or new_id(), service=service, timeout_seconds=5
    )
    return answer.done


async def test_the_service_that_is_named_is_asked(peers: Peers, services: dict[str, Counts]) -> None:
    organization_id = new_id()
    assert [await run(peers, name, organization_id) for name in ("checkout", "ledger", "checkout")] == [1, 2, 1]
    assert services["checkout"].asked == [("identity", organization_id)] * 2
    assert services["ledger"].asked == [("identity", organization_id)]


async def test_without_a_name_it_is_the_service_of_the_contract(peers: Peers) -> None:
    with pytest.raises(Unavailable) as caught:
        await run(peers, None)
    assert (caught.value.reason, "clockwork" in caught.value.message) == ("PEER_UNKNOWN", True)


async def test_the_error_of_the_service_is_raised_with_its_reason_and_details(peers: Peers) -> None:
    with pytest.raises(NotPossibleNow) as caught:
        await peers.call(
            FIND, pb.FindDueRequest(until=Timestamp(seconds=1)), pb.FindDueResponse, organization_id=new_id(), service="ledger"
        )
    assert (caught.value.reason, caught.value.details) == ("TEST_REFUSED", {"method": "FindDue"})


async def test_a_service_that_does_not_serve_the_contract_says_so(peers: Peers) -> None:
    with pytest.raises(Unavailable) as caught:
        await run(peers, "benefits")
    cause = caught.value.__cause__
    assert isinstance(cause, grpc.aio.AioRpcError)
    assert cause.code() is grpc.StatusCode.UNIMPLEMENTED
