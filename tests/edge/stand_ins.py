"""A service and an authorizer that record what the edge sends them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from tests.edge.contract import AUTHORIZATION, Contract

GOOD_TOKEN = "bursar_oat_good"
SIGNED_IDENTITY = "signed-by-identity"
CHUNK_LINES = 10_000
"""Of 9 bytes each."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached the service. `remaining_seconds` is None for a call without deadline."""

    method: str
    request: Any
    metadata: dict[str, list[str | bytes]]
    remaining_seconds: float | None


class SampleService:
    """Answers a note made from the request, or fails as the id says."""

    def __init__(self, contract: Contract) -> None:
        self.calls: list[Call] = []
        self._contract = contract
        names = ("NoteService", "HookService", "NoteInternalService")
        services = [contract.service(f"bursar.sample.v1.{name}") for name in names]
        self.server, self.port = _serve(contract, services, self._answer, self._export)

    def _answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        self.calls.append(Call(method, request, _metadata(context), context.time_remaining()))
        if method == "ReceiveHook":
            return type(request)(content_type="application/json", data=b"{}")
        if getattr(request, "id", "") == "invalid":
            context.abort_with_status(rpc_status.to_status(_invalid()))
        if getattr(request, "id", "").startswith("unavailable"):
            context.abort(grpc.StatusCode.UNAVAILABLE, "try again")
        note = self._contract.sample("Note")(id=getattr(request, "id", "") or "n1")
        note.created_text = getattr(request, "created_text", "")
        note.total_amount = getattr(request, "total_amount", 0)
        return note

    def _export(self, method: str, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        self.calls.append(Call(method, request, _metadata(context), context.time_remaining()))
        if request.fails:
            context.abort_with_status(rpc_status.to_status(_invalid()))
        context.send_initial_metadata((("content-disposition", 'attachment; filename="notes.csv"'),))
        for number in range(request.chunks):
            if number == request.hangs_after:
                _until_over(context)
            first = {"content_type": "text/csv; charset=utf-8"} if number == 0 else {}
            yield self._contract.message("google.api.HttpBody")(data=b"%07d\r\n" % number * CHUNK_LINES, **first)


class Authorizer:
    """Lets the good token pass as a signed identity, anybody else to the webhook only."""

    def __init__(self, contract: Contract) -> None:
        self.checks: list[Any] = []
        self._contract = contract
        self.server, self.port = _serve(contract, [contract.service(AUTHORIZATION)], self._check)

    def _check(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        http = request.attributes.request.http
        self.checks.append(http)
        response = self._contract.message("envoy.service.auth.v3.CheckResponse")()
        if http.headers.get("authorization") == f"Bearer {GOOD_TOKEN}":
            _set_identity(response, SIGNED_IDENTITY)
        elif http.path == "/stripe/webhooks":
            _set_identity(response, "anonymous")
        else:
            response.status.code = code_pb2.UNAUTHENTICATED
            response.denied_response.status.code = 401
            response.denied_response.body = "secret reason of the authorizer"
        return response


def _set_identity(response: Any, identity: str) -> None:
    option = response.ok_response.headers.add()
    option.header.key, option.header.value = "x-bursar-identity", identity
    option.append_action = 2


def _until_over(context: grpc.ServicerContext) -> None:
    over = threading.Event()
    if context.add_callback(over.set):
        over.wait(10)


def _invalid() -> status_pb2.Status:
    status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="the note is invalid")
    reason = error_details_pb2.ErrorInfo(reason="NOTE_INVALID", domain="sample", metadata={"note": "n1"})
    shape = error_details_pb2.BadRequest()
    shape.field_violations.add(field="created_text", description="too short")
    status.details.add().Pack(reason)
    status.details.add().Pack(shape)
    return status


def _metadata(context: grpc.ServicerContext) -> dict[str, list[str | bytes]]:
    collected: dict[str, list[str | bytes]] = {}
    for key, value in context.invocation_metadata():
        collected.setdefault(key, []).append(value)
    return collected


def _serve(
    contract: Contract,
    services: list[ServiceDescriptor],
    answer: Callable[[str, Any, grpc.ServicerContext], Any],
    stream: Callable[[str, Any, grpc.ServicerContext], Iterator[Any]] | None = None,
) -> tuple[grpc.Server, int]:
    lock = threading.Lock()

    def method(name: str, input_name: str, streams: bool) -> "grpc.RpcMethodHandler[Any, Any]":
        if streams and stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                partial(stream, name),
                request_deserializer=contract.message(input_name).FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )

        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            with lock:
                return answer(name, request, context)

        return grpc.unary_unary_rpc_method_handler(
            handle,
            request_deserializer=contract.message(input_name).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1)])
    for service in services:
        handlers = {each.name: method(each.name, each.input_type.full_name, each.server_streaming) for each in service.methods}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
