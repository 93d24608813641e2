"""The door of methods that stream their answers, over a real connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from bursar.checkout.v1 import order_service_pb2
from google.api.httpbody_pb2 import HttpBody

from services.chassis.call import StreamCall
from services.chassis.errors import Invalid
from services.chassis.identity import METADATA_KEY, CallerKind, Identity
from services.chassis.ids import new_id
from services.chassis.server import Server
from services.chassis.status import from_rpc_error
from services.chassis.tests.keys import signers

ORGANIZATION = new_id()
ORDERS = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"]
READ_OVER_REST = ("x-envoy-original-path", "/platform/v1/orders:export")


class Orders:
    """Streams the columns asked for; fails at `fail` and `bug`."""

    async def ExportOrders(self, request: Any, call: StreamCall) -> AsyncIterator[HttpBody]:
        call.answer_metadata["content-disposition"] = "attachment"
        for column in request.columns:
            if column == "fail":
                raise Invalid("COLUMN_UNKNOWN", "no such column", field="columns")
            if column == "bug":
                raise KeyError("a secret that must not be shown")
            yield HttpBody(data=f"{call.organization_id} {column}".encode())

    async def GetOrder(self, request: Any, call: Any) -> Any:
        raise NotImplementedError

    ListOrders = RetryOrderPayment = VoidOrder = GetOrder


class Reader:
    """A client of the server under test."""

    def __init__(self, channel: grpc.aio.Channel, identity: str) -> None:
        self._channel, self._identity = channel, identity
        self.headers: dict[str, Any] = {}
        self.answers: list[str] = []

    async def read(self, *columns: str, known: bool = True, rest: bool = False, timeout: float | None = 5.0) -> list[str]:
        metadata = [*([(METADATA_KEY, self._identity)] if known else []), *([READ_OVER_REST] if rest else [])]
        send = self._channel.unary_stream(
            "/bursar.checkout.v1.OrderService/ExportOrders",
            request_serializer=order_service_pb2.ExportOrdersRequest.SerializeToString,
            response_deserializer=HttpBody.FromString,
        )
        call = send(order_service_pb2.ExportOrdersRequest(columns=columns), timeout=timeout, metadata=metadata)
        async for answer in call:
            self.answers.append(answer.data.decode())
        self.headers = dict(await call.initial_metadata())
        return self.answers


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    made, verifier = signers(tmp_path, ["identity"])
    server = Server(verifier, service="checkout")
    server.add(ORDERS, Orders())
    port = await server.start("127.0.0.1:0")
    identity = Identity(CallerKind.ORGANIZATION, "t1", ORGANIZATION, frozenset({"orders:read"}))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Reader(channel, made["identity"].sign(identity))
    await server.stop(drain_seconds=0, grace_seconds=0)


async def test_answers_come_one_by_one_for_the_callers_organization_with_the_methods_headers(reader: Reader) -> None:
    assert await reader.read("a", "b") == [f"{ORGANIZATION} a", f"{ORGANIZATION} b"]
    assert reader.headers["content-disposition"] == "attachment"


@pytest.mark.parametrize(
    ("columns", "options", "code", "reason"),
    [
        (("fail",), {}, grpc.StatusCode.INVALID_ARGUMENT, "COLUMN_UNKNOWN"),
        (("a", "fail"), {}, grpc.StatusCode.INVALID_ARGUMENT, "COLUMN_UNKNOWN"),
        (("bug",), {}, grpc.StatusCode.INTERNAL, "PEER_FAILED"),
        (("a",), {"known": False}, grpc.StatusCode.UNAUTHENTICATED, "CALLER_UNKNOWN"),
        (("a",), {"timeout": None}, grpc.StatusCode.INVALID_ARGUMENT, "DEADLINE_MISSING"),
        (("x" * 41,), {}, grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"),
        (("fail",), {"rest": True}, grpc.StatusCode.INVALID_ARGUMENT, "COLUMN_UNKNOWN"),
    ],
)
async def test_refusals_are_those_of_every_other_call(
    reader: Reader, columns: tuple[str, ...], options: dict[str, Any], code: grpc.StatusCode, reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await reader.read(*columns, **options)
    told = from_rpc_error(refused.value)
    assert (refused.value.code(), told.reason) == (code, reason)
    assert "secret" not in told.message
    assert reader.answers == [f"{ORGANIZATION} {column}" for column in columns[:-1]]


@pytest.mark.parametrize("failure", ["fail", "bug"])
async def test_a_file_for_a_rest_caller_that_fails_in_the_middle_is_left_unfinished(reader: Reader, failure: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await reader.read("a", failure, rest=True, timeout=0.3)
    assert (refused.value.code(), len(reader.answers)) == (grpc.StatusCode.DEADLINE_EXCEEDED, 1)
