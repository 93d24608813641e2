"""The door of a method that streams its answers, driven over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from bursar.checkout.v1 import order_service_pb2
from google.api.httpbody_pb2 import HttpBody
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from services.chassis.call import StreamCall
from services.chassis.errors import NotPossibleNow
from services.chassis.identity import METADATA_KEY, CallerKind, Identity
from services.chassis.ids import new_id
from services.chassis.server import Server
from services.chassis.tests.keys import signers
from tests.support.eventually import eventually

ORGANIZATION = new_id()
ORDERS = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"]
_WIDE = 100_000
EXPORT = "/bursar.checkout.v1.OrderService/ExportOrders"


class Exports:
    """Streams as many rows as the first column says, then what the second one says."""

    def __init__(self) -> None:
        self.seen: list[StreamCall] = []
        self.sent = 0
        self.ended = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        async def unused(request: Any, call: Any) -> Any:
            raise NotImplementedError(name)

        return unused

    async def ExportOrders(self, request: order_service_pb2.ExportOrdersRequest, call: StreamCall) -> AsyncIterator[HttpBody]:
        self.seen.append(call)
        rows, end = [*request.columns, "", ""][:2]
        try:
            call.answer_metadata["x-file-name"] = "orders.csv"
            for number in range(int(rows)):
                self.sent += 1
                yield HttpBody(content_type="text/csv", data=b"x" * _WIDE if end == "wide" else f"{number}\n".encode())
            if end == "refuse":
                raise NotPossibleNow("TEST_REFUSED", "not now", details={"rows": rows})
            if end == "bug":
                raise KeyError("a secret that must not be shown")
            if end == "hang":
                await asyncio.Event().wait()
        finally:
            self.ended.set()


class Door:
    def __init__(self, channel: grpc.aio.Channel, identities: dict[str, str], servicer: Exports) -> None:
        self.channel, self.identities, self.servicer = channel, identities, servicer

    def open(self, *columns: str, who: str | None = "reader", timeout: float | None = 5.0, **fields: Any) -> Any:
        request = order_service_pb2.ExportOrdersRequest(columns=columns, **fields)
        send: Any = self.channel.unary_stream(
            EXPORT, request_serializer=order_service_pb2.ExportOrdersRequest.SerializeToString, response_deserializer=HttpBody.FromString
        )
        return send(request, timeout=timeout, metadata=[(METADATA_KEY, self.identities[who])] if who else [])


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    made, verifier = signers(tmp_path, ["identity", "metering"])

    def token(*scopes: str) -> str:
        return made["identity"].sign(Identity(CallerKind.ORGANIZATION, "t", ORGANIZATION, frozenset(scopes)))

    identities = {"reader": token("orders:read"), "other": token("products:read"), "service": made["metering"].own(ORGANIZATION)}
    servicer = Exports()
    server = Server(verifier, service="checkout", max_concurrent_rpcs=2)
    server.add(ORDERS, servicer)
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Door(channel, identities, servicer)
    await server.stop(drain_seconds=0, grace_seconds=1)


async def read(stream: Any) -> tuple[list[bytes], grpc.aio.AioRpcError | None]:
    """What came, and how it ended."""
    rows = []
    try:
        async for body in stream:
            rows.append(body.data)
    except grpc.aio.AioRpcError as error:
        return rows, error
    return rows, None


def reason(error: grpc.aio.AioRpcError | None) -> str:
    assert error is not None
    info = ErrorInfo()
    trailing: Any = error.trailing_metadata() or ()
    for key, value in trailing:
        if key == "grpc-status-details-bin":
            for packed in Status.FromString(value).details:
                packed.Unpack(info)
    return str(info.reason)


async def test_all_answers_arrive_in_order_with_the_headers_of_the_first(door: Door) -> None:
    stream = door.open("300")
    assert await read(stream) == ([f"{number}\n".encode() for number in range(300)], None)
    assert dict(await stream.initial_metadata())["x-file-name"] == "orders.csv"
    assert door.servicer.seen[0].organization_id == ORGANIZATION


async def test_a_stream_without_answers_ends_well(door: Door) -> None:
    assert await read(door.open("0")) == ([], None)


@pytest.mark.parametrize(
    ("who", "code", "told"),
    [
        (None, grpc.StatusCode.UNAUTHENTICATED, "CALLER_UNKNOWN"),
        ("other", grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
        ("service", grpc.StatusCode.PERMISSION_DENIED, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_everybody_else_is_refused_before_the_method_is_reached(
    door: Door, who: str | None, code: grpc.StatusCode, told: str
) -> None:
    rows, error = await read(door.open("3", who=who))
    assert (rows, error and error.code(), reason(error)) == ([], code, told)
    assert door.servicer.seen == []


async def test_a_call_without_deadline_or_with_a_wrong_shape_is_refused(door: Door) -> None:
    for stream, told in ((door.open("3", timeout=None), "DEADLINE_MISSING"), (door.open("3", customer_id=["nonsense"]), "FIELD_INVALID")):
        rows, error = await read(stream)
        assert (rows, error and error.code(), reason(error)) == ([], grpc.StatusCode.INVALID_ARGUMENT, told)
    assert door.servicer.seen == []


async def test_an_error_in_the_middle_follows_what_was_sent(door: Door) -> None:
    rows, error = await read(door.open("2", "refuse"))
    assert rows == [b"0\n", b"1\n"]
    assert (error and error.code(), reason(error)) == (grpc.StatusCode.FAILED_PRECONDITION, "TEST_REFUSED")


async def test_a_defect_in_the_middle_shows_nothing_of_the_inside(door: Door) -> None:
    rows, error = await read(door.open("2", "bug"))
    assert len(rows) == 2
    assert error is not None
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in (error.details() or "")
    assert "trace " in (error.details() or "")


async def test_at_the_deadline_the_method_is_ended(door: Door) -> None:
    rows, error = await read(door.open("1", "hang", timeout=0.3))
    assert (len(rows), error and error.code()) == (1, grpc.StatusCode.DEADLINE_EXCEEDED)
    await asyncio.wait_for(door.servicer.ended.wait(), 2)


async def test_a_caller_who_leaves_ends_the_method(door: Door) -> None:
    stream = door.open("1", "hang")
    assert (await stream.read()).data == b"0\n"
    stream.cancel()
    await asyncio.wait_for(door.servicer.ended.wait(), 2)


async def test_a_caller_who_reads_slowly_is_not_written_to_without_end(door: Door) -> None:
    stream = door.open("100000", "wide", timeout=10)
    await stream.read()
    assert await eventually(lambda: _at_rest(door.servicer)) < 1000
    stream.cancel()
    await asyncio.wait_for(door.servicer.ended.wait(), 2)


async def _at_rest(servicer: Exports) -> int:
    """How many were sent, once no more are."""
    before = servicer.sent
    await asyncio.sleep(0.1)
    return servicer.sent if servicer.sent == before else 0


async def test_streams_count_as_calls_in_hand_until_they_end(door: Door) -> None:
    held = [door.open("1", "hang") for _ in range(2)]
    for stream in held:
        await stream.read()
    _, error = await read(door.open("1"))
    assert (error and error.code(), reason(error)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SERVER_BUSY")
    for stream in held:
        stream.cancel()

    async def served() -> bool:
        return await read(door.open("1")) == ([b"0\n"], None)

    assert await eventually(served)
