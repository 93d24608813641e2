"""Calls the API over a connection, as whomever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import grpc
import pytest
from bursar.subscription.v1 import subscription_service_pb2
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentitySigner
from services.chassis.ids import new_id
from services.subscription.tests.builders import ORGANIZATION

_METHODS = {method.name: method for service in subscription_service_pb2.DESCRIPTOR.services_by_name.values() for method in service.methods}


def member(organization_id: UUID = ORGANIZATION, *scopes: str) -> Identity:
    """The caller behind an organization's token."""
    return Identity(CallerKind.ORGANIZATION, "token", organization_id, frozenset(scopes or ("*",)))


class Refused(Exception):
    """An error answer: code, reason and the field that it names first."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        super().__init__(error.details())
        self.code, self.reason, self.field = error.code(), "", ""
        metadata: Any = error.trailing_metadata() or ()
        for key, value in metadata:
            if key == "grpc-status-details-bin":
                for packed in Status.FromString(value).details:
                    info, bad = ErrorInfo(), BadRequest()
                    if packed.Unpack(info):
                        self.reason = info.reason
                    elif packed.Unpack(bad):
                        self.field = bad.field_violations[0].field


class Client:
    """`await client.call("GetSubscription", id=…)`; changing calls get a request id of their own."""

    def __init__(self, channel: grpc.aio.Channel, signers: Mapping[str, IdentitySigner]) -> None:
        self._channel = channel
        self._signers = signers

    async def call(self, method: str, /, caller: Identity | str | None = None, **fields: Any) -> Any:
        """The answer; `caller` is an identity, or the name of a service. Refused otherwise."""
        described = _METHODS[method]
        send: Any = self._channel.unary_unary(
            f"/{described.containing_service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        if "request_id" in described.input_type.fields_by_name:
            fields.setdefault("request_id", str(new_id()))
        message = GetMessageClass(described.input_type)(**fields)
        try:
            return await send(message, timeout=10, metadata=[(METADATA_KEY, self._identity(caller or member()))])
        except grpc.aio.AioRpcError as error:
            raise Refused(error) from None

    async def refusal(self, method: str, /, caller: Identity | str | None = None, **fields: Any) -> tuple[str, str, str]:
        """Code, reason and first field of the error that a call answers."""
        with pytest.raises(Refused) as caught:
            await self.call(method, caller, **fields)
        return caught.value.code.name, caught.value.reason, caught.value.field

    def _identity(self, caller: Identity | str) -> str:
        if isinstance(caller, str):
            return self._signers[caller].own(ORGANIZATION)
        return self._signers["identity"].sign(caller)
