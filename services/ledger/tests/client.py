"""Calls the API over a connection, as whomever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import grpc
import pytest
from bursar.ledger.v1 import ledger_service_pb2
from google.protobuf.message_factory import GetMessageClass

from services.chassis.errors import BursarError
from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentitySigner
from services.chassis.status import from_rpc_error

_METHODS = {method.name: method for service in ledger_service_pb2.DESCRIPTOR.services_by_name.values() for method in service.methods}
OPERATOR = Identity(CallerKind.OPERATOR, "operator")


def member(organization_id: UUID) -> Identity:
    """The caller behind an organization's token."""
    return Identity(CallerKind.ORGANIZATION, "token", organization_id, frozenset(("ledger:read",)))


class Client:
    """`await client.call("GetAccount", caller, id=…)`."""

    def __init__(self, channel: grpc.aio.Channel, signers: Mapping[str, IdentitySigner]) -> None:
        self._channel = channel
        self._signers = signers

    async def call(self, method: str, caller: Identity | str, /, request: Any = None, **fields: Any) -> Any:
        """The answer; `caller` is an identity, or a service's name with an organization after a slash. BursarError otherwise."""
        described = _METHODS[method]
        send = self._channel.unary_unary(
            f"/{described.containing_service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        message = GetMessageClass(described.input_type)(**fields) if request is None else request
        try:
            return await send(message, timeout=10, metadata=[(METADATA_KEY, self._identity(caller))])
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None

    async def reason(self, method: str, caller: Identity | str, /, request: Any = None, **fields: Any) -> str:
        """The reason of the error that a call answers."""
        with pytest.raises(BursarError) as caught:
            await self.call(method, caller, request, **fields)
        return caught.value.reason

    def _identity(self, caller: Identity | str) -> str:
        if isinstance(caller, str):
            service, _, organization_id = caller.partition("/")
            return self._signers[service].own(UUID(organization_id) if organization_id else None)
        return self._signers["identity"].sign(caller)
