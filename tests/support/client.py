"""A service on a port of its own, and a client that calls it as whomever."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentitySigner
from services.chassis.ids import new_id
from services.chassis.server import Server
from services.chassis.status import from_rpc_error
from services.chassis.tests.keys import signers

OPERATOR = Identity(CallerKind.OPERATOR, "operator")
Caller = Identity | str | None
"""An identity; a service by its name, for an organization after a slash; or None: anybody."""


def member(organization_id: UUID | str, *scopes: str) -> Identity:
    """The caller behind an organization's token; one that may do everything unless scopes are given."""
    return Identity(CallerKind.ORGANIZATION, "token", UUID(str(organization_id)), frozenset(scopes or ("*",)))


class Refused(Exception):
    """An error answer: code, reason and the fields that it names."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        told = from_rpc_error(error)
        self.code, self.reason = error.code(), told.reason
        self.fields = [violation.field for violation in told.violations]
        super().__init__(f"{self.code} {self.reason} {self.fields} {error.details()}")


class Client:
    """`await client.call("GetAccount", caller, id=…)`. Requests that need a request id get one of their own."""

    timeout_seconds = 10.0

    def __init__(self, channel: grpc.aio.Channel, methods: Mapping[str, MethodDescriptor], made: Mapping[str, IdentitySigner]) -> None:
        self._channel = channel
        self._methods = methods
        self._signers = made

    async def call(self, method: str, caller: Caller, request: Message | None = None, /, **fields: Any) -> Any:
        """The answer to a request, or to one of these fields. Refused otherwise."""
        described = self._methods[method]
        send: Any = self._channel.unary_unary(
            f"/{described.containing_service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        message = _request(described, fields) if request is None else request
        try:
            return await send(message, timeout=self.timeout_seconds, metadata=self._metadata(caller))
        except grpc.aio.AioRpcError as error:
            raise Refused(error) from None

    async def refusal(self, method: str, caller: Caller, request: Message | None = None, /, **fields: Any) -> tuple[str, str, str]:
        """Code, reason and first field of the error that a call answers."""
        with pytest.raises(Refused) as caught:
            await self.call(method, caller, request, **fields)
        return caught.value.code.name, caught.value.reason, next(iter(caught.value.fields), "")

    def _metadata(self, caller: Caller) -> list[tuple[str, str]]:
        if caller is None:
            return []
        if isinstance(caller, Identity):
            return [(METADATA_KEY, self._signers["identity"].sign(caller))]
        service, _, organization_id = caller.partition("/")
        return [(METADATA_KEY, self._signers[service].own(UUID(organization_id) if organization_id else None))]


C = TypeVar("C", bound=Client)


@asynccontextmanager
async def serving(
    service: str,
    servicers: Iterable[tuple[ServiceDescriptor, object]],
    folder: Path,
    callers: Iterable[str] = (),
    *,
    client: type[C],
) -> AsyncIterator[C]:
    """The service behind the suite's own server, and a client of it. `callers` are the services that may be named as such."""
    made, verifier = signers(folder, ["identity", *callers])
    server = Server(verifier, service=service)
    methods: dict[str, MethodDescriptor] = {}
    for descriptor, servicer in servicers:
        server.add(descriptor, servicer)
        methods.update(descriptor.methods_by_name)
    port = await server.start("127.0.0.1:0")
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield client(channel, methods, made)
    finally:
        await server.stop(drain_seconds=0, grace_seconds=1)


def _request(method: MethodDescriptor, fields: Mapping[str, Any]) -> Message:
    given = {"request_id": str(new_id())} if "request_id" in method.input_type.fields_by_name else {}
    return GetMessageClass(method.input_type)(**(given | dict(fields)))
